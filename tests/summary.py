#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Prints what runs of meson test came to, in one line.

  summary.py [--leaks DIRECTORY] [--again TESTLOG.json] TESTLOG.json...

prints `N passed, N failed`, then `, N only alone` and `, N skipped` if there
were such, and exits with 1 unless something passed and nothing failed. If a
program is in several logs, the last one counts. What failed in an earlier one
and passed in the last one has passed only alone: it counts as neither passed
nor failed, and is named, each case in a line after `ONLY ALONE` and the name of
its program.

Counts the cases of programs that speak TAP, and other programs as one case
each. A program that failed counts as at least one failure, whatever its cases
say, and so does one in which LeakSanitizer found something. --leaks names a
directory of logs of GStreamer's leaks tracer, one per process; each process
that leaked is one failure more, and it is one if none has reported anything.
Leaks are printed, and so is the end of what a failed program said, each line of
it after `FAILED` and its name. --again names the log of
programs that ran once more, much slower, to find out who leaked: nothing else
counts of it, unless one of them did not get to its end.

  summary.py --leaky TESTLOG.json...

prints the names of the programs in which LeakSanitizer found something.

  summary.py --failed TESTLOG.json...

prints the names of the programs that failed.
"""
import argparse
import glob
import json
import re
import sys

LAST_WORDS = 12
BAD = {"FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS"}


# GLib gives its table of quarks up, on purpose, whenever it outgrows it. So
# most programs would be leaky: that one is known by its sizes, 16 KiB and
# multiples of it, and by having no caller outside of GLib.
QUARK_TABLES = re.compile(
    r"Direct leak of (\d+) byte\(s\) in (\d+) object\(s\) allocated from:\n"
    r" +#0 \S+ in \S*malloc .*\n"
    r" +#1 \S+ in g_malloc .*/libglib-2.0.*\n\n")


def drop_quark_tables(match):
    size, count = int(match[1]), int(match[2])
    return "" if size == 8192 * count * (count + 1) else match[0]


def find_leaks(test):
    """What LeakSanitizer said, or nothing."""
    reports = re.findall(
        r"LeakSanitizer: detected memory leaks\n\n(.*?)SUMMARY:",
        test.get("stderr", "") + test.get("stdout", ""), re.DOTALL)
    return "".join(QUARK_TABLES.sub(drop_quark_tables, report)
                   for report in reports)


def take_leaks(tests, path):
    """Replaces what leaked by what leaked when it ran again."""
    for name, again in read_logs([path]).items():
        if again["result"] == "TIMEOUT" or again["returncode"] < 0:
            tests[name] = again
        else:
            tests[name]["leaks"] = find_leaks(again)


def get_program(test):
    """Its name without those of the project and the suite: of old
    "icesink:unit / clock", from Meson 1.12 on "unit - icesink:clock"."""
    return re.split(" / |:", test["name"])[-1]


def print_failure(test):
    """Which cases failed, and the last words."""
    output = test.get("stdout", "") + test.get("stderr", "")
    lines = [line for line in output.splitlines() if line.strip()]
    cases = [line for line in lines[:-LAST_WORDS] if line.startswith("not ok")]
    name = get_program(test)
    for line in [f"{test['result']} with status {test['returncode']}",
                 *cases, *lines[-LAST_WORDS:]]:
        print(f"FAILED {name}: {line}")


def read_cases(test):
    """(whether it is ok, its name and what follows) of each case."""
    return [(word == "ok", rest.strip(" -")) for word, rest in
            re.findall(r"^(ok|not ok) \d+\b(.*)$", test.get("stdout", ""),
                       re.MULTILINE)]


def find_only_alone(test):
    """What failed before, if the program passed at last.

    A program that failed without saying in which case, as one does that was
    ended for taking too long, is one by itself.
    """
    before = test.get("before")
    if not before or test["result"] in BAD:
        return []
    return ([name for ok, name in read_cases(before) if not ok]
            or [before["result"]])


def count_cases(test):
    """(passed, failed, only alone, skipped) of one program."""
    cases = read_cases(test)
    skipped = sum("# SKIP" in name for _, name in cases)
    failed = sum(not ok for ok, _ in cases)
    passed = len(cases) - skipped - failed
    leaks = test["leaks"] if "leaks" in test else find_leaks(test)
    if leaks:
        print(f"Leaks in {test['name']}:\n{leaks}")
    if test["result"] in BAD:
        print_failure(test)
    if leaks or test["result"] in BAD:
        return passed, max(failed, 1), 0, skipped
    if not cases:
        skipped = int(test["result"] == "SKIP")
        passed = 1 - skipped
    only_alone = find_only_alone(test)
    for name in only_alone:
        print(f"ONLY ALONE {get_program(test)}: {name}")
    return (max(passed - len(only_alone), 0), failed, len(only_alone),
            skipped)


def read_logs(paths):
    """All programs, by name: the last run of each, with `before`, an earlier
    one that failed."""
    tests = {}
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                test = json.loads(line)
                before = tests.get(test["name"])
                if before and before["result"] in BAD:
                    test["before"] = before
                elif before and "before" in before:
                    test["before"] = before["before"]
                tests[test["name"]] = test
    return tests


def count_leaks(directory):
    """How many processes left objects alive.

    The tracer reports when GStreamer is taken down, so of a process that was
    killed, or did not take it down, nothing is known.
    """
    count = reports = 0
    paths = sorted(glob.glob(f"{directory}/*.log"))
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as log:
            lines = list(log)
        reports += any("deinitialized GStreamer" in line for line in lines)
        leaks = [line for line in lines if ":: object-alive," in line]
        if leaks:
            count += 1
            print(f"Leaks in {path}:\n", *leaks, sep="")
    print(f"{reports} of {len(paths)} processes have reported what is alive")
    return count if reports else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--leaks")
    parser.add_argument("--again")
    parser.add_argument("--leaky", action="store_true")
    parser.add_argument("--failed", action="store_true")
    parser.add_argument("logs", nargs="+")
    options = parser.parse_args()
    tests = read_logs(options.logs)
    if options.leaky or options.failed:
        print(*(get_program(test) for test in tests.values()
                if (options.leaky and find_leaks(test))
                or (options.failed and test["result"] in BAD)))
        return 0
    if options.again:
        take_leaks(tests, options.again)
    counts = [count_cases(test) for test in tests.values()] or [(0, 0, 0, 0)]
    passed, failed, only_alone, skipped = map(sum, zip(*counts))
    if options.leaks:
        failed += count_leaks(options.leaks)
    print(f"{passed} passed, {failed} failed"
          + (f", {only_alone} only alone" if only_alone else "")
          + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed + only_alone and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
