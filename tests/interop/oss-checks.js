// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// Uploads by ali-oss, with the lease that ICE gave.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs/promises');
const http = require('node:http');
const path = require('node:path');
const { Readable } = require('node:stream');
const OSS = require('ali-oss');

const { Emulator, IDENTITY, BUCKET, REGION } = require('./emulator');
const { lease } = require('./ice-checks');
const { TamperingProxy, flip } = require('./tampering-proxy');

const PART_SIZE = 100 * 1024;
// Of "123456789".
const CHECK_CRC64 = '11051210869376104954';

// `localhost` is this address here, whatever the resolver says.
const AGENT = new http.Agent({
  keepAlive: true,
  lookup: (_host, options, callback) => (options.all
    ? callback(null, [{ address: '127.0.0.1', family: 4 }])
    : callback(null, '127.0.0.1', 4)),
});

function leaseIdentity({ auth }) {
  return {
    accessKeyId: auth.AccessKeyId,
    accessKeySecret: auth.AccessKeySecret,
    stsToken: auth.SecurityToken,
  };
}

function clientFor(port, identity, options = {}) {
  return new OSS({
    ...identity,
    bucket: BUCKET,
    region: `oss-${REGION}`,
    endpoint: `http://127.0.0.1:${port}`,
    authorizationV4: true,
    // without these two it complains, once per client
    refreshSTSToken: async () => identity,
    refreshSTSTokenInterval: 3600000,
    timeout: 20000,
    agent: AGENT,
    ...options,
  });
}

function bytes(length) {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8) * 7));
}

async function assertStored(emulator, key, content) {
  const stored = await fs.readFile(path.join(emulator.directory, BUCKET, key));
  assert.ok(stored.equals(content));
}

async function refused(promise, status, code, ec) {
  await assert.rejects(promise, (error) => {
    assert.strictEqual(error.code, code, `not ${code}: ${error.stack}`);
    assert.strictEqual(error.status, status);
    if (ec) {
      assert.strictEqual(error.ecCode, ec);
    }
    assert.match(error.requestId, /^[0-9A-F]{24}$/);
    return true;
  });
}

async function uploadParts(client, key, content) {
  const { uploadId } = await client.initMultipartUpload(key, { mime: 'video/mp4' });
  const done = [];
  for (let number = 1; (number - 1) * PART_SIZE < content.length; number += 1) {
    const start = (number - 1) * PART_SIZE;
    const end = Math.min(start + PART_SIZE, content.length);
    const { etag } = await client.uploadPart(key, uploadId, number, content, start, end);
    done.push({ number, etag });
  }
  return { uploadId, done };
}

