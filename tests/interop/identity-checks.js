// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// icesink and @alicloud/credentials choose the same identity.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const { Emulator } = require('./emulator');
const { SETUPS } = require('./identity-setups');

const run = promisify(execFile);

// A home with the files, which the SDK may change: each side has its own.
function makeHome(files) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'icesink-home-'));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(home, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text.replaceAll('HOME', home));
  }
  return home;
}

function makeEnvironment(home, variables) {
  const env = { HOME: home, PATH: process.env.PATH, GIO_USE_PROXY_RESOLVER: 'dummy' };
  for (const name of ['LD_LIBRARY_PATH', 'ASAN_OPTIONS', 'LSAN_OPTIONS', 'UBSAN_OPTIONS']) {
    if (process.env[name]) {
      env[name] = process.env[name];
    }
  }
  for (const [name, value] of Object.entries(variables)) {
    env[`ALIBABA_CLOUD_${name}`] = value.replaceAll('HOME', home);
  }
  return env;
}

async function find(files, variables, program, ...args) {
  const home = makeHome(files);
  try {
    const env = makeEnvironment(home, variables);
    const { stdout } = await run(program, args, { env, cwd: __dirname });
    return JSON.parse(stdout);
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}

// A session has a number of its own.
function who(found) {
  return found.id ? found.id.replace(/^(STS\..*)\.\d+$/, '$1') : null;
}

async function compare(port, probe, setup, expected) {
  const { env = {}, files = {}, uri = false } = setup;
  const address = `http://127.0.0.1:${port}`;
  const variables = uri ? { ...env, CREDENTIALS_URI: `${address}/credentials` } : env;
  const [sdk, ours] = await Promise.all([
    find(files, variables, process.execPath, 'identity-sdk.js', String(port)),
    find(files, variables, probe, address),
  ]);
  assert.strictEqual(who(sdk), expected, `the SDK: ${JSON.stringify(sdk)}`);
  assert.strictEqual(who(ours), expected, `icesink: ${JSON.stringify(ours)}`);
  assert.strictEqual(Boolean(ours.token), Boolean(sdk.token));
  if (expected && !expected.startsWith('STS.')) {
    assert.deepStrictEqual(ours, sdk);
  }
}

// One emulator serves all set-ups that ask nothing special of it.
async function checkIdentity(checks, binary, probe) {
  const shared = await Emulator.start(binary);
  for (const [what, setup, expected] of SETUPS) {
    const own = setup.options && await Emulator.start(binary, ...setup.options);
    await checks.run(
      `credentials: ${what}: ${expected || 'nobody'}`,
      () => compare((own || shared).port, probe, setup, expected),
    );
    if (own) {
      await own.stop();
    }
  }
  await shared.stop();
}

module.exports = { checkIdentity };
