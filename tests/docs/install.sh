#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# icesink can be used from the build directory, can be installed, and can be
# taken in by an application: meson devenv and an installed module make
# gst-inspect-1.0 find the element, the module exports what a plugin has to
# and nothing else, and a program that was linked with the archive has the
# element.
#
# usage: install.sh MESON BUILD-DIRECTORY COMPILER SANITIZERS PACKAGE...
# SANITIZERS is Meson's b_sanitize; PACKAGE is for pkg-config.
set -eu

meson=$1
build=$2
compiler=$3
sanitizers=$4
shift 4

fail ()
{
  echo "FAILED: $*" >&2
  exit 1
}

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
unset GST_PLUGIN_PATH

# --exists would ask for a version like GStreamer's own.
"$meson" devenv -C "$build" gst-inspect-1.0 icesink >/dev/null ||
  fail "meson devenv does not find the element"

"$meson" install -C "$build" --no-rebuild --quiet \
  --destdir="$directory/installed"
module=$(find "$directory/installed" -name libgsticesink.so)
archive=$(find "$directory/installed" -name libgsticesink.a)
[ -n "$module" ] || fail "the module was not installed"
[ -n "$archive" ] || fail "the archive was not installed"
GST_PLUGIN_PATH=$(dirname "$module") GST_REGISTRY=$directory/registry.bin \
  gst-inspect-1.0 icesink >/dev/null ||
  fail "the installed module does not have the element"

exported=$(nm --dynamic --defined-only --format=posix "$module" |
  sed 's/ .*//' | grep -v '^__' | sort | tr '\n' ' ')
[ "$exported" = \
  'gst_plugin_icesink_get_desc gst_plugin_icesink_register ' ] ||
  fail "the module exports $exported"

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
flags=$(pkg-config --cflags --libs "$@")
[ "$sanitizers" = none ] || flags="$flags -fsanitize=$sanitizers"
# The flags are a list of words.
# shellcheck disable=SC2086
$compiler "$directory/application.c" -o "$directory/application" \
  "$archive" $flags
"$directory/application" || fail "the archive does not have the element"
