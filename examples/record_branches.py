#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""record_branches: records into several media assets, and a file.

The lesson: one recording, many branches, and one that fails does not take the
others with it. What that takes is said at the places: errorignore in front of
each branch, sinks with async=false, overflow=error where there is no spool, an
error that takes off the branch that it comes from, and EOS that is counted for
each sink.

The exit status says how it went:

  0  all branches have what was recorded
  1  a branch has failed; the others have it
  2  the command line is wrong

The AccessKey comes from the environment, where icesink finds it by itself. On
Debian and Ubuntu it needs python3-gi, gir1.2-gstreamer-1.0 and
gstreamer1.0-plugins-bad. Everything here runs on the main thread but what a
comment says.
"""

import argparse
import signal
import sys
import threading

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

TEST_SOURCE = ('videotestsrc name=source is-live=true'
               ' ! video/x-raw,format=I420,width=320,height=240,'
               'framerate=30/1')
SOURCE = 'autovideosrc name=source ! videoconvert ! video/x-raw,format=I420'
RECORDING = ('{source} ! x264enc tune=zerolatency speed-preset=veryfast'
             ' key-int-max=60 bitrate={bitrate} ! h264parse ! mp4mux'
             ' fragment-duration=1000'
             ' fragment-mode=first-moov-then-finalise ! tee name=all')


class Branch:
    """What hangs on one pad of the tee: errorignore, queue and a sink."""

    def __init__(self, name, sink):
        self.name = name
        self.sink = sink
        self.error = None
        self.ended = False
        self.pad = None
        self.bin = Gst.Bin.new(name)
        # The state of a live pipeline then waits for no branch; else one that
        # fails before its first buffer leaves all in a state between two.
        sink.set_property('async', False)
        # The failed sink's flow return, which the queue hands on, would end
        # the source; a tee passes over a pad that is not linked.
        ignore = Gst.ElementFactory.make('errorignore')
        queue = Gst.ElementFactory.make('queue')
        for element in (ignore, queue, sink):
            self.bin.add(element)
        ignore.link(queue)
        queue.link(sink)
        ghost = Gst.GhostPad.new('sink', ignore.get_static_pad('sink'))
        self.bin.add_pad(ghost)

    def add_to(self, pipeline, tee):
        pipeline.add(self.bin)
        self.pad = tee.request_pad_simple('src_%u')
        self.pad.link(self.bin.get_static_pad('sink'))

    def has(self, element):
        return element == self.bin or element.has_as_ancestor(self.bin)

    def take_off(self):
        """Unlinks it when nothing is on its way through the pad."""
        self.pad.add_probe(Gst.PadProbeType.IDLE, self.on_idle)

    def on_idle(self, pad, _info):
        """On the streaming thread, or at once on the main thread."""
        pad.unlink(self.bin.get_static_pad('sink'))
        threading.Thread(target=self.dispose).start()
        return Gst.PadProbeReturn.REMOVE

    def dispose(self):
        """On a thread of its own: stopping may take stop-timeout."""
        self.bin.set_state(Gst.State.NULL)
        self.bin.get_parent().remove(self.bin)
        self.pad.get_parent_element().release_request_pad(self.pad)


class Recorder:
    """One recording, from start to end."""

    def __init__(self, options):
        self.options = options
        self.stopping = False
        self.loop = GLib.MainLoop()
        source = TEST_SOURCE if options.test else SOURCE
        self.pipeline = Gst.parse_launch(
            RECORDING.format(source=source, bitrate=options.bitrate))
        # Each sink's EOS, and not only that of all of them, which one that
        # has failed would hold up for ever.
        self.pipeline.set_property('message-forward', True)
        self.branches = [self.build_upload(i) for i in options.media_id]
        if options.copy:
            self.branches.append(self.build_copy(options.copy))
        tee = self.pipeline.get_by_name('all')
        for branch in self.branches:
            branch.add_to(self.pipeline, tee)

    def build_upload(self, media_id):
        sink = Gst.ElementFactory.make('icesink')
        sink.set_property('media-id', media_id)
        if self.options.region:
            sink.set_property('region', self.options.region)
        if self.options.ice_endpoint:
            sink.set_property('ice-endpoint', self.options.ice_endpoint)
        if self.options.max_memory:
            sink.set_property('max-memory', self.options.max_memory)
            sink.set_property('part-size', max(100 * 1024,
                                               self.options.max_memory // 8))
        if self.options.spool:
            sink.set_property('spool-directory', self.options.spool)
        else:
            # It fails when its memory is full, in place of holding up all.
            Gst.util_set_object_arg(sink, 'overflow', 'error')
        return Branch(f'upload of {media_id}', sink)

    @staticmethod
    def build_copy(path):
        sink = Gst.ElementFactory.make('filesink')
        sink.set_property('location', path)
        return Branch(f'copy in {path}', sink)

    def run(self):
        """Records until the end, and returns the exit status."""
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message', self.on_message)
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.stop)
        if self.options.duration:
            GLib.timeout_add(int(self.options.duration * 1000), self.stop)
        print('Recording; Ctrl-C ends it', flush=True)
        started = self.pipeline.set_state(Gst.State.PLAYING)
        if started == Gst.StateChangeReturn.FAILURE:
            self.fail_to_start(bus)
        else:
            self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        bus.remove_signal_watch()
        for branch in self.branches:
            print(f'{branch.name}: {branch.error or "complete"}')
        return 1 if any(branch.error for branch in self.branches) else 0

    def fail_to_start(self, bus):
        """A wrong setting in one place, and nothing is recorded at all."""
        message = bus.pop_filtered(Gst.MessageType.ERROR)
        text = message.parse_error()[1] if message else 'it does not start'
        for branch in self.branches:
            branch.error = f'not started: {text}'

    def stop(self):
        """The source's EOS reaches all branches that are left."""
        if not self.stopping:
            self.stopping = True
            print('Stopping: the rest is uploaded', flush=True)
            self.pipeline.send_event(Gst.Event.new_eos())
        return GLib.SOURCE_CONTINUE

    def find(self, element):
        return next((b for b in self.branches if b.has(element)), None)

    def on_message(self, _bus, message):
        if message.type == Gst.MessageType.ERROR:
            self.on_error(message)
        elif message.has_name('GstBinForwarded'):
            inner = message.get_structure().get_value('message')
            branch = self.find(inner.src)
            if inner.type == Gst.MessageType.EOS and branch:
                branch.ended = True
        if all(branch.ended for branch in self.branches):
            self.loop.quit()

    def on_error(self, message):
        """An error is the end of the branch that it comes from."""
        error, debug = message.parse_error()
        branch = self.find(message.src)
        if branch is None:
            print(f'record_branches: {error.message}\n  {debug}',
                  file=sys.stderr)
            for other in self.branches:
                other.error = other.error or 'the source has failed'
                other.ended = True
        elif not branch.ended:
            branch.error = f'failed: {error.message}'
            branch.ended = True
            print(f'{branch.name}: {branch.error}\n  {debug}',
                  file=sys.stderr, flush=True)
            branch.take_off()


def parse_options():
    parser = argparse.ArgumentParser(
        description='Records live video into several media assets of Alibaba'
                    ' Cloud ICE, and a file.')
    parser.add_argument('-m', '--media-id', action='append', required=True,
                        metavar='ID', help='media asset; may be repeated')
    parser.add_argument('-c', '--copy', metavar='FILE',
                        help='and a file on this machine')
    parser.add_argument('-r', '--region', help='of the assets (cn-shanghai)')
    parser.add_argument('--ice-endpoint', metavar='URL',
                        help='host or URL of the ICE API')
    parser.add_argument('--spool', metavar='DIRECTORY',
                        help='for what memory cannot hold')
    parser.add_argument('--max-memory', type=int, metavar='BYTES',
                        help='of each upload')
    parser.add_argument('-t', '--test', action='store_true',
                        help='record a test picture')
    parser.add_argument('--duration', type=float, metavar='SECONDS',
                        help='end after so long (at Ctrl-C)')
    parser.add_argument('-b', '--bitrate', type=int, default=2500,
                        metavar='KBIT/S', help='of the video (%(default)s)')
    return parser.parse_args()


def main():
    options = parse_options()
    Gst.init(None)
    return Recorder(options).run()


if __name__ == '__main__':
    sys.exit(main())
