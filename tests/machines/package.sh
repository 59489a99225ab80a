#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The packages in an empty root: they can be installed with what they depend
# on, GStreamer finds the plugin, its package brings the tool and
# gst-launch-1.0, and both work. run.sh runs this, beside the packages and the
# emulator.

set -eu

apt-get update -qq
apt-get install -qq -y ./gstreamer1.0-icesink_*.deb ./icesink-tools_*.deb \
  >install.log 2>&1 || {
  cat install.log
  exit 1
}
gst-inspect-1.0 icesink >/dev/null
gst-ice-1.0 --version

mkdir -p objects
mkfifo ready
./ice-emulator --directory=objects >ready &
emulator=$!
trap 'kill $emulator; rm ready' EXIT
read -r line <ready
endpoint=${line#*listening on }
endpoint=${endpoint%% *}
ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tEmulatorDemoKeyId1
ALIBABA_CLOUD_ACCESS_KEY_SECRET=EmulatorDemoSecret0123456789ab
export ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET
MEDIA_ID=$(gst-ice-1.0 create --ice-endpoint="$endpoint" --title=Packages \
  --ext=ts)
gst-launch-1.0 -q fakesrc num-buffers=1000 sizetype=fixed sizemax=4096 \
  ! icesink media-id="$MEDIA_ID" ice-endpoint="$endpoint"
gst-ice-1.0 info --ice-endpoint="$endpoint" --wait "$MEDIA_ID"
find objects -type f -size 4000k | grep -q . || {
  echo 'FAILED: the object is not there' >&2
  exit 1
}
dpkg --print-architecture
echo '1 passed, 0 failed'
