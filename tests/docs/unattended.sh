#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The recorder of examples/unattended, without systemd but for a check of the
# unit, through all that docs/unattended.md says may happen to it: each row of
# the page's table of events is brought about, and its table of bitrates is
# computed. The unit's conditions keep what is complete from being overwritten.
#
# usage: unattended.sh UNIT EMULATOR PAGE
# The environment says where the plugin is.
set -eu

unit=$1
emulator=$2
page=$3
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
  [ -z "$emulator_pid" ] || kill -CONT "$emulator_pid" 2>/dev/null || true
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

# The key is withdrawn for one call.
start_emulator ()
{
  mkdir "$directory/objects"
  mkfifo "$directory/ready"
  "$emulator" --directory="$directory/objects" \
    --fault=refresh:error:status=404:code=InvalidAccessKeyId.NotFound \
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
  REGION=cn-shanghai
  RECORDING='videotestsrc is-live=true pattern=snow
    ! video/x-raw,format=I420,width=320,height=240
    ! x264enc tune=zerolatency bitrate=4000 key-int-max=30 ! h264parse
    ! mpegtsmux'
  OPTIONS="ice-endpoint=$endpoint part-size=102400 head-size=0"
  STATE_DIRECTORY=$directory/icesink/door
  camera=$RECORDING
  options=$OPTIONS
  export ALIBABA_CLOUD_CREDENTIALS_FILE ALIBABA_CLOUD_ECS_METADATA_DISABLED
  export HOME REGION RECORDING OPTIONS STATE_DIRECTORY
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

# count OPERATION [STATUS]
count ()
{
  grep "\"operation\":\"$1\"" "$directory/requests.log" |
    grep -c "\"status\":${2:-200}" || true
}

# wait_for TEXT COMMAND...: until it is true, as long as the recorder lives
wait_for ()
{
  text=$1
  shift
  until "$@"; do
    kill -0 "$recorder_pid" 2>/dev/null ||
      fail "the recorder has ended before: $text"
    sleep 0.1
  done
}

# has_more OPERATION NUMBER
has_more ()
{
  [ "$(count "$1")" -ge "$2" ]
}

# Until five parts more are at OSS.
record ()
{
  wait_for "five parts more" has_more part $(($(count part) + 5))
}

# log_says TEXT
log_says ()
{
  grep -q "$1" "$directory/log"
}

count_bytes ()
{
  find "$directory/objects" -name "$MEDIA_ID.*" -type f -exec cat {} + | wc -c
}

# Of the spool; what has given its room is a hole in the file.
count_spooled ()
{
  find "$STATE_DIRECTORY" -name data -exec du -B 1 {} + 2>/dev/null |
    awk '{ sum += $1 } END { print sum + 0 }'
}

# has_spooled BYTES
has_spooled ()
{
  [ "$(count_spooled)" -ge "$1" ]
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

# ends_with STATUS: of the recorder
ends_with ()
{
  status=0
  wait "$recorder_pid" 2>/dev/null || status=$?
  recorder_pid=''
  [ "$status" -eq "$1" ] || fail "status $status, not $1"
}

# As systemctl stop does.
stop ()
{
  kill -INT "$recorder_pid"
  ends_with 0
  note_end exited 0
}

kill_it ()
{
  kill -KILL "$recorder_pid"
  wait "$recorder_pid" 2>/dev/null || true
  recorder_pid=''
  note_end killed KILL
}

# The network is away while the emulator does not run.
lose_network ()
{
  kill -STOP "$emulator_pid"
}

restore_network ()
{
  kill -CONT "$emulator_pid"
}

# happens ROW: what the next lines bring about stands in the table
happens ()
{
  grep -qF "| $1 |" "$page" || fail "$page has no row '$1'"
  rows="$rows
$1"
  MEDIA_ID=door-$(echo "$rows" | wc -l)
  RECORDING=$camera
  OPTIONS=$options
  export MEDIA_ID
  before="$(count initiate) $(count complete)"
  echo "$1"
}

# One upload more, and it is complete.
assert_one_object ()
{
  [ "$(count initiate) $(count complete)" = \
    "$((${before% *} + 1)) $((${before#* } + 1))" ] ||
    fail "not one upload: $before, $(count initiate) $(count complete)"
}

# get_table NAME: the rows of a table of the page, without the head
get_table ()
{
  awk -v mark="<!-- checked: rows $1 -->" '$0 == mark { on = 1; n = 0; next }
    on && /^\|/ { if (++n > 2) print; next } { on = 0 }' "$page"
}

check_unit
start_emulator
set_environment
rows=''

# The key of the emulator's fault: this is the first call.
happens 'a key is withdrawn'
start_recorder
ends_with 1
note_end exited 1
log_says InvalidAccessKeyId.NotFound || fail "no InvalidAccessKeyId.NotFound"
is_wanted || fail "it does not go on with a new key"
start_recorder
record
stop
assert_one_object

happens 'the recorder crashes or is killed, the power goes'
is_wanted || fail "the first recording is not wanted"
start_recorder
record
kill_it
is_wanted || fail "it does not go on after a crash"
left=$(count_spooled)
[ "$left" -gt 0 ] || fail "the spool is empty"
start_recorder
record
stop
assert_one_object
log_says ice-upload-complete || fail "no ice-upload-complete"
[ "$(count_bytes)" -gt "$left" ] ||
  fail "the object, of $(count_bytes) bytes, has not both recordings in it"
! is_wanted || fail "it would be recorded again"

happens 'no network'
OPTIONS="$options max-memory=524288 parallel-parts=1"
start_recorder
record
lose_network
wait_for "more than memory holds" has_spooled $(($(count_spooled) + 2000000))
restore_network
stop
assert_one_object
[ "$(count_bytes)" -gt 2000000 ] || fail "what was spooled has not arrived"

happens 'no network at the start'
lose_network
start_recorder
wait_for "a recording" has_spooled 1000000
restore_network
stop
assert_one_object
[ "$(count_bytes)" -ge 1000000 ] || fail "what was spooled has not arrived"

happens 'the camera is unplugged'
RECORDING="$camera ! identity error-after=300"
start_recorder
ends_with 1
note_end exited 1
[ "$(count complete) $(count abort 204)" = "${before#* } 0" ] ||
  fail "the upload was not left open"
RECORDING=$camera
is_wanted || fail "it does not go on with the camera"
start_recorder
record
stop
assert_one_object

happens 'the spool is full'
OPTIONS="$options max-memory=524288 parallel-parts=1 spool-max-size=1500000"
start_recorder
record
lose_network
wait_for "a full spool" has_spooled 1300000
sleep 2
kill -0 "$recorder_pid" || fail "it does not wait"
[ "$(count_spooled)" -le 1600000 ] || fail "the spool is larger than it may be"
restore_network
record
stop
assert_one_object

# shellcheck disable=SC2016
happens '`systemctl stop` with a long backlog'
start_recorder
record
lose_network
wait_for "a backlog" has_spooled $(($(count_spooled) + 500000))
left=$(count_spooled)
kill -INT "$recorder_pid"
sleep 2
kill_it
[ "$(count_spooled)" -ge "$left" ] || fail "the spool has not stayed"
restore_network
start_recorder
record
stop
assert_one_object
[ "$(count_bytes)" -gt "$left" ] || fail "the backlog has not arrived"

[ "$(get_table events | wc -l)" -eq "$(echo "$rows" | grep -c .)" ] ||
  fail "$page has rows of events that are not tried"

# Two digits are right.
get_table bitrates | awk -F '|' '
  function near(text, value) {
    return text > value * 0.94 && text < value * 1.06
  }
  { rows++
    split($2, rate, " "); split($3, hour, " "); split($4, day, " ")
    split($5, last, " "); split($6, uplink, " ")
    bits = rate[1] * 1e6
    seconds = last[1] * (last[2] == "min" ? 60 : 1)
    if (!near(hour[1], bits / 8 * 3600 / 1e9)) bad = 1
    if (!near(day[1], bits / 8 * 86400 / 1e9)) bad = 1
    holds = (128 * 1048576 - 4 * 1048576) * 8 / bits
    if (seconds < holds * 0.75 || seconds > holds * 1.15) bad = 1
    if (!near(uplink[1], rate[1] * 7 / 6)) bad = 1
    if (bad) { print "wrong: " $0; exit 1 } }
  END { exit bad || rows < 3 }' || fail "$page: the table of bitrates"
