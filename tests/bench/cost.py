# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""CPU per GiB: icesink against what must be, and against its peers."""

import os

from runner import (GIB, MIB, PLUGINS, Failed, Receiver, find_program, median,
                    spread)

SHAPES = {
    '64 KiB': ('--buffer-size', 65536),
    '1,316 B': ('--buffer-size', 1316),
    '40 x 188 B': ('--buffer-size', 188, '--list-length', 40),
}
# Of icesink and of the bare loops.
PART_SIZE = 4 * MIB
# In small buffers some peers take half a minute for a GiB.
SMALL = ('1,316 B', '40 x 188 B')


FLOOR_NOTE = (
    'the bare loops have a part, 4 MiB, in memory and write it piece by '
    'piece, since an upload has to have its part until it is answered; '
    '"cached" sends one piece again and again, which then never leaves the '
    'processor\'s cache')


class Contender:
    """Somebody who brings the bytes to the receiver."""

    # So that fewer bytes will do.
    costs_a_lot = True
    is_element = False
    needs_whole_object = False
    loses_the_end = False

    def __init__(self, name):
        self.name = name

    def missing(self):
        """Why it cannot take part, or None."""
        return None


class Floor(Contender):
    """The bare loop, with a part in memory."""

    costs_a_lot = False

    def __init__(self, write_size, name='', memory=PART_SIZE):
        super().__init__(f'bare loop, {write_size // 1024} KiB{name}')
        self.write_size = write_size
        self.memory = memory

    def send(self, machine, receiver, total, shape):
        return machine.floor(receiver, total, '--write-size', self.write_size,
                             '--memory', self.memory)['process_cpu']


class GioFloor(Floor):
    """The same over GIO's TLS, which libsoup has and nothing else can be put in
    place of: what is above it is icesink's own."""

    def send(self, machine, receiver, total, shape):
        return machine.floor(receiver, total, '--write-size', self.write_size,
                             '--memory', self.memory, '--gio')['process_cpu']


class CachedFloor(Floor):
    """One that sends the bytes of one write again and again: no upload has
    its bytes there."""

    def __init__(self, write_size):
        super().__init__(write_size, ', cached', write_size)


class Element(Contender):
    """A sink at the end of the pipeline."""

    is_element = True

    def line(self, machine, receiver):
        raise NotImplementedError

    def send(self, machine, receiver, total, shape):
        return machine.pipeline(
            self.line(machine, receiver), total, *SHAPES[shape],
            tls=receiver.uri.startswith('https'))['process_cpu']


class Fakesink(Element):
    """The pipeline without a sink that does anything."""

    costs_a_lot = False

    def line(self, machine, receiver):
        return 'fakesink'


class Icesink(Element):
    costs_a_lot = False
    needs_whole_object = True

    def line(self, machine, receiver):
        return machine.icesink(receiver)


class Soup(Element):
    # It goes to NULL with its last bytes still in its queue.
    loses_the_end = True

    def missing(self):
        return None if has_element('souphttpclientsink') else 'not installed'

    def line(self, machine, receiver):
        return f'souphttpclientsink location={receiver.uri}/bench/object'


class Curl(Element):
    def missing(self):
        return None if has_element('curlhttpsink') else 'not installed'

    def line(self, machine, receiver):
        return (f'curlhttpsink location={receiver.uri}/bench/object '
                f'ca-cert={machine.tls[0]}')


class S3(Element):
    """Of gst-plugins-rs; README.md says how it is built. It is given as
    many bytes as icesink, of which the first cost the most."""

    costs_a_lot = False
    needs_whole_object = True

    def missing(self):
        return None if has_element('awss3sink') else 'not built'

    def line(self, machine, receiver):
        return (f'awss3sink bucket=bench key=object region=us-east-1 '
                f'endpoint-uri={receiver.uri} force-path-style=true '
                'access-key=bench secret-access-key=bench')


class FileThenCurl(Element):
    """filesink to memory, then curl: needs the space of the recording."""

    def missing(self):
        if not find_program('curl'):
            return 'not installed'
        return None if os.path.isdir('/dev/shm') else 'no tmpfs'

    def send(self, machine, receiver, total, shape):
        path = f'/dev/shm/icesink-bench-{os.getpid()}'
        try:
            recorded = machine.pipeline(f'filesink location={path}', total,
                                        *SHAPES[shape])
            sent = machine.run([find_program('curl'), '--silent', '--fail',
                                '--cacert', machine.tls[0], '-T', path,
                                f'{receiver.uri}/bench/object'])
        finally:
            if os.path.exists(path):
                os.unlink(path)
        return recorded['process_cpu'] + sent['process_cpu']


class Rclone(Contender):
    needs_whole_object = True

    def missing(self):
        return None if find_program('rclone') else 'not installed'

    def send(self, machine, receiver, total, shape):
        return machine.run(
            [find_program('rclone'), '--config', '/dev/null',
             '--ca-cert', machine.tls[0], 'rcat', ':s3:bench/object',
             '--s3-provider', 'Other', '--s3-endpoint', receiver.uri,
             '--s3-access-key-id', 'bench', '--s3-secret-access-key', 'bench',
             '--s3-no-check-bucket', '--s3-force-path-style'],
            feed=total)['process_cpu']


