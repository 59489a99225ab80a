#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""record_live: records live video and sound into an ICE media asset.

The lesson: what examples/record-live.c does, from Python by GObject
introspection. An upload is done when `ice-upload-complete` and then EOS have
come, so Ctrl-C sends EOS and waits. The exit status says how it went:

  0  the object is complete
  1  an error; it has been printed
  2  the command line is wrong
  3  interrupted twice, the object is not complete

The AccessKey comes from the environment, where icesink finds it by itself:
ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a
temporary one, ALIBABA_CLOUD_SECURITY_TOKEN.

On Debian and Ubuntu it needs python3-gi and gir1.2-gstreamer-1.0. Everything
here runs on the main thread; handlers of icesink's signals would not.
"""

import argparse
import signal
import sys

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

COMPLETE, FAILED, INTERRUPTED = 0, 1, 3

VIDEO = ('queue ! videoconvert ! video/x-raw,format=I420'
         ' ! x264enc tune=zerolatency speed-preset=veryfast key-int-max=60'
         ' bitrate={bitrate} ! queue ! mux.')
AUDIO = ('queue ! audioconvert ! audioresample ! audio/x-raw,rate=48000'
         ' ! avenc_aac ! queue ! mux.')
TEST_SOURCES = ('videotestsrc is-live=true'
                ' ! video/x-raw,width=640,height=360,framerate=30/1',
                'audiotestsrc is-live=true wave=ticks')
SOURCES = ('autovideosrc', 'autoaudiosrc')


class Recorder:
    """One recording, from start to end."""

    def __init__(self, options):
        self.options = options
        self.status = FAILED
        self.complete = False
        self.stopping = False
        self.loop = GLib.MainLoop()
        self.pipeline = self.build()
        self.sink = self.pipeline.get_by_name('sink')
        self.set_up_sink()

    def build(self):
        """A launch line; what has to be secret must not stand in it."""
        video, audio = TEST_SOURCES if self.options.test else SOURCES
        return Gst.parse_launch(
            f'{video} ! {VIDEO.format(bitrate=self.options.bitrate)} '
            f'{audio} ! {AUDIO} mp4mux name=mux ! icesink name=sink')

    def set_up_sink(self):
        options = self.options
        self.sink.set_property('media-id', options.media_id)
        # Whoever interrupts twice wants to be out at once.
        Gst.util_set_object_arg(self.sink, 'on-stop', 'keep')
        if options.region:
            self.sink.set_property('region', options.region)
        if options.ice_endpoint:
            self.sink.set_property('ice-endpoint', options.ice_endpoint)
        if options.retry_timeout:
            self.sink.set_property('retry-timeout',
                                   int(options.retry_timeout * Gst.SECOND))

    def run(self):
        """Records until the end, and returns the exit status."""
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message', self.on_message)
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.on_signal)
        if self.options.duration:
            GLib.timeout_add(int(self.options.duration * 1000),
                             self.on_time_over)

        print(f'Recording into media asset {self.options.media_id};'
              ' Ctrl-C ends it', flush=True)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        bus.remove_signal_watch()
        if self.status == INTERRUPTED:
            outcome = self.sink.get_property('stats').get_string('outcome')
            print('Stopped at once: the object is not complete,'
                  f' outcome: {outcome}')
        return self.status

    def end(self, status):
        self.status = status
        self.loop.quit()

    # ---- how it ends ----

    def stop(self):
        """EOS makes the muxer write the end, and icesink complete it."""
        self.stopping = True
        print('Stopping: the rest is uploaded; Ctrl-C now stops at once',
              flush=True)
        self.pipeline.send_event(Gst.Event.new_eos())

    def on_signal(self):
        if self.stopping:
            self.end(INTERRUPTED)
        else:
            self.stop()
        return GLib.SOURCE_CONTINUE

    def on_time_over(self):
        if not self.stopping:
            self.stop()
        return GLib.SOURCE_REMOVE

    # ---- messages ----

    def on_message(self, _bus, message):
        if message.type == Gst.MessageType.EOS:
            self.end(COMPLETE if self.complete else FAILED)
        elif message.type == Gst.MessageType.ERROR:
            self.on_error(message)
        elif message.type == Gst.MessageType.ELEMENT:
            self.on_element_message(message.get_structure())

    def on_error(self, message):
        error, debug = message.parse_error()
        print(f'record_live: {message.src.get_name()}: {error.message}\n'
              f'  {debug}', file=sys.stderr)
        details = message.parse_error_details()
        for i in range(details.n_fields() if details else 0):
            name = details.nth_field_name(i)
            print(f'  {name}: {details.get_value(name)}', file=sys.stderr)
        self.end(FAILED)

    def on_element_message(self, fields):
        handler = {
            'ice-upload-started': self.on_started,
            'ice-upload-progress': self.on_progress,
            'ice-upload-interrupted': self.on_interrupted,
            'ice-upload-resumed': self.on_resumed,
            'ice-upload-complete': self.on_complete,
        }.get(fields.get_name())
        if handler:
            handler(fields.get_value)

    def on_started(self, get):
        print(f'Uploading to {get("bucket")}/{get("object")}', flush=True)

    def on_progress(self, get):
        lag = get('upload-lag') / Gst.SECOND
        print(f'written {get("bytes-written") / 1e6:.1f} MB,'
              f' uploaded {get("bytes-uploaded") / 1e6:.1f} MB,'
              f' lag {lag:.1f} s, {get("bitrate") / 1e6:.1f} Mbit/s',
              flush=True)

    def on_interrupted(self, get):
        print(f'Upload interrupted: {get("reason")}; recording goes on,'
              f' next try in {get("retry-in") / Gst.SECOND:.1f} s', flush=True)

    def on_resumed(self, get):
        print(f'Upload goes on after {get("outage") / Gst.SECOND:.1f} s',
              flush=True)

    def on_complete(self, get):
        self.complete = True
        print(f'Object complete: {get("bucket")}/{get("object")}\n'
              f'  size {get("size")}, crc64 {get("crc64")},'
              f' parts {get("parts")},'
              f' after {get("duration") / Gst.SECOND:.1f} s', flush=True)


def parse_options():
    parser = argparse.ArgumentParser(
        description='Records live video and sound into a media asset of'
                    ' Alibaba Cloud ICE.')
    parser.add_argument('-m', '--media-id', required=True, metavar='ID',
                        help='media asset to upload to')
    parser.add_argument('-r', '--region', help='its region (cn-shanghai)')
    parser.add_argument('--ice-endpoint', metavar='URL',
                        help='host or URL of the ICE API')
    parser.add_argument('-t', '--test', action='store_true',
                        help='record a test picture and a test sound')
    parser.add_argument('--duration', type=float, metavar='SECONDS',
                        help='end after so long (at Ctrl-C)')
    parser.add_argument('-b', '--bitrate', type=int, default=2500,
                        metavar='KBIT/S', help='of the video (%(default)s)')
    parser.add_argument('--retry-timeout', type=float, metavar='SECONDS',
                        help='give up when the network is away for so long')
    return parser.parse_args()


def main():
    options = parse_options()
    Gst.init(None)
    try:
        return Recorder(options).run()
    except GLib.Error as error:
        print(f'record_live: {error.message}', file=sys.stderr)
        return FAILED


if __name__ == '__main__':
    sys.exit(main())
