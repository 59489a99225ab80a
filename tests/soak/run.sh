#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Days of recording in MINUTES: 30 lives of a credential, 20 outages, 12,000
# parts, 50 pauses, branches and fragments that come and go, limits that change.
# Memory, descriptors and threads of the recorder have to be flat, and every
# object what was recorded.
#
#   sh tests/soak/run.sh MINUTES
#
# Builds in build/, and installs what is missing. The last line is `N passed,
# N failed`; the exit status is 0 if nothing failed.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$top/tests/setup.sh"

case ${1:-} in
  '' | *[!0-9]* | 0*) die "how many minutes?" ;;
esac
# The lists are lists of words.
# shellcheck disable=SC2086
install_missing $BUILD_PACKAGES $MEDIA_PACKAGES
configure "$top/build"
ninja -C "$top/build" tests/soak/soak
exec "$top/build/tests/soak/soak" --minutes "$1"
