# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Target 11: every link as it is, with no setting; kind to others; and gone
when the recording ends."""

import itertools
import json
import subprocess
import sys

from link import FAR, Link, why_not
from runner import MIB, Failed, median, together

# Mbit/s, round trip in seconds, percent of loss, congestion control.
ALL = tuple(itertools.product((5, 100, 1000), (0.01, 0.05, 0.2), (0, 0.1, 1),
                              ('cubic', 'bbr')))
SHORT = ((5, 0.05, 0, 'cubic'),
         (100, 0.05, 0, 'cubic'),
         (100, 0.05, 0.1, 'cubic'),
         (100, 0.2, 0, 'cubic'),
         (100, 0.05, 1, 'bbr'),
         (1000, 0.05, 0.1, 'bbr'))
# What waits before the line, in seconds.
QUEUE = 0.1
BULK = 16
FIXED = (3, 8, 16)
# Enough for nobody to come to its end.
ENDLESS = 1 << 40

LIVE = 1_000_000                # bytes a second
LIVE_SECONDS = 24
# Of one whose end is looked at: the head leaves early after 50 MiB.
LONG_SECONDS = 60
HEAD_SIZE = MIB
SHORT_SIZE = 100_000


def name_of(cell):
    rate, round_trip, loss, congestion = cell
    return (f'{rate} Mbit/s, {round_trip * 1000:.0f} ms, {loss}% loss, '
            f'{congestion}')


def make_link(bench, cell, queue=QUEUE):
    rate, round_trip, loss, congestion = cell
    return Link(bench.machine, rate, loss, round_trip, queue, congestion)


# ---- a backlog ----

def get_warm_up(cell):
    """Until every sender has found its pace: some seconds, and more where an
    answer takes long."""
    return 4 + 30 * cell[1]


def send_bulk(bench, link, receiver):
    """One body on each of many connections."""
    return bench.machine.floor_command(
        receiver, ENDLESS * BULK, '--connections', BULK, '--part-size',
        ENDLESS, prefix=link.prefix(0))


def send_icesink(bench, link, receiver, *settings):
    return bench.machine.pipeline_command(
        bench.machine.icesink(receiver, *settings), ENDLESS,
        prefix=link.prefix(0))


def get_senders():
    """{name: (function, setting...)}"""
    senders = {'bulk': (send_bulk,), 'default': (send_icesink,)}
    for number in FIXED:
        senders[f'p{number}'] = (send_icesink, f'parallel-parts={number}')
    return senders


def measure_goodput(bench, cell, sender):
    function, *settings = sender
    with make_link(bench, cell) as link, link.receiver() as receiver:
        command = function(bench, link, receiver, *settings)
        with bench.machine.running(command):
            link.measure(get_warm_up(cell))
            return link.measure(4 if bench.quick else 12)


def measure_cell(bench, cell):
    """Everybody in turns. Mbit/s: {name: median}"""
    senders = get_senders()
    turns = {name: [] for name in senders}
    for _ in range(bench.turns):
        for name, sender in senders.items():
            turns[name].append(measure_goodput(bench, cell, sender))
    bench.keep(f'goodput, {name_of(cell)}', turns)
    goodput = {name: median(values) for name, values in turns.items()}
    bench.say(f'  {name_of(cell)}: ' + ', '.join(
        f'{name} {value:.1f}' for name, value in goodput.items()))
    return goodput


def add_goodput_row(bench, cell, goodput):
    _, round_trip, loss, _ = cell
    limit = 0.95 if loss == 0 and round_trip <= 0.05 else 0.9
    best = max(goodput[f'p{number}'] for number in FIXED)
    against_bulk = goodput['default'] / goodput['bulk']
    against_best = goodput['default'] / best
    bench.row(11, f'goodput, {name_of(cell)}, against {BULK} bulk connections '
              'and the best of 3, 8, 16',
              f'{against_bulk:.2f} and {against_best:.2f} '
              f'({goodput["default"]:.1f} : {goodput["bulk"]:.1f} : {best:.1f} '
              'Mbit/s)', f'{limit} and 0.9',
              against_bulk >= limit and against_best >= 0.9)


def run_goodput(bench, cells):
    rows = []
    for cell in cells:
        goodput = measure_cell(bench, cell)
        add_goodput_row(bench, cell, goodput)
        rows.append((name_of(cell), *(f'{goodput[name]:.1f}'
                                      for name in goodput)))
    bench.heading(f'Goodput with a backlog, Mbit/s; queue of {QUEUE * 1000:.0f}'
                  ' ms')
    bench.table(('', *get_senders()), rows)


# ---- a live recording ----

def send_live(bench, link, tls=False, total=LIVE * LIVE_SECONDS,
              rate=LIVE):
    """Result of the pipeline, with what the receiver has seen."""
    with link.receiver(tls) as receiver:
        result = bench.machine.pipeline(
            bench.machine.icesink(receiver), total, '--rate', rate,
            prefix=link.prefix(0))
        return result, receiver.expect(total)


def measure_live(bench, cell):
    with make_link(bench, cell) as link:
        return send_live(bench, link)


def run_live(bench, cells):
    """These cost so little that all run side by side."""
    able = [cell for cell in cells if cell[0] * 1e6 > LIVE * 8]
    results = together({cell: (measure_live, bench, cell) for cell in able})
    bench.keep('live', {name_of(cell): pair
                        for cell, pair in results.items()})
    for cell, (_, report) in results.items():
        # One is to ICE.
        number = report['connections'] - 1
        bench.row(11, f'connections of a live recording at 8 Mbit/s, '
                  f'{name_of(cell)}', number, 2, number <= 2)


# ---- beside others ----

def run_flow(link, machine, seconds):
    """A live stream of somebody else; see flow.py."""
    address = f'{FAR}:8081'
    program = [sys.executable, '-B', machine.source('flow.py')]
    with subprocess.Popen([*link.prefix(1), *program, '--listen', address],
                          stdout=subprocess.PIPE, text=True) as listener:
        if listener.stdout.readline().strip() != 'ready':
            raise Failed('the flow did not start')
        subprocess.run([*link.prefix(0), *program, '--connect', address,
                        '--seconds', str(seconds)], check=True)
        return json.loads(listener.stdout.readline())


def measure_fairness(bench, queue, *settings):
    """A flow of 2 Mbit/s alone, and beside an upload."""
    cell = 10, 0.05, 0, 'cubic'
    seconds = 5 if bench.quick else 20
    with make_link(bench, cell, queue) as link, link.receiver() as receiver:
        alone = run_flow(link, bench.machine, 5)
        with bench.machine.running(
                send_icesink(bench, link, receiver, *settings)):
            link.measure(get_warm_up(cell) + 10 * queue)
            begin = link.look()
            beside = run_flow(link, bench.machine, seconds)
            end = link.look()
    return {'alone': alone, 'beside': beside,
            'all': (end['bytes'] - begin['bytes']) * 8 / 1e6
                   / (end['seconds'] - begin['seconds'])}


def add_fairness_row(bench, result, text, with_delay, is_judged):
    alone, beside = result['alone'], result['beside']
    holds = beside['mbit'] >= 1.9 if is_judged else None
    if with_delay:
        holds = holds and beside['late_50'] <= 1.2 * alone['late_50']
    bench.row(11, f'a flow of 2 Mbit/s on 10 Mbit/s, 50 ms, beside a backlog, '
              f'{text}', f'{beside["mbit"]:.2f} Mbit/s, late by '
              f'{beside["late_50"]:.0f} ms, at most {beside["late_max"]:.0f} '
              f'(alone {alone["late_50"]:.0f}); {result["all"]:.1f} Mbit/s in '
              'all', '1.9 Mbit/s' + (', 20% later' if with_delay else ''),
              holds)


def run_fairness(bench):
    limit = 'max-upload-bitrate=6000000'
    jobs = {'queue of 100 ms': (0.1,),
            'queue of 1 s, no limit': (1,),
            f'queue of 100 ms, {limit}': (0.1, limit),
            f'queue of 1 s, {limit}': (1, limit)}
    results = together({text: (measure_fairness, bench, *job)
                        for text, job in jobs.items()})
    bench.keep('fairness', results)
    for text, result in results.items():
        add_fairness_row(bench, result, text, limit in text,
                         'no limit' not in text)


# ---- the end ----

def measure_end(bench, round_trip, tls):
    """Of a live recording: medians of the tail and the least it can be."""
    cell = 100, round_trip, 0, 'cubic'
    tails, limits = [], []
    with make_link(bench, cell) as link:
        for turn in range(bench.runs):
            # Each ends elsewhere in a part.
            total = LIVE * LONG_SECONDS + turn * LIVE * 7 // 5
            result, report = send_live(bench, link, tls, total)
            size = report['last_part'] + HEAD_SIZE
            tails.append(result['tail'])
            limits.append(size * 8 / 1e8 + 4 * round_trip)
    return {'tails': tails, 'limits': limits}


def measure_short(bench, round_trip, tls):
    """Of one PutObject, in round trips."""
    cell = 100, round_trip, 0, 'cubic'
    tails = []
    with make_link(bench, cell) as link:
        for _ in range(bench.runs):
            result, _ = send_live(bench, link, tls, SHORT_SIZE,
                                  SHORT_SIZE // 4)
            tails.append(result['tail'] / round_trip)
    return tails


def run_ends(bench):
    kinds = [(round_trip, tls) for round_trip in (0.05, 0.2)
             for tls in (False, True)]
    ends = together({kind: (measure_end, bench, *kind) for kind in kinds})
    shorts = together({kind: (measure_short, bench, *kind) for kind in kinds})
    bench.keep('ends', {str(kind): (ends[kind], shorts[kind])
                        for kind in kinds})
    for kind in kinds:
        add_end_rows(bench, kind, ends[kind], shorts[kind])


def add_end_rows(bench, kind, end, short):
    round_trip, tls = kind
    text = f'{round_trip * 1000:.0f} ms, {"TLS" if tls else "plain HTTP"}'
    ratio = bench.ratio(end['tails'], end['limits'])
    bench.row(11, f'tail of a recording at 8 Mbit/s, 100 Mbit/s, {text}, '
              'against last part and head at the rate of the line and 4 round '
              'trips', f'{ratio:.2f} x ({median(end["tails"]) * 1000:.0f} ms)',
              '1.25 x', ratio <= 1.25)
    bench.row(11, f'tail of a recording of 100 KB, {text}',
              f'{median(short):.1f} round trips', 4.5, median(short) <= 4.5)


def run(bench):
    reason = why_not()
    if reason:
        bench.note(f'the table of links was not measured: {reason}')
        bench.row(11, 'table of links', reason, '', None)
        return
    cells = ALL if bench.all_links else SHORT
    run_ends(bench)
    run_live(bench, cells)
    run_fairness(bench)
    run_goodput(bench, cells)
