#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Fuzzes each target, one after the other, and says what was found.
#
#   sh tests/fuzz/run.sh [SECONDS [TARGET...]]
#
# SECONDS for each target, 60 if it is not said. Builds with clang, libFuzzer,
# AddressSanitizer and UndefinedBehaviorSanitizer in build-fuzz/, and installs
# what is missing for that. What is learnt stays in build-fuzz/corpus/, for the
# next run; what breaks a target is left in build-fuzz/found/.
#
#   sh tests/fuzz/run.sh --keep [TARGET...]
#
# Puts the smallest set of files that reaches as much into tests/fuzz/corpus/.
#
# The last line is `N passed, N failed`: targets; the exit status is 0 if
# nothing was found.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$top/tests/setup.sh"

build=$top/build-fuzz
kept=$top/tests/fuzz/corpus

# Larger files find nothing else, and slow everything down. Of `recording`, each
# byte may be some 10 KiB to be written, sent and compared, and runs are so few
# that what libFuzzer counts to choose between files is not worth its time.
get_limits ()
{
  case $1 in
    recording) echo -max_len=256 -entropic=0 ;;
    *) echo -max_len=16384 ;;
  esac
}

seconds=60
keep=''
case ${1:-} in
  --keep)
    keep=yes
    shift
    ;;
  *[!0-9]* | '') [ $# -eq 0 ] || die "$1 is no number of seconds" ;;
  *)
    seconds=$1
    shift
    ;;
esac

# build_targets: the list of targets is in meson.build alone
build_targets ()
{
  # shellcheck disable=SC2086
  install_missing $BUILD_PACKAGES clang python3
  CC="${FUZZ_CC:-clang}" configure "$build" -Db_sanitize=address,undefined \
    -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link -Dexamples=false
  all=$(ninja -C "$build" -t targets all |
    sed -n 's,^tests/fuzz/fuzz-\([a-z-]*\): .*,\1,p')
  targets=${*:-$all}
  for target in $targets; do
    programs="${programs:-} tests/fuzz/fuzz-$target"
  done
  # $programs is a list of words.
  # shellcheck disable=SC2086
  ninja -C "$build" $programs
  python3 "$top/tests/fuzz/seeds.py" "$build/seeds"
}

# fuzz TARGET OPTION...
fuzz ()
{
  program=$build/tests/fuzz/fuzz-$1
  limits=$(get_limits "$1")
  shift
  # $limits is a list of words.
  # shellcheck disable=SC2086
  "$program" -timeout=25 -rss_limit_mb=4096 $limits -print_final_stats=1 \
    -verbosity=0 "$@"
}

# fuzz_target TARGET
fuzz_target ()
{
  mkdir -p "$build/corpus/$1" "$build/found" "$kept/$1"
  say "== $1, for $seconds s"
  fuzz "$1" -max_total_time="$seconds" -artifact_prefix="$build/found/$1-" \
    "$build/corpus/$1" "$kept/$1" "$build/seeds/$1"
}

# keep_target TARGET: edges alone count, not how often they are passed, so that
# the set is small
keep_target ()
{
  mkdir -p "$build/corpus/$1" "$build/kept" "$kept/$1"
  rm -rf "$build/kept/$1"
  mkdir "$build/kept/$1"
  say "== $1"
  fuzz "$1" -merge=1 -use_counters=0 "$build/kept/$1" "$build/seeds/$1" \
    "$kept/$1" "$build/corpus/$1"
  rm -rf "${kept:?}/$1"
  cp -r "$build/kept/$1" "$kept/$1"
}

G_SLICE=always-malloc
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# As tests/run.sh has it.
ASAN_OPTIONS=intercept_tls_get_addr=0
export G_SLICE UBSAN_OPTIONS ASAN_OPTIONS

build_targets "$@"
passed=0
failed=0
for target in $targets; do
  if [ -n "$keep" ]; then
    keep_target "$target"
    passed=$((passed + 1))
  elif fuzz_target "$target"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "FAILED $target: see $build/found"
  fi
done
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
