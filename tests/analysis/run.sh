#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Looks through the sources without running them, and installs what is missing
# for that.
#
#   sh tests/analysis/run.sh [TOOL...]
#
#   fanalyzer   gcc's analysis of gst/ and plugin/, on a build in
#               build-fanalyzer/; what does not count, and why, is in
#               gcc-suppressions.txt
#   clang-tidy  gst/ and plugin/; what it looks for, and why not for more, is
#               in clang-tidy.yaml
#   cppcheck    C sources; what does not count, and why, is in
#               cppcheck-suppressions.txt
#   codespell   all texts; words that are none are in words.txt
#
# The last line is `N passed, N failed`: tools; the exit status is 0 if none had
# anything to say.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$top/tests/setup.sh"
cd "$top"

# g_return_if_fail() is left out: it returns NULL where a caller is wrong, and
# the analysis takes that for a way that a caller may go.
run_fanalyzer ()
{
  build=$top/build-fanalyzer
  configure "$build" -Doptimization=1 -Dc_args='-fanalyzer -DG_DISABLE_CHECKS'
  rm -rf "$build/gst" "$build/plugin"
  ninja -C "$build" -t targets all |
    sed -n 's/^\(\(gst\|plugin\)\/.*\.o\): .*/\1/p' |
    LC_ALL=C xargs ninja -C "$build" >"$build/fanalyzer.log"
  grep -v -e '^#' -e '^$' tests/analysis/gcc-suppressions.txt \
    >"$build/suppressions"
  ! sed -n 's/^\.\.\/\([^:]*\):[0-9:]* warning: \(.*-Wanalyzer.*\)/\1: \2/p' \
    "$build/fanalyzer.log" | grep -Fvf "$build/suppressions"
}

# The commands of a build say what each file is compiled with.
run_clang_tidy ()
{
  build=$top/build-clang-tidy
  configure "$build"
  git ls-files -z 'gst/*.c' 'plugin/*.c' |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$build" --quiet \
      --config-file=tests/analysis/clang-tidy.yaml --extra-arg=-Wno-everything
}

# Macros of GLib's that stand where it expects none are taken out.
run_cppcheck ()
{
  cppcheck --quiet -j "$(nproc)" --std=c11 --library=gtk --inline-suppr \
    --enable=warning,performance,portability --error-exitcode=1 \
    --suppressions-list=tests/analysis/cppcheck-suppressions.txt \
    -I gst -I tests -I tests/unit '-DG_GNUC_PRINTF(a,b)=' \
    '-DG_DEFINE_EXTENDED_ERROR(a,b)=' \
    '-DG_N_ELEMENTS(a)=(sizeof(a)/sizeof((a)[0]))' \
    gst plugin tests examples
}

# What others wrote, and what is no language, is left out.
run_codespell ()
{
  git ls-files -z | grep -zv \
    -e '^tests/fuzz/corpus/' -e '^tests/vectors/' -e 'package-lock.json$' |
    xargs -0 codespell --ignore-words tests/analysis/words.txt
}

tools=${*:-fanalyzer clang-tidy cppcheck codespell}
for tool in $tools; do
  case $tool in
    fanalyzer) packages=$BUILD_PACKAGES ;;
    *) packages=$tool ;;
  esac
  # $packages is a list of words.
  # shellcheck disable=SC2086
  install_missing $packages
done
passed=0
failed=0
for tool in $tools; do
  say "== $tool"
  if "run_$(echo "$tool" | tr - _)"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "FAILED $tool"
  fi
done
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
