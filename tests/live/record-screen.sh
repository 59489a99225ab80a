#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# icesink records a real screen with sound, live: the object equals what a
# filesink got behind the same muxer, in at least 20 parts, most of which had
# arrived while the recording was being made, and it plays.
#
# usage: record-screen.sh ICE-EMULATOR PLUGIN-DIRECTORY
set -eu

emulator=$1
GST_PLUGIN_PATH=$2
export GST_PLUGIN_PATH
seconds=${RECORD_SECONDS:-10}
media=screen0123456789

skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }
has() { gst-inspect-1.0 --exists "$1"; }

for element in ximagesrc ximagesink x264enc mp4mux avenc_aac aacparse; do
  has $element || skip "there is no $element"
done
command -v gst-discoverer-1.0 > /dev/null || skip "there is no gst-discoverer-1.0"

dir=$(mktemp -d)
cleanup() {
  kill $pids 2> /dev/null || :
  rm -rf "$dir"
}
pids=
trap cleanup EXIT

if [ -z "${DISPLAY:-}" ]; then
  command -v Xvfb > /dev/null || skip "there is no screen and no Xvfb"
  Xvfb -displayfd 3 -screen 0 640x480x24 3> "$dir/display" 2> /dev/null &
  pids="$pids $!"
  for i in $(seq 100); do [ -s "$dir/display" ] && break; sleep 0.1; done
  DISPLAY=:$(cat "$dir/display")
  export DISPLAY
fi

# Something that moves on it; where ximagesink fails by itself, as it does on 32
# bits, there is nothing.
gst-launch-1.0 -q videotestsrc is-live=true pattern=snow \
  ! video/x-raw,width=320,height=240,framerate=25/1 ! videoconvert \
  ! ximagesink > /dev/null 2>&1 &
mover=$!
pids="$pids $mover"

"$emulator" --directory "$dir/objects" --log "$dir/log" > "$dir/listening" &
pids="$pids $!"
for i in $(seq 100); do [ -s "$dir/listening" ] && break; sleep 0.1; done
endpoint=$(sed 's/.*on \(http[^ ]*\).*/\1/' "$dir/listening")

ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tEmulatorDemoKeyId1
ALIBABA_CLOUD_ACCESS_KEY_SECRET=EmulatorDemoSecret0123456789ab
export ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET

gst-launch-1.0 -e \
  ximagesrc use-damage=false show-pointer=false ! video/x-raw,framerate=25/1 \
    ! timeoverlay ! videoconvert ! video/x-raw,format=I420 \
    ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=4000 \
    ! h264parse ! queue ! mux. \
  audiotestsrc is-live=true wave=pink-noise ! audioconvert ! avenc_aac \
    ! aacparse ! queue ! mux. \
  mp4mux name=mux ! tee name=copies \
  copies. ! queue ! filesink location="$dir/copy.mp4" \
  copies. ! queue ! icesink media-id=$media ice-endpoint="$endpoint" \
    part-size=102400 max-part-duration=400000000 head-size=102400 \
  > "$dir/launch" 2>&1 &
launch=$!
pids="$pids $launch"
sleep "$seconds"
kill -0 $mover 2> /dev/null || skip "ximagesink fails by itself"
kill -INT $launch
wait $launch || { cat "$dir/launch"; fail "gst-launch-1.0 says $?"; }

object=$(find "$dir/objects" -type f -name "$media.mp4")
[ -n "$object" ] || fail "there is no object"
cmp "$object" "$dir/copy.mp4" || fail "object and file differ"

parts=$(grep -c '"operation":"part".*"status":200' "$dir/log")
[ "$parts" -ge 20 ] || fail "only $parts parts"
gst-discoverer-1.0 "$object" > "$dir/discovered"
grep -q 'video.*H.264' "$dir/discovered" || fail "no video: $(cat "$dir/discovered")"
grep -q 'audio.*AAC' "$dir/discovered" || fail "no sound: $(cat "$dir/discovered")"
duration=$(sed -n 's/.*Duration: 0:00:0*\([0-9]*\)\..*/\1/p' "$dir/discovered")
[ "$duration" -ge $((seconds - 4)) ] || fail "only $duration s of $seconds"

echo "ok: $(stat -c %s "$object") bytes in $parts parts, $duration s, equal to the file"
