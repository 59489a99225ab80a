#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The unit of examples/unattended under a systemd of its own, set up with the
# commands of docs/unattended.md: it records with no key in its environment,
# is killed, is started again by systemd and goes on with the same upload,
# completes the object when it is stopped, and does not record over it. Or, with
# three arguments more, the unit of examples/recorder, set up with those of
# docs/recorder.md: fragments become complete, one that it is killed in too, and
# the last one when it is stopped.
#
# usage: systemd.sh SOURCES EMULATOR PLUGIN [RECORDER TOOL CAMERA]
#
# That systemd is process 1 of namespaces whose root is an overlay of this
# machine's, so that nothing of it is left. It shares the network, for the
# emulator. Where no such systemd can be started, as without root, the test is
# skipped.
set -eu

systemd=/lib/systemd/systemd

# boot ROOT EXAMPLES PLUGIN [RECORDER TOOL]: inside the new namespaces, becomes systemd
boot ()
{
  mount -t tmpfs tmpfs "$1"
  mkdir "$1/upper" "$1/work" "$1/root"
  mount -t overlay overlay "$1/root" \
    -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work"
  cd "$1/root"
  mount -t proc proc proc
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  for place in dev run tmp; do
    mount -t tmpfs -o mode=0755 tmpfs "$place"
  done
  chmod 1777 tmp
  for device in null zero full random urandom; do
    cp -a "/dev/$device" dev
  done
  shift
  furnish "$@"
  pivot_root . mnt
  umount --lazy mnt
  mount --make-rshared /
  exec env -i container=icesink PATH=/usr/sbin:/usr/bin \
    $systemd --system --unit=sysinit.target
}

