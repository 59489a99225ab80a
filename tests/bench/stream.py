# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""What is not CPU per GiB on loopback: checksums, the streaming thread,
memory, many sinks, renewals, connections, growth."""

import tempfile

from runner import GIB, MIB, Receiver, median, together

PARALLEL_PARTS = 3
PART_SIZE = 4 * MIB
LONG_PART_SIZE = 16 * MIB
MAX_MEMORY = 128 * MIB
# Many sinks, and bytes per second of each.
MANY = 200
SLOW_RATE = 250_000
FEW = 20
LIVE_RATE = 1_000_000
LONG_PARTS = f'part-size={16 * MIB}', f'max-part-duration={60 * 10**9}'
# Of a receiver that is a bit slower than icesink, in bytes per second.
RATE = 2_000_000_000


def run_crc(bench):
    """Target 4, and Complete's preparation of target 9."""
    results = [bench.machine.run([bench.machine.path('calculations')])
               for _ in range(bench.runs)]
    bench.keep('calculations', results)

    def figure(name):
        return median([result[name] for result in results])

    bench.row(4, f'CRC-64, library: {results[0]["library"]}',
              f'{figure("crc64"):.2f} GiB/s', '4 GiB/s',
              figure('crc64') >= 4)
    bench.row(4, 'CRC-64, portable', f'{figure("crc64_portable"):.2f} GiB/s',
              '1.5 GiB/s', figure('crc64_portable') >= 1.5)

    small, large = figure('complete_1000_us'), figure('complete_10000_us')
    bench.row(9, 'Complete\'s preparation, 10,000 parts against 1,000',
              f'{large / small:.1f} x ({large / 1000:.1f} ms)', '12 x',
              large / small <= 12)


def run_render(bench):
    """Target 6: nothing that the service does reaches the streaming thread."""
    times = {'fakesink': [], 'icesink': []}
    latencies = {'fakesink': [], 'icesink': []}
    total = bench.scaled(32 * MIB)
    for _ in range(bench.runs):
        for name, values in times.items():
            with Receiver(bench.machine, '--answer-delay', 5) as receiver:
                # More at a time, only so that EOS comes within a minute.
                sink = bench.machine.icesink(
                    receiver, 'parallel-parts=10') \
                    if name == 'icesink' else 'fakesink'
                result = bench.machine.pipeline(
                    sink, total, '--rate', 8 * MIB, '--buffer-size', 1316,
                    '--push-times')
                if name == 'icesink':
                    receiver.expect(total)
            values.append(result)
            latencies[name].append(result['latency_ns'])
            bench.say(f'  {name}: p99.9 {result["push_p999_ns"] / 1e3:.0f} us,'
                      f' max {result["push_max_ns"] / 1e3:.0f} us')
    bench.keep('render', times)
    add_render_rows(bench, times)
    same = latencies['icesink'] == latencies['fakesink']
    bench.row(6, 'pipeline latency, icesink and fakesink',
              f'{max(latencies["icesink"])} and '
              f'{max(latencies["fakesink"])} ns', 'the same', same)


def add_render_rows(bench, times):
    def figure(sink, name):
        return median([result[name] for result in times[sink]]) / 1e3

    p999, longest = (figure('icesink', name)
                     for name in ('push_p999_ns', 'push_max_ns'))
    bench.row(6, 'a push, p99.9, while each answer takes 5 s',
              f'{p999:.0f} us (fakesink: '
              f'{figure("fakesink", "push_p999_ns"):.0f})', '100 us',
              p999 < 100)
    bench.row(6, 'a push, the longest, while each answer takes 5 s',
              f'{longest:.0f} us (fakesink: '
              f'{figure("fakesink", "push_max_ns"):.0f})', '3,000 us',
              longest <= 3000)


def measure_memory(bench, name, total, limit, *options):
    """The peak above fakesink's, at a receiver that takes 40 MB/s."""
    above = []
    for _ in range(bench.runs):
        base = bench.machine.pipeline('fakesink', 64 * MIB)['rss_peak']
        with Receiver(bench.machine, '--rate', 40_000_000) as receiver:
            result = bench.machine.pipeline(
                bench.machine.icesink(receiver), total, *options)
            receiver.expect(total)
        above.append((result['rss_peak'] - base) / MIB)
        bench.say(f'  {name}: {above[-1]:.1f} MiB')
    bench.keep(f'memory, {name}', above)
    bench.row(7, f'peak memory above fakesink, {name}',
              f'{median(above):.1f} MiB', f'{limit / MIB:.0f} MiB',
              median(above) <= limit / MIB)


