#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Tries icesink without an account: installs what is missing, builds, starts
# an emulator of ICE and OSS on this machine, records live video and sound
# into it, ends that as Ctrl-C would, and looks at what has arrived.
#
#   sh examples/quickstart.sh
#
# For Debian 12 and 13 and Ubuntu 24.04; as root or with sudo if packages are missing.
# It can be run again, also twice at a time. What it builds is in
# build-quickstart, where it gets in no other build's way; what it records is
# there in quickstart afterwards.
#
#   QUICKSTART_SECONDS=N  records N seconds, at least 3 (10)
#   QUICKSTART_BUILT=DIR  takes what is built in DIR; installs, builds nothing

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$top/tests/setup.sh"

seconds=${QUICKSTART_SECONDS:-10}
build=${QUICKSTART_BUILT:-$top/build-quickstart}
work=$build/quickstart
media_id=0123456789abcdef0123456789abcdef
emulator_pid=''
recorder_pid=''

clean_up ()
{
  [ -z "$recorder_pid" ] || kill "$recorder_pid" 2>/dev/null || true
  [ -z "$emulator_pid" ] || kill "$emulator_pid" 2>/dev/null || true
}

prepare ()
{
  case $seconds in
    '' | *[!0-9]*) die "QUICKSTART_SECONDS is not a number" ;;
  esac
  [ "$seconds" -ge 3 ] || die "QUICKSTART_SECONDS is less than 3"
  if [ -n "${QUICKSTART_BUILT:-}" ]; then
    say "[1/6] Installing nothing, as QUICKSTART_BUILT is set"
    say "[2/6] Building nothing: taking $build"
    return
  fi
  own_directory "$build"
  take_turns "$build"
  say "[1/6] Installing what is missing"
  # The lists are lists of words.
  # shellcheck disable=SC2086
  install_missing $BUILD_PACKAGES $MEDIA_PACKAGES
  say "[2/6] Building the plugin and the emulator in $build"
  configure "$build"
  ninja -C "$build" plugin/libgsticesink.so tests/emulator/ice-emulator
  yield_turn
}

# A recording that another one of these is making is left alone.
new_work_directory ()
{
  own_directory "$work"
  mkdir -p "$work"
  exec 8>"$work/lock"
  if ! flock -n 8; then
    work=$(mktemp -d "$work-XXXXXX")
  fi
  find "$work" -mindepth 1 ! -name lock -delete
  mkdir "$work/objects"
}

