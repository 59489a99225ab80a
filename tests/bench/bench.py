# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Measures what icesink costs; run.sh builds first and then runs this.
"""Runs the cases, prints each target as a row, writes all to a file."""

import argparse
import json
import os
import platform
import sys
import time

import cost
import limit
import link
import links
import stream
from runner import MIB, Failed, Machine, median

# In the order in which they run.
CASES = {
    'crc': stream.run_crc,
    'calls': cost.run_calls,
    'plain': cost.run_plain,
    'tls': cost.run_tls,
    'small': cost.run_small,
    'render': stream.run_render,
    'memory': stream.run_memory,
    'many': stream.run_many,
    'renewal': stream.run_renewal,
    'connections': stream.run_connections,
    'link': link.run,
    'links': links.run,
    'limit': limit.run,
    'growth': stream.run_growth,
}

# What is not known if a case fails.
TARGETS = {'crc': 4, 'calls': 1, 'plain': 1, 'tls': 1, 'small': 2,
           'render': 6, 'memory': 7, 'many': 7, 'renewal': 8,
           'connections': 10, 'link': 5, 'links': 11, 'limit': 11,
           'growth': 9}

VERDICTS = {True: 'holds', False: 'not met', None: 'not measured'}


class Bench:
    """What the cases work with: how much to do, and where to write it."""

    def __init__(self, options):
        self.machine = Machine(options.build)
        self.quick = options.quick
        self.runs = options.runs or (2 if options.quick else 5)
        self.turns = options.turns or 1
        self.all_links = options.all_links
        self.largest = options.largest or (2 if options.quick else 64)
        self.rows = []
        self.notes = []
        self.data = {}

    def scaled(self, total):
        """As many bytes as this run can spend where a proof takes total."""
        return total // 8 if self.quick else total

    def ratio(self, values, base):
        """The median of the ratios of each turn."""
        return median([a / b for a, b in zip(values, base)])

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            self.say(text)

    def heading(self, text):
        print(f'\n{text}')

    def table(self, head, rows):
        rows = [[str(cell) for cell in row] for row in [head, *rows]]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        for row in rows:
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width)
                      for cell, width in zip(row[1:], widths[1:])]
            print('  ' + '  '.join(cells).rstrip(), flush=True)

    def keep(self, name, data):
        """For the file."""
        self.data[name] = data

    def row(self, target, text, figure, limit, holds):
        """A target, or a part of it. holds: None if it is not known."""
        self.rows.append({'target': target, 'what': text, 'figure': figure,
                          'limit': limit, 'verdict': VERDICTS[holds]})
        self.say(f'target {target}: {text}: {figure} '
                 f'(limit {limit}): {VERDICTS[holds]}')

    def print_rows(self):
        self.heading('Targets')
        rows = sorted(self.rows, key=lambda row: row['target'])
        for row in rows:
            print(f'  {row["target"]:>2}  {row["verdict"]:<12}  '
                  f'{row["what"]}: {row["figure"]}; limit {row["limit"]}')
        if self.notes:
            self.heading('Notes')
            for note in self.notes:
                print(f'  {note}')

    def write(self, path, options):
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({
                'proof': not self.quick,
                'runs': self.runs,
                'date': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
                'machine': platform.platform(),
                'processors': os.cpu_count(),
                'load': os.getloadavg(),
                'only': options.only,
                'targets': self.rows,
                'notes': self.notes,
                'data': self.data,
            }, file, indent=1)


def parse_options():
    parser = argparse.ArgumentParser(prog='run.sh')
    parser.add_argument('--build', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--quick', action='store_true',
                        help='little of everything: no proof of anything')
    parser.add_argument('--only', action='append', choices=CASES,
                        help='one case; can be repeated')
    parser.add_argument('--runs', type=int, help='turns, 5')
    parser.add_argument('--turns', type=int,
                        help='of each cell of the table of links, 1')
    parser.add_argument('--all-links', action='store_true',
                        help='all of that table, which takes two hours')
    parser.add_argument('--largest', type=int, metavar='GIB',
                        help='the largest upload, 64')
    parser.add_argument('--json', default='bench.json', metavar='FILE',
                        help='where all figures go, bench.json')
    return parser.parse_args()


def run_cases(bench, names, options):
    """One after the other; what one has found is kept if the next fails."""
    for name in names:
        begin = time.monotonic()
        bench.say(f'-- {name}')
        try:
            CASES[name](bench)
        except (Failed, OSError) as failure:
            bench.note(f'{name} was not finished: {failure}')
            bench.row(TARGETS[name], f'{name}: was not finished', '', '', None)
        bench.say(f'-- {name}: {time.monotonic() - begin:.0f} s')
        bench.write(options.json, options)


def main():
    options = parse_options()
    bench = Bench(options)
    if bench.quick:
        bench.note('QUICK: these figures prove nothing.')
    try:
        # So that no measurement has to look for plugins.
        bench.machine.pipeline('fakesink', MIB)
        run_cases(bench, options.only or CASES, options)
    finally:
        bench.machine.close()
    bench.print_rows()
    print(f'\nAll figures: {options.json}')
    met = all(row['verdict'] != 'not met' for row in bench.rows)
    return 0 if met else 1


if __name__ == '__main__':
    sys.exit(main())
