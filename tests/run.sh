#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Installs what is missing, builds, and runs all tests.
#
#   sh tests/run.sh [MODE] [-- ARGUMENTS OF meson test]
#
#   (no mode)   all tests, on a build in build/
#   --asan      all tests under AddressSanitizer, with its leak detection, and
#               UndefinedBehaviorSanitizer, on a build in build-asan/
#   --leaks     all tests under GStreamer's leaks tracer; an object that is
#               alive at the end of a program counts as a failure
#   --valgrind  the unit and element tests under valgrind
#   --tsan      the tests that link the plugin under ThreadSanitizer, on a
#               build in build-tsan/, with GLib, GStreamer and libsoup built
#               likewise from Debian's sources, which takes a while at first
#   --coverage  all tests but two of the build itself, on a build in
#               build-coverage/, and which lines and branches of gst/ they
#               reach: a table, the total of lines and of branches, and
#               build-coverage/coverage/index.html with each line.
#               g_return_if_fail() and what no source line decides do not count
#   --gcc       no tests: a build with gcc and -Werror in build-gcc/, without
#               optimization
#   --clang     no tests: the same with clang in build-clang/
#
# For example, one suite: sh tests/run.sh -- --suite unit
# For Debian 12 and Ubuntu 24.04; as root or with sudo if packages are missing.
# It can be run again. The last line is `N passed, N failed`, with
# `, N only alone` for what failed beside others and passed by itself, and
# `, N skipped`, if there were such; the exit status is 0 if nothing failed.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$top/tests/setup.sh"

mode=''
case ${1:-} in
  --asan | --leaks | --valgrind | --tsan | --coverage | --gcc | --clang)
    mode=${1#--}
    shift
    ;;
esac
case ${1:-} in
  --) shift ;;
  '') ;;
  *) die "unknown argument $1; the head of this file lists the modes" ;;
esac

install_packages ()
{
  more=''
  case $mode in
    valgrind | clang) more=$mode ;;
    coverage) more=gcovr ;;
  esac
  [ "${CC:-}" != clang ] || more=clang
  command -v npm >/dev/null || more="$more $NODE_PACKAGES"
  # The lists are lists of words.
  # shellcheck disable=SC2086
  install_missing $BUILD_PACKAGES $MEDIA_PACKAGES $TEST_PACKAGES $more
}

# build DIRECTORY OPTION...
build ()
{
  build=$top/$1
  shift
  own_directory "$build"
  configure "$build" "$@"
  ninja -C "$build"
}

# run_tests LOG ARGUMENT...: to a log that summarize reads; that tests have
# failed is in it, with more besides. Most tests wait for what they have made
# happen rather than compute, so there are two for each processor; but where
# all takes several times as long, as under a sanitizer, they compute.
run_tests ()
{
  log=$1
  shift
  case $mode in
    '') set -- --num-processes $((2 * $(nproc))) "$@" ;;
  esac
  rm -f "$build/meson-logs/$log"*.json
  meson test -C "$build" --no-rebuild --print-errorlogs --logbase "$log" "$@" ||
    true
}

# summarize ARGUMENT...: the last line, and the exit status; summary.py says
# which arguments there are
summarize ()
{
  python3 "$top/tests/summary.py" "$@"
}

# run_alone LOG ARGUMENT...: what failed in that log runs once more, one at a
# time: beside others on a busy machine a deadline may pass that means nothing.
# Both runs are shown; what passes then is counted by itself, as `only alone`.
run_alone ()
{
  logs=$build/meson-logs/$1.json
  shift
  failed=$(summarize --failed "$logs")
  [ -n "$failed" ] || return 0
  say "Once more, one at a time: $failed"
  # $failed is a list of words.
  # shellcheck disable=SC2086
  run_tests alone --num-processes 1 "$@" $failed
  logs="$logs $build/meson-logs/alone.json"
}

