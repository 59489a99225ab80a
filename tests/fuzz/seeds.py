#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
"""Writes what a fuzzer starts from: seeds.py DIRECTORY

A folder for each target: the vectors of tests/vectors in the form that the
target reads, and one example of each kind of answer, file and script."""

import base64
import binascii
import json
import pathlib
import random
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

DATE = 'Fri, 17 May 2024 08:09:10 GMT'

ADDRESSES = [
    'https://oss-cn-shanghai.aliyuncs.com',
    'http://127.0.0.1:8080/',
    'http://[::1]:8080',
    'oss-cn-beijing-internal.aliyuncs.com',
    'vpc100-oss-cn-hangzhou.aliyuncs.com:443',
    'cn-shanghai.oss.aliyuncs.com',
    'localhost',
    'oss-accelerate.aliyuncs.com',
    'icems://0a1b2c3d4e5f?region=cn-beijing',
    'icems://MEDIA-ID_1',
    'icems://m?ice-endpoint=http://127.0.0.1:1&region=cn-beijing',
    'https://user:pass@host',
    'oss-cn-shanghai-internal',
]

INI = '''\
# comment
[default]
enable = true
type = access_key
access_key_id = LTAI5tExample
access_key_secret = "s3cretExample" ; said
[other]
type=ram_role_arn
access_key_id: LTAI5tExample
access_key_secret='s3cret'
role_arn = acs:ram::1:role/r
role_session_name = s
policy = {"a": 1}
[ecs]
type = ecs_ram_role
role_name = r
[default]
type = ecs_ram_role
'''

CLI = {
    'current': 'default',
    'profiles': [
        {'name': 'default', 'mode': 'AK', 'access_key_id': 'LTAI5t',
         'access_key_secret': 's3cret'},
        {'name': 'other', 'mode': 'ChainableRamRoleArn',
         'source_profile': 'default', 'ram_role_arn': 'acs:ram::1:role/r',
         'ram_session_name': 's', 'expired_seconds': 900,
         'sts_region': 'cn-beijing', 'enable_vpc': True},
        {'name': 'sts', 'mode': 'StsToken', 'access_key_id': 'STS.1',
         'access_key_secret': 's', 'sts_token': 't'},
        {'name': 'ecs', 'mode': 'EcsRamRole', 'ram_role_name': 'r'},
        {'name': 'oidc', 'mode': 'OIDC', 'oidc_provider_arn': 'a',
         'oidc_token_file': '/f', 'ram_role_arn': 'acs:ram::1:role/r'},
        {'name': 'ext', 'mode': 'External', 'process_command': 'x "y z" #c'},
        {'name': 'sso', 'mode': 'CloudSSO', 'sts_expiration': 9999999999,
         'access_key_id': 'STS.1', 'access_key_secret': 's',
         'sts_token': 't', 'sts_endpoint': 'sts.aliyuncs.com'},
        {'name': 'role', 'mode': 'RamRoleArn', 'access_key_id': 'L',
         'access_key_secret': 's', 'ram_role_arn': 'acs:ram::1:role/r',
         'external_id': 'e', 'policy': '{}'},
    ],
}

SESSION = {
    'Code': 'Success', 'AccessKeyId': 'STS.Example',
    'AccessKeySecret': 's3cret', 'SecurityToken': 'CAIS/token==',
    'Expiration': '2024-05-17T09:09:06Z',
    'LastUpdated': '2024-05-17T08:09:06Z',
}

PROGRAM = {
    'mode': 'StsToken', 'access_key_id': 'STS.1', 'access_key_secret': 's',
    'sts_token': 't', 'expiration': '2024-05-17T09:09:06+08:00',
}

XMLS = [
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>RequestTimeTooSkewed'
    '</Code><Message>m</Message><RequestId>5F</RequestId><HostId>h</HostId>'
    '<EC>0002-00000504</EC><ServerTime>2024-05-17T08:09:10.000Z</ServerTime>'
    '<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>',
    '<InitiateMultipartUploadResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs'
    '.com"><Bucket>b</Bucket><Key>k</Key><UploadId>0004B9894A22E5B1888A1E29F8'
    '23</UploadId></InitiateMultipartUploadResult>',
    '<CompleteMultipartUploadResult><Location>l</Location><ETag>"3F'
    '-1"</ETag></CompleteMultipartUploadResult>',
    '<ListPartsResult><NextPartNumberMarker>5</NextPartNumberMarker>'
    '<IsTruncated>true</IsTruncated><Part><PartNumber>4</PartNumber>'
    '<ETag>&quot;E&quot;</ETag><Size>102400</Size></Part><Part><PartNumber>5'
    '</PartNumber><ETag>"F"</ETag><Size>1</Size></Part></ListPartsResult>',
    '<ListPartsResult><NextPartNumberMarker/><IsTruncated>false</IsTruncated>'
    '</ListPartsResult>',
]

OSS_HEADERS = [
    'ETag: "5D41402ABC4B2A76B9719D911017C592"',
    'x-oss-hash-crc64ecma: 18446744073709551615',
    'x-oss-request-id: 5F3D9C8A',
    'x-oss-ec: 0002-00000504',
    'Date: ' + DATE,
    'Retry-After: 120',
    'Content-Length: 5',
]

ICE_JSON = [
    {'RequestId': '6F', 'Code': 'Throttling.User', 'Message': 'slow down',
     'HostId': 'ice.cn-shanghai.aliyuncs.com', 'Recommend': 'r'},
    {'RequestId': '6F', 'MediaId': 'm'},
    {'requestId': '6F', 'code': 'MediaNotFound', 'message': 'no'},
]

