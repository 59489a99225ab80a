// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// RefreshUploadMedia, and what makes, shows and removes media assets, by
// @alicloud/openapi-client.
'use strict';

const assert = require('node:assert');
const OpenApi = require('@alicloud/openapi-client');
const Util = require('@alicloud/tea-util');

const { Emulator, IDENTITY, BUCKET } = require('./emulator');
const { TamperingProxy, flip } = require('./tampering-proxy');

const MEDIA_ID = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const TOKEN = 'CAISdemoSecurityTokenOfTheCaller0123456789==';

const PARAMS = {
  action: 'RefreshUploadMedia',
  version: '2020-11-09',
  protocol: 'HTTP',
  pathname: '/',
  method: 'POST',
  authType: 'AK',
  style: 'RPC',
  reqBodyType: 'formData',
  bodyType: 'json',
};

function refresh(port, identity, query = { MediaId: MEDIA_ID }, params = {}) {
  const client = new OpenApi.default(new OpenApi.Config({
    ...identity, endpoint: `127.0.0.1:${port}`, protocol: 'HTTP',
  }));
  return client.callApi(
    new OpenApi.Params({ ...PARAMS, ...params }),
    new OpenApi.OpenApiRequest({ query }),
    new Util.RuntimeOptions({ autoretry: false }),
  );
}

function decode(text) {
  return JSON.parse(Buffer.from(text, 'base64').toString());
}

// The upload credential, decoded.
async function lease(port, identity = IDENTITY, mediaId = MEDIA_ID) {
  const answer = await refresh(port, identity, { MediaId: mediaId });
  assert.strictEqual(answer.statusCode, 200);
  assert.strictEqual(answer.body.MediaId, mediaId);
  return {
    address: decode(answer.body.UploadAddress),
    auth: decode(answer.body.UploadAuth),
  };
}

async function refused(promise, status, code) {
  await assert.rejects(promise, (error) => {
    assert.strictEqual(error.code, code, `not ${code}: ${error.stack}`);
    assert.strictEqual(error.data.statusCode, status);
    assert.match(error.data.RequestId, /^[0-9a-fA-F-]{36}$/);
    return true;
  });
}

function header(name, index) {
  return ({ headers }) => {
    headers[name] = flip(headers[name], index);
  };
}

// What is changed, how, and what the service says to that.
const CHANGES = [
  ['a digit of the signature', header('authorization', -1), 400, 'SignatureDoesNotMatch'],
  ['a byte of the nonce', header('x-acs-signature-nonce', 3), 400, 'SignatureDoesNotMatch'],
  ['the year of the date', header('x-acs-date', 2), 400, 'InvalidTimeStamp.Expired'],
  ['the second of the date', header('x-acs-date', -2), 400, 'SignatureDoesNotMatch'],
  ['the form of the date', header('x-acs-date', 10), 400, 'InvalidTimeStamp.Format'],
  ['a byte of the action', header('x-acs-action', -1), 400, 'SignatureDoesNotMatch'],
  ['a digit of the version', header('x-acs-version', -1), 400, 'SignatureDoesNotMatch'],
  ['a digit of the content hash', header('x-acs-content-sha256', 0), 400, 'SignatureDoesNotMatch'],
  ['a byte of the security token', header('x-acs-security-token', 9), 400, 'InvalidSecurityToken.MismatchWithAccessKey'],
  ['the security token itself', ({ headers }) => {
    delete headers['x-acs-security-token'];
  }, 400, 'MissingSecurityToken'],
  ['a byte of the key id', ({ headers }) => {
    headers.authorization = headers.authorization.replace('Credential=L', 'Credential=K');
  }, 404, 'InvalidAccessKeyId.NotFound'],
  ['the list of signed headers', ({ headers }) => {
    headers.authorization = headers.authorization.replace('x-acs-date;', '');
  }, 400, 'IncompleteSignature'],
  ['a header that is not signed', ({ headers }) => {
    headers['x-acs-other'] = '1';
  }, 400, 'IncompleteSignature'],
  ['the algorithm', ({ headers }) => {
    headers.authorization = headers.authorization.replace('HMAC', 'RSA');
  }, 400, 'InvalidSignatureMethod'],
  ['a digit of the media id', (request) => {
    request.path = request.path.replace('MediaId=0', 'MediaId=1');
  }, 400, 'SignatureDoesNotMatch'],
  ['the method', (request) => {
    request.method = 'PUT';
  }, 400, 'SignatureDoesNotMatch'],
  ['the body', (request) => {
    request.body = Buffer.from('x');
    request.headers['content-length'] = '1';
  }, 400, 'InvalidContentSha256'],
];

