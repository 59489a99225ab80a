#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Reads the object files of gst/ and says what leans on what the wrong way.

  structure.py [--uses FILE] BUILD

BUILD is a build directory in which gst/ has been built. Two things fail:

* a circle: source files that use each other's functions or variables, directly
  or by way of others. It is printed as the largest set of such files, with
  who uses what of whom among them;
* a climb: a source file that uses what a higher room defines.

--uses FILE prints, besides, what one source file (`upload/upload.c`) uses of
which others, and is used for by which.

Object files say it better than include lines do: a header can be included and
not used, and what is used can be declared anywhere. A function that is handed
over as a pointer counts as used by who names it, not by who calls it.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

# From the ground up. Rooms of one line stand beside each other: neither may
# use the other.
ROOMS = [["common"], ["http"], ["credentials"], ["ice", "oss"], ["recording"],
         ["upload"], ["icesink"], ["tools"]]
FLOORS = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}


def find_objects(build):
    """Source file of gst/ (`upload/upload.c`) to object file."""
    objects = {}
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        commands = json.load(file)
    for command in commands:
        source = (build / command["file"]).resolve().as_posix()
        output = build / command["output"]
        before, found, name = source.rpartition("/gst/")
        if found and output.as_posix().startswith(f"{build}/gst/"):
            objects[name] = output
    return objects


def read_symbols(objects):
    """Source file to (defined, used): names that other files may see."""
    sources = {str(path): source for source, path in objects.items()}
    output = subprocess.run(["nm", "-A", "-P", "-g", *sources], check=True,
                            capture_output=True, text=True).stdout
    symbols = {source: (set(), set()) for source in objects}
    for line in output.splitlines():
        path, rest = line.split(": ", 1)
        name, kind = rest.split()[:2]
        symbols[sources[path]][kind in "Uwv"].add(name)
    return symbols


def find_uses(objects):
    """Source file to what it uses: {other source file: {name}}."""
    symbols = read_symbols(objects)
    owners = {name: source for source, (defined, _) in symbols.items()
              for name in defined if name != "main"}
    uses = {source: collections.defaultdict(set) for source in symbols}
    for source, (_, used) in symbols.items():
        for name in used & owners.keys():
            uses[source][owners[name]].add(name)
    return uses


def find_circles(uses):
    """Sets of source files that reach each other (Tarjan's algorithm)."""
    index, low, stack, circles = {}, {}, [], []

    def visit(source):
        index[source] = low[source] = len(index)
        stack.append(source)
        for other in uses[source]:
            if other not in index:
                visit(other)
            if other in stack:
                low[source] = min(low[source], low[other])
        if low[source] == index[source]:
            start = stack.index(source)
            circle = sorted(stack[start:])
            del stack[start:]
            if len(circle) > 1:
                circles.append(circle)

    for source in sorted(uses):
        if source not in index:
            visit(source)
    return sorted(circles)


def may_use(source, other):
    """Whether that is downwards, or within a room."""
    room, below = source.split("/")[0], other.split("/")[0]
    return room == below or FLOORS[below] < FLOORS[room]


def find_climbs(uses):
    """(source file, other) of rooms that do not stand above each other."""
    return [(source, other) for source in sorted(uses)
            for other in sorted(uses[source]) if not may_use(source, other)]


def print_use(uses, source, other):
    names = sorted(uses[source][other])
    print(f"  {source} -> {other}: {', '.join(names)}")


def print_circle(uses, circle):
    print(f"circle of {len(circle)} files: {' '.join(circle)}")
    for source in circle:
        for other in circle:
            if other in uses[source]:
                print_use(uses, source, other)


def print_uses_of(uses, file):
    for source in sorted(uses):
        for other in sorted(uses[source]):
            if file in (source, other):
                print_use(uses, source, other)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--uses")
    parser.add_argument("build", type=pathlib.Path)
    options = parser.parse_args()
    objects = find_objects(options.build.resolve())
    unknown = {source.split("/")[0] for source in objects} - FLOORS.keys()
    if not objects or unknown:
        print(f"no objects, or rooms that are not known: {sorted(unknown)}")
        return 1
    uses = find_uses(objects)
    if options.uses:
        print_uses_of(uses, options.uses)
    circles = find_circles(uses)
    climbs = find_climbs(uses)
    for circle in circles:
        print_circle(uses, circle)
    for source, other in climbs:
        print("climbs:")
        print_use(uses, source, other)
    print(f"{len(objects)} files, {len(circles)} circles, "
          f"{len(climbs)} climbs")
    return 1 if circles or climbs else 0


if __name__ == "__main__":
    sys.exit(main())
