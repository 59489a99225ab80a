#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# An application that takes in the archive of a build that is not installed, by
# what pkg-config says of it, has the element.
#
#   pkg-config.sh BUILD-DIRECTORY COMPILER [ARGUMENT...]
set -eu

build=$1
shift
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

cat > "$directory/app.c" <<'END'
#include <gst/gst.h>

GST_PLUGIN_STATIC_DECLARE (icesink);

int
main (int argc, char **argv)
{
  GstElement *sink;

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (icesink);
  sink = gst_element_factory_make ("icesink", NULL);
  if (sink == NULL)
    return 1;
  gst_object_unref (sink);
  return 0;
}
END

PKG_CONFIG_PATH=$build/meson-uninstalled${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
"$@" -o "$directory/app" "$directory/app.c" \
  $(pkg-config --cflags --libs gsticesink-uninstalled)
GST_PLUGIN_PATH='' GST_REGISTRY=$directory/registry.bin "$directory/app"
echo 'gsticesink-uninstalled.pc: the program links, and has icesink'
