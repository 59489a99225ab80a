#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# icesink on other machines than this one: in a root that debootstrap makes,
# which has nothing in it but the smallest Debian, from a copy of this tree.
# No container service is needed.
#
#   sh tests/machines/run.sh MACHINE            the quickstart, then all tests;
#                                               by qemu-user, unit and element
#                                               tests, then a recording
#   sh tests/machines/run.sh MACHINE readme     each command of README.md, word
#                                               for word, from an empty root on;
#                                               see readme.sh
#   sh tests/machines/run.sh MACHINE packages   packages from debian/, which are
#                                               then tried in an empty root
#   sh tests/machines/run.sh MACHINE COMMAND... this one, in the tree; without
#                                               a network but loopback if
#                                               --alone stands before it
#   sh tests/machines/run.sh MACHINE remove     the root goes
#
# MACHINE is one of
#
#   debian-12  debian-13  debian-sid   amd64
#   ubuntu-24.04                       amd64
#   debian-12-i386                     32 bits, at full speed
#   debian-12-arm64  debian-12-armhf   by qemu-user, but for the compiler
#
# For an amd64 Debian 12 or later, as root, with some GB of room: a root has 2
# GB in the end, in /var/tmp/icesink-machines, or MACHINES_DIRECTORY, and stays
# there for the next time. MACHINES_MIRROR takes the place of debootstrap's own
# mirror. CA certificates that the administrator has added go along, for where
# something looks into TLS. What is left running ends with the command. The
# last line is `N passed, N failed` where the command says so.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$top/tests/setup.sh"

machine=${1:-}
[ $# -eq 0 ] || shift
directory=${MACHINES_DIRECTORY:-/var/tmp/icesink-machines}
tree=/root/icesink
suites=''
triplet=''
components=main
script=''

case $machine in
  debian-12) suite=bookworm architecture=amd64 ;;
  debian-13) suite=trixie architecture=amd64 ;;
  debian-sid) suite=sid architecture=amd64 ;;
  # The debootstrap of Debian 12 doesn't know this name yet, and has no key of
  # Ubuntu's; what apt installs later is checked.
  ubuntu-24.04)
    suite=noble
    architecture=amd64
    components=main,universe
    script=${MACHINES_MIRROR:-http://archive.ubuntu.com/ubuntu}
    script="$script /usr/share/debootstrap/scripts/gutsy"
    ;;
  debian-12-i386) suite=bookworm architecture=i386 ;;
  debian-12-arm64)
    suite=bookworm
    architecture=arm64
    triplet=aarch64-linux-gnu
    ;;
  debian-12-armhf)
    suite=bookworm
    architecture=armhf
    triplet=arm-linux-gnueabihf
    ;;
  *) die "MACHINE is missing or unknown; the head of this file lists them" ;;
esac
case $architecture in
  arm*)
    more="qemu-user-static binfmt-support gcc-12-$triplet"
    suites='-- --suite unit --suite element --timeout-multiplier 10'
    ;;
  *) more='' ;;
esac
[ "$(id -u)" -eq 0 ] || die "this has to be run as root"

# make_root ROOT: the smallest Debian. Packages go in faster if not each of
# their files is forced to the disk.
make_root ()
{
  [ ! -e "$1/.whole" ] || return 0
  rm -rf "$1"
  mkdir -p "$1"
  say "Making $1"
  # $script is two words, or none; MACHINES_MIRROR is one, or none.
  # shellcheck disable=SC2086
  debootstrap --variant=minbase --components="$components" \
    --arch="$architecture" "$suite" "$1" ${script:-${MACHINES_MIRROR:-}} \
    >"$1.log" 2>&1 || {
    tail -n 20 "$1.log"
    die "debootstrap has failed; all that it said is in $1.log"
  }
  echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"
  # A mirror that is some days behind will do.
  echo 'Acquire::Check-Valid-Until "false";' \
    >"$1/etc/apt/apt.conf.d/valid-until"
  take_authorities "$1"
  : >"$1/.whole"
}

# register_interpreter: who runs programs of the other kind. As the package is
# installed, a service does this, if services may be started here.
register_interpreter ()
{
  case $architecture in
    arm64) update-binfmts --enable qemu-aarch64 ;;
    armhf) update-binfmts --enable qemu-arm ;;
  esac
}

