#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Behind a proxy that looks into TLS, run.sh ends with 77 and says what to do.
# Here a registry stands for both that has signed its certificate itself.
#
# Usage: inspected.sh BUILDDIR
set -eu

source=$(cd "$(dirname "$0")" && pwd)
for tool in node npm openssl; do
  command -v $tool >/dev/null || {
    echo "SKIP: $tool is not installed"
    exit 77
  }
done
work=$(realpath "$1")/inspected
rm -rf "$work"
mkdir "$work"
cd "$work"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
  -subj /CN=localhost -days 2 >openssl.log 2>&1

# Port 0 is whichever is free.
openssl s_server -accept 127.0.0.1:0 -www -key key.pem -cert cert.pem \
  </dev/null >server.log 2>&1 &
server=$!
trap 'kill $server' EXIT
until grep -q '^ACCEPT ' server.log; do
  kill -0 $server
  sleep 0.1
done
port=$(sed -n 's/^ACCEPT .*://p' server.log)

status=0
env npm_config_registry="https://127.0.0.1:$port/" npm_config_cache=cache \
  sh "$source/run.sh" /bin/true . /bin/true >run.log 2>&1 || status=$?
cat run.log
[ $status -eq 77 ]
grep -q '^SKIP: nobody whom this machine trusts' run.log
