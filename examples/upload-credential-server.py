#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""upload-credential-server: hands out upload credentials to devices.

The lesson: a recorder needs no AccessKey. This server has it, knows which
device may write which media asset, asks ICE (RefreshUploadMedia) and passes on
the upload credential, which is good for this one object and about an hour.
examples/record-device.c is such a device.

    POST /upload-credential?MediaId=MEDIA-ID
    Authorization: Bearer TOKEN

is answered with 200 and {"UploadAddress": …, "UploadAuth": …}, just as ICE
returned them; 401 for a token that is not known, 403 for a media asset of
somebody else, 502 when ICE refuses, and 503 when it can't be reached. All but
401 and 403 are worth another try.

The devices stand in a JSON file. It has no token in it, only SHA-256 of it, so
that whoever reads it can't pass for a device:

    {"camera-1": {"token-sha256": "9f86d0…", "media-ids": ["0123…", "4567…"]}}

    upload-credential-server.py --new-token

prints a fresh token, which goes to the device, and its SHA-256. The AccessKey
comes from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a temporary one,
ALIBABA_CLOUD_SECURITY_TOKEN. Python's standard library is all it needs.

Tokens and credentials must not travel in the clear: without --certificate the
server listens on this machine only, as behind a proxy that speaks TLS.
"""

import argparse
import datetime
import hashlib
import hmac
import http.client
import http.server
import ipaddress
import json
import os
import re
import secrets
import signal
import ssl
import sys
import urllib.parse
import uuid

ACTION = 'RefreshUploadMedia'
VERSION = '2020-11-09'
TIMEOUT = 20
MEDIA_ID = re.compile(r'[A-Za-z0-9_-]{1,128}')
LARGEST_ANSWER = 256 * 1024


class Refused(Exception):
    """An answer other than 200: its status, and why."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


# ---- ICE ----

def hex_digest(data):
    return hashlib.sha256(data).hexdigest()


def sign(headers, query, secret):
    """ACS3-HMAC-SHA256 over a POST to / that has no body."""
    names = sorted(headers)
    canonical = '\n'.join(
        ['POST', '/', query]
        + [f'{name}:{headers[name].strip()}' for name in names]
        + ['', ';'.join(names), hex_digest(b'')])
    text = 'ACS3-HMAC-SHA256\n' + hex_digest(canonical.encode())
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def make_headers(host, query, environment):
    """The headers of one call; nonce, date and signature are new each time."""
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = {
        'host': host,
        'x-acs-action': ACTION,
        'x-acs-version': VERSION,
        'x-acs-date': now.strftime('%Y-%m-%dT%H:%M:%SZ'),
        'x-acs-signature-nonce': str(uuid.uuid4()),
        'x-acs-content-sha256': hex_digest(b''),
    }
    token = environment.get('ALIBABA_CLOUD_SECURITY_TOKEN')
    if token:
        headers['x-acs-security-token'] = token
    signature = sign(headers, query,
                     environment['ALIBABA_CLOUD_ACCESS_KEY_SECRET'])
    key_id = environment['ALIBABA_CLOUD_ACCESS_KEY_ID']
    return headers | {
        'authorization': f'ACS3-HMAC-SHA256 Credential={key_id},'
                         f'SignedHeaders={";".join(sorted(headers))},'
                         f'Signature={signature}',
        'accept': 'application/json',
        'content-length': '0',
    }


def connect(endpoint):
    """A connection to https://HOST, or to http:// on this machine."""
    url = urllib.parse.urlsplit(endpoint)
    if url.scheme == 'https':
        return http.client.HTTPSConnection(url.netloc, timeout=TIMEOUT)
    return http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)


