#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The Debian package can be built from what is checked in, has no complaints
# from lintian, is hardened, can be installed, works from where it was installed,
# and leaves nothing behind when it is purged.
#
#   sh tests/docs/package.sh [DIRECTORY]
#
# For Debian 12 and Ubuntu 24.04, as root, as packages are installed. It takes
# some minutes, so that it is no part of the suite; the suite looks at what
# `meson install` does (install.sh). The packages are in DIRECTORY afterwards,
# if one is given. The last line is `N passed, N failed`.

# Functions are reached through check.
# shellcheck disable=SC2317

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$top/tests/setup.sh"

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
packages='gstreamer1.0-icesink icesink-tools libgsticesink-dev'
passed=0
failed=0

# check TEXT COMMAND...
check ()
{
  text=$1
  shift
  if "$@" >"$directory/log" 2>&1; then
    passed=$((passed + 1))
    say "ok: $text"
  else
    failed=$((failed + 1))
    cat "$directory/log"
    say "FAILED: $text"
  fi
}

finish ()
{
  say "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

# What is not checked in is no part of the package; a tree without Git has no
# more than that but for what was built.
build_package ()
{
  mkdir "$directory/source"
  if [ -e "$top/.git" ]; then
    git -C "$top" archive HEAD
  else
    (cd "$top" && tar c --exclude='./build*' .)
  fi | tar x -C "$directory/source"
  (cd "$directory/source" && dpkg-buildpackage -b -us -uc) \
    >"$directory/build.log" 2>&1 || {
    tail -n 100 "$directory/build.log"
    return 1
  }
}

# The version of debian/changelog is that of meson.build.
has_one_version ()
{
  version=$(sed -n "s/^  version : '\(.*\)',/\1/p" "$top/meson.build" |
    head -n 1)
  [ "$(dpkg-parsechangelog -l "$top/debian/changelog" -S Version |
    sed 's/-[^-]*$//')" = "$version" ]
}

# No bug of Debian asks for this package.
lint ()
{
  lintian --fail-on error,warning \
    --suppress-tags initial-upload-closes-no-bugs "$directory"/*.changes
}

# What hardening=+all asks for, in the files themselves. What -D_FORTIFY_SOURCE
# does can't be seen there: at Debian 12's level 2 all is decided as it is
# compiled, and nothing is left to a function with _chk in its name. So each
# call of the compiler must have it, and the rest. PIE is gcc's own default.
is_hardened ()
{
  blhc --bindnow "$directory/build.log" || return 1
  for file in "$(pkg-config --variable=pluginsdir gstreamer-1.0)/libgsticesink.so" \
    /usr/bin/gst-ice-1.0; do
    readelf -W -h "$file" | grep -q 'Type: *DYN' &&
      readelf -W -l "$file" | grep -q GNU_RELRO &&
      readelf -W -d "$file" | grep -q BIND_NOW &&
      readelf -W --dyn-syms "$file" | grep -q __stack_chk_fail || return 1
  done
}

install_packages ()
{
  as_root apt-get install -qq -y --no-install-recommends "$directory"/*.deb
}

# Neither a build directory nor the environment may help.
find_element ()
{
  env -u GST_PLUGIN_PATH GST_REGISTRY="$directory/$1.bin" \
    gst-inspect-1.0 icesink
}

does_not_find_element ()
{
  ! find_element after
}

link_archive ()
{
  cat >"$directory/application.c" <<END
#include <gst/gst.h>
GST_PLUGIN_STATIC_DECLARE (icesink);
int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (icesink);
  return gst_element_factory_find ("icesink") == NULL;
}
END
  plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0)
  # The flags are a list of words.
  # shellcheck disable=SC2046
  cc "$directory/application.c" -o "$directory/application" \
    $(PKG_CONFIG_PATH=$plugins/pkgconfig pkg-config --cflags --libs gsticesink)
  GST_PLUGIN_SYSTEM_PATH='' GST_PLUGIN_PATH='' \
    GST_REGISTRY=$directory/static.bin "$directory/application"
}

# What the recording is made of is not what is tried here.
record ()
{
  mkdir "$directory/objects"
  mkfifo "$directory/ready"
  "$top/build/tests/emulator/ice-emulator" --directory="$directory/objects" \
    >"$directory/ready" &
  emulator_pid=$!
  read -r line <"$directory/ready"
  endpoint=${line#*listening on }
  status=0
  env -u GST_PLUGIN_PATH GST_REGISTRY="$directory/before.bin" \
    ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tEmulatorDemoKeyId1 \
    ALIBABA_CLOUD_ACCESS_KEY_SECRET=EmulatorDemoSecret0123456789ab \
    gst-launch-1.0 fakesrc num-buffers=100 sizetype=fixed sizemax=4096 \
    ! icesink media-id=package ice-endpoint="${endpoint%% *}" || status=$?
  kill "$emulator_pid"
  wait "$emulator_pid" || true
  [ "$status" -eq 0 ] &&
    [ "$(find "$directory/objects" -name package.mp4 -size 400k)" ]
}

purge_packages ()
{
  # $packages is a list of words.
  # shellcheck disable=SC2086
  as_root apt-get purge -qq -y $packages
}

# shellcheck disable=SC2086
install_missing $BUILD_PACKAGES $MEDIA_PACKAGES \
  dpkg-dev debhelper lintian blhc git openssl
check "debian/changelog has the version of meson.build" has_one_version
check "dpkg-buildpackage -b" build_package
[ "$failed" -eq 0 ] || finish
check "lintian" lint
check "it can be installed" install_packages
check "its files are hardened" is_hardened
check "gst-inspect-1.0 finds the element" find_element before
check "a program can take in the archive" link_archive
check "gst-ice-1.0 runs" gst-ice-1.0 --version
if [ -x "$top/build/tests/emulator/ice-emulator" ]; then
  check "it uploads" record
fi
check "it can be purged" purge_packages
check "nothing is left of it" does_not_find_element
[ $# -eq 0 ] || cp "$directory"/*.deb "$1"
finish
