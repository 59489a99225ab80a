#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# icesink can be used from the build directory, can be installed and
# uninstalled, and can be taken in by an application: meson devenv and an
# installed module make gst-inspect-1.0 find the element, the module exports
# what a plugin has to and nothing else, needs the libraries that
# docs/reference.md lists and no others, and a program that was linked as
# pkg-config says has the element. And what README.md says puts all where
# GStreamer looks, whatever else was built in the tree.
#
# usage: install.sh MESON BUILD-DIRECTORY COMPILER SANITIZERS SOURCES
# SANITIZERS is Meson's b_sanitize.
set -eu

meson=$1
build=$2
compiler=$3
sanitizers=$4
source=$5
reference=$source/docs/reference.md

fail ()
{
  echo "FAILED: $*" >&2
  exit 1
}

# What was installed for real can be uninstalled after this, too.
log=$build/meson-logs/install-log.txt
directory=$(mktemp -d)
clean_up ()
{
  rm -f "$log"
  [ ! -f "$directory/log" ] || mv "$directory/log" "$log"
  rm -rf "$directory"
}
trap clean_up EXIT
[ ! -f "$log" ] || cp "$log" "$directory/log"
unset GST_PLUGIN_PATH
installed=$directory/installed

# --exists would ask for a version like GStreamer's own.
check_build_directory ()
{
  "$meson" devenv -C "$build" gst-inspect-1.0 icesink >/dev/null ||
    fail "meson devenv does not find the element"
}

install_it ()
{
  "$meson" install -C "$build" --no-rebuild --quiet --destdir="$installed"
  module=$(find "$installed" -name libgsticesink.so)
  archive=$(find "$installed" -name libgsticesink.a)
  [ -n "$module" ] || fail "the module was not installed"
  [ -n "$archive" ] || fail "the archive was not installed"
  plugins=$(dirname "$module")
}

check_module ()
{
  GST_PLUGIN_PATH=$plugins GST_REGISTRY=$directory/registry.bin \
    gst-inspect-1.0 icesink >/dev/null ||
    fail "the installed module does not have the element"

  exported=$(nm --dynamic --defined-only --format=posix "$module" |
    sed 's/ .*//' | grep -v '^__' | sort | tr '\n' ' ')
  [ "$exported" = \
    'gst_plugin_icesink_get_desc gst_plugin_icesink_register ' ] ||
    fail "the module exports $exported"
}

# Those of the C library and of sanitizers are not in the table; libisal and
# liblzma are there, though one does, and both can be left out.
check_libraries ()
{
  needed=$(objdump -p "$module" | awk '$1 == "NEEDED" { print $2 }' |
    grep -Ev '^(lib(c|m|asan|ubsan)\.so|ld-linux)' | sort)
  # shellcheck disable=SC2016
  listed=$(sed -n 's/^| `\(lib[^`]*\.so\.[0-9]*\)` |.*/\1/p' "$reference" | sort)
  for optional in libisal liblzma; do
    case $needed in
      *$optional*) ;;
      *) listed=$(echo "$listed" | grep -v "$optional") ;;
    esac
  done
  [ "$needed" = "$listed" ] ||
    fail "the module needs
$needed
and docs/reference.md lists
$listed"
}

# The file says where things are once they are in place, which they are not
# below a --destdir; what comes first there is that directory.
check_archive ()
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
  PKG_CONFIG_PATH=$plugins/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
  export PKG_CONFIG_PATH
  flags=$(pkg-config --define-variable=pluginsdir="$plugins" \
    --cflags --libs gsticesink)
  [ "$sanitizers" = none ] || flags="$flags -fsanitize=$sanitizers"
  # The flags are a list of words.
  # shellcheck disable=SC2086
  $compiler "$directory/application.c" -o "$directory/application" $flags
  ! objdump -p "$directory/application" | grep -q 'NEEDED.*icesink' ||
    fail "pkg-config gives the module in place of the archive"
  "$directory/application" || fail "the archive does not have the element"
}

# The line of README.md, in a directory that is not that of a test or of the
# quickstart.
check_readme ()
{
  line=$(grep '^meson setup ' "$source/README.md")
  name=$(echo "$line" | awk '{ print $3 }')
  for other in build build-quickstart; do
    [ "$name" != $other ] || fail "README.md builds in $other"
  done
  grep -qx "sudo meson install -C $name" "$source/README.md" ||
    fail "README.md does not install $name"
  (cd "$source" && sh -c "$(echo "$line" |
    sed "s,^meson,$meson,; s, $name , $directory/$name ,")") >/dev/null
  "$meson" introspect --installed "$directory/$name" |
    grep -qF "$(pkg-config --variable=pluginsdir gstreamer-1.0)/libgsticesink.so" ||
    fail "what README.md says installs the plugin where GStreamer is not"
}

check_uninstall ()
{
  ninja -C "$build" uninstall >/dev/null
  left=$(find "$directory" -path '*/installed/*' -type f)
  [ -z "$left" ] || fail "ninja uninstall leaves $left"
}

check_build_directory
install_it
check_module
check_libraries
check_archive
check_readme
check_uninstall
