#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""What summary.py makes of logs, and .ci/run of its last line.

  test-summary.py TOP

Logs are written for each case; what tests of icesink do plays no part. Speaks
TAP.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(sys.argv[1]).resolve()
LEAK = ("==1==ERROR: LeakSanitizer: detected memory leaks\n\n"
        "Direct leak of 8 byte(s) in 1 object(s) allocated from:\n"
        "    #0 0x1 in malloc\n\nSUMMARY: AddressSanitizer: 8 byte(s)\n")


def program(name, *cases, result=None, stderr=""):
    """What meson logs of a program. A case is its name, with `!` before it if
    it failed, and `?` if it was skipped."""
    lines = []
    for number, case in enumerate(cases, 1):
        word = "not ok" if case[0] == "!" else "ok"
        skip = " # SKIP why" if case[0] == "?" else ""
        lines.append(f"{word} {number} {case.lstrip('!?')}{skip}")
    failed = any(case[0] == "!" for case in cases)
    result = result or ("FAIL" if failed else "OK")
    return {"name": f"icesink:unit / {name}", "result": result,
            "returncode": int(result != "OK"), "stderr": stderr,
            "stdout": "\n".join(lines) + "\n"}


def summarize(*logs, options=()):
    """(exit status, lines) of summary.py, for logs in the order of runs."""
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for number, log in enumerate(logs):
            paths.append(f"{directory}/{number}.json")
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.writelines(json.dumps(test) + "\n" for test in log)
        done = subprocess.run(
            [sys.executable, TOP / "tests/summary.py", *options, *paths],
            check=False, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def check(got, status, *last_lines):
    assert got[0] == status, got
    assert got[1][-len(last_lines):] == list(last_lines), got


def test_counts():
    check(summarize([program("a", "/a/1", "/a/2"), program("b")]),
          0, "3 passed, 0 failed")
    check(summarize([program("a", "/a/1", "?/a/2"),
                     program("b", result="SKIP")]),
          0, "1 passed, 0 failed, 2 skipped")


def test_names_failures():
    status, lines = summarize([program("a", "/a/1", "!/a/2")])
    assert status == 1 and lines[-1] == "1 passed, 1 failed", lines
    assert any(line.startswith("FAILED a: not ok 2 /a/2") for line in lines)


def test_counts_what_timed_out():
    check(summarize([program("a", "/a/1", result="TIMEOUT")]),
          1, "1 passed, 1 failed")


def test_nothing_is_no_success():
    check(summarize([]), 1, "0 passed, 0 failed")


def test_names_what_passed_only_alone():
    first = [program("a", "/a/1", "!/a/2", "!/a/3"), program("b", "/b/1")]
    again = [program("a", "/a/1", "/a/2", "/a/3")]
    check(summarize(first, again), 0, "ONLY ALONE a: /a/2",
          "ONLY ALONE a: /a/3", "2 passed, 0 failed, 2 only alone")


def test_counts_programs_that_passed_only_alone():
    check(summarize([program("a", "/a/1", result="TIMEOUT"), program("b")],
                    [program("a", "/a/1", "?/a/2")]),
          0, "ONLY ALONE a: TIMEOUT",
          "1 passed, 0 failed, 1 only alone, 1 skipped")
    check(summarize([program("a", result="FAIL")], [program("a")]),
          0, "ONLY ALONE a: FAIL", "0 passed, 0 failed, 1 only alone")


def test_failing_twice_is_failing():
    status, lines = summarize([program("a", "!/a/1", "/a/2")],
                              [program("a", "!/a/1", "/a/2")])
    assert status == 1 and lines[-1] == "1 passed, 1 failed", lines
    assert not any(line.startswith("ONLY ALONE") for line in lines), lines


def test_passing_twice_is_passing():
    check(summarize([program("a", "/a/1")], [program("a", "/a/1")]),
          0, "1 passed, 0 failed")


def test_counts_leaks():
    leaky = program("a", "/a/1", stderr=LEAK)
    check(summarize([leaky]), 1, "1 passed, 1 failed")
    check(summarize([leaky], options=["--leaky"]), 0, "a")


def test_a_leak_is_no_success_alone():
    check(summarize([program("a", "!/a/1")],
                    [program("a", "/a/1", stderr=LEAK)]),
          1, "1 passed, 1 failed")


def test_names_what_runs_again():
    check(summarize([program("a", "!/a/1"), program("b", "/b/1"),
                     program("c", result="TIMEOUT")], options=["--failed"]),
          0, "a c")


def test_knows_names_of_meson_1_12():
    failed = program("a", result="TIMEOUT") | {"name": "unit - icesink:a"}
    check(summarize([failed], options=["--failed"]), 0, "a")


def run_ci(directory, last_lines):
    """(exit status, last line) of .ci/run, where tests/run.sh and the
    quickstart end with these lines, by their mode."""
    cases = "".join(f"  *{mode}) echo '{line}' ;;\n"
                    for mode, line in last_lines.items())
    script = f"case $0$* in\n{cases}  *) echo '1 passed, 0 failed' ;;\nesac\n"
    for path in "tests/run.sh", "examples/quickstart.sh":
        os.makedirs((directory / path).parent, exist_ok=True)
        (directory / path).write_text(script, encoding="utf-8")
    os.makedirs(directory / ".ci", exist_ok=True)
    shutil.copy(TOP / ".ci/run", directory / ".ci/run")
    done = subprocess.run([directory / ".ci/run"], check=False,
                          capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()[-1:]


def test_ci_adds_up():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        check(run_ci(directory, {}), 0, "3 passed, 0 failed")
        check(run_ci(directory, {"tests/run.sh": "7 passed, 2 failed"}),
              1, "9 passed, 2 failed")


def test_ci_bears_few_that_passed_only_alone():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        check(run_ci(directory, {
            "tests/run.sh": "5 passed, 0 failed, 2 only alone, 1 skipped"}),
              0, "7 passed, 0 failed, 2 only alone")
        check(run_ci(directory, {
            "tests/run.sh": "5 passed, 0 failed, 3 only alone"}),
              1, "7 passed, 3 failed")
        check(run_ci(directory, {
            "--asan*": "5 passed, 0 failed, 1 only alone"}),
              1, "7 passed, 1 failed")


def main():
    tests = [(name, function) for name, function in globals().items()
             if name.startswith("test_")]
    print(f"1..{len(tests)}")
    for number, (name, function) in enumerate(tests, 1):
        title = name.removeprefix("test_").replace("_", "-")
        try:
            function()
            print(f"ok {number} /summary/{title}", flush=True)
        except AssertionError as error:
            print(f"# {error}\nnot ok {number} /summary/{title}", flush=True)


if __name__ == "__main__":
    main()
