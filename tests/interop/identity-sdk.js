// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// Which identity the default chain of @alicloud/credentials finds: a line of
// JSON in, {"port", "env"}, and one out, for one set-up after the other.
// Nothing leaves this machine: every request goes to that port of 127.0.0.1,
// without TLS, whatever its host.
//
// Usage: node identity-sdk.js
'use strict';

const http = require('node:http');
const https = require('node:https');
const readline = require('node:readline');

const send = http.request.bind(http);
let port;

function redirect(options) {
  return send({ ...options, host: '127.0.0.1', port, agent: undefined });
}

http.request = redirect;
https.request = redirect;

const Credential = require('@alicloud/credentials').default;

// The SDK reads the environment when a credential is made and asked.
function setEnvironment(env) {
  for (const name of Object.keys(process.env)) {
    delete process.env[name];
  }
  Object.assign(process.env, env);
}

async function find() {
  try {
    const { accessKeyId, accessKeySecret, securityToken } =
      await new Credential().getCredential();
    return { id: accessKeyId, secret: accessKeySecret, token: securityToken || '' };
  } catch (error) {
    return { error: String(error.message) };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const setup = JSON.parse(line);
    port = setup.port;
    setEnvironment(setup.env);
    console.log(JSON.stringify(await find()));
  }
}

main().then(() => process.exit(0));