# Leaks are looked for twice. The libraries of Debian have no frame pointers,
# so at first it is not known who in them allocated what; that could be found
# out every time, but would make all tests ten times slower. So only those in
# which something leaked, whosever it is, run again like that, and what is in
# lsan.supp is let pass.
#
# intercept_tls_get_addr=0: with it, the leak detection itself may crash when
# modules with thread-local variables, such as those for TLS, were loaded.
run_with_sanitizers ()
{
  build build-asan -Db_sanitize=address,undefined -Doptimization=1 \
    ${CI:+-Dwerror=true}
  ASAN_OPTIONS=intercept_tls_get_addr=0
  LSAN_OPTIONS=exitcode=0
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS
  run_tests run --timeout-multiplier 4 "$@"
  run_alone run --timeout-multiplier 4
  # $logs is a list of words.
  # shellcheck disable=SC2086
  set -- $logs

  leaky=$(summarize --leaky "$@")
  if [ -n "$leaky" ]; then
    say "Who leaked in: $leaky"
    ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0
    LSAN_OPTIONS=suppressions=$top/tests/lsan.supp:print_suppressions=0
    TEST_PATIENCE=10
    export TEST_PATIENCE
    # $leaky is a list of words.
    # shellcheck disable=SC2086
    run_tests again --timeout-multiplier 20 $leaky
    set -- --again "$build/meson-logs/again.json" "$@"
  fi
  summarize "$@"
}

# The tracer reports at the end of each process, into a file of its own. The
# plugin scanner never would, so there is none.
run_with_leaks_tracer ()
{
  build build
  rm -rf "$build/leaks"
  mkdir "$build/leaks"
  GST_TRACERS=leaks
  GST_DEBUG=GST_TRACER:7,GST_INIT:4
  GST_DEBUG_NO_COLOR=1
  GST_DEBUG_FILE=$build/leaks/%p.log
  GST_REGISTRY_FORK=no
  export GST_TRACERS GST_DEBUG GST_DEBUG_NO_COLOR GST_DEBUG_FILE
  export GST_REGISTRY_FORK
  run_tests run --timeout-multiplier 2 "$@"
  summarize --leaks "$build/leaks" "$build/meson-logs/run.json"
}

