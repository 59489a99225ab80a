# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
# shellcheck shell=sh disable=SC2034,SC2154
#
# What examples/quickstart.sh and tests/run.sh share; sourced, not run.
# They set $top to the directory of the tree.
# The package names are those of Debian 12, Debian 13 and Ubuntu 24.04.

# To build the plugin, the emulator, the tests and the examples.
BUILD_PACKAGES='
  gcc libc6-dev meson ninja-build pkg-config
  libglib2.0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libsoup-3.0-dev libjson-glib-dev libssl-dev libisal-dev liblzma-dev'

# To record and to play. TLS, which the real service needs, is in
# glib-networking.
MEDIA_PACKAGES='
  gstreamer1.0-tools gstreamer1.0-plugins-base
  gstreamer1.0-plugins-base-apps gstreamer1.0-plugins-good
  gstreamer1.0-plugins-ugly gstreamer1.0-libav
  glib-networking ca-certificates'

# What only tests use.
TEST_PACKAGES='
  gstreamer1.0-plugins-bad gstreamer1.0-x xvfb xauth
  faketime iproute2 dpkg-dev systemd
  libgstrtspserver-1.0-dev gstreamer1.0-plugins-bad-apps ges1.0-tools
  openssl python3 python3-gi python3-venv gir1.2-gstreamer-1.0'

# Likewise, unless Node.js comes from elsewhere, with npm in it.
NODE_PACKAGES='
  nodejs npm'

# say TEXT
say ()
{
  printf '%s\n' "$*"
}

# die TEXT: says what is wrong and ends with status 1
die ()
{
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# as_root COMMAND...
as_root ()
{
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "to install packages, run this as root or install sudo"
  fi
}

# is_installed PACKAGE
is_installed ()
{
  dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
    grep -qx installed
}

# own_directory DIRECTORY: it can be made and written by this user, who else
# would see what Meson makes of that
own_directory ()
{
  existing=$1
  while [ ! -e "$existing" ]; do
    existing=$(dirname -- "$existing")
  done
  if [ ! -w "$existing" ]; then
    die "can't write to $existing, which belongs to" \
      "$(stat -c %U "$existing"): copy the tree to where you may write, or" \
      "remove what another user has built ($1)"
  fi
  if [ -e "$1/build.ninja" ] && [ ! -O "$1" ]; then
    die "$1 was built by $(stat -c %U "$1"): remove it, or build as that user"
  fi
}

# take_turns DIRECTORY: until yield_turn, nobody else installs, or builds there
take_turns ()
{
  mkdir -p "$1"
  exec 9>"$1/.turn"
  if command -v flock >/dev/null && ! flock -n 9; then
    say "Waiting for another one that builds in $1"
    flock 9
  fi
}

yield_turn ()
{
  exec 9>&-
}

# is_available PACKAGE: whether this system has it at all
is_available ()
{
  apt-cache show --no-all-versions "$1" >/dev/null 2>&1
}

# install_missing PACKAGE...: those that there are; libisal-dev, for one, is
# not there for every machine, and is not needed
install_missing ()
{
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null
  then
    say "This is neither Debian nor Ubuntu: nothing is installed. Needed are"
    say "what these packages have:" "$@"
    return
  fi
  missing=''
  for package in "$@"; do
    is_installed "$package" || missing="$missing $package"
  done
  if [ -z "$missing" ]; then
    say "Nothing is missing."
    return
  fi
  as_root apt-get update -qq
  wanted=$missing
  missing=''
  for package in $wanted; do
    if is_available "$package"; then
      missing="$missing $package"
    else
      say "Not there on this system: $package"
    fi
  done
  [ -n "$missing" ] || return 0
  say "Installing, which takes some minutes where all is missing:$missing"
  # $missing is a list of words.
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends $missing
}

# configure DIRECTORY OPTION...: sets a build directory up, or again
configure ()
{
  build_directory=$1
  shift
  if [ -f "$build_directory/build.ninja" ]; then
    meson setup --reconfigure "$@" "$build_directory" "$top" ||
      meson setup --wipe "$@" "$build_directory" "$top"
  else
    meson setup "$@" "$build_directory" "$top"
  fi
}