def call_ice(endpoint, media_id):
    """Status and body of ICE's answer."""
    connection = connect(endpoint)
    query = urllib.parse.urlencode({'MediaId': media_id})
    headers = make_headers(urllib.parse.urlsplit(endpoint).netloc, query,
                           os.environ)
    try:
        connection.request('POST', '/?' + query, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(LARGEST_ANSWER)
    finally:
        connection.close()


def refresh_upload_media(endpoint, media_id):
    """UploadAddress and UploadAuth of a media asset, from ICE."""
    try:
        status, body = call_ice(endpoint, media_id)
    except (OSError, http.client.HTTPException) as error:
        raise Refused(503, f'ICE can not be reached: {error}') from error
    try:
        answer = json.loads(body)
        if status == 200:
            return {name: answer[name]
                    for name in ('UploadAddress', 'UploadAuth')}
        # Code is safe to show; Message may echo what was signed.
        reason = f'ICE refuses: {answer["Code"]}, status {status}'
    except (ValueError, KeyError, TypeError):
        reason = f'ICE gives an answer that makes no sense, status {status}'
    raise Refused(502, reason)


# ---- devices ----

def find_device(devices, authorization):
    """The device that has this Authorization header."""
    scheme, _, token = (authorization or '').partition(' ')
    digest = hex_digest(token.strip().encode())
    for name, device in devices.items():
        if scheme.lower() == 'bearer' and hmac.compare_digest(
                digest, device['token-sha256'].lower()):
            return name
    raise Refused(401, 'no device has this token')


def read_devices(path):
    """The file of devices; read for each request, so that changes count."""
    with open(path, encoding='utf-8') as file:
        return json.load(file)


# ---- the server ----

class Handler(http.server.BaseHTTPRequestHandler):
    """One connection of a device, in a thread of its own."""

    timeout = TIMEOUT
    server_version = 'upload-credential-server'

    def get_credential(self):
        """Who asks, for what, and what ICE says to it."""
        url = urllib.parse.urlsplit(self.path)
        media_ids = urllib.parse.parse_qs(url.query).get('MediaId', [])
        if url.path != '/upload-credential' or len(media_ids) != 1:
            raise Refused(404, 'ask for /upload-credential?MediaId=MEDIA-ID')
        devices = read_devices(self.server.devices_path)
        name = find_device(devices, self.headers.get('Authorization'))
        if (not MEDIA_ID.fullmatch(media_ids[0])
                or media_ids[0] not in devices[name]['media-ids']):
            raise Refused(403, f'{name} may not write this media asset')
        credential = refresh_upload_media(self.server.endpoint, media_ids[0])
        self.log_message('%s has a credential for %s', name, media_ids[0])
        return credential

    def do_POST(self):
        try:
            status, answer = 200, self.get_credential()
        except Refused as refused:
            status, answer = refused.status, {'Reason': str(refused)}
            self.log_message('%d: %s', status, refused)
        body = json.dumps(answer).encode()
        self.send_response_only(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Cache-Control', 'no-store')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    """Listens for devices."""

    daemon_threads = True

    def __init__(self, arguments):
        host, _, port = arguments.listen.rpartition(':')
        super().__init__((host, int(port)), Handler)
        self.devices_path = arguments.devices
        self.endpoint = arguments.ice_endpoint
        self.scheme = 'http'
        if arguments.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(arguments.certificate, arguments.key)
            # The handshake belongs to the thread of the connection.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = 'https'


def is_loopback(host):
    try:
        return ipaddress.ip_address(host.strip('[]')).is_loopback
    except ValueError:
        return host == 'localhost'


def parse_arguments():
    parser = argparse.ArgumentParser(
        description='Hands out upload credentials of ICE to devices.')
    parser.add_argument('--devices', metavar='FILE',
                        help='JSON file of the devices')
    parser.add_argument('--listen', metavar='HOST:PORT',
                        default='127.0.0.1:8080',
                        help='where to listen; port 0: any (%(default)s)')
    parser.add_argument('--certificate', metavar='FILE',
                        help='PEM file of the certificate chain, for TLS')
    parser.add_argument('--key', metavar='FILE',
                        help='PEM file of its private key')
    parser.add_argument('--region', default='cn-shanghai',
                        help='of ICE (%(default)s)')
    parser.add_argument('--ice-endpoint', metavar='URL',
                        help='of the ICE API (that of the region)')
    parser.add_argument('--new-token', action='store_true',
                        help='print a token and its SHA-256, and exit')
    arguments = parser.parse_args()
    if arguments.ice_endpoint is None:
        arguments.ice_endpoint = f'https://ice.{arguments.region}.aliyuncs.com'
    check_arguments(parser, arguments)
    return arguments


def check_arguments(parser, arguments):
    host, _, port = arguments.listen.rpartition(':')
    url = urllib.parse.urlsplit(arguments.ice_endpoint)
    if arguments.new_token:
        return
    if arguments.devices is None:
        parser.error('--devices is missing')
    if not host or not port.isdigit():
        parser.error('--listen is not HOST:PORT')
    if not arguments.certificate and not is_loopback(host):
        parser.error('without --certificate, only this machine is listened to')
    if url.scheme != 'https' and not is_loopback(url.hostname or ''):
        parser.error('--ice-endpoint has to be https://')
    for name in ('ID', 'SECRET'):
        if not os.environ.get('ALIBABA_CLOUD_ACCESS_KEY_' + name):
            parser.error(f'ALIBABA_CLOUD_ACCESS_KEY_{name} is not set')


def main():
    arguments = parse_arguments()
    if arguments.new_token:
        token = secrets.token_urlsafe(32)
        print(f'token {token}\nsha256 {hex_digest(token.encode())}')
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Server(arguments) as server:
        print(f'listening on {server.scheme}://{server.server_address[0]}:'
              f'{server.server_address[1]}', flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0


if __name__ == '__main__':
    sys.exit(main())