# furnish EXAMPLES PLUGIN [RECORDER TOOL]: a machine on which icesink is
# installed, and that starts nothing by itself
furnish ()
{
  : >etc/fstab
  find etc/systemd/system -mindepth 1 -delete
  cp -R "$1" examples
  cp "$2" ".$(pkg-config --variable=pluginsdir gstreamer-1.0)"
  if [ $# -gt 2 ]; then
    install -D "$3" build/examples/icesink-recorder
    install "$4" usr/local/bin
  fi
}

if [ "$1" = --boot ]; then
  shift
  boot "$@"
fi

source=$(realpath "$1")
emulator=$2
plugin=$(realpath "$3")
recorder=${4:-}
tool=${5:-}
camera=${6:-}
unit=icesink-recorder@door
[ -z "$recorder" ] || unit=icesink-camera@door
init_pid=''
emulator_pid=''
camera_pid=''
cgroup=''
directory=$(mktemp -d)

clean_up ()
{
  [ -z "$init_pid" ] || kill -KILL "$init_pid" 2>/dev/null || true
  [ -z "$emulator_pid" ] || kill "$emulator_pid" 2>/dev/null || true
  [ -z "$camera_pid" ] || kill "$camera_pid" 2>/dev/null || true
  wait
  [ -z "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} +
  rm -rf "$directory"
}
trap clean_up EXIT

skip ()
{
  echo "SKIPPED: $*"
  exit 77
}

fail ()
{
  in_machine journalctl --no-pager -n 100 >&2
  echo "FAILED: $*" >&2
  exit 1
}

# waits COMMAND...: whether it becomes true in a minute
waits ()
{
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || return 1
    sleep 0.1
  done
}

# wait_for TEXT COMMAND...
wait_for ()
{
  text=$1
  shift
  waits "$@" || fail "waited in vain: $text"
  echo "ok: $text"
}

can_make_namespaces ()
{
  [ -x $systemd ] && [ "$(id -u)" -eq 0 ] &&
    command -v nsenter pkg-config >/dev/null &&
    findmnt -t cgroup2 >/dev/null &&
    unshare --mount --uts --ipc --pid --cgroup --fork true 2>/dev/null
}

# Sets $init_pid.
start_machine ()
{
  mkdir "$directory/root"
  cgroup=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)/icesink-$$
  mkdir "$cgroup"
  # It is the inner shell that expands these.
  # shellcheck disable=SC2016
  sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$cgroup" \
    unshare --mount --uts --ipc --pid --cgroup --fork --kill-child \
    sh "$(realpath "$0")" --boot "$directory/root" "$source/examples" \
    "$plugin" ${recorder:+"$recorder" "$tool"} >"$directory/boot.log" 2>&1 &
  unshare_pid=$!
  waits is_up || init_pid=''
  [ -n "$init_pid" ]
}

in_machine ()
{
  nsenter --target "$init_pid" --all --root --wd "$@"
}

# Or will never be.
is_up ()
{
  kill -0 "$unshare_pid" 2>/dev/null || {
    init_pid=''
    return 0
  }
  init_pid=$(pgrep -x -P "$unshare_pid" systemd) &&
    in_machine systemctl is-active --quiet sysinit.target 2>/dev/null
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

# block NUMBER PAGE
block ()
{
  awk -v number="$1" '/^```/ { if (inside = !inside) blocks++; next }
    inside && blocks == number' "$source/docs/$2"
}

# What the page says, with a camera, an endpoint and a key that are there.
set_up ()
{
  {
    echo 'set -e'
    echo 'sudo () { "$@"; }'
    block 1 unattended.md | sed '
      s/^access_key_id = …/access_key_id = LTAI5tEmulatorDemoKeyId1/
      s/^access_key_secret = …/access_key_secret = EmulatorDemoSecret0123456789ab/'
    echo 'cat >/etc/icesink/door.env <<END'
    block 2 unattended.md | sed "
      s/^MEDIA_ID=…/MEDIA_ID=door/
      s/=v4l2src/=videotestsrc is-live=true pattern=snow ! video\/x-raw,width=320/
      s,^OPTIONS=,&ice-endpoint=$endpoint part-size=102400 head-size=0 ,"
    echo END
    block 3 unattended.md
  } | in_machine sh -s
}

start_camera ()
{
  mkfifo "$directory/camera"
  "$camera" 0 'videotestsrc is-live=true
    ! video/x-raw,width=160,height=120,framerate=25/1
    ! x264enc tune=zerolatency key-int-max=25 ! rtph264pay name=pay0 pt=96' \
    >"$directory/camera" 2>/dev/null &
  camera_pid=$!
  read -r line <"$directory/camera"
  port=${line##* }
}

# The same for the recorder of cameras; the credentials are those of the other
# page.
set_up_recorder ()
{
  {
    echo 'set -e'
    echo 'sudo () { "$@"; }'
    block 1 unattended.md | sed '
      s/^access_key_id = …/access_key_id = LTAI5tEmulatorDemoKeyId1/
      s/^access_key_secret = …/access_key_secret = EmulatorDemoSecret0123456789ab/'
    block 2 recorder.md | sed "
      s,PASSWORD@camera.example.com/stream,sesame@127.0.0.1:$port/camera,
      s,OPTIONS=--minutes=10,OPTIONS=--ice-endpoint=$endpoint --minutes=0.1,"
  } | in_machine sh -s
}

# get PROPERTY
get ()
{
  in_machine systemctl show --value -p "$1" "$unit"
}

# count OPERATION: those that succeeded
count ()
{
  grep "\"operation\":\"$1\"" "$directory/requests.log" |
    grep -c '"status":200' || true
}

# has_parts NUMBER
has_parts ()
{
  [ "$(count part)" -ge "$1" ]
}

is_restarted ()
{
  [ "$(get NRestarts)" -eq 1 ] && [ "$(get ActiveState)" = active ]
}

recorder_has_no_key ()
{
  environment=/proc/$(get MainPID)/environ
  in_machine grep -q ALIBABA_CLOUD_CREDENTIALS_FILE= "$environment" &&
    ! in_machine grep -q EmulatorDemoSecret "$environment" &&
    [ "$(in_machine stat -c %u "/proc/$(get MainPID)")" -ne 0 ]
}

# journal_says TEXT
journal_says ()
{
  block 4 unattended.md | in_machine sh -s | grep -q "$1"
}

try_unattended ()
{
  set_up || fail "it can't be set up"
  wait_for "it records" has_parts 5
  recorder_has_no_key || fail "a key in the environment, or root"

  in_machine systemctl kill --kill-whom=main --signal=KILL icesink-recorder@door
  wait_for "systemd starts it again" is_restarted
  wait_for "it goes on" has_parts $(($(count part) + 5))

  in_machine systemctl stop icesink-recorder@door
  [ "$(get Result)" = success ] || fail "Result $(get Result)"
  journal_says ice-upload-complete || fail "no ice-upload-complete"
  [ "$(count initiate) $(count complete)" = "1 1" ] || fail "a second upload"
  in_machine grep -qx door /var/lib/icesink/door/complete ||
    fail "it is not noted that the object is complete"
  echo "ok: it completes the object when it is stopped"

  refreshed=$(count refresh)
  in_machine systemctl start icesink-recorder@door
  [ "$(get ActiveState)" = inactive ] || fail "it records over the object"
  [ "$(count refresh)" -eq "$refreshed" ] || fail "it has asked ICE again"
  echo "ok: it does not record over it"
}

# said EVENT: how often the recorder has said it
said ()
{
  in_machine journalctl -u "$unit" --no-pager | grep -c "\"event\":\"$1\"" ||
    true
}

# says EVENT NUMBER: so often at the least
says ()
{
  [ "$(said "$1")" -ge "$2" ]
}

# What was being recorded when it was killed, and all before; nothing had
# reached the disk of a fragment that had just begun.
is_whole ()
{
  says fragment-complete \
    $(($(said fragment-started) - $(said fragment-empty)))
}

try_recorder ()
{
  start_camera
  set_up_recorder || fail "it can't be set up"
  wait_for "it records" says fragment-complete 1
  recorder_has_no_key || fail "a key in the environment, or root"
  in_machine grep -q '^icesink_recorder_state{state="recording"} 1' \
    /run/icesink-camera/door/icesink.prom || fail "no metrics"

  in_machine systemctl kill --kill-whom=main --signal=KILL "$unit"
  wait_for "systemd starts it again" is_restarted
  wait_for "it finishes what was left" says left 1
  wait_for "it goes on" says fragment-complete 3

  in_machine systemctl stop "$unit"
  [ "$(get Result)" = success ] || fail "Result $(get Result)"
  is_whole || fail "not all fragments are complete"
  ! in_machine journalctl -u "$unit" --no-pager | grep -q sesame ||
    fail "the camera's password is in the journal"
  echo "ok: all fragments are complete when it is stopped"
}

can_make_namespaces || skip "no systemd, not root, or no namespaces"
start_emulator
start_machine || skip "no systemd: $(cat "$directory/boot.log")"
if [ -z "$recorder" ]; then
  try_unattended
else
  try_recorder
fi
