# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# Media assets by ICE's official client for Python, against ice-emulator: it
# succeeds, and is refused once a byte is changed on the way.
#
# Usage: media-checks.py EMULATOR

import http.client
import http.server
import json
import pathlib
import re
import shlex
import subprocess
import sys
import threading

from alibabacloud_ice20201109 import models
from alibabacloud_ice20201109.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

KEY_ID = 'LTAI5tEmulatorDemoKeyId1'
SECRET = 'EmulatorDemoSecret0123456789ab'
READY = re.compile(r'ice-emulator listening on http://127\.0\.0\.1:(\d+) ')
MINIMAL = ('{"Type":"video","Name":"gate","Ext":"ts"}',
           '{"Title":"直播录制 – (1)\'s *","BusinessType":"general"}')


class Emulator:
    """Runs ice-emulator as long as it is in use."""

    def __init__(self, binary, *options):
        self.process = subprocess.Popen([binary, *options],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(READY.match(self.process.stdout.readline())[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Proxy:
    """Passes requests on; `change` is given the target of each and the
    headers, and may change both."""

    def __init__(self, port):
        self.change = None
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                headers = list(self.headers.items())
                target = self.path
                if proxy.change:
                    target, headers = proxy.change(target, headers)
                upstream = http.client.HTTPConnection('127.0.0.1', port)
                upstream.putrequest('POST', target, skip_host=True,
                                    skip_accept_encoding=True)
                for name, value in headers:
                    upstream.putheader(name, value)
                upstream.endheaders()
                answer = upstream.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                self.send_header('Content-Type',
                                 answer.headers['Content-Type'])
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0),
                                                      Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()


class Checks:
    def __init__(self):
        self.failed = 0
        self.passed = 0

    def run(self, name, check):
        try:
            check()
            self.passed += 1
            print(f'ok - ice20201109 for Python: {name}', flush=True)
        except Exception as error:
            self.failed += 1
            print(f'not ok - ice20201109 for Python: {name}')
            print(f'# {type(error).__name__}: {error}', flush=True)


def new_client(port, secret=SECRET):
    return Client(Config(access_key_id=KEY_ID, access_key_secret=secret,
                         endpoint=f'127.0.0.1:{port}', protocol='HTTP'))


RUNTIME = RuntimeOptions(autoretry=False)


def create(client, file_info=MINIMAL[0], meta_data=MINIMAL[1], **more):
    request = models.CreateUploadMediaRequest(
        file_info=file_info, media_meta_data=meta_data, **more)
    return client.create_upload_media_with_options(request, RUNTIME).body


def get_info(client, media_id):
    request = models.GetMediaInfoRequest(media_id=media_id,
                                         auth_timeout=3600)
    return client.get_media_info_with_options(request, RUNTIME).body


def delete(client, *media_ids):
    request = models.DeleteMediaInfosRequest(media_ids=','.join(media_ids),
                                             delete_physical_files=True)
    return client.delete_media_infos_with_options(request, RUNTIME).body


def refused(call, code, status):
    try:
        call()
    except Exception as error:
        found = (getattr(error, 'code', None),
                 getattr(error, 'status_code', None))
        assert found == (code, status), f'{found}: {error}'
        return
    raise AssertionError('it was taken')


def check_life(client):
    made = create(client)
    assert re.fullmatch('[0-9a-f]{32}', made.media_id)
    assert made.upload_address and made.upload_auth
    assert made.file_url.endswith('.ts')
    info = get_info(client, made.media_id).media_info
    assert info.media_basic_info.status == 'Init'
    assert info.media_basic_info.title == json.loads(MINIMAL[1])['Title']
    assert info.file_info_list == []
    gone = delete(client, made.media_id, 'a-b')
    assert not gone.ignored_list and not gone.forbidden_list
    again = delete(client, made.media_id)
    assert again.ignored_list == [made.media_id]
    refused(lambda: get_info(client, made.media_id), 'ResourceNotFound', 404)


def check_everything(client):
    create(client, app_id='app-1000000', user_data=json.dumps(
        {'MessageCallback': {'CallbackURL': 'https://a.example/?b=1&c=2'},
         'Extend': {'camera': 7}}),
        post_process_config=json.dumps(
            {'ProcessType': 'Workflow', 'ProcessID': '0' * 32}),
        upload_target_config=json.dumps(
            {'StorageType': 'oss', 'StorageLocation':
             'outin-0123456789abcdef0123456789abcdef'
             '.oss-cn-shanghai.aliyuncs.com'}))


def check_limits(client):
    def title(text):
        return json.dumps({'Title': text, 'BusinessType': 'general'})

    def ext(text, kind='video'):
        return json.dumps({'Type': kind, 'Name': 'n', 'Ext': text})

    create(client, meta_data=title('录' * 128))
    for file_info, meta_data in (
            (MINIMAL[0], title('录' * 129)), (MINIMAL[0], title('')),
            (MINIMAL[0], '[]'), ('{', MINIMAL[1]),
            (ext('exe'), MINIMAL[1]), (ext('mp4', 'audio'), MINIMAL[1]),
            (ext('mp4', 'movie'), MINIMAL[1])):
        refused(lambda f=file_info, m=meta_data: create(client, f, m),
                'InvalidParameter', 400)
    refused(lambda: delete(client, *[f'm{i}' for i in range(21)]),
            'InvalidParameter', 400)


def check_readme(client):
    """README.md's line for the `aliyun` tool: its options are those that the
    tool has for an action that it does not know, and its texts are taken."""
    page = pathlib.Path(__file__).parents[2] / 'README.md'
    line = re.search(r'^aliyun ice .*?(?=\n```)', page.read_text(),
                     re.MULTILINE | re.DOTALL)[0]
    words = shlex.split(line.replace('\\\n', ' ').replace('…', '直播'))
    assert words[:4] == ['aliyun', 'ice', 'CreateUploadMedia', '--force']
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert options.pop('--region') == 'cn-shanghai'
    assert options.pop('--cli-query') == 'MediaId'
    made = create(client, options.pop('--FileInfo'),
                  options.pop('--MediaMetaData'))
    assert not options, options
    info = get_info(client, made.media_id).media_info
    assert info.media_basic_info.title == '直播'
    assert made.file_url.endswith('.mp4')


def in_target(old, new):
    def change(target, headers):
        assert old in target, target
        return target.replace(old, new, 1), headers
    return change


def in_header(wanted, index):
    def change(target, headers):
        def flip(name, value):
            if name.lower() != wanted:
                return value
            at = index % len(value)
            return value[:at] + ('1' if value[at] == '0' else '0') \
                + value[at + 1:]
        return target, [(name, flip(name, value)) for name, value in headers]
    return change


CALLS = {
    'CreateUploadMedia': (create, in_target('gate', 'gatf')),
    'GetMediaInfo': (lambda c: get_info(c, 'media-1'),
                     in_target('media-1', 'media-2')),
    'DeleteMediaInfos': (lambda c: delete(c, 'media-1'),
                         in_target('media-1', 'media-2')),
}


def check_tampering(checks, port):
    proxy = Proxy(port)
    client = new_client(proxy.port)
    changes = {'the signature': in_header('authorization', -1),
               'the nonce': in_header('x-acs-signature-nonce', 3),
               'the action': in_header('x-acs-action', -1)}
    for action, (call, in_query) in CALLS.items():
        for what, change in {**changes, 'the query': in_query}.items():
            def check(call=call, change=change):
                proxy.change = change
                try:
                    refused(lambda: call(client), 'SignatureDoesNotMatch',
                            400)
                finally:
                    proxy.change = None
            checks.run(f'{action} is refused if this changes: {what}', check)
    checks.run('the way through the proxy is right',
               lambda: create(client))


def main(binary):
    checks = Checks()
    with Emulator(binary) as emulator:
        client = new_client(emulator.port)
        checks.run('an asset is made, looked at, removed',
                   lambda: check_life(client))
        checks.run('every parameter is taken',
                   lambda: check_everything(client))
        checks.run("README.md's line for the aliyun tool is taken",
                   lambda: check_readme(client))
        checks.run('limits are kept', lambda: check_limits(client))
        checks.run('a wrong secret is refused', lambda: refused(
            lambda: create(new_client(emulator.port, 'wrong')),
            'SignatureDoesNotMatch', 400))
        check_tampering(checks, emulator.port)
    with Emulator(binary, '--region=cn-hangzhou') as emulator:
        checks.run('a region without the action is refused', lambda: refused(
            lambda: create(new_client(emulator.port)),
            'InvalidApi.NotFound', 404))
    print(f'{checks.passed} passed, {checks.failed} failed')
    return 0 if checks.passed and not checks.failed else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