# GLib's slices would hide what becomes of their parts. TEST_PATIENCE is for
# deadlines; see tests/patience.h. Where other people's muxers leak and encoders
# such as x265 hand out what they never set, there is no telling what is whose;
# there only reads and writes of what is not theirs count.
#
# The chaos suite would take hours. Some of it, with the variables and options
# from below: valgrind OPTIONS build/tests/chaos/chaos --seeds 1-12 --jobs 1
run_with_valgrind ()
{
  build build
  G_SLICE=always-malloc
  TEST_PATIENCE=10
  export G_SLICE TEST_PATIENCE
  valgrind="valgrind --quiet --error-exitcode=1 \
    --suppressions=/usr/share/glib-2.0/valgrind/glib.supp \
    --suppressions=$top/tests/valgrind.supp"
  run_tests run --timeout-multiplier 30 --suite unit --suite element \
    --no-suite leaky --wrap "$valgrind --leak-check=full \
      --show-leak-kinds=definite --errors-for-leak-kinds=definite" "$@"
  run_tests leaky --timeout-multiplier 30 --suite leaky \
    --wrap "$valgrind --leak-check=no --undef-value-errors=no" "$@"
  summarize "$build"/meson-logs/*-valgrind.json
}

# Modules are where Debian has them, but for those that were built.
run_with_tsan ()
{
  . "$top/tests/tsan.sh"
  build_tsan_libraries "$top/build-tsan-libraries"
  build build-tsan -Db_sanitize=thread -Db_lundef=false
  system=$(pkg-config --variable=pluginsdir gstreamer-1.0)
  LD_LIBRARY_PATH=$libraries/lib
  GIO_MODULE_DIR=$(pkg-config --variable=giomoduledir gio-2.0)
  GST_PLUGIN_SYSTEM_PATH=$libraries/lib/gstreamer-1.0:$system
  G_SLICE=always-malloc
  GST_REGISTRY=$build/registry.bin
  TEST_PATIENCE=10
  TSAN_OPTIONS=history_size=7:suppressions=$top/tests/tsan.supp
  export LD_LIBRARY_PATH GIO_MODULE_DIR GST_PLUGIN_SYSTEM_PATH G_SLICE
  PATH=$libraries/wrappers:$PATH
  export GST_REGISTRY PATH TEST_PATIENCE TSAN_OPTIONS
  set -- --timeout-multiplier 20 --suite unit --suite emulator \
    --suite element --suite chaos "$@"
  run_tests run "$@"
  run_alone run --timeout-multiplier 20
  # $logs is a list of words.
  # shellcheck disable=SC2086
  summarize $logs
}

# Lines whose branches do not count; see below.
OTHERS_BRANCHES='\s*(GST_(CAT_LEVEL_LOG|(LOG|DEBUG|INFO|WARNING|ERROR)(_OBJECT)?) \(|'
OTHERS_BRANCHES=$OTHERS_BRANCHES'g_clear_(pointer|object) \(|'
OTHERS_BRANCHES=$OTHERS_BRANCHES'g_task_set_source_tag \(|'
OTHERS_BRANCHES=$OTHERS_BRANCHES'G_(DEFINE|DECLARE)_|GST_ICE_DECLARE_COUNTED).*'

# A process that is killed, as crashes and chaos have them, leaves no counts.
# Several at a time add up in one file, which gcov locks. Without optimization,
# as gcov wants it: else a branch counts where its function was inlined, as often
# as that was, on lines that have none. Two tests look at the build rather than
# at gst/ and are left out by their meson.build: `pkg-config` links the static
# archive, which then needs gcov, and `install` reads what the module exports.
#
# What does not count is no decision of ours; in a line or branch that counts and
# is not reached there is one, and tests/coverage.md says why:
#   g_return_if_fail() and the like  only a mistake of ours fails them
#   GST_DEBUG() and the like         whether somebody wants that level
#   g_clear_pointer(), _object()     whether there is something to let go of
#   g_task_set_source_tag()          whether the task has a name already
#   G_DEFINE_..., G_DECLARE_...      what GLib makes of them: casts, types once
run_with_coverage ()
{
  build build-coverage -Db_coverage=true -Doptimization=0
  find "$build" -name '*.gcda' -delete
  run_tests run --timeout-multiplier 20 "$@"
  run_alone run --timeout-multiplier 20
  mkdir -p "$build/coverage"
  gcovr --root "$top" --filter "$top/gst/" --object-directory "$build" \
    --exclude-unreachable-branches --exclude-throw-branches \
    --exclude-lines-by-pattern '\s*g_(return_(val_)?|warn_)if_(fail|reached)\b.*' \
    --exclude-branches-by-pattern "$OTHERS_BRANCHES" \
    --html-details "$build/coverage/index.html" \
    --txt "$build/coverage/lines.txt" --print-summary "$build"
  cat "$build/coverage/lines.txt"
  # $logs is a list of words.
  # shellcheck disable=SC2086
  summarize $logs
}

build_only ()
{
  CC=$1 build "build-$1" -Dwerror=true -Doptimization=0
  say "1 passed, 0 failed"
}

install_packages
case $mode in
  gcc | clang) build_only "$mode" ;;
  asan) run_with_sanitizers "$@" ;;
  leaks) run_with_leaks_tracer "$@" ;;
  valgrind) run_with_valgrind "$@" ;;
  tsan) run_with_tsan "$@" ;;
  coverage) run_with_coverage "$@" ;;
  '')
    build build ${CI:+-Dwerror=true}
    run_tests run --timeout-multiplier 2 "$@"
    run_alone run --timeout-multiplier 2
    # $logs is a list of words.
    # shellcheck disable=SC2086
    summarize $logs
    ;;
esac
