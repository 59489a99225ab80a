# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# A few seconds of every program of the benchmarks, so that none of them rots:
# each does a little of its work, and the receiver looks at every byte. The
# output is TAP.
"""smoke.py BUILD-DIRECTORY"""

import sys
import traceback

import cost
import link
import links
from runner import MIB, Machine, Receiver

TOTAL = 8 * MIB


def floor(machine):
    for tls, size, *more in ((False, 256 * 1024), (True, 16 * 1024),
                             (True, 16 * 1024, '--gio')):
        with Receiver(machine, '--sum', tls=tls) as receiver:
            machine.floor(receiver, TOTAL, '--write-size', size,
                          '--connections', 2, '--part-size', MIB, *more)
            report = receiver.expect(TOTAL, 0)
        assert report['part'] == TOTAL // MIB
        assert report['connections'] == 2


def feed(machine):
    """Python takes the place of the peers, which may not be there."""
    with Receiver(machine, '--sum') as receiver:
        host, port = receiver.address.split(':')
        machine.run(
            [sys.executable, '-c',
             'import http.client, sys;'
             f'c = http.client.HTTPConnection("{host}", {port});'
             'c.request("PUT", "/bench/object", body=sys.stdin.buffer,'
             ' encode_chunked=True,'
             ' headers={"Transfer-Encoding": "chunked"});'
             'assert c.getresponse().status == 200'], feed=TOTAL)
        receiver.expect(TOTAL)


def pipelines(machine):
    """What the receiver expects and what it has read must be the same."""
    shapes = (('--buffer-size', 65536), ('--buffer-size', 1316),
              ('--buffer-size', 188, '--list-length', 40))
    for tls in (False, True):
        for options in ((), ('--sum',)):
            for shape in shapes:
                with Receiver(machine, *options, tls=tls) as receiver:
                    result = machine.pipeline(
                        machine.icesink(receiver, 'part-size=1048576'),
                        TOTAL + 100, *shape, '--push-times')
                    report = receiver.expect(TOTAL + 100)
                assert report['part'] > 1 and report['complete'] == 1
                assert result['connections'] > 0 and result['pushes'] > 0
                assert result['network_threads'] == 1, result


def many_pipelines(machine):
    with Receiver(machine) as receiver:
        machine.pipeline(machine.icesink(receiver), MIB, '--sinks', 3,
                         '--rate', 4 * MIB)
        receiver.expect(3 * MIB, 0)
    with Receiver(machine) as receiver:
        machine.pipeline(machine.icesink(receiver), 0, '--sinks', 3,
                         '--idle', 0.1)


def peers(machine):
    """Those of them that are there and make an object of parts."""
    able = [peer for peer in cost.PEERS
            if peer.needs_whole_object and not peer.missing()]
    assert not cost.PLUGINS or cost.has_element('awss3sink')
    for peer in able:
        for tls in (False, True):
            with Receiver(machine, '--sum', tls=tls) as receiver:
                assert peer.send(machine, receiver, 2 * TOTAL, '64 KiB') > 0
                cost.expect(peer, receiver, 2 * TOTAL)
    return None if able else 'none is installed'


def slow_receiver(machine):
    """Leases that end, answers that take their time, a rate."""
    with Receiver(machine, '--credential-life', 2, '--answer-delay', 0.01,
                  '--rate', 4 * MIB) as receiver:
        result = machine.pipeline(machine.icesink(receiver), 2 * TOTAL)
        report = receiver.expect(2 * TOTAL)
    assert report['refresh'] > 1 and report['late'] == 0
    assert result['seconds'] > 2


def calculations(machine):
    result = machine.run([machine.path('calculations')])
    assert result['crc64'] > 0 and result['complete_10000_us'] > 0


def long_link(machine):
    reason = link.why_not()
    if reason:
        return reason
    with link.Link(machine, 1000, 0) as cable:
        assert link.send_bulk(cable, MIB) >= link.ROUND_TRIP
        result = link.send_icesink(cable, TOTAL)
        assert result['seconds'] >= link.ROUND_TRIP
        # 1 MiB is the head, and the first part has 4.
        assert result['last_part'] == 3 * MIB
        link.measure_own_time(cable, MIB)
    return None


class Brief:
    """As little as can be of what the cases of links.py work with."""

    quick = True
    runs = turns = 1

    def __init__(self, machine):
        self.machine = machine


def wait_for_traffic(cable):
    """A busy machine takes a while to start a sender."""
    for _ in range(120):
        if cable.measure(0.5) > 0:
            return
    raise AssertionError('nothing has arrived within a minute')


def table_of_links(machine):
    reason = link.why_not()
    if reason:
        return reason
    bench = Brief(machine)
    with links.make_link(bench, (100, 0.01, 0, 'cubic'), 1) as cable:
        for sender in links.get_senders().values():
            with cable.receiver() as receiver, machine.running(
                    sender[0](bench, cable, receiver, *sender[1:])):
                wait_for_traffic(cable)
                # Their traffic alone is in the link.
                rate = cable.measure(0.5)
                assert rate < 200, rate
        flow = links.run_flow(cable, machine, 0.5)
        assert flow['mbit'] > 0 and flow['late_50'] >= 5
        _, report = links.send_live(bench, cable, True, links.SHORT_SIZE)
        # One of them to ICE.
        assert report['connections'] >= 2 and report['put'] == 1
    return None


TESTS = (floor, feed, pipelines, many_pipelines, peers, slow_receiver,
         calculations, long_link, table_of_links)


def main():
    machine = Machine(sys.argv[1])
    print(f'1..{len(TESTS)}')
    for number, test in enumerate(TESTS, 1):
        try:
            skipped = test(machine)
            print(f'ok {number} {test.__name__}'
                  + (f' # SKIP {skipped}' if skipped else ''), flush=True)
        except Exception:  # whatever it is, the others run
            print(f'not ok {number} {test.__name__}', flush=True)
            traceback.print_exc()
    machine.close()


if __name__ == '__main__':
    main()