async function succeed(checks, emulator) {
  const given = await lease(emulator.port);
  const key = given.address.FileName;
  const identity = leaseIdentity(given);
  const client = clientFor(emulator.port, identity);
  const content = bytes(5 * PART_SIZE + 321);

  await checks.run('ali-oss: put, with the bucket in the Host header', async () => {
    const { res } = await client.put(key, Buffer.from('123456789'), { mime: 'video/mp4' });
    assert.strictEqual(res.status, 200);
    assert.strictEqual(res.headers['x-oss-hash-crc64ecma'], CHECK_CRC64);
    await assertStored(emulator, key, Buffer.from('123456789'));
  });
  await checks.run('ali-oss: put, with the bucket as a subdomain', async () => {
    const other = clientFor(emulator.port, identity, { endpoint: `http://localhost:${emulator.port}` });
    await other.put(key, Buffer.from('subdomain'));
    await assertStored(emulator, key, Buffer.from('subdomain'));
  });
  await checks.run('ali-oss: put, with the bucket in the path', async () => {
    const other = clientFor(emulator.port, identity, {
      endpoint: `http://localhost:${emulator.port}`, sldEnable: true,
    });
    await other.put(key, Buffer.from('path'));
    await assertStored(emulator, key, Buffer.from('path'));
  });
  await checks.run('ali-oss: put of a stream of unknown length', async () => {
    await client.putStream(key, Readable.from([Buffer.from('str'), Buffer.from('eam')]));
    await assertStored(emulator, key, Buffer.from('stream'));
  });
  await checks.run('ali-oss: put with a signed additional header', async () => {
    await client.put(key, Buffer.from('x'), {
      headers: { host: `${BUCKET}.oss-${REGION}.aliyuncs.com` },
      additionalHeaders: ['host'],
    });
  });
  await checks.run('ali-oss: head and get', async () => {
    await client.put(key, Buffer.from('123456789'), { mime: 'video/mp4' });
    const { res } = await client.head(key);
    assert.strictEqual(res.headers['content-length'], '9');
    assert.strictEqual(res.headers['content-type'], 'video/mp4');
    assert.strictEqual(res.headers['x-oss-hash-crc64ecma'], CHECK_CRC64);
    const got = await client.get(key);
    assert.strictEqual(got.content.toString(), '123456789');
  });
  await checks.run('ali-oss: multipartUpload, parts in parallel', async () => {
    const { res } = await client.multipartUpload(key, content, {
      partSize: PART_SIZE, parallel: 4, mime: 'video/mp4',
    });
    assert.strictEqual(res.status, 200);
    await assertStored(emulator, key, content);
    const head = await client.head(key);
    assert.strictEqual(head.res.headers['x-oss-hash-crc64ecma'], res.headers['x-oss-hash-crc64ecma']);
    assert.strictEqual(head.res.headers['content-type'], 'video/mp4');
  });
  await checks.run('ali-oss: an upload goes on with another lease', async () => {
    const { uploadId, done } = await uploadParts(client, key, content);
    const renewed = clientFor(emulator.port, leaseIdentity(await lease(emulator.port)));
    await renewed.completeMultipartUpload(key, uploadId, done);
    await assertStored(emulator, key, content);
  });
  await checks.run('ali-oss: listParts, in pages', async () => {
    const { uploadId, done } = await uploadParts(client, key, content);
    const first = await client.listParts(key, uploadId, { 'max-parts': 4 });
    assert.strictEqual(first.isTruncated, 'true');
    const second = await client.listParts(key, uploadId, {
      'max-parts': 4, 'part-number-marker': first.nextPartNumberMarker,
    });
    assert.strictEqual(second.isTruncated, 'false');
    const listed = [...first.parts, ...second.parts].map(({ PartNumber, ETag }) => ({
      number: Number(PartNumber), etag: ETag,
    }));
    assert.deepStrictEqual(listed, done);
    await client.abortMultipartUpload(key, uploadId);
  });
  await checks.run('ali-oss: x-oss-complete-all takes all parts, and no list', async () => {
    const headers = { 'x-oss-complete-all': 'yes' };
    const { uploadId, done } = await uploadParts(client, key, content);
    await refused(
      client.completeMultipartUpload(key, uploadId, done, { headers }),
      400, 'InvalidArgument', '0042-00000216',
    );
    // the call for it always sends a list
    const params = client._objectRequestParams('POST', key, { headers, subres: { uploadId } });
    await client.request({ ...params, successStatuses: [200] });
    await assertStored(emulator, key, content);
  });
  await checks.run('ali-oss: abortMultipartUpload, and nothing is left', async () => {
    const { uploadId, done } = await uploadParts(client, key, content);
    const { res } = await client.abortMultipartUpload(key, uploadId);
    assert.strictEqual(res.status, 204);
    await refused(client.listParts(key, uploadId), 404, 'NoSuchUpload', '0042-00000002');
    await refused(client.completeMultipartUpload(key, uploadId, done), 404, 'NoSuchUpload', '0042-00000002');
  });
}

