# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Somebody else's live stream, as it uses a link beside an upload.

    flow.py --listen HOST:PORT
    flow.py --connect HOST:PORT --rate BITS [--seconds S]

A piece goes out over TCP every 10 ms and bears the time at which it was due;
the listener knows how late each arrives, since both have the same clock. At the
end of the connection it prints JSON: Mbit/s, and the lateness of the pieces in
milliseconds: median, 99th in a hundred, and the longest."""

import argparse
import json
import socket
import statistics
import struct
import time

INTERVAL = 0.01
STAMP = struct.Struct('d')


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument('--listen')
    parser.add_argument('--connect')
    parser.add_argument('--rate', type=float, default=2e6)
    parser.add_argument('--seconds', type=float, default=10)
    return parser.parse_args()


def parse_address(text):
    host, port = text.rsplit(':', 1)
    return host, int(port)


def send(address, rate, seconds):
    with socket.create_connection(address) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        size = int(rate * INTERVAL / 8)
        peer.sendall(STAMP.pack(size))
        begin = time.monotonic()
        for number in range(int(seconds / INTERVAL)):
            due = begin + number * INTERVAL
            time.sleep(max(due - time.monotonic(), 0))
            peer.sendall(STAMP.pack(due).ljust(size, b'\0'))


def read(stream, size):
    data = stream.read(size)
    return data if len(data) == size else None


def take(stream):
    """When the pieces were due, and how late each was."""
    size = int(STAMP.unpack(stream.read(STAMP.size))[0])
    late, arrived = [], []
    while piece := read(stream, size):
        arrived.append(time.monotonic())
        late.append((arrived[-1] - STAMP.unpack_from(piece)[0]) * 1000)
    return size, late, arrived


def receive(address):
    with socket.create_server(address) as server:
        print('ready', flush=True)
        peer, _ = server.accept()
        with peer, peer.makefile('rb') as stream:
            size, late, arrived = take(stream)
    # The last one to be late makes the flow slower than it was sent.
    seconds = max(arrived[-1] - arrived[0], INTERVAL)
    print(json.dumps({
        'mbit': (len(late) - 1) * size * 8 / 1e6 / seconds,
        'late_50': statistics.median(late),
        'late_99': sorted(late)[int(len(late) * 0.99)],
        'late_max': max(late)}))


def main():
    options = parse_options()
    if options.listen:
        receive(parse_address(options.listen))
    else:
        send(parse_address(options.connect), options.rate, options.seconds)


if __name__ == '__main__':
    main()
