# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Target 5: a long link, between two network namespaces."""

import itertools
import json
import os
import signal
import subprocess
import time

from runner import MIB, Failed, Receiver, find_program, median, together

ROUND_TRIP = 0.05
CONNECTIONS = 3
# From 127.0.0.0/8, over which plain HTTP is allowed.
NEAR, FAR, FAR_OSS = '127.77.0.1', '127.77.0.2', '127.77.0.3'
NETWORK = '127.77.0.0/24'
HEAD_SIZE = 1 * MIB

# Mbit/s, percent of loss, MiB: enough for start and end to matter little, which
# on a fast link take as long as hundreds of MiB.
FAST_LINKS = ((1000, 0, 3000), (1000, 0.1, 1000))
# These leave the processors enough to be measured side by side.
SLOW_LINKS = ((100, 0, 200), (100, 0.1, 100))

# Mbit/s, MiB. The plan's parts grow; with these sizes the last is a whole one.
TAILS = ((100, 73), (1000, 385))
OWN_TIME_PARTS = 2, 6


class Link:
    """Two namespaces and a cable (link.c) between them. round_trip and queue
    are in seconds; queue 0: a round trip's worth. congestion: of TCP, where it
    is not to be the system's."""

    serial = itertools.count()

    def __init__(self, machine, rate, loss, round_trip=ROUND_TRIP, queue=0,
                 congestion=None):
        name = f'icesink-bench-{os.getpid()}-{next(self.serial)}'
        self.names = [f'{name}-{end}' for end in ('near', 'far')]
        self.child = None
        self.machine = machine
        self.rate = rate
        self.loss = loss
        self.round_trip = round_trip
        self.queue = queue
        self.congestion = congestion

    def __enter__(self):
        for name in self.names:
            ip('netns', 'add', name)
        try:
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.child:
            self.child.send_signal(signal.SIGTERM)
            self.child.communicate()
        for name in self.names:
            ip('netns', 'delete', name)

    def _connect(self):
        near, far = (f'/run/netns/{name}' for name in self.names)
        self.child = subprocess.Popen(
            [self.machine.path('link'), '--near', near, '--far', far,
             '--delay', str(self.round_trip * 1000 / 2),
             '--queue', str(self.queue * 1000), '--rate', str(self.rate),
             '--loss', str(self.loss)], stdout=subprocess.PIPE, text=True)
        if self.child.stdout.readline().strip() != 'ready':
            raise Failed('the link did not start')
        for name, address in zip(self.names, (NEAR, FAR)):
            self._configure(name, address)

    def _configure(self, name, address):
        """Addresses of the loopback network, on a device that is none; and
        no memory of earlier connections."""
        for setting in ('conf/all/route_localnet', 'tcp_no_metrics_save'):
            subprocess.run(
                ['ip', 'netns', 'exec', name, 'sh', '-c',
                 f'echo 1 > /proc/sys/net/ipv4/{setting}'], check=True)
        ip('-n', name, 'address', 'add', f'{address}/24', 'dev', 'bench')
        if address == FAR:
            ip('-n', name, 'address', 'add', f'{FAR_OSS}/24', 'dev', 'bench')
        ip('-n', name, 'link', 'set', 'bench', 'txqueuelen', '10000', 'up')
        # As a property of the route it may be any that the kernel has.
        if self.congestion:
            ip('-n', name, 'route', 'replace', NETWORK, 'dev', 'bench',
               'proto', 'kernel', 'scope', 'link', 'src', address,
               'congctl', self.congestion)

    def prefix(self, end):
        return ['ip', 'netns', 'exec', self.names[end]]

    def receiver(self, tls=False):
        """OSS is another host than ICE."""
        return Receiver(self.machine, '--listen', f'{FAR}:8080', '--oss-host',
                        FAR_OSS, tls=tls, prefix=self.prefix(1))

    def look(self):
        """What has been carried until now; see link.c."""
        self.child.send_signal(signal.SIGUSR1)
        return json.loads(self.child.stdout.readline())

    def measure(self, seconds):
        """Mbit/s that arrive at the far end from now on."""
        begin = self.look()
        time.sleep(seconds)
        end = self.look()
        return ((end['bytes'] - begin['bytes']) * 8 / 1e6
                / (end['seconds'] - begin['seconds']))