async function breakRules(checks, emulator) {
  const given = await lease(emulator.port);
  const key = given.address.FileName;
  const identity = leaseIdentity(given);
  const client = clientFor(emulator.port, identity);
  const content = bytes(2 * PART_SIZE);

  await checks.run('ali-oss: another object than the lease names is refused', () => refused(
    client.put('other.mp4', Buffer.from('x')), 403, 'AccessDenied',
  ));
  await checks.run('ali-oss: the uploads of the bucket are refused to a lease', () => refused(
    client.listUploads({ 'max-uploads': 10 }), 403, 'AccessDenied',
  ));
  await checks.run('ali-oss: the identity of the caller is refused', () => refused(
    clientFor(emulator.port, IDENTITY).put(key, Buffer.from('x')), 403, 'AccessDenied',
  ));
  await checks.run('ali-oss: another region is refused', () => refused(
    clientFor(emulator.port, identity, { region: 'oss-cn-beijing' }).put(key, Buffer.from('x')),
    400, 'InvalidArgument', '0002-00000226',
  ));
  await checks.run('ali-oss: a wrong secret is refused', () => refused(
    clientFor(emulator.port, { ...identity, accessKeySecret: 'wrong' }).put(key, Buffer.from('x')),
    403, 'SignatureDoesNotMatch', '0002-00000201',
  ));
  await checks.run('ali-oss: a signature of version 1 is refused', () => refused(
    clientFor(emulator.port, identity, { authorizationV4: false }).put(key, Buffer.from('x')),
    403, 'AccessDenied', '0002-00000080',
  ));
  await checks.run('ali-oss: a clock that is off is refused', () => {
    const other = clientFor(emulator.port, identity);
    other.options.amendTimeSkewed = 16 * 60 * 1000;
    return refused(other.put(key, Buffer.from('x')), 403, 'RequestTimeTooSkewed', '0002-00000504');
  });
  await checks.run('ali-oss: a wrong ETag is refused', async () => {
    const { uploadId, done } = await uploadParts(client, key, content);
    done[1].etag = flip(done[1].etag, 1);
    await refused(client.completeMultipartUpload(key, uploadId, done), 400, 'InvalidPart');
    await client.abortMultipartUpload(key, uploadId);
  });
  await checks.run('ali-oss: a small part before the last is refused', async () => {
    const { uploadId } = await client.initMultipartUpload(key);
    const done = [];
    for (const number of [1, 2]) {
      const { etag } = await client.uploadPart(key, uploadId, number, Buffer.from('small'), 0, 5);
      done.push({ number, etag });
    }
    await refused(client.completeMultipartUpload(key, uploadId, done), 400, 'EntityTooSmall', '0042-00000213');
    await client.abortMultipartUpload(key, uploadId);
  });
  await checks.run('ali-oss: part 10001 is refused', async () => {
    const { uploadId } = await client.initMultipartUpload(key);
    await refused(
      client.uploadPart(key, uploadId, 10001, Buffer.from('x'), 0, 1),
      400, 'InvalidArgument', '0017-00000220',
    );
    await client.abortMultipartUpload(key, uploadId);
  });
  await checks.run('ali-oss: AppendObject is not offered', () => refused(
    client.append(key, Buffer.from('x')), 501, 'NotImplemented',
  ));
}

function header(name, index) {
  return ({ headers }) => {
    headers[name] = flip(headers[name], index);
  };
}

function inAuthorization(from, to) {
  return ({ headers }) => {
    headers.authorization = headers.authorization.replace(from, to);
  };
}

