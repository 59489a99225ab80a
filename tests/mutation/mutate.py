#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Changes gst/ in small, meaningful ways, one at a time. Does the suite notice?

  mutate.py [--sample N [--seed S]] [--only TEXT] [--most-survivors N] BUILD
  mutate.py --check

The changes are in changes.txt. For each, BUILD/source, a copy of the tree, is
changed and built in BUILD/build, and tests run until one fails: first those
that the change names, then the suites unit, emulator, element, tools and chaos.
A test that fails fails once more by itself, or does not count. A change that no
test notices has survived: it wants a test, or a reason in changes.txt, a line
that begins with `survives:`. Such a change does not count as noticed either way.

--sample takes N of them by chance. --only takes those whose name or file has
TEXT in it. --check finds out only whether every change still fits the sources.

The last line is `N passed, N failed`: changes that were noticed, and others. It
fails if more than 8 in 100 have survived, or as many as --most-survivors says.
"""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SUITES = ["unit", "emulator", "element", "tools", "chaos"]
# A change may make a test wait for ever.
LIMIT = 1200


class Change:
    """One change: what stands in a file, and what shall stand there."""

    def __init__(self, name, file, tests):
        self.name, self.file, self.tests = name, file, tests
        self.old, self.new, self.reason = [], [], ""

    def apply(self, root):
        """Says what was there before, or None if it does not fit."""
        path = root / "gst" / self.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        old, new = "\n".join(self.old), "\n".join(self.new)
        if not old or text.count(old) != 1:
            return None
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text


def read_changes():
    """Blocks of changes.txt:

    = NAME: FILE TESTS...
    -what stands there, a line or more
    +what shall stand there, or nothing
    survives: why no test can notice it
    """
    changes = []
    path = pathlib.Path(__file__).with_name("changes.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            name, rest = line[2:].split(": ", 1)
            file, *tests = rest.split()
            changes.append(Change(name, file, tests))
        elif line.startswith("-"):
            changes[-1].old.append(line[1:])
        elif line.startswith("+"):
            changes[-1].new.append(line[1:])
        elif line.startswith("survives: "):
            changes[-1].reason = line[len("survives: "):]
    return changes


def check(changes):
    """How many do not fit the tree as it is."""
    stale = 0
    for change in changes:
        path = TOP / "gst" / change.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        count = text.count("\n".join(change.old)) if change.old else 0
        if count != 1:
            print(f"stale: {change.name}: found {count} times in {change.file}")
            stale += 1
    names = [change.name for change in changes]
    doubles = {name for name in names if names.count(name) > 1}
    for name in sorted(doubles):
        print(f"twice: {name}")
    print(f"{len(changes)} changes")
    print(f"{len(changes) - stale} passed, {stale + len(doubles)} failed")
    return 1 if stale or doubles else 0


def run(command, directory, **options):
    return subprocess.run(command, cwd=directory, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          errors="replace", **options)


def prepare(build):
    """A copy of what git knows, set up and built."""
    source = build / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    files = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True,
                           capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (TOP / name).exists():
            shutil.copy2(TOP / name, source / name)
    if not (build / "build/build.ninja").exists():
        done = run(["meson", "setup", build / "build", source,
                    "-Dexamples=false"], build)
        if done.returncode:
            sys.exit(done.stdout)


def introspect(build, what):
    return json.loads(run(["meson", "introspect", f"--{what}",
                           build / "build"], build).stdout)


def get_programs(build, tests):
    """Ninja's names of the programs behind these tests, and of those that they
    run themselves."""
    root = f"{build / 'build'}/"
    files = {target["id"]: target["filename"]
             for target in introspect(build, "targets")}
    programs = set()
    for test in introspect(build, "tests"):
        if test["name"] in tests:
            programs.add(test["cmd"][0])
            programs.update(*(files[target] for target in test["depends"]))
    return sorted(program.removeprefix(root) for program in programs
                  if program.startswith(root))


def compile_tests(build, tests):
    """FALSE if it does not compile. No tests: all of them."""
    programs = get_programs(build, tests) if tests else []
    done = run(["ninja", *programs], build / "build")
    return done.returncode == 0, done.stdout


def run_tests(build, arguments):
    """The names of those that failed."""
    done = run(["meson", "test", "--no-rebuild", *arguments], build / "build",
               timeout=LIMIT)
    return [line.split("/ ", 1)[-1].split()[0]
            for line in done.stdout.splitlines()
            if any(word in line for word in (" FAIL ", " ERROR ", " TIMEOUT "))
            and " / " in line]


def notice(build, arguments):
    """The name of a test that fails, beside others and by itself, or None."""
    try:
        for failed in (run_tests(build, ["--maxfail", "1", *arguments]),
                       run_tests(build, arguments)):
            for name in failed:
                if run_tests(build, [name]):
                    return name
            if not failed:
                return None
    except subprocess.TimeoutExpired:
        return "a test that does not end"
    return None


def try_change(build, change):
    """'noticed', 'survived' or 'unfit', and by whom or why."""
    source = build / "source"
    before = change.apply(source)
    if before is None:
        return "unfit", "does not fit the sources"
    try:
        for tests in ([change.tests] if change.tests else []) + [[]]:
            compiles, output = compile_tests(build, tests)
            if not compiles:
                return "unfit", output[-2000:]
            arguments = tests or [f"--suite={suite}" for suite in SUITES]
            by = notice(build, arguments)
            if by:
                return "noticed", by
        return "survived", change.reason
    finally:
        (source / "gst" / change.file).write_text(before, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--most-survivors", type=int)
    parser.add_argument("build", type=pathlib.Path, nargs="?")
    options = parser.parse_args()
    changes = [change for change in read_changes()
               if options.only in f"{change.name}: {change.file}"]
    if options.check:
        return check(changes)
    if not options.build:
        parser.error("where to build?")
    if options.sample:
        changes = random.Random(options.seed).sample(
            changes, min(options.sample, len(changes)))
    build = options.build.resolve()
    build.mkdir(parents=True, exist_ok=True)
    prepare(build)
    counts = {"noticed": 0, "survived": 0, "unfit": 0, "excused": 0}
    for change in changes:
        began = time.monotonic()
        how, why = try_change(build, change)
        if how == "survived" and change.reason:
            how = "excused"
        counts[how] += 1
        print(f"{how:8} {time.monotonic() - began:5.0f} s  {change.name} "
              f"({change.file}): {why}", flush=True)
    missed = counts["survived"] + counts["unfit"]
    most = options.most_survivors
    if most is None:
        most = len(changes) * 8 // 100
    print(", ".join(f"{count} {how}" for how, count in counts.items()))
    print(f"{counts['noticed']} passed, {missed} failed")
    return 0 if missed <= most and changes else 1


if __name__ == "__main__":
    sys.exit(main())
