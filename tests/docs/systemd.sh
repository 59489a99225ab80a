#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The unit of examples/unattended under a systemd of its own, set up with the
# commands of docs/unattended.md: it records with no key in its environment,
# is killed, is started again by systemd and goes on with the same upload,
# completes the object when it is stopped, and does not record over it.
#
# usage: systemd.sh SOURCES EMULATOR PLUGIN
#
# That systemd is process 1 of namespaces whose root is an overlay of this
# machine's, so that nothing of it is left. It shares the network, for the
# emulator. Where no such systemd can be started, as without root, the test is
# skipped.
set -eu

systemd=/lib/systemd/systemd

# boot ROOT DIRECTORY PLUGIN: inside the new namespaces, becomes systemd
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
  furnish "$2" "$3"
  pivot_root . mnt
  umount --lazy mnt
  mount --make-rshared /
  exec env -i container=icesink PATH=/usr/sbin:/usr/bin \
    $systemd --system --unit=sysinit.target
}

# furnish DIRECTORY PLUGIN: a machine on which icesink is installed, and that
# starts nothing by itself
furnish ()
{
  : >etc/fstab
  find etc/systemd/system -mindepth 1 -delete
  mkdir examples
  cp -R "$1" examples
  cp "$2" ".$(pkg-config --variable=pluginsdir gstreamer-1.0)"
}

if [ "$1" = --boot ]; then
  shift
  boot "$@"
fi

source=$(realpath "$1")
emulator=$2
plugin=$(realpath "$3")
init_pid=''
emulator_pid=''
cgroup=''
directory=$(mktemp -d)

clean_up ()
{
  [ -z "$init_pid" ] || kill -KILL "$init_pid" 2>/dev/null || true
  [ -z "$emulator_pid" ] || kill "$emulator_pid" 2>/dev/null || true
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
    sh "$(realpath "$0")" --boot "$directory/root" "$source/examples/unattended" "$plugin" \
    >"$directory/boot.log" 2>&1 &
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

# block NUMBER: of the page
block ()
{
  awk -v number="$1" '/^```/ { if (inside = !inside) blocks++; next }
    inside && blocks == number' "$source/docs/unattended.md"
}

# What the page says, with a camera, an endpoint and a key that are there.
set_up ()
{
  {
    echo 'set -e'
    echo 'sudo () { "$@"; }'
    block 1 | sed '
      s/^access_key_id = …/access_key_id = LTAI5tEmulatorDemoKeyId1/
      s/^access_key_secret = …/access_key_secret = EmulatorDemoSecret0123456789ab/'
    echo 'cat >/etc/icesink/door.env <<END'
    block 2 | sed "
      s/^MEDIA_ID=…/MEDIA_ID=door/
      s/=v4l2src/=videotestsrc is-live=true pattern=snow ! video\/x-raw,width=320/
      s,^OPTIONS=,&ice-endpoint=$endpoint part-size=102400 head-size=0 ,"
    echo END
    block 3
  } | in_machine sh -s
}

# get PROPERTY
get ()
{
  in_machine systemctl show --value -p "$1" icesink-recorder@door
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
  in_machine grep -q MEDIA_ID=door "$environment" &&
    ! in_machine grep -q EmulatorDemoSecret "$environment" &&
    [ "$(in_machine stat -c %u "/proc/$(get MainPID)")" -ne 0 ]
}

# journal_says TEXT
journal_says ()
{
  block 4 | in_machine sh -s | grep -q "$1"
}

can_make_namespaces || skip "no systemd, not root, or no namespaces"
start_emulator
start_machine || skip "no systemd: $(cat "$directory/boot.log")"
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