class Aws(Contender):
    needs_whole_object = True

    def missing(self):
        return None if find_program('aws') else 'not installed'

    def send(self, machine, receiver, total, shape):
        command = [find_program('aws'), '--endpoint-url', receiver.uri]
        if receiver.uri.startswith('https'):
            command += ['--ca-bundle', machine.tls[0]]
        command += ['s3', 'cp', '--quiet', '-', 's3://bench/object',
                    '--expected-size', str(total)]
        return machine.run(command, feed=total)['process_cpu']


def has_element(name):
    """Of whatever version: gst-plugins-rs counts from 0."""
    import subprocess
    inspect = find_program('gst-inspect-1.0')
    return bool(inspect) and subprocess.run(
        [inspect, '--exists', '--atleast-version', '0.0', name], check=False,
        env={**os.environ, 'GST_PLUGIN_PATH': PLUGINS}).returncode == 0


PEERS = (Soup('souphttpclientsink'), Curl('curlhttpsink'), S3('awss3sink'),
         FileThenCurl('filesink, curl -T'), Rclone('rclone rcat'),
         Aws('aws s3 cp -'))


def expect(contender, receiver, total):
    """What has arrived, which must be all, or most."""
    if contender.loses_the_end:
        return receiver.expect(total // 2, 0)
    return receiver.expect(total, 1 if contender.needs_whole_object else 0)


def measure(bench, contenders, tls, shape, total, peer_total):
    """Everybody in turns. Seconds per GiB: {name: [...]}, and the
    receiver's."""
    samples = {contender.name: [] for contender in contenders}
    received = {contender.name: [] for contender in contenders}
    for turn in range(bench.runs):
        for contender in contenders:
            arrived = amount = peer_total if contender.costs_a_lot else total
            with Receiver(bench.machine, tls=tls) as receiver:
                cpu = contender.send(bench.machine, receiver, amount, shape)
                if not isinstance(contender, Fakesink):
                    report = expect(contender, receiver, amount)
                    arrived = report['bytes']
                    received[contender.name].append(
                        report['cpu'] * GIB / arrived)
            samples[contender.name].append(cpu * GIB / arrived)
            bench.say(f'  {turn + 1}/{bench.runs} {contender.name}: '
                      f'{samples[contender.name][-1]:.3f} s/GiB')
    return samples, received


def take_off_floor(contenders, samples):
    """Less fakesink's, turn by turn, for every element."""
    base = samples['fakesink']
    net = {}
    for contender in contenders:
        if isinstance(contender, Fakesink):
            continue
        values = samples[contender.name]
        net[contender.name] = [
            value - floor for value, floor in zip(values, base)
        ] if contender.is_element else values
    return net


def get_present(bench, contenders):
    present = []
    for contender in contenders:
        why = contender.missing()
        if why:
            bench.note(f'{contender.name} is left out: {why}')
        else:
            present.append(contender)
    return present


def weed_out(bench, contenders, tls, shape, total):
    """Leaves those out that cannot do the work at all, and says so."""
    able = []
    for contender in contenders:
        try:
            with Receiver(bench.machine, tls=tls) as receiver:
                contender.send(bench.machine, receiver, total, shape)
                report = expect(contender, receiver, total)
            able.append(contender)
            if report['bytes'] < total:
                bench.note(f'{contender.name} ends before its last bytes have '
                           'arrived; its costs are per byte that did')
        except Failed as failure:
            bench.note(f'{contender.name}, {"TLS" if tls else "plain"}, is '
                       f'left out: {str(failure)[-300:]}')
    return able


def print_costs(bench, title, samples, net, received, floor):
    bench.heading(f'CPU seconds per GiB, {title}')
    bench.table(
        ('', 'whole process', 'less fakesink', '+-', 'x bare loop',
         'receiver'),
        [(name, f'{median(values):.3f}',
          f'{median(net[name]):.3f}' if name in net else '',
          f'{spread(net.get(name, values)):.0%}',
          f'{bench.ratio(net[name], net[floor]):.2f}' if name in net else '',
          f'{median(received[name]):.3f}' if received[name] else '')
         for name, values in samples.items()])


def run_row(bench, title, tls, shape, total, peer_total, floors):
    """One shape, one transport: everybody."""
    peers = weed_out(bench, get_present(bench, PEERS), tls, shape,
                     min(peer_total, 64 * MIB))
    contenders = [*floors, Fakesink('fakesink'), Icesink('icesink'), *peers]
    bench.say(f'{title}: {total // MIB} MiB each, '
              f'peers {peer_total // MIB} MiB')
    samples, received = measure(bench, contenders, tls, shape, total,
                                peer_total)
    net = take_off_floor(contenders, samples)
    print_costs(bench, title, samples, net, received, floors[0].name)
    bench.keep(f'cost, {title}', {'samples': samples, 'net': net,
                                  'receiver': received})
    check_receiver(bench, title, net, received)
    return net, [peer.name for peer in peers]


def check_receiver(bench, title, net, received):
    """One that costs more than the sender would be what is measured."""
    if median(net['icesink']) <= 0:
        bench.note(f'{title}: icesink costs no more than fakesink, which '
                   'takes each buffer of a list by itself')
    for name, values in received.items():
        if values and 0 < median(net[name]) < median(values):
            bench.note(f'{title}: the receiver cost more than {name}, '
                       f'{median(values):.3f} s/GiB')


def add_peer_row(bench, title, net, peers):
    ours = median(net['icesink'])
    best = min(peers, key=lambda name: median(net[name]), default=None)
    if best is None:
        bench.row(3, f'ahead of every peer, {title}', 'no peer to be had',
                  'ahead', None)
        return
    bench.row(3, f'ahead of every peer, {title}',
              f'{ours:.3f} s/GiB, the best peer {median(net[best]):.3f} '
              f'({best})', 'ahead', ours < median(net[best]))


def run_big(bench, title, tls, limit, write_size):
    floor, cached = Floor(write_size), CachedFloor(write_size)
    gio = GioFloor(write_size, ', GIO')
    bench.note(FLOOR_NOTE)
    net, peers = run_row(bench, title, tls, '64 KiB', bench.scaled(4 * GIB),
                         bench.scaled(GIB // 2),
                         (floor, cached, gio) if tls else (floor, cached))
    if tls:
        ratio = bench.ratio(net['icesink'], net[gio.name])
        bench.row(1, f'{title}, 64 KiB buffers, against the {gio.name}',
                  f'{ratio:.2f} x', '1.1 x', ratio <= 1.1)
    ours = net['icesink']
    ratio = bench.ratio(ours, net[floor.name])
    bench.row(1, f'{title}, 64 KiB buffers, against the {floor.name}',
              f'{ratio:.2f} x ({median(ours):.3f} : '
              f'{median(net[floor.name]):.3f} s/GiB; against the loop that '
              f'sends from the cache {bench.ratio(ours, net[cached.name]):.2f}'
              ' x)', f'{limit} x', ratio <= limit)
    add_peer_row(bench, title, net, peers)


def run_plain(bench):
    """Target 1 and 3, plain HTTP."""
    run_big(bench, 'plain HTTP', False, 2.4, 256 * 1024)


def run_tls(bench):
    """Target 1 and 3, TLS."""
    run_big(bench, 'TLS', True, 1.3, 16 * 1024)


def run_small_shape(bench, shape):
    """Against 64 KiB buffers, in the same turns."""
    total = bench.scaled(2 * GIB)
    samples = {}
    for _ in range(bench.runs):
        for size in ('64 KiB', shape):
            for contender in (Fakesink('fakesink'), Icesink('icesink')):
                with Receiver(bench.machine) as receiver:
                    cpu = contender.send(bench.machine, receiver, total, size)
                samples.setdefault((contender.name, size), []).append(
                    cpu * GIB / total)
    more = [(a - b) - (c - d) for a, b, c, d in zip(
        samples['icesink', shape], samples['fakesink', shape],
        samples['icesink', '64 KiB'], samples['fakesink', '64 KiB'])]
    bench.keep(f'more, {shape}', {' '.join(key): values
                                  for key, values in samples.items()})
    bench.row(2, f'{shape} more than 64 KiB, fakesink\'s difference off',
              f'{median(more):+.3f} s/GiB', '+0.150 s/GiB',
              median(more) <= 0.15)


def run_small(bench):
    """Target 2 and 3: small buffers and lists."""
    for shape in SMALL:
        run_small_shape(bench, shape)
        net, peers = run_row(bench, f'plain HTTP, {shape}', False, shape,
                             bench.scaled(GIB // 2), bench.scaled(GIB // 16),
                             (Floor(256 * 1024),))
        add_peer_row(bench, f'plain HTTP, {shape}', net, peers)


def run_calls(bench):
    """The floors' system calls, counted once."""
    strace = find_program('strace')
    if not strace:
        bench.note('the floors\' system calls are not shown: no strace')
        return
    total = 64 * MIB
    for tls, size in ((False, 256 * 1024), (True, 16 * 1024)):
        with Receiver(bench.machine, tls=tls) as receiver:
            log = os.path.join(bench.machine.directory, 'strace')
            bench.machine.floor(
                receiver, total, '--write-size', size,
                prefix=[strace, '-f', '-qq', '-e', 'trace=write,sendto',
                        '-o', log])
        sizes = count_writes(log)
        bench.heading('System calls of the bare loop, '
                      f'{"TLS" if tls else "plain"}, 64 MiB in writes of '
                      f'{size // 1024} KiB')
        bench.table(('bytes', 'calls'),
                    [(f'{written:,}', f'{count:,}') for written, count in
                     sorted(sizes.items(), key=lambda item: -item[1])[:4]])
        bench.keep(f'calls, {"TLS" if tls else "plain"}',
                   {str(written): count for written, count in sizes.items()})


def count_writes(log):
    """How often which number of bytes was written."""
    sizes = {}
    with open(log, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            result = line.rsplit('= ', 1)[-1].split()[0]
            if result.isdigit():
                sizes[int(result)] = sizes.get(int(result), 0) + 1
    return sizes
