#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The recorder of examples/unattended, without systemd but for a check of the
# unit: its command records, is killed, goes on at the next start, completes
# the object at the signal that systemd would send, and the unit's conditions
# then keep it from being overwritten.
#
# usage: unattended.sh UNIT EMULATOR
# The environment says where the plugin is.
set -eu

unit=$1
emulator=$2
directory=$(mktemp -d)
emulator_pid=''
recorder_pid=''

fail ()
{
  [ ! -f "$directory/log" ] || cat "$directory/log" >&2
  echo "FAILED: $*" >&2
  exit 1
}

clean_up ()
{
  [ -z "$recorder_pid" ] || kill -KILL "$recorder_pid" 2>/dev/null || true
  [ -z "$emulator_pid" ] || kill "$emulator_pid" 2>/dev/null || true
  rm -rf "$directory"
}
trap clean_up EXIT

check_unit ()
{
  command -v systemd-analyze >/dev/null || return 0
  cp "$unit" "$directory/icesink-recorder@door.service"
  systemd-analyze verify "$directory/icesink-recorder@door.service" \
    >"$directory/log" 2>&1 || fail "systemd-analyze verify"
  [ ! -s "$directory/log" ] || fail "systemd-analyze verify"
}

start_emulator ()
{
  mkdir "$directory/objects"
  mkfifo "$directory/ready"
  "$emulator" --directory="$directory/objects" \
    --log="$directory/requests.log" >"$directory/ready" &
  emulator_pid=$!
  read -r line <"$directory/ready"
  endpoint=${line#*listening on }
  endpoint=${endpoint%% *}
}

# As systemd does: the file with the credentials, and the variables.
set_environment ()
{
  cat >"$directory/credentials" <<END
[default]
type = access_key
access_key_id = LTAI5tEmulatorDemoKeyId1
access_key_secret = EmulatorDemoSecret0123456789ab
END
  unset ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET
  ALIBABA_CLOUD_CREDENTIALS_FILE=$directory/credentials
  ALIBABA_CLOUD_ECS_METADATA_DISABLED=true
  HOME=$directory
  MEDIA_ID=door
  REGION=cn-shanghai
  RECORDING='videotestsrc is-live=true pattern=snow
    ! video/x-raw,format=I420,width=320,height=240
    ! x264enc tune=zerolatency bitrate=4000 key-int-max=30 ! h264parse
    ! mpegtsmux'
  OPTIONS="ice-endpoint=$endpoint part-size=102400 head-size=0"
  STATE_DIRECTORY=$directory/icesink/door
  export ALIBABA_CLOUD_CREDENTIALS_FILE ALIBABA_CLOUD_ECS_METADATA_DISABLED
  export HOME MEDIA_ID REGION RECORDING OPTIONS STATE_DIRECTORY
  mkdir -p "$STATE_DIRECTORY"
}

# get NAME: what the unit says, with systemd's specifiers filled in
get ()
{
  sed -n "s/^$1=//p" "$unit" | sed "s,%S,$directory,g; s,%i,door,g"
}

# In a shell, variables mean here what they mean in a unit.
start_recorder ()
{
  sh -c "exec $(get ExecStart)" >"$directory/log" 2>&1 &
  recorder_pid=$!
}

count_parts ()
{
  grep '"operation":"part"' "$directory/requests.log" |
    grep -c '"status":200' || true
}

# Records until five parts more are at OSS.
record ()
{
  parts=$(($(count_parts) + 5))
  start_recorder
  while [ "$(count_parts)" -lt "$parts" ]; do
    kill -0 "$recorder_pid" 2>/dev/null || fail "the recorder has ended"
    sleep 0.1
  done
}

count_bytes ()
{
  find "$directory/objects" -name 'door.*' -type f -exec cat {} + | wc -c
}

is_wanted ()
{
  sh -c "$(get ExecCondition | sed "s,^/bin/sh -c ',,; s,'\$,,")"
}

# note_end CODE STATUS
note_end ()
{
  EXIT_CODE=$1 EXIT_STATUS=$2 \
    sh -c "$(get ExecStopPost | sed "s,^/bin/sh -c ',,; s,'\$,,")"
}

check_unit
start_emulator
set_environment

is_wanted || fail "the first recording is not wanted"
record
kill -KILL "$recorder_pid"
wait "$recorder_pid" 2>/dev/null || true
note_end killed KILL
is_wanted || fail "it does not go on after a crash"
[ -n "$(find "$STATE_DIRECTORY" -type f)" ] || fail "the spool is empty"
left=$(find "$STATE_DIRECTORY" -name data -exec wc -c {} + | awk '{ print $1 }')

record
kill -INT "$recorder_pid"
status=0
wait "$recorder_pid" || status=$?
recorder_pid=''
[ "$status" -eq 0 ] || fail "status $status"
grep -q ice-upload-complete "$directory/log" || fail "no ice-upload-complete"
[ "$(count_bytes)" -gt "$left" ] ||
  fail "the object, of $(count_bytes) bytes, has not both recordings in it"
note_end exited 0
! is_wanted || fail "it would be recorded again"
MEDIA_ID=another
is_wanted || fail "the next recording is not wanted"
