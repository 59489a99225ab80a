# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Target 11, max-upload-bitrate: what is on the wire in any five seconds."""

import time

from link import Link, why_not
from runner import MIB, together

LIMITS = 1, 6, 50               # Mbit/s
SINKS = 1, 20
WINDOW = 5                      # seconds
STEP = 0.5
# Until all sinks send, and what went unpaced is made up for.
START = 15

# A line that is no limit itself.
RATE = 200
ROUND_TRIP = 0.05
QUEUE = 0.1


def sample(link, seconds):
    """Bytes that have arrived, with the times."""
    samples = [link.look()]
    while samples[-1]['seconds'] - samples[0]['seconds'] < seconds:
        time.sleep(STEP)
        samples.append(link.look())
    return samples


def get_windows(samples):
    """Mbit/s of each window. The samples are not quite STEP apart."""
    windows = []
    for begin in samples:
        end = next((sample for sample in samples
                    if sample['seconds'] >= begin['seconds'] + WINDOW), None)
        if end:
            windows.append((end['bytes'] - begin['bytes']) * 8 / 1e6
                           / (end['seconds'] - begin['seconds']))
    return windows


def measure(bench, limit, sinks):
    """From the first byte on, and once all is under way."""
    machine = bench.machine
    settings = [f'max-upload-bitrate={limit * 1_000_000}']
    if sinks > 1:
        settings.append('share-upload-bitrate=true')
    total = (limit * 8 // sinks + 12) * MIB
    with Link(machine, RATE, 0, ROUND_TRIP, QUEUE) as link, \
            link.receiver() as receiver:
        command = machine.pipeline_command(
            machine.icesink(receiver, *settings), total, '--sinks', sinks,
            prefix=link.prefix(0))
        with machine.running(command):
            start = sample(link, START)
            later = sample(link, 10 if bench.quick else 30)
    return {'start': get_windows(start),
            'later': get_windows(later)}


def add_row(bench, limit, sinks, result):
    low, high = (pick(result['later']) / limit for pick in (min, max))
    bench.row(11, f'max-upload-bitrate={limit} Mbit/s, {sinks} '
              f'{"sinks together" if sinks > 1 else "sink"}, any {WINDOW} s on '
              'the wire', f'{low:.3f} to {high:.3f} of it (at the start at most '
              f'{max(result["start"]) / limit:.3f})', '0.95 to 1.05',
              low >= 0.95 and high <= 1.05)


def run(bench):
    reason = why_not()
    if reason:
        bench.row(11, 'max-upload-bitrate', reason, '', None)
        return
    for limits in (LIMITS[:2], LIMITS[2:]):
        results = together({(limit, sinks): (measure, bench, limit, sinks)
                            for limit in limits for sinks in SINKS})
        bench.keep(f'limits {limits}', {str(kind): result for kind, result
                                        in results.items()})
        for kind, result in results.items():
            add_row(bench, *kind, result)
