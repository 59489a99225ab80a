#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# One recording, as fast as this machine can encode it: the object in the
# emulator is what filesink wrote beside it, byte for byte.
#
# usage, in the tree: recording.sh [BUILD-DIRECTORY]

set -eu

build=${1:-build}
directory=$(mktemp -d)
mkfifo "$directory/ready"
"$build"/tests/emulator/ice-emulator --directory="$directory/objects" \
  >"$directory/ready" &
emulator=$!
trap 'kill $emulator; rm -rf "$directory"' EXIT
read -r line <"$directory/ready"
endpoint=${line#*listening on }

GST_PLUGIN_PATH=$build/plugin GST_REGISTRY=$directory/registry.bin \
  ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tEmulatorDemoKeyId1 \
  ALIBABA_CLOUD_ACCESS_KEY_SECRET=EmulatorDemoSecret0123456789ab \
  gst-launch-1.0 -q videotestsrc num-buffers=250 pattern=snow \
  ! video/x-raw,width=320,height=240 ! x264enc speed-preset=ultrafast \
  ! mp4mux ! tee name=tee ! queue \
  ! icesink media-id=recording part-size=102400 ice-endpoint="${endpoint%% *}" \
  tee. ! queue ! filesink location="$directory/recording.mp4"
object=$(find "$directory/objects" -name recording.mp4)
cmp "$object" "$directory/recording.mp4"
uname -m
echo "$(stat -c %s "$object") bytes, the same as filesink's"
echo '1 passed, 0 failed'