def run_memory(bench):
    """Target 7, one sink. The rates are low enough for all cases to run side
    by side."""
    paced = ('--rate', 32_000_000)

    def job(name, total, limit, *options):
        return measure_memory, bench, name, total, limit, *options

    together({
        'short': job('source at 80%, parts of 4 MiB', 76 * MIB,
                     (PARALLEL_PARTS + 2) * PART_SIZE + 8 * MIB, *paced),
        'long': job('source at 80%, parts of 16 MiB', 512 * MIB,
                    (PARALLEL_PARTS + 2) * LONG_PART_SIZE + 8 * MIB, *paced),
        'full': job('source not paced', 512 * MIB, MAX_MEMORY + 16 * MIB),
    })


def run_many(bench):
    """Target 7, two hundred sinks."""
    run_idle(bench)
    run_slow(bench)


def run_idle(bench, number=MANY):
    each = []
    for _ in range(bench.runs):
        options = ('--sinks', number, '--idle', 3)
        base = bench.machine.pipeline('fakesink', 0, *options)
        with Receiver(bench.machine) as receiver:
            result = bench.machine.pipeline(bench.machine.icesink(receiver), 0,
                                            *options)
        each.append((result['rss'] - base['rss']) / number / 1024)
    bench.keep('idle sinks', each)
    bench.row(7, f'{number} idle sinks, each above an idle fakesink',
              f'{median(each):.0f} KiB', '100 KiB', median(each) <= 100)


def run_sinks(bench, number, rate, seconds, after, *settings, filesink=False):
    """The result, and seconds of CPU above fakesink's from `after` on. Parts of
    whole buffers begin where the pattern does."""
    total = rate * seconds // 65536 * 65536
    options = ('--buffer-size', 65536, '--sinks', number, '--rate', rate,
               '--after', after)
    base = bench.machine.pipeline('fakesink', total, *options)
    if filesink:
        with tempfile.TemporaryDirectory(dir='/dev/shm') as directory:
            result = bench.machine.pipeline(
                f'filesink location={directory}/@', total, *options)
    else:
        with Receiver(bench.machine) as receiver:
            result = bench.machine.pipeline(
                bench.machine.icesink(receiver, *settings), total, *options)
            receiver.expect(total * number, 0)
    return {**result, 'net': result['cpu'] - base['cpu'],
            'above': result['rss_peak'] - base['rss_peak']}


def run_slow(bench):
    """Each costs a few hundredths of a processor, so that all can run side by
    side. A sink first takes the memory that it will have, all of which the
    kernel has to clear; what is steady comes behind that. With parts of 16 MiB
    that is 50 MiB a sink: there are fewer of those, and they are faster."""
    minute = 8 if bench.quick else 60
    jobs = {'many': (MANY, SLOW_RATE, minute, 0),
            'steady': (MANY, SLOW_RATE, 2 * minute, minute),
            'one, steady': (1, SLOW_RATE * MANY, 2 * minute, minute),
            'parts': (FEW, LIVE_RATE, 2 * minute, minute),
            'long parts': (FEW, LIVE_RATE, 2 * minute, minute, *LONG_PARTS)}
    results = {name: [] for name in (*jobs, 'filesink')}
    for _ in range(bench.runs):
        turn = together({name: (run_sinks, bench, *job)
                         for name, job in jobs.items()})
        turn['filesink'] = run_sinks(bench, *jobs['many'], filesink=True)
        for name, result in turn.items():
            results[name].append(result)
            bench.say(f'  {name}: {result["net"]:.2f} s of CPU above fakesink')
    bench.keep('slow sinks', results)
    add_slow_rows(bench, results)


def add_slow_rows(bench, results):
    many = results['many']
    threads = max(result['network_threads'] for result in many)
    each = median([result['above'] for result in many]) / MANY / MIB
    what = f'{MANY} sinks at 2 Mbit/s'
    bench.row(7, f'{what}: network threads', threads, '1', threads == 1)
    bench.row(7, f'{what}: memory of each', f'{each:.1f} MiB', '8 MiB',
              each <= 8)
    for text, name, base, limit in (
            (f'{what}, steady: CPU per GiB against one at {2 * MANY} Mbit/s',
             'steady', 'one, steady', 1.5),
            (f'{what}, first minute: CPU against {MANY} filesinks on a tmpfs',
             'many', 'filesink', 1),
            (f'{FEW} sinks at 8 Mbit/s, steady: CPU with parts of 16 MiB and '
             '60 s against the default', 'long parts', 'parts', 1.1)):
        ratio = bench.ratio([result['net'] for result in results[name]],
                            [result['net'] for result in results[base]])
        bench.row(7, text, f'{ratio:.2f} x', f'{limit} x', ratio <= limit)


