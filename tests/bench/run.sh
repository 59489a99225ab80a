#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Builds, optimised, in build-bench/, and measures what an upload costs: against
# bare loops, against other programs that upload, and against the targets. It
# prints tables of medians and ratios, each target with its figure and `holds`
# or `not met`, and writes all figures to bench.json.
#
#   sh tests/bench/run.sh [--quick] [--only CASE]... [--runs N]
#       [--largest GIB] [--turns N] [--all-links] [--json FILE]
#
#   --quick        a few minutes, for development: the figures prove nothing
#   --only CASE    crc, calls, plain, tls, small, render, memory, many,
#                  renewal, connections, link, links, limit or growth; without, all of
#                  them
#   --runs N       turns, 5
#   --turns N      of each link of the table of links, 1
#   --all-links    all of that table, which takes two hours
#   --largest GIB  of the upload that `growth` ends with, 64
#
# As root it installs what is missing and can measure long links, which need
# network namespaces. All takes about 45 minutes on two processors that have
# nothing else to do; on busy ones, times and maxima mean nothing. README.md
# tells what is behind the figures. Exit status: 0 if every target that was
# measured holds.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$top/tests/setup.sh"

# The peers, and what looks at them. Each is left out if it cannot be had.
PEER_PACKAGES='
  gstreamer1.0-plugins-bad curl rclone awscli strace iproute2 openssl
  python3'

# The lists are lists of words.
# shellcheck disable=SC2086
install_missing $BUILD_PACKAGES $MEDIA_PACKAGES $PEER_PACKAGES
configure "$top/build-bench" --buildtype=release
ninja -C "$top/build-bench"
exec python3 -B "$top/tests/bench/bench.py" --build "$top/build-bench" "$@"
