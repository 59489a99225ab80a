#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# An application can have icesink as a Meson subproject, as docs/applications.md
# says: with the plugin in itself, and with the module beside it.
#
# usage: subproject.sh MESON SOURCES
set -eu

meson=$1
sources=$2

fail ()
{
  echo "FAILED: $*" >&2
  exit 1
}

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
unset GST_PLUGIN_PATH
GST_REGISTRY=$directory/registry.bin
export GST_REGISTRY

# What git has, as a clone would; without a repository, what is there.
take_sources ()
{
  mkdir -p "$directory/subprojects/icesink"
  (cd "$sources" && {
    git ls-files -z 2>/dev/null || find . -path './build*' -prune -o -type f -print0
  } | tar -cf - --null --files-from=-) |
    tar -xf - -C "$directory/subprojects/icesink"
}

# The lines of docs/applications.md, and what an application has besides.
make_application ()
{
  {
    echo "project('recorder', 'c')"
    sed -n '/^```meson$/,/^```$/p' "$sources/docs/applications.md" |
      grep -v '^```'
  } >"$directory/meson.build"
  grep -q "subproject('icesink'" "$directory/meson.build" ||
    fail "docs/applications.md has no subproject"
  cat >"$directory/recorder.c" <<END
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
}

take_sources
make_application
"$meson" setup "$directory/build" "$directory" >"$directory/log" ||
  fail "it cannot be set up: $(tail -n 3 "$directory/log")"
"$meson" compile -C "$directory/build" >"$directory/log" ||
  fail "it cannot be built: $(tail -n 20 "$directory/log")"
"$directory/build/recorder" || fail "the application has no icesink"
"$meson" devenv -C "$directory/build" gst-inspect-1.0 icesink >/dev/null ||
  fail "meson devenv does not find the module"
"$meson" install -C "$directory/build" --no-rebuild --quiet \
  --destdir="$directory/installed"
find "$directory/installed" -name libgsticesink.so | grep -q . ||
  fail "the module is not installed with the application"
[ -z "$(find "$directory/build" -path '*icesink/tests/*' -name '*.o')" ] ||
  fail "tests of icesink are built with the application"
