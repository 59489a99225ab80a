#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# All that is too slow to run for every change, one after the other.
#
#   sh tests/nightly.sh [--quick] [NAME...]
#   sh tests/nightly.sh --list
#
#   NAME     of what is to run; all of it without
#   --quick  a little of each, in about half an hour, to try the list itself
#   --list   names, and the commands behind them
#
# It builds in build/, unless a command has a directory of its own, and installs
# what is missing. What each says goes to nightly/NAME.log. In the end there is
# a table for CONTRIBUTING.md; the last line is `N passed, N failed`, and the
# exit status is 0 if nothing failed.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$top/tests/setup.sh"

logs=$top/nightly
chaos=$top/build/tests/chaos

# `run NAME COMMAND...` for each. $1 says how much: all, or little.
list ()
{
  case $1 in
    all)
      chaos_seeds=1-4000 crash_seeds=1-200 append_seeds=1-50
      script_seeds=1-2000 recording_seeds=1-20000 fuzz_seconds=1200
      soak_minutes=60 changes=102
      ;;
    little)
      chaos_seeds=1-100 crash_seeds=1-10 append_seeds=1-5
      script_seeds=1-50 recording_seeds=1-200 fuzz_seconds=5
      soak_minutes=1 changes=3
      ;;
  esac
  run chaos "$chaos/chaos" --seeds "$chaos_seeds"
  run crashes "$chaos/crashes" --seeds "$crash_seeds"
  run crashes-append "$chaos/crashes" --append --seeds "$append_seeds"
  run muxer-scripts "$top/build/tests/element/test-element-muxer-scripts" \
    --seeds "$script_seeds"
  run recording-scripts "$top/build/tests/unit/test-recording-scripts" \
    --seeds "$recording_seeds"
  [ "$1" = little ] || run many-parts "$chaos/many-parts" -m slow
  [ "$1" = little ] || run outage "$chaos/outage" -m slow
  run asan sh "$top/tests/run.sh" --asan
  run leaks sh "$top/tests/run.sh" --leaks
  run valgrind sh "$top/tests/run.sh" --valgrind
  run tsan sh "$top/tests/run.sh" --tsan
  run fuzz sh "$top/tests/fuzz/run.sh" "$fuzz_seconds"
  run soak sh "$top/tests/soak/run.sh" "$soak_minutes"
  run mutation python3 "$top/tests/mutation/mutate.py" --sample "$changes" \
    "$top/build-mutation"
  run coverage sh "$top/tests/run.sh" --coverage
}

print_command ()
{
  name=$1
  shift
  printf '%-18s %s\n' "$name" "$(printf '%s' "$*" | sed "s,$top/,,g")"
}

# is_wanted NAME
is_wanted ()
{
  [ -z "$wanted" ] && return 0
  case " $wanted " in
    *" $1 "*) return 0 ;;
  esac
  return 1
}

# One task: its log, how it ended, and a row of the table.
run_task ()
{
  name=$1
  is_wanted "$name" || return 0
  say "== $(print_command "$@")"
  shift
  began=$(date +%s)
  if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
    result=passed
    passed=$((passed + 1))
  else
    result=FAILED
    failed=$((failed + 1))
  fi
  took=$(($(date +%s) - began))
  last=$(tail -n 1 "$logs/$name.log" | cut -c 1-60)
  say "$result after $took s: $last"
  printf '| %s | %s | %s | %s min |\n' "$name" "$result" "$last" \
    $(((took + 30) / 60)) >>"$logs/table"
}

print_table ()
{
  cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  printf '\n%s, commit %s, %s x %s, %s\n\n' "$(date -u +%F)" \
    "$(git -C "$top" rev-parse --short HEAD 2>/dev/null || echo unknown)" \
    "$(nproc)" "${cpu:-$(uname -m)}" \
    "$(. /etc/os-release && printf '%s' "$PRETTY_NAME")"
  printf '| What | Result | Last line | Time |\n|---|---|---|---|\n'
  cat "$logs/table"
}

much=all
wanted=''
for argument in "$@"; do
  case $argument in
    --quick) much=little ;;
    --list) much=none ;;
    -*) die "unknown argument $argument; the head of this file lists them" ;;
    *) wanted="$wanted $argument" ;;
  esac
done

if [ "$much" = none ]; then
  run () { print_command "$@"; }
  list all
  exit
fi

# Unknown names are found out before hours have passed.
run () { names="$names $1"; }
names=''
list all
for name in $wanted; do
  case "$names " in
    *" $name "*) ;;
    *) die "there is no $name; --list tells what there is" ;;
  esac
done

# shellcheck disable=SC2086
install_missing $BUILD_PACKAGES $MEDIA_PACKAGES $TEST_PACKAGES
configure "$top/build"
ninja -C "$top/build"
mkdir -p "$logs"
: >"$logs/table"
passed=0
failed=0
GIO_USE_PROXY_RESOLVER=dummy
export GIO_USE_PROXY_RESOLVER
run () { run_task "$@"; }
list "$much"
print_table
say ""
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
