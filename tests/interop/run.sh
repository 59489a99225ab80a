#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The official SDKs as clients of ice-emulator: those for Node.js, and that of
# ICE for Python.
#
# Usage: run.sh EMULATOR BUILDDIR PROBE
#
# Installs the SDKs, in the versions of package-lock.json, below BUILDDIR; the
# source tree is only read. Ends with 77, and says why within seconds, if they
# cannot be had: without a network, or behind a proxy that looks into TLS and
# that this machine doesn't trust.
set -eu

if [ $# -ne 3 ]; then
  echo "Usage: $0 EMULATOR BUILDDIR PROBE" >&2
  exit 2
fi
source=$(cd "$(dirname "$0")" && pwd)
emulator=$(realpath "$1")
probe=$(realpath "$3")
mkdir -p "$2"
work=$(realpath "$2")/interop

skip () {
  echo "SKIP: $1"
  exit 77
}

# inspected NAME LOG: a proxy that looks into TLS has a certificate of its own
inspected () {
  ! grep -Eq 'SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|CERTIFICATE_VERIFY_FAILED' "$2" ||
    skip "nobody whom this machine trusts vouches for $1, as behind a proxy \
that looks into TLS: add its certificate to the system's, or name it in \
NODE_EXTRA_CA_CERTS and PIP_CERT"
}

# Only a problem of the network is a reason to skip; a lock file that does not
# fit, say, is a failure.
install () {
  # One request is soon refused; those for all packages take a minute for it.
  npm ping --fetch-retries=0 >ping.log 2>&1 ||
    inspected "the npm registry" ping.log
  if npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1; then
    return
  fi
  cat npm.log
  if grep -Eq 'E(AI_AGAIN|NOTFOUND|CONNREFUSED|CONNRESET|TIMEDOUT|NOTCACHED)|network' npm.log; then
    rm -rf node_modules
    skip "the npm registry cannot be reached"
  fi
  exit 1
}

command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"
node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' ||
  skip "node is older than 18"

# What the administrator has added holds for npm and pip as well.
bundle=/etc/ssl/certs/ca-certificates.crt
if [ -e $bundle ]; then
  export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$bundle}"
  export PIP_CERT="${PIP_CERT:-$bundle}"
fi

mkdir -p "$work"
cd "$work"
cp "$source"/*.js "$source"/package.json .
if ! cmp -s "$source/package-lock.json" package-lock.json ||
  [ ! -f node_modules/.package-lock.json ]; then
  cp "$source/package-lock.json" .
  install
fi
node interop.js "$emulator" "$probe"

# The client for Python needs a Python of its own.
if ! cmp -s "$source/requirements.txt" requirements.txt ||
  [ ! -x python/bin/python ]; then
  rm -rf python
  python3 -m venv python >venv.log 2>&1 || skip "python3 has no venv"
  if ! python/bin/pip install --disable-pip-version-check --retries 2 \
    -r "$source/requirements.txt" >pip.log 2>&1; then
    cat pip.log
    inspected PyPI pip.log
    grep -Eq 'NewConnectionError|Temporary failure|timed out|Connection' \
      pip.log || exit 1
    skip "PyPI cannot be reached; the checks with Node.js have passed"
  fi
  cp "$source/requirements.txt" .
fi
exec python/bin/python "$source/media-checks.py" "$emulator"