async function succeed(checks, binary) {
  const emulator = await Emulator.start(binary);
  await checks.run('openapi-client: RefreshUploadMedia gives a lease', async () => {
    const { address, auth } = await lease(emulator.port);
    assert.deepStrictEqual(address, {
      Endpoint: `http://127.0.0.1:${emulator.port}`,
      Bucket: BUCKET,
      FileName: `sv/${MEDIA_ID}/${MEDIA_ID}.mp4`,
    });
    assert.match(auth.AccessKeyId, /^STS\./);
    assert.strictEqual(auth.AccessKeySecret.length, 44);
    assert.strictEqual(auth.Expiration, '3600');
    assert.match(auth.ExpireUTCTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
  await checks.run('openapi-client: another call gives another key, same object', async () => {
    const first = await lease(emulator.port);
    const second = await lease(emulator.port);
    assert.deepStrictEqual(second.address, first.address);
    assert.notStrictEqual(second.auth.AccessKeyId, first.auth.AccessKeyId);
  });
  await checks.run('openapi-client: a wrong secret is refused', () => refused(
    refresh(emulator.port, { ...IDENTITY, accessKeySecret: 'wrong' }),
    400,
    'SignatureDoesNotMatch',
  ));
  await checks.run('openapi-client: an action that is not there is refused', () => refused(
    refresh(emulator.port, IDENTITY, {}, { action: 'RefreshUploadMedium' }),
    404,
    'InvalidApi.NotFound',
  ));
  await checks.run('openapi-client: another version is refused', () => refused(
    refresh(emulator.port, IDENTITY, {}, { version: '2020-11-10' }),
    404,
    'InvalidApi.NotFound',
  ));
  await checks.run('openapi-client: no media id is refused', () => refused(
    refresh(emulator.port, IDENTITY, {}),
    400,
    'MissingMediaId',
  ));
  await checks.run('openapi-client: a bad media id is refused', () => refused(
    refresh(emulator.port, IDENTITY, { MediaId: 'a b/媒' }),
    400,
    'InvalidParameter',
  ));
  await emulator.stop();
}

async function beRefused(checks, binary) {
  const emulator = await Emulator.start(
    binary, '--media-id', MEDIA_ID, '--security-token', TOKEN,
  );
  const proxy = await TamperingProxy.start(emulator.port);
  const identity = { ...IDENTITY, securityToken: TOKEN };

  await checks.run('openapi-client: a security token of the caller is taken', () => lease(proxy.port, identity));
  await checks.run('openapi-client: the same request twice is refused', async () => {
    await lease(proxy.port, identity);
    const { status, body } = await proxy.replay();
    assert.strictEqual(status, 400);
    assert.strictEqual(JSON.parse(body).Code, 'SignatureNonceUsed');
  });
  await checks.run('openapi-client: media that is not there is refused', () => refused(
    refresh(proxy.port, identity, { MediaId: 'other' }),
    404,
    'ResourceNotFound',
  ));
  for (const [what, change, status, code] of CHANGES) {
    await checks.run(`openapi-client: refused with ${code} if this changes: ${what}`, () => refused(
      proxy.tamper(change, () => refresh(proxy.port, identity)),
      status,
      code,
    ));
  }
  await proxy.stop();
  await emulator.stop();
}

// An action by its name, as the SDK's generated clients call it.
function act(port, action, query) {
  return refresh(port, IDENTITY, query, { action });
}

const FILE_INFO = '{"Type":"video","Name":"gate","Ext":"mp4"}';
const META_DATA = '{"Title":"Gate 7 (north)!","BusinessType":"general"}';

const ASSET_CALLS = [
  ['CreateUploadMedia', { FileInfo: FILE_INFO, MediaMetaData: META_DATA },
    (path) => path.replace('gate', 'gatf')],
  ['GetMediaInfo', { MediaId: MEDIA_ID },
    (path) => path.replace('MediaId=0', 'MediaId=1')],
  ['DeleteMediaInfos', { MediaIds: `${MEDIA_ID},other` },
    (path) => path.replace('other', 'othes')],
];

async function handleAssets(checks, binary) {
  const emulator = await Emulator.start(binary);
  const proxy = await TamperingProxy.start(emulator.port);

  await checks.run('openapi-client: an asset is made, shown and removed', async () => {
    const { body } = await act(emulator.port, 'CreateUploadMedia', ASSET_CALLS[0][1]);
    assert.match(body.MediaId, /^[0-9a-f]{32}$/);
    assert.match(decode(body.UploadAddress).FileName, /\.mp4$/);
    const shown = await act(emulator.port, 'GetMediaInfo', { MediaId: body.MediaId });
    assert.strictEqual(shown.body.MediaInfo.MediaBasicInfo.Status, 'Init');
    assert.strictEqual(shown.body.MediaInfo.MediaBasicInfo.Title, 'Gate 7 (north)!');
    const removed = await act(emulator.port, 'DeleteMediaInfos', { MediaIds: body.MediaId });
    assert.strictEqual(removed.body.IgnoredList, undefined);
    const again = await act(emulator.port, 'DeleteMediaInfos', { MediaIds: body.MediaId });
    assert.deepStrictEqual(again.body.IgnoredList, [body.MediaId]);
  });
  for (const [action, query, change] of ASSET_CALLS) {
    await checks.run(`openapi-client: ${action} is taken on the same way`, () => act(proxy.port, action, query));
    await checks.run(`openapi-client: ${action} is refused with another query`, () => refused(
      proxy.tamper((request) => {
        request.path = change(request.path);
      }, () => act(proxy.port, action, query)),
      400,
      'SignatureDoesNotMatch',
    ));
    await checks.run(`openapi-client: ${action} is refused with another signature`, () => refused(
      proxy.tamper(header('authorization', -1), () => act(proxy.port, action, query)),
      400,
      'SignatureDoesNotMatch',
    ));
  }
  await proxy.stop();
  await emulator.stop();
}

async function outlive(checks, binary) {
  const emulator = await Emulator.start(
    binary, '--security-token', TOKEN, '--security-token-life', '0.000001',
  );
  await checks.run('openapi-client: a security token that is over is refused', () => refused(
    refresh(emulator.port, { ...IDENTITY, securityToken: TOKEN }),
    400,
    'InvalidSecurityToken.Expired',
  ));
  await emulator.stop();
}

async function checkIce(checks, binary) {
  await succeed(checks, binary);
  await beRefused(checks, binary);
  await outlive(checks, binary);
  await handleAssets(checks, binary);
}

module.exports = { checkIce, lease };