def run_renewal(bench):
    """Target 8. The receiver sets the pace, so that time lost would show."""
    total = bench.scaled(300_000_000) // MIB * MIB
    lives = {'2 s': 2, 'none': 3600}
    reports = {name: [] for name in lives}
    for _ in range(bench.runs):
        for name, life in lives.items():
            with Receiver(bench.machine, '--rate', 50_000_000,
                          '--credential-life', life) as receiver:
                result = bench.machine.pipeline(
                    bench.machine.icesink(receiver), total)
                report = receiver.expect(total)
            report['seconds'] = result['seconds']
            reports[name].append(report)
            bench.say(f'  {name}: {report["seconds"]:.2f} s, '
                      f'{report["refresh"]} leases, idle between parts '
                      f'p99 {report["gap_99_us"]} us')
    bench.keep('renewal', reports)
    add_renewal_rows(bench, reports)


def add_renewal_rows(bench, reports):
    def values(name, figure):
        return [report[figure] for report in reports[name]]

    ratio = bench.ratio(values('none', 'seconds'), values('2 s', 'seconds'))
    late = sum(values('2 s', 'late'))
    refreshed = median(values('2 s', 'refresh'))
    gap, usual = (median(values(name, 'gap_99_us'))
                  for name in ('2 s', 'none'))
    bench.row(8, f'throughput with 2 s credentials ({refreshed:.0f} of them) '
              'against one', f'{ratio:.3f}', '0.98', ratio >= 0.98)
    bench.row(8, 'requests with a credential that was over', late, '0',
              late == 0)
    bench.row(8, 'idle time of a connection between two parts, p99',
              f'{gap / 1e3:.1f} ms, without renewals {usual / 1e3:.1f} ms',
              '1 ms more', gap <= usual + 1000)


def run_connections(bench):
    """Target 10."""
    total = bench.scaled(4 * GIB)
    for tls in (False, True):
        reports = []
        for _ in range(bench.runs):
            with Receiver(bench.machine, tls=tls) as receiver:
                bench.machine.pipeline(bench.machine.icesink(receiver), total)
                reports.append(receiver.expect(total))
        transport = 'TLS' if tls else 'plain HTTP'
        most = max(report['connections'] for report in reports)
        bench.keep(f'connections, {transport}', reports)
        bench.row(10, f'connections of an upload of {total // MIB} MiB in '
                  f'{reports[0]["part"]} parts, {transport}', most,
                  PARALLEL_PARTS + 1, most <= PARALLEL_PARTS + 1)
    full = max(report['connections'] - report['resumed']
               for report in reports)
    bench.row(10, 'full TLS handshakes of an upload; all others resume',
              full, 1, full <= 1)


def measure_growth(bench, small, large, *settings):
    """CPU per GiB and peak memory of both, in turns. The receiver is a bit
    slower than the source, or it would be chance how much memory is used."""
    results = {small: [], large: []}
    for _ in range(bench.runs):
        for total, values in results.items():
            base = bench.machine.pipeline('fakesink', total)
            with Receiver(bench.machine, '--rate', RATE) as receiver:
                result = bench.machine.pipeline(
                    bench.machine.icesink(receiver, *settings), total)
                report = receiver.expect(total)
            result['net'] = (result['cpu'] - base['cpu']) * GIB / total
            result['parts'] = report['part']
            values.append(result)
            bench.say(f'  {total // MIB} MiB, {report["part"]} parts: '
                      f'{result["net"]:.3f} s/GiB, '
                      f'{result["rss_peak"] // MIB} MiB')
    return results[small], results[large]


def add_growth_rows(bench, title, small, large):
    cpu = bench.ratio([result['net'] for result in large],
                      [result['net'] for result in small])
    memory = bench.ratio([result['rss_peak'] for result in large],
                         [result['rss_peak'] for result in small])
    bench.row(9, f'CPU per GiB, {title}', f'{cpu:.2f} x', '1.05 x',
              cpu <= 1.05)
    bench.row(9, f'peak memory, {title}', f'{memory:.2f} x', '1.05 x',
              memory <= 1.05)


def run_growth(bench):
    """Target 9."""
    small, large = measure_growth(bench, GIB, bench.largest * GIB)
    bench.keep('growth, bytes', [small, large])
    add_growth_rows(bench, f'{bench.largest} GiB against 1 GiB', small, large)

    # Memory for no larger part: so none grows, and all numbers are used.
    settings = ('part-size=1048576', 'max-memory=4194304', 'head-size=0')
    number = 1000 if bench.quick else 10000
    small, large = measure_growth(bench, 100 * MIB, number * MIB, *settings)
    bench.keep('growth, parts', [small, large])
    add_growth_rows(bench, f'{large[0]["parts"]} parts against '
                    f'{small[0]["parts"]}', small, large)
