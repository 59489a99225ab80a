#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""plot-stats: draws what icesink's `stats` said in the course of a recording.

    plot-stats.py STATS.csv > STATS.svg

The table has a row for each look at `stats`, with the columns seconds, state,
bytes-written, bytes-uploaded and upload-lag (seconds); others are ignored.
tests/docs/outage-run.c writes one, and an application of your own can do so in
a few lines. Times in which the state is `interrupted` are shaded.

Python's standard library is all it needs.
"""

import argparse
import csv
import math
import sys

WIDTH, LEFT, RIGHT = 820, 64, 118
PLOT = WIDTH - LEFT - RIGHT
# Top and height of the two panels.
BYTES = (56, 210)
LAG = (318, 110)
HEIGHT = 484

STYLE = '''
  text { font: 13px sans-serif; fill: #444 }
  .title { font-size: 16px; font-weight: bold; fill: #222 }
  .grid { stroke: #ddd; stroke-width: 1 }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  .written { stroke: #8a8a8a }
  .uploaded { stroke: #1769aa }
  .lag { stroke: #c2410c }
  .outage { fill: #fde9df }
'''


def read_rows(file):
    """The columns as lists of numbers, but for the state."""
    rows = list(csv.DictReader(file))
    if len(rows) < 2:
        raise ValueError('there are fewer than two rows')
    columns = {name: [float(row[name]) for row in rows]
               for name in ('seconds', 'bytes-written', 'bytes-uploaded',
                            'upload-lag')}
    columns['state'] = [row['state'] for row in rows]
    return columns


def find_outages(columns):
    """Where the state is `interrupted`, as pairs of seconds."""
    outages, begin = [], None
    for second, state in zip(columns['seconds'], columns['state']):
        if state == 'interrupted' and begin is None:
            begin = second
        elif state != 'interrupted' and begin is not None:
            outages.append((begin, second))
            begin = None
    if begin is not None:
        outages.append((begin, columns['seconds'][-1]))
    return outages


def get_step(largest, ticks):
    """1, 2 or 5 times a power of ten, for about that many ticks."""
    rough = max(largest, 1e-9) / ticks
    power = 10 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10)
                if step * power >= rough)


class Panel:
    """A plot over time."""

    def __init__(self, place, seconds, largest, ticks):
        self.top, self.height = place
        self.seconds = seconds
        self.step = get_step(largest, ticks)
        self.largest = self.step * math.ceil(max(largest, self.step)
                                             / self.step)

    def x(self, second):
        return LEFT + PLOT * second / self.seconds

    def y(self, value):
        return self.top + self.height * (1 - value / self.largest)

    def draw_frame(self, title):
        yield (f'<text x="{LEFT}" y="{self.top - 10}">{title}</text>')
        for i in range(round(self.largest / self.step) + 1):
            y = self.y(i * self.step)
            yield (f'<line class="grid" x1="{LEFT}" x2="{LEFT + PLOT}"'
                   f' y1="{y:.1f}" y2="{y:.1f}"/>')
            yield (f'<text x="{LEFT - 8}" y="{y + 4.5:.1f}"'
                   f' text-anchor="end">{i * self.step:g}</text>')

    def draw_outages(self, outages):
        for begin, end in outages:
            yield (f'<rect class="outage" x="{self.x(begin):.1f}"'
                   f' y="{self.top}" height="{self.height}"'
                   f' width="{self.x(end) - self.x(begin):.1f}"/>')

    def draw_line(self, name, seconds, values):
        points = ' '.join(f'{self.x(second):.1f},{self.y(value):.1f}'
                          for second, value in zip(seconds, values))
        yield f'<polyline class="line {name}" points="{points}"/>'

    def draw_time(self):
        step = get_step(self.seconds, 8)
        y = self.top + self.height + 20
        for i in range(int(self.seconds / step) + 1):
            yield (f'<text x="{self.x(i * step):.1f}" y="{y}"'
                   f' text-anchor="middle">{i * step:g}</text>')
        yield (f'<text x="{LEFT + PLOT + 12}" y="{y}">seconds</text>')


def draw_key(panel, entries):
    """What the lines are, beside their panel."""
    for i, (name, text) in enumerate(entries):
        y = panel.top + 14 + 22 * i
        x = LEFT + PLOT + 12
        yield (f'<line class="line {name}" x1="{x}" x2="{x + 22}"'
               f' y1="{y}" y2="{y}"/>')
        yield f'<text x="{x + 28}" y="{y + 4.5}">{text}</text>'


def draw_outage_key(panel, outages):
    if outages:
        x, y = LEFT + PLOT + 12, panel.top + 50
        yield f'<rect class="outage" x="{x}" y="{y}" width="22" height="14"/>'
        yield f'<text x="{x + 28}" y="{y + 11}">interrupted</text>'


def draw(columns, title):
    seconds = columns['seconds']
    outages = find_outages(columns)
    written = [value / 1e6 for value in columns['bytes-written']]
    uploaded = [value / 1e6 for value in columns['bytes-uploaded']]
    upper = Panel(BYTES, seconds[-1], max(written), 5)
    lower = Panel(LAG, seconds[-1], max(columns['upload-lag']), 3)

    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}"'
           f' height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">')
    yield f'<style>{STYLE}</style>'
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    yield f'<text class="title" x="{LEFT}" y="22">{title}</text>'
    for panel, name in ((upper, 'MB'), (lower, 'upload-lag, seconds')):
        yield from panel.draw_outages(outages)
        yield from panel.draw_frame(name)
    yield from upper.draw_line('written', seconds, written)
    yield from upper.draw_line('uploaded', seconds, uploaded)
    yield from lower.draw_line('lag', seconds, columns['upload-lag'])
    yield from lower.draw_time()
    yield from draw_key(upper, (('written', 'written'),
                                ('uploaded', 'uploaded')))
    yield from draw_outage_key(upper, outages)
    yield '</svg>'


def main():
    parser = argparse.ArgumentParser(
        description='Draws stats of icesink over time, as SVG.')
    parser.add_argument('table', help='CSV file')
    parser.add_argument('--title', default='A recording through an outage')
    arguments = parser.parse_args()
    try:
        with open(arguments.table, encoding='utf-8', newline='') as file:
            columns = read_rows(file)
    except (OSError, KeyError, ValueError) as error:
        print(f'plot-stats: {arguments.table}: {error}', file=sys.stderr)
        return 1
    print('\n'.join(draw(columns, arguments.title)))
    return 0


if __name__ == '__main__':
    sys.exit(main())
