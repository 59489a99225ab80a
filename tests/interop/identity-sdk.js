// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// Prints the identity that the default chain of @alicloud/credentials finds,
// as one line of JSON. Nothing leaves this machine: every request goes to the
// given port of 127.0.0.1, without TLS, whatever its host.
//
// Usage: node identity-sdk.js PORT
'use strict';

const http = require('node:http');
const https = require('node:https');

const PORT = Number(process.argv[2]);
const send = http.request.bind(http);

function redirect(options) {
  return send({ ...options, host: '127.0.0.1', port: PORT, agent: undefined });
}

http.request = redirect;
https.request = redirect;

const Credential = require('@alicloud/credentials').default;

async function main() {
  try {
    const { accessKeyId, accessKeySecret, securityToken } =
      await new Credential().getCredential();
    return { id: accessKeyId, secret: accessKeySecret, token: securityToken || '' };
  } catch (error) {
    return { error: String(error.message) };
  }
}

main().then((found) => {
  console.log(JSON.stringify(found));
  process.exit(0);
});
