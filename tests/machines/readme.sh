#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The first quarter of an hour: what README.md tells a newcomer to type, word
# for word and in its order, and how long each of it takes; and how
# docs/applications.md builds a program with what is installed then. run.sh runs
# this, in a root that has nothing:
#
#   readme.sh install   all that needs a network: the quickstart, and what
#                       installs icesink
#   readme.sh service   the rest, without a network: the emulator stands where
#                       the service would, at its names and its port, with a
#                       certificate that this machine trusts
#
# Not here: what needs a camera, a screen, or the tool of another; for that see
# test-readme-commands.c, which runs them with something in their place.

set -eu

work=/root/first
mkdir -p "$work"
passed=0

# split_page PAGE NAME: each block of shell commands is a file NAME-NUMBER, with
# its mark in front
split_page ()
{
  rm -f "$work/$2"-*
  awk -v name="$work/$2" '
    /^<!-- checked: / { mark = substr ($0, 15, length ($0) - 18); next }
    /^```sh$/ {
      file = sprintf ("%s-%02d", name, ++n)
      print mark >file
      next
    }
    /^```/ { file = ""; mark = ""; next }
    file != "" { print >file }' "$1"
}

# enter FILE: says what comes
enter ()
{
  mark=$(head -n 1 "$1")
  sed 1d "$1" >"$work/commands"
  printf '\n== %s\n' "$mark"
  sed 's/^/$ /' "$work/commands"
  began=$(date +%s)
}

leave ()
{
  passed=$((passed + 1))
  echo "== it took $(($(date +%s) - began)) s"
}

# Who is root needs no sudo, and may not have it.
allow_sudo ()
{
  command -v sudo >/dev/null || {
    printf '#!/bin/sh\nexec "$@"\n' >/usr/local/bin/sudo
    chmod +x /usr/local/bin/sudo
  }
}

# apt-get asks before it installs more than it was told; a newcomer says yes.
say_yes ()
{
  printf 'APT::Get::Assume-Yes "true";\n' >/etc/apt/apt.conf.d/yes
  export DEBIAN_FRONTEND=noninteractive
}

# A program with the archive that has just been installed; the page names the
# directory of amd64.
build_application ()
{
  [ -d /usr/lib/x86_64-linux-gnu ] || return 0
  for file in "$work"/application-*; do
    grep -q '^by tests/docs/install.sh$' "$file" || continue
    enter "$file"
    sh -eu "$work/commands"
    rm static-plugin
    leave
  done
}

install_all ()
{
  allow_sudo
  say_yes
  for file in "$work"/block-*; do
    enter "$file"
    case $mark in
      'by tests/docs/meson.build' | 'by tests/docs/install.sh')
        sh -eu "$work/commands"
        leave
        case $mark in *install.sh) build_application ;; esac
        ;;
      'by tests/docs/package.sh')
        ninja -C build-usr uninstall >/dev/null
        DEB_BUILD_OPTIONS=nocheck sh -eu "$work/commands"
        gst-inspect-1.0 icesink >/dev/null
        leave
        ;;
      *) echo '== without a network' ;;
    esac
  done
}

# The names that the service has, at this machine.
start_emulator ()
{
  mkdir -p "$work/objects"
  mkfifo "$work/ready"
  build-quickstart/tests/emulator/ice-emulator --directory="$work/objects" \
    --log="$work/requests.log" --tls --port=443 \
    --ca-file=/usr/local/share/ca-certificates/emulator.crt \
    --bucket=outin-first --region=cn-shanghai \
    --endpoint=https://oss-cn-shanghai.aliyuncs.com >"$work/ready" &
  emulator=$!
  trap 'kill $emulator; rm "$work/ready"' EXIT
  read -r line <"$work/ready"
  echo "$line"
  for name in ice.cn-shanghai outin-first.oss-cn-shanghai; do
    echo "127.0.0.1 $name.aliyuncs.com" >>/etc/hosts
  done
  update-ca-certificates >/dev/null 2>&1
}

# A recording of some seconds, which Ctrl-C ends.
record ()
{
  export MEDIA_ID
  sh -c "exec $(cat "$work/commands")" &
  recorder=$!
  sleep 6
  kill -INT $recorder
  wait $recorder
}

set_identity ()
{
  sed -i -e "s/KEY_ID='…'/KEY_ID=LTAI5tEmulatorDemoKeyId1/" \
    -e "s/KEY_SECRET='…'/KEY_SECRET=EmulatorDemoSecret0123456789ab/" \
    -e '/SECURITY_TOKEN/d' "$work/commands"
  . "$work/commands"
}

use_service ()
{
  start_emulator
  for file in "$work"/block-*; do
    enter "$file"
    case $mark:$(cat "$work/commands") in
      :export*)
        set_identity
        leave
        ;;
      *v4l2src* | *rtspsrc* | *ximagesrc*) echo '== needs a camera or a screen' ;;
      *'until Ctrl-C:'*)
        record
        leave
        ;;
      *runs:*)
        cp "$(find "$work/objects" -name '*.mp4' | head -n 1)" recording.mp4 \
          2>/dev/null || true
        . "$work/commands"
        leave
        ;;
      *) echo '== not here' ;;
    esac
  done
}

split_page README.md block
split_page docs/applications.md application
case ${1:-} in
  install) install_all ;;
  service) use_service ;;
  *)
    echo "usage: ${0##*/} install|service" >&2
    exit 2
    ;;
esac
echo "$passed passed, 0 failed"