# speed_up ROOT: most of what gcc does is done by programs of this machine,
# which make the same code ten times faster; nothing else in the root needs
# their libraries, which have directories of their own.
speed_up ()
{
  compiler=/usr/lib/gcc/$triplet/12
  cross=/usr/lib/gcc-cross/$triplet/12
  [ -n "$triplet" ] && [ -e "$cross/cc1" ] && [ ! -e "$1/usr/lib/gcc-cross" ] ||
    return 0
  inside "$1" sh -c 'apt-get update -qq; apt-get install -qq -y \
    --no-install-recommends gcc libc6-dev' >>"$1.log" 2>&1
  for file in "$cross/cc1" "/usr/bin/$triplet-as" "/usr/bin/$triplet-ld.bfd"; do
    ldd "$file" | grep -o '/[^ ]*' | while read -r library; do
      mkdir -p "$1$(dirname "$library")"
      cp -L "$library" "$1$library"
    done
  done
  cp "$cross/cc1" "$cross/liblto_plugin.so" "$1$compiler"
  cp -L "/usr/bin/$triplet-as" "/usr/bin/$triplet-ld.bfd" "$1/usr/bin"
  ln -s gcc "$1/usr/lib/gcc-cross"
}

take_authorities ()
{
  mkdir -p "$1/usr/local/share/ca-certificates"
  for file in /usr/local/share/ca-certificates/*.crt; do
    [ ! -e "$file" ] || cp "$file" "$1/usr/local/share/ca-certificates"
  done
}

# list_tree: what Git knows or would take; else all but what was built
list_tree ()
{
  if [ -e "$top/.git" ]; then
    (cd "$top" && git ls-files --cached --others --exclude-standard)
  else
    (cd "$top" && find . -path './build*' -prune -o -type f -print)
  fi
}

# copy_tree ROOT: as it is now. What is as it was keeps its time, and what has
# changed has that of now, so that only this is built again.
copy_tree ()
{
  mkdir -p "$1$tree"
  (cd "$1$tree" && find . -path './build*' -prune -o -type f -print) |
    while read -r file; do
      [ -e "$top/$file" ] || rm "$1$tree/$file"
    done
  list_tree | while read -r file; do
    [ -e "$top/$file" ] || continue
    cmp -s "$top/$file" "$1$tree/$file" || {
      mkdir -p "$(dirname "$1$tree/$file")"
      cp "$top/$file" "$1$tree/$file"
    }
  done
}

# inside ROOT [--alone] COMMAND...: as root there, with processes of its own,
# and a /proc that shows no others; --alone: without a network but loopback.
inside ()
{
  root=$1
  shift
  : >"$root/.used"
  network=''
  if [ "$1" = --alone ]; then
    network=--net
    shift
  fi
  unshare --mount --pid --fork --kill-child $network sh -eu -c '
    root=$1
    shift
    # What makes namespaces wants a root that is mounted.
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
    # glibc finds no name where there is no address but 127.0.0.1.
    [ "$network" = "" ] || {
      ip link set lo up
      ip address add 192.0.2.1/32 dev lo
    }
    exec env -i HOME=/root TERM=dumb \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      chroot "$root" sh -c "cd $tree && exec \"\$@\"" sh "$@"
  ' sh "$root" "$@"
}

try_readme ()
{
  if [ -e "$root/.used" ]; then
    rm -rf "$root"
    make_root "$root"
    copy_tree "$root"
  fi
  inside "$root" sh tests/machines/readme.sh install
  inside "$root" --alone sh tests/machines/readme.sh service
}

# No tree, no compiler, nothing built: the packages, and the emulator. By
# qemu-user the unit tests, which are a part of the building of packages, are
# left to the plain run.
try_packages ()
{
  empty=$root-empty
  inside "$root" mkdir -p /root/packages
  inside "$root" env DEB_BUILD_OPTIONS="${triplet:+nocheck}" \
    sh tests/docs/package.sh /root/packages
  rm -rf "$empty"
  make_root "$empty"
  mkdir -p "$empty$tree"
  cp "$root"/root/packages/*.deb "$empty$tree"
  cp "$top/tests/machines/package.sh" "$empty$tree"
  inside "$root" sh -c '[ -x build/tests/emulator/ice-emulator ] || {
    meson setup build && ninja -C build tests/emulator/ice-emulator; }'
  cp "$root$tree/build/tests/emulator/ice-emulator" "$empty$tree"
  inside "$empty" sh package.sh
}

# An emulated processor can't encode as fast as the quickstart records.
try_all ()
{
  [ -n "$triplet" ] || inside "$root" sh examples/quickstart.sh
  # $suites is a list of words.
  # shellcheck disable=SC2086
  inside "$root" sh tests/run.sh $suites
  [ -z "$triplet" ] || inside "$root" sh tests/machines/recording.sh
}

root=$directory/$machine
if [ "${1:-}" = remove ]; then
  rm -rf "$root" "$root-empty" "$root.log" "$root-empty.log"
  exit
fi
# shellcheck disable=SC2086
install_missing debootstrap $more
register_interpreter
export tree network=''
make_root "$root"
copy_tree "$root"
speed_up "$root"
# Read to its end before it begins, as this file may change meanwhile.
{
  case ${1:-} in
    '') try_all ;;
    readme) try_readme ;;
    packages) try_packages ;;
    *) inside "$root" "$@" ;;
  esac
  exit
}