// What is changed in PutObject, how, and what the service says to that.
const CHANGES = [
  ['a digit of the signature', header('authorization', -1), 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['a byte of the key id', inAuthorization('STS.', 'STS_'), 403, 'InvalidAccessKeyId', '0002-00000002'],
  ['a byte of the security token', header('x-oss-security-token', 9), 403, 'InvalidSecurityToken', '0002-00000006'],
  ['the security token itself', ({ headers }) => {
    delete headers['x-oss-security-token'];
  }, 403, 'InvalidSecurityToken', '0002-00000004'],
  ['the year of the date', header('x-oss-date', 2), 403, 'RequestTimeTooSkewed', '0002-00000504'],
  ['the second of the date', header('x-oss-date', -2), 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['the form of the date', header('x-oss-date', 8), 403, 'AccessDenied', '0002-00000502'],
  ['the date itself', ({ headers }) => {
    delete headers['x-oss-date'];
  }, 403, 'AccessDenied', '0002-00000503'],
  ['a digit of the day in the scope', ({ headers }) => {
    headers.authorization = flip(headers.authorization, headers.authorization.indexOf('/') + 1);
  }, 400, 'InvalidArgument', '0002-00000212'],
  ['the region in the scope', inAuthorization('/cn-', '/oss-cn-'), 400, 'InvalidArgument', '0002-00000226'],
  ['the product in the scope', inAuthorization('/oss/', '/oos/'), 400, 'InvalidArgument', '0002-00000227'],
  ['the end of the scope', inAuthorization('v4_request', 'v5_request'), 400, 'InvalidArgument', '0002-00000213'],
  ['additional headers, to none', inAuthorization(',Signature', ',AdditionalHeaders=,Signature'), 400, 'InvalidArgument', '0002-00000209'],
  ['additional headers, to host', inAuthorization(',Signature', ',AdditionalHeaders=host,Signature'), 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['the name of a field', inAuthorization('Signature', 'Signatur'), 400, 'InvalidArgument', '0002-00000202'],
  ['a byte of the content type', header('content-type', 0), 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['a byte of Content-MD5', header('content-md5', 0), 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['a byte of the metadata', header('x-oss-meta-title', 0), 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['one x-oss header more', ({ headers }) => {
    headers['x-oss-meta-other'] = '1';
  }, 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['a byte of x-oss-content-sha256', header('x-oss-content-sha256', 0), 400, 'InvalidArgument', '0002-00000214'],
  ['a byte of the object key', (request) => {
    request.path = request.path.replace('/sv/', '/sw/');
  }, 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['the query', (request) => {
    request.path += '?x=1';
  }, 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['the method', (request) => {
    request.method = 'DELETE';
  }, 403, 'SignatureDoesNotMatch', '0002-00000201'],
  ['a byte of the body', (request) => {
    request.body = Buffer.from(flip(request.body.toString(), 0));
  }, 400, 'InvalidDigest'],
];

async function beRefused(checks, emulator) {
  const given = await lease(emulator.port);
  const key = given.address.FileName;
  const proxy = await TamperingProxy.start(emulator.port);
  const client = clientFor(proxy.port, leaseIdentity(given));
  const put = () => client.put(key, Buffer.from('123456789'), {
    mime: 'video/mp4', meta: { title: 'demo' },
  });

  await checks.run('ali-oss: put is taken if nothing changes', async () => {
    const { res } = await put();
    assert.strictEqual(res.status, 200);
  });
  for (const [what, change, status, code, ec] of CHANGES) {
    await checks.run(`ali-oss: refused with ${code} if this changes: ${what}`, () => refused(
      proxy.tamper(change, put), status, code, ec,
    ));
  }
  await checks.run('ali-oss: UploadPart is refused if its number changes', async () => {
    const { uploadId } = await client.initMultipartUpload(key);
    await refused(proxy.tamper((request) => {
      request.path = request.path.replace('partNumber=1', 'partNumber=2');
    }, () => client.uploadPart(key, uploadId, 1, Buffer.from('x'), 0, 1)),
    403, 'SignatureDoesNotMatch', '0002-00000201');
    await client.abortMultipartUpload(key, uploadId);
  });
  await checks.run('ali-oss: Complete is refused if its list changes', async () => {
    const { uploadId, done } = await uploadParts(client, key, bytes(PART_SIZE));
    await refused(proxy.tamper((request) => {
      request.body = Buffer.from(request.body.toString().replace('<PartNumber>1', '<PartNumber>2'));
    }, () => client.completeMultipartUpload(key, uploadId, done)), 400, 'InvalidDigest');
    await client.abortMultipartUpload(key, uploadId);
  });
  await checks.run('ali-oss: head is refused without a body, but with the code', () => refused(
    proxy.tamper(header('authorization', -1), () => client.head(key)),
    403, 'SignatureDoesNotMatch',
  ));
  await proxy.stop();
}

async function outlive(checks, binary) {
  for (const code of ['SecurityTokenExpired', 'InvalidAccessKeyId']) {
    const emulator = await Emulator.start(
      binary, '--credential-life', '0.000001', '--expired-code', code,
    );
    await checks.run(`ali-oss: a lease that is over is refused with ${code}`, async () => {
      const given = await lease(emulator.port);
      const client = clientFor(emulator.port, leaseIdentity(given));
      await refused(client.put(given.address.FileName, Buffer.from('x')), 403, code);
    });
    await emulator.stop();
  }
}

// With the caller's own identity the whole bucket is open, and so are keys
// that no lease has.
async function roam(checks, binary) {
  const emulator = await Emulator.start(binary, '--allow-identity');
  const client = clientFor(emulator.port, IDENTITY);
  const keys = ['视频/🎬 file.mp4', 'a+b%20c?d=e&f#g', "q!r'(s)*t~", 'ü/é/ñ'];

  for (const key of keys) {
    await checks.run(`ali-oss: an object with the key ${key}`, async () => {
      await client.put(key, Buffer.from(key));
      const { content } = await client.get(key);
      assert.strictEqual(content.toString(), key);
      await client.multipartUpload(key, bytes(2 * PART_SIZE), { partSize: PART_SIZE });
      await client.delete(key);
      await assert.rejects(client.head(key), { status: 404, code: 'NoSuchKey' });
    });
  }
  await checks.run('ali-oss: listUploads', async () => {
    await Promise.all(keys.map((key) => client.initMultipartUpload(key)));
    const { uploads } = await client.listUploads({ 'max-uploads': 10 });
    assert.deepStrictEqual(uploads.map(({ name }) => name).sort(), [...keys].sort());
  });
  await emulator.stop();
}

async function checkOss(checks, binary) {
  const emulator = await Emulator.start(binary);
  await succeed(checks, emulator);
  await breakRules(checks, emulator);
  await beRefused(checks, emulator);
  await emulator.stop();
  await outlive(checks, binary);
  await roam(checks, binary);
  AGENT.destroy();
}

module.exports = { checkOss };