# The emulator says on its first line where it listens.
start_emulator ()
{
  say "[3/6] Starting the emulator of ICE and OSS"
  new_work_directory
  mkfifo "$work/ready"
  "$build/tests/emulator/ice-emulator" --directory="$work/objects" \
    --log="$work/requests.log" >"$work/ready" &
  emulator_pid=$!
  read -r line <"$work/ready" || die "the emulator did not start"
  rm "$work/ready"
  endpoint=${line#*listening on }
  endpoint=${endpoint%% *}
  say "      It listens on $endpoint; each request is a line in"
  say "      $work/requests.log"
}

find_audio_encoder ()
{
  for encoder in fdkaacenc avenc_aac voaacenc opusenc; do
    if gst-inspect-1.0 --exists "$encoder"; then
      say "$encoder"
      return
    fi
  done
  die "there is no AAC or Opus encoder"
}

# The identity that the emulator knows; a real one goes the same way. Parts
# are small here, so that some seconds make several of them.
start_recording ()
{
  ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tEmulatorDemoKeyId1
  ALIBABA_CLOUD_ACCESS_KEY_SECRET=EmulatorDemoSecret0123456789ab
  export ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET
  unset ALIBABA_CLOUD_SECURITY_TOKEN
  GST_PLUGIN_PATH=$build/plugin
  GIO_USE_PROXY_RESOLVER=dummy
  export GST_PLUGIN_PATH GIO_USE_PROXY_RESOLVER

  audio_encoder=$(find_audio_encoder)
  say "[4/6] Recording $seconds s of live video and sound: H.264 and" \
    "$audio_encoder in an MP4"
  gst-launch-1.0 -e \
    videotestsrc is-live=true \
    ! video/x-raw,format=I420,width=640,height=360,framerate=30/1 \
    ! x264enc tune=zerolatency speed-preset=veryfast bitrate=2000 \
    ! queue ! mux. \
    audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample \
    ! "$audio_encoder" ! queue ! mux. \
    mp4mux name=mux ! tee name=both \
    both. ! queue ! icesink media-id="$media_id" ice-endpoint="$endpoint" \
    part-size=131072 head-size=131072 \
    both. ! queue ! filesink location="$work/copy.mp4" \
    >"$work/recording.log" 2>&1 &
  recorder_pid=$!
  until grep -q 'to PLAYING' "$work/recording.log"; do
    kill -0 "$recorder_pid" 2>/dev/null || fail_recording
    sleep 0.1
  done
  sleep "$seconds"
}

fail_recording ()
{
  cat "$work/recording.log" >&2
  die "the recording failed; what it said is above"
}

count_confirmed_parts ()
{
  grep '"operation":"part"' "$work/requests.log" | grep -c '"status":200' ||
    true
}

# gst-launch-1.0 -e makes EOS of the first Ctrl-C, and icesink completes the
# object before it lets EOS through.
stop_recording ()
{
  early=$(count_confirmed_parts)
  say "[5/6] Ctrl-C"
  kill -INT "$recorder_pid" 2>/dev/null || fail_recording
  status=0
  wait "$recorder_pid" || status=$?
  recorder_pid=''
  [ "$status" -eq 0 ] || fail_recording
  grep 'finalize' "$work/recording.log" | sed 's/^/      /'
}

# Its duration in seconds, from H:MM:SS.FFFFFFFFF
get_duration ()
{
  awk -F '[: ]+' '/Duration:/ { print $3 * 3600 + $4 * 60 + $5; exit }' "$1"
}

check_streams ()
{
  LC_ALL=C gst-discoverer-1.0 "$object" >"$work/discoverer.log" 2>&1 ||
    die "gst-discoverer-1.0 can't read $object"
  grep -Eq '^ +video' "$work/discoverer.log" || die "the object has no video"
  grep -Eq '^ +audio' "$work/discoverer.log" || die "the object has no sound"
  say "      It has these streams:"
  grep -E '^ +(video|audio)' "$work/discoverer.log" | sed 's/^ */        /'
  duration=$(get_duration "$work/discoverer.log")
  awk -v is="${duration:-0}" -v should="$seconds" \
    'BEGIN { exit !(is > should - 2 && is < should + 2) }' ||
    die "the object lasts ${duration:-no} s, not about $seconds s"
  say "      It lasts $duration s"
}

check_playing ()
{
  gst-launch-1.0 -q filesrc location="$object" ! decodebin name=decoder \
    decoder. ! queue ! fakesink decoder. ! queue ! fakesink \
    >"$work/playing.log" 2>&1 || {
    cat "$work/playing.log" >&2
    die "the object does not play"
  }
  say "      It plays to its end"
}

check_object ()
{
  say "[6/6] Looking at what has arrived"
  object=$(find "$work/objects" -name "$media_id.mp4")
  [ -n "$object" ] || die "there is no object"
  say "      The object: $object"
  check_streams
  check_playing
  cmp "$object" "$work/copy.mp4" ||
    die "the object differs from the copy that filesink wrote"
  say "      It equals the copy that filesink wrote, byte for byte"
  [ "$early" -ge 1 ] ||
    die "no part had arrived before the recording was stopped"
  say "      $early of its $(count_confirmed_parts) parts had arrived before" \
    "Ctrl-C"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
prepare
start_emulator
start_recording
stop_recording
check_object
say "All is well. The recording is $object"
# A player without a screen only complains.
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  say "To watch it: gst-play-1.0 $object"
else
  say "To watch it, copy it to a machine that has a screen"
fi