def ip(*words):
    result = subprocess.run(['ip', *words], capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        raise Failed(f'ip {" ".join(words)}: {result.stderr.strip()}')


def why_not():
    if os.geteuid() != 0:
        return 'network namespaces need root'
    if not find_program('ip') and not os.path.exists('/usr/sbin/ip'):
        return 'ip (iproute2) is not installed'
    if not os.path.exists('/dev/net/tun'):
        return 'there is no /dev/net/tun'
    if subprocess.run(['unshare', '--net', 'true'], capture_output=True,
                      check=False).returncode != 0:
        return 'network namespaces are not allowed here'
    return None


def send_bulk(link, total):
    """As many connections, each with one body."""
    with link.receiver() as receiver:
        result = link.machine.floor(
            receiver, total, '--connections', CONNECTIONS,
            '--part-size', -(-total // CONNECTIONS), prefix=link.prefix(0))
        receiver.expect(total, 0)
    return result['seconds']


def send_icesink(link, total, *options):
    with link.receiver() as receiver:
        result = link.machine.pipeline(link.machine.icesink(receiver), total,
                                       *options, prefix=link.prefix(0))
        result['last_part'] = receiver.expect(total)['last_part']
    return result


def measure_link(bench, rate, loss, total):
    """Both in turns."""
    bulk, ours = [], []
    title = f'{rate} Mbit/s' + (f', {loss}% loss' if loss else '')
    with Link(bench.machine, rate, loss) as link:
        for _ in range(bench.runs):
            bulk.append(send_bulk(link, total))
            ours.append(send_icesink(link, total)['seconds'])
            bench.say(f'  {title}: bulk {bulk[-1]:.2f} s, '
                      f'icesink {ours[-1]:.2f} s')
    ratio = bench.ratio(bulk, ours)
    bench.keep(f'link, {title}', {'bulk': bulk, 'icesink': ours,
                                  'bytes': total})
    bench.row(5, f'throughput of {total // MIB} MiB from start to EOS against '
              f'{CONNECTIONS} bulk connections, 50 ms, {title}',
              f'{ratio:.3f} ({total * 8 / 1e6 / median(ours):.0f} : '
              f'{total * 8 / 1e6 / median(bulk):.0f} Mbit/s)', '0.95',
              ratio >= 0.95)


def measure_own_time(link, size):
    """Of a part that goes alone, over a connection that is warm; without the
    round trip in which its answer comes."""
    seconds = []
    for parts in OWN_TIME_PARTS:
        with link.receiver() as receiver:
            result = link.machine.floor(receiver, parts * size, '--part-size',
                                        size, prefix=link.prefix(0))
            receiver.expect(parts * size, 0)
        seconds.append(result['seconds'])
    few, many = OWN_TIME_PARTS
    return (seconds[1] - seconds[0]) / (many - few) - ROUND_TRIP


def measure_tail(bench, rate, total):
    """At EOS the last part and the head wait, and nothing else: a source that
    leaves a fifth of the link free lets the start be caught up."""
    tails, own_times = [], []
    with Link(bench.machine, rate, 0) as link:
        for _ in range(bench.runs):
            result = send_icesink(link, total, '--rate', rate * 100_000)
            size = result['last_part'] + HEAD_SIZE
            tails.append(result['tail'])
            own_times.append(measure_own_time(link, size))
            bench.say(f'  {rate} Mbit/s: tail {tails[-1]:.3f} s, '
                      f'{size // MIB} MiB alone {own_times[-1]:.3f} s')
    bench.keep(f'tail, {rate} Mbit/s',
               {'tails': tails, 'own_times': own_times, 'bytes': size})
    report_tail(bench, rate, size, median(tails), median(own_times))


def report_tail(bench, rate, size, tail, own_time):
    """Judged by the rate of the line, though a part goes over one connection,
    which may be slower; so that is shown as well."""
    limit = size * 8 / (rate * 1e6) + 4 * ROUND_TRIP
    bench.row(5, f'tail after EOS, {rate} Mbit/s, source at 80%',
              f'{tail:.3f} s',
              f'{limit:.3f} s: last part and head, {size // MIB} MiB, at the '
              'rate of the line, and 4 round trips; with what a bare loop '
              'needs on one connection for it '
              f'{own_time + 4 * ROUND_TRIP:.3f} s', tail <= limit)


def run(bench):
    reason = why_not()
    if reason:
        bench.note(f'the long links were not measured: {reason}')
        bench.row(5, 'long links', reason, '0.95', None)
        return
    bench.note('long links: TUN devices between two network namespaces and '
               'link.c between them; the system\'s congestion control')

    def job(rate, loss, size):
        return measure_link, bench, rate, loss, bench.scaled(size * MIB)

    together({link: job(*link) for link in SLOW_LINKS})
    for link in FAST_LINKS:
        function, *arguments = job(*link)
        function(*arguments)
    for rate, size in TAILS:
        measure_tail(bench, rate, size * MIB)