JOURNAL = [
    '{"icesink-spool":1,"media-id":"media-1","created":5}',
    '{"note":"run","base":0,"part-size":102400,"max-part-size":5368709120}',
    '{"note":"format","caps":"video/mpegts","content-type":"video/mp2t"}',
    '{"note":"upload","bucket":"b","object":"o","upload-id":"U"}',
    '{"note":"part","number":2,"offset":102400,"size":102400}',
    '{"note":"part","number":3,"offset":204800,"size":100}',
    '{"note":"arrived","number":2,"size":102400,'
    '"crc64":"fedcba9876543210","etag":"\\"E\\""}',
    '{"note":"freed","number":2}',
    '{"note":"run","base":102400,"part-size":102400,"max-part-size":204800}',
    '{"note":"upload","bucket":"b","object":"o","upload-id":"V"}',
    '{"note":"cut","size":150000}',
    '{"note":"finished","size":150000}',
    '{"note":"done"}',
]

JSONS = [
    '{}', '{"a": [1, -2.5e+10, true, false, null, "\\u00e9\\ud83d\\ude00"]}',
    '\ufeff{"a": {"b": {"c": []}}}', '{"a": 1, "a": "2"}', '[1]', '"x"',
    '{"a": 9223372036854775808}', '{"\\"\\\\\\/\\b\\f\\n\\r\\t": ""}',
    '{"a": 1} {"b": 2}', '{/**/"a": 0x1}',
]


def response(body, status='200 OK', headers=()):
    """An answer of HTTP."""
    lines = ['HTTP/1.1 ' + status, *headers]
    return '\r\n'.join(lines) + '\r\n\r\n' + body


def read_vectors(name):
    """The cases of a file of tests/vectors."""
    path = TOP / 'vectors' / (name + '.json')
    return json.loads(path.read_text())['cases']


def decoded(text):
    """The JSON in Base64 @text, or the text itself."""
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return text
    return plain if plain.startswith('{') and '\n' not in plain else text


def make_leases():
    """Both texts of each case, as they are and decoded."""
    for case in read_vectors('credentials'):
        texts = [case['upload_address'], case['upload_auth']]
        texts = [text if isinstance(text, str) else '' for text in texts]
        yield '\n'.join(texts)
        yield '\n'.join(decoded(text) for text in texts)


def make_ice_answers():
    """Successes of the vectors, and errors."""
    for case in read_vectors('credentials')[:40]:
        yield response(json.dumps({
            'RequestId': '6F', 'MediaId': 'm',
            'UploadAddress': case['upload_address'],
            'UploadAuth': case['upload_auth']}))
    for answer in ICE_JSON:
        yield response(json.dumps(answer), '400 Bad Request',
                       ['Date: ' + DATE, 'x-acs-request-id: 6F',
                        'x-acs-retry-after: 500', 'Retry-After: ' + DATE])
    yield response(XMLS[0], '503 Service Unavailable', ['Retry-After: 3'])
    yield response('<html><body>Sign in</body></html>')


def make_oss_answers():
    """Each XML with a success and an error, and nothing at all."""
    for body in [*XMLS, '', '<html>']:
        for status in ['200 OK', '403 Forbidden', '503 Busy', '204 Gone']:
            yield response(body, status, OSS_HEADERS)


def make_sessions():
    """Answers of those who give out temporary identities."""
    for answer in [SESSION, PROGRAM, {'RequestId': '6F',
                                      'Credentials': SESSION}]:
        yield response(json.dumps(answer), headers=['Date: ' + DATE])
    yield response('role-name\n')


def make_redactions():
    """Texts with secrets in them."""
    yield 'The $ is wrong, & too\n'
    yield 'StringToSign ' + '0123456789abcdef' * 4 + '$'
    yield 'FuzzSecret0123456789abc... \u00e9\u0085\u2028' * 30
    yield 'NoSuchUpload'


def make_journals():
    """The journal up to each of its lines, and torn."""
    for n in range(1, len(JOURNAL) + 1):
        yield '\n'.join(JOURNAL[:n]) + '\n'
    yield '\n'.join(JOURNAL[:5]) + '\n0123456789abcdef {"note'


def make_scripts():
    """Choices of a script that are drawn, each from its own seed."""
    for seed in range(30):
        generator = random.Random(seed)
        yield bytes([seed % 3]) + bytes(
            generator.randrange(256) for _ in range(400 + 200 * seed))


SEEDS = {
    'address': lambda: ADDRESSES,
    'cli-profile': lambda: [json.dumps(CLI), json.dumps(
        {**CLI, 'current': 'other'})],
    'ice-answer': make_ice_answers,
    'ini-profile': lambda: [INI, INI.replace('\n', '\r\n')],
    'journal': make_journals,
    'json': lambda: JSONS + [json.dumps(SESSION), json.dumps(CLI)],
    'lease': make_leases,
    'oss-answer': make_oss_answers,
    'oss-xml': lambda: XMLS,
    'recording': make_scripts,
    'redaction': make_redactions,
    'session': make_sessions,
}


def main():
    """Writes them all."""
    for target, make in SEEDS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(make()):
            data = text if isinstance(text, bytes) else text.encode(
                errors='surrogateescape')
            (folder / f'{number:03}').write_bytes(data)


main()
