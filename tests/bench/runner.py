# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Runs the programs of a measurement and counts what they cost."""

import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile

MIB = 1024 * 1024
GIB = 1024 * MIB

# What Debian installs; a shim of some version manager would be measured too.
SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin'

# Where peers are that the system has no package of; see README.md.
PLUGINS = os.environ.get('ICESINK_BENCH_PLUGINS', '')


class Failed(Exception):
    """A program did not do what it was started for."""


def find_program(name):
    """The path of a program of the system, or None."""
    return shutil.which(name, path=SYSTEM_PATH)


def together(jobs):
    """Runs functions side by side, for what does not use the processors up.
    jobs: {name: (function, argument...)}. Returns {name: result}."""
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        futures = {name: pool.submit(*job) for name, job in jobs.items()}
        return {name: future.result() for name, future in futures.items()}


def median(values):
    return statistics.median(values)


def spread(values):
    """Half the distance between the quartiles, relative to the median."""
    if len(values) < 2 or median(values) == 0:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method='inclusive')
    return (high - low) / 2 / abs(median(values))


def last_json(text):
    """The last line, if it is an object of JSON, else nothing."""
    lines = text.strip().splitlines()
    if lines and lines[-1].startswith('{'):
        return json.loads(lines[-1])
    return {}


class Machine:
    """The built programs, their environment, and a directory for files."""

    def __init__(self, build):
        self.programs = os.path.join(build, 'tests', 'bench')
        self.directory = tempfile.mkdtemp(prefix='icesink-bench-')
        self.tls = self._make_certificate()
        self.environment = self._make_environment()

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, program):
        return os.path.join(self.programs, program)

    def source(self, name):
        """A program that need not be built."""
        return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)

    def _make_certificate(self):
        """A certificate that is trusted as it is, and no CA, which rustls does
        not take from a server: (certificate, key)."""
        certificate = os.path.join(self.directory, 'certificate.pem')
        key = os.path.join(self.directory, 'key.pem')
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
             '-subj', '/CN=icesink bench',
             '-addext', 'subjectAltName=IP:127.0.0.1,IP:127.77.0.2,IP:127.77.0.3',
             '-addext', 'basicConstraints=critical,CA:FALSE',
             '-keyout', key, '-out', certificate],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return certificate, key

    def _make_environment(self):
        """Nothing of the user's, and the same for all."""
        keep = ('PATH', 'LANG', 'LD_LIBRARY_PATH')
        sanitizers = ('ASAN_', 'LSAN_', 'UBSAN_')
        environment = {name: value for name, value in os.environ.items()
                       if name in keep or name.startswith(sanitizers)}
        environment.update({
            'HOME': self.directory,
            # For awss3sink, which can't be told otherwise whom to trust.
            'SSL_CERT_FILE': self.tls[0],
            'GST_PLUGIN_PATH': PLUGINS,
            'GST_REGISTRY': os.path.join(self.programs, 'registry.bin'),
            'GIO_USE_PROXY_RESOLVER': 'dummy',
            'ALIBABA_CLOUD_ACCESS_KEY_ID': 'bench',
            'ALIBABA_CLOUD_ACCESS_KEY_SECRET': 'bench',
            'AWS_ACCESS_KEY_ID': 'bench',
            'AWS_SECRET_ACCESS_KEY': 'bench',
            'AWS_DEFAULT_REGION': 'us-east-1',
            'AWS_EC2_METADATA_DISABLED': 'true',
        })
        return environment

    def run(self, command, feed=0, cwd=None):
        """Runs a program to its end. Its JSON, with `process_cpu` (seconds of
        user and system, all threads) and `process_rss` (bytes, the peak).
        feed: bytes of the pattern on its standard input."""
        feeder = None
        stdin = subprocess.DEVNULL
        if feed:
            feeder = subprocess.Popen([self.path('feed'), str(feed)],
                                      stdout=subprocess.PIPE)
            stdin = feeder.stdout
        with tempfile.TemporaryFile('w+') as errors:
            child = subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=errors,
                env=self.environment, cwd=cwd or self.directory, text=True)
            if feeder:
                feeder.stdout.close()
            output = child.stdout.read()
            child.stdout.close()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if feeder:
                feeder.wait()
            if child.returncode != 0:
                errors.seek(0)
                raise Failed(f'{command}: status {child.returncode}: '
                             f'{errors.read()[-2000:]}')
        result = last_json(output)
        result['process_cpu'] = usage.ru_utime + usage.ru_stime
        result['process_rss'] = usage.ru_maxrss * 1024
        return result

    @contextlib.contextmanager
    def running(self, command):
        """A program that is ended when enough has been seen of it."""
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL,
                                 env=self.environment, cwd=self.directory)
        try:
            yield child
            if child.poll() is not None:
                raise Failed(f'{command} ended early: {child.returncode}')
        finally:
            child.kill()
            child.wait()

    def pipeline_command(self, sink, total, *options, prefix=()):
        return [*prefix, self.path('pipeline'), '--sink', sink,
                '--bytes', str(total), *map(str, options)]

    def pipeline(self, sink, total, *options, prefix=(), tls=False):
        """Runs bytes through a sink; see pipeline.c."""
        command = self.pipeline_command(sink, total, *options, prefix=prefix)
        if tls:
            command += ['--ca-file', self.tls[0]]
        return self.run(command)

    def floor_command(self, receiver, total, *options, prefix=()):
        command = [*prefix, self.path('floor'), '--connect', receiver.address,
                   '--bytes', str(total), *map(str, options)]
        if receiver.uri.startswith('https'):
            command += ['--ca-file', self.tls[0]]
        return command

    def floor(self, receiver, total, *options, prefix=()):
        """Sends bytes and does nothing else; see floor.c."""
        return self.run(self.floor_command(receiver, total, *options,
                                           prefix=prefix))

    def icesink(self, receiver, *settings):
        """The launch line of an icesink that uploads to a receiver."""
        words = ['icesink name=sink media-id=bench@',
                 f'ice-endpoint={receiver.uri}', *settings]
        if receiver.uri.startswith('https'):
            words.append(f'ssl-ca-file={self.tls[0]}')
        return ' '.join(words)


class Receiver:
    """A receiver of its own for one measurement; see receiver.c."""

    def __init__(self, machine, *options, tls=False, prefix=()):
        command = [*prefix, machine.path('receiver'), *map(str, options)]
        if tls:
            command += ['--certificate', machine.tls[0],
                        '--key', machine.tls[1]]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE,
                                      text=True)
        self.uri = self.child.stdout.readline().strip()
        if not self.uri:
            raise Failed(f'{command} did not start')
        self.address = self.uri.split('//')[1]
        self.report = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """What it has received."""
        if self.report is None:
            self.child.send_signal(signal.SIGTERM)
            output, _ = self.child.communicate()
            self.report = last_json(output)
        return self.report

    def expect(self, total, objects=1):
        """What it has received, which must be this, whole."""
        report = self.stop()
        if report['bytes'] < total:
            raise Failed(f'{report["bytes"]} of {total} bytes arrived')
        if objects and (report['objects'] != objects
                        or report['object_bytes'] != total):
            raise Failed(f'{report["objects"]} objects of '
                         f'{report["object_bytes"]} bytes, not {objects} of '
                         f'{total}')
        return report
