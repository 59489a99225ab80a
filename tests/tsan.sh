# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
# shellcheck shell=sh disable=SC1091,SC2154
#
# The libraries that run.sh --tsan needs; sourced, not run.
#
# ThreadSanitizer knows of the locks and atomic operations that it has seen
# being compiled. GLib has its own, in its own code, so a GLib that was not
# built with ThreadSanitizer hides every lock, and everything looks like a race.
# Debian's sources of the very versions that are installed, of GLib, GStreamer
# and libsoup, are therefore built once more, into a directory of the build.
# Plugins and other libraries remain as they are: what happens inside of them is
# not looked at.

# The development packages of those libraries.
TSAN_LIBRARIES='libglib2.0-dev libgstreamer1.0-dev libsoup-3.0-dev'

# apt_get_source ARGUMENT...: with lists of its own, whether the system's name
# sources or not
apt_get_source ()
{
  apt-get -o "Dir::Etc::SourceList=$libraries/apt/sources.list" \
    -o "Dir::Etc::SourceParts=-" -o "Dir::State::Lists=$libraries/apt/lists" \
    -qq "$@"
}

# The system's own sources, for sources.
write_source_list ()
{
  mkdir -p "$libraries/apt/lists/partial"
  . /etc/os-release
  case $ID in
    debian)
      set -- http://deb.debian.org/debian main \
        http://deb.debian.org/debian-security ;;
    ubuntu)
      set -- http://archive.ubuntu.com/ubuntu "main universe" \
        http://archive.ubuntu.com/ubuntu ;;
    *)
      die "the sources of Debian's or Ubuntu's packages are needed" ;;
  esac
  cat >"$libraries/apt/sources.list" <<LIST
deb-src $1 $VERSION_CODENAME $2
deb-src $1 $VERSION_CODENAME-updates $2
deb-src $3 $VERSION_CODENAME-security $2
LIST
}

# fetch_source PACKAGE: into the current directory; sets $source
fetch_source ()
{
  source=$(dpkg-query -W -f '${source:Package}' "$1")
  version=$(dpkg-query -W -f '${source:Version}' "$1")
  [ -d "$source" ] && return
  apt_get_source source --only-source "$source=$version" >/dev/null
  mv "$source"-[0-9]*/ "$source"
}

# build_source SOURCE: without all that can be left out
build_source ()
{
  case $1 in
    glib2.0) options='-Dtests=false -Dnls=disabled -Dxattr=false' ;;
    gstreamer1.0) options='-Dtests=disabled -Dexamples=disabled' ;;
    libsoup3) options='-Dtests=false -Dtls_check=false' ;;
  esac
  # $options is a list of words.
  # shellcheck disable=SC2086
  [ -f "$1/_build/build.ninja" ] ||
    meson setup "$1/_build" "$1" --prefix "$libraries" --libdir lib \
      --buildtype debugoptimized --auto-features disabled \
      -Db_sanitize=thread -Db_lundef=false $options
  ninja -C "$1/_build" install
}

# A program that was not built with ThreadSanitizer can't load what was: tests
# that run GStreamer's find these ahead of them.
write_wrappers ()
{
  mkdir -p "$libraries/wrappers"
  for program in gst-discoverer-1.0 gst-launch-1.0; do
    cat >"$libraries/wrappers/$program" <<WRAPPER
#!/bin/sh
unset LD_LIBRARY_PATH GIO_MODULE_DIR GST_PLUGIN_SYSTEM_PATH GST_REGISTRY
exec $(command -v "$program") "\$@"
WRAPPER
    chmod +x "$libraries/wrappers/$program"
  done
}

# build_tsan_libraries DIRECTORY: sets $libraries to it
build_tsan_libraries ()
{
  libraries=$1
  write_wrappers
  [ -f "$libraries/complete" ] && return
  install_missing dpkg-dev flex bison zlib1g-dev libffi-dev libmount-dev \
    libnghttp2-dev libpsl-dev libsqlite3-dev
  write_source_list
  apt_get_source update
  say "Building GLib, GStreamer and libsoup with ThreadSanitizer"
  (
    cd "$libraries" || exit
    # Each is built on those before it; what they do while the next one is
    # built does not matter.
    export PKG_CONFIG_PATH="$libraries/lib/pkgconfig"
    export LD_LIBRARY_PATH="$libraries/lib"
    export TSAN_OPTIONS=report_bugs=0
    for package in $TSAN_LIBRARIES; do
      fetch_source "$package"
      build_source "$source"
    done
  )
  touch "$libraries/complete"
}
