// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// icesink and @alicloud/credentials choose the same identity.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { execFile, spawn } = require('node:child_process');
const { promisify } = require('node:util');

const { Emulator } = require('./emulator');
const { SETUPS } = require('./identity-setups');

const run = promisify(execFile);

// The SDK in a process of its own, which is asked again and again: to start it
// takes longer than all else.
class Sdk {
  constructor() {
    this.process = spawn(process.execPath, ['identity-sdk.js'], {
      cwd: __dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.answers = readline.createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async ask(port, env) {
    this.process.stdin.write(`${JSON.stringify({ port, env })}\n`);
    const { value, done } = await this.answers.next();
    assert.ok(!done, 'the SDK has ended');
    return JSON.parse(value);
  }

  stop() {
    this.process.stdin.end();
  }
}

async function askProbe(probe, port, env) {
  const { stdout } = await run(probe, [`http://127.0.0.1:${port}`], { env });
  return JSON.parse(stdout);
}

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
  const env = {
    HOME: home,
    PATH: process.env.PATH,
    GIO_USE_PROXY_RESOLVER: 'dummy',
    GST_PLUGIN_SYSTEM_PATH: '', // a new home would have all plugins scanned
  };
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

// `ask` gets the environment.
async function find(files, variables, ask) {
  const home = makeHome(files);
  try {
    return await ask(makeEnvironment(home, variables));
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}

// A session has a number of its own.
function who(found) {
  return found.id ? found.id.replace(/^(STS\..*)\.\d+$/, '$1') : null;
}

async function compare(port, sdkProcess, probe, setup, expected) {
  const { env = {}, files = {}, uri = false } = setup;
  const address = `http://127.0.0.1:${port}`;
  const variables = uri ? { ...env, CREDENTIALS_URI: `${address}/credentials` } : env;
  const [sdk, ours] = await Promise.all([
    find(files, variables, (its) => sdkProcess.ask(port, its)),
    find(files, variables, (its) => askProbe(probe, port, its)),
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
  const sdk = new Sdk();
  for (const [what, setup, expected] of SETUPS) {
    const own = setup.options && await Emulator.start(binary, ...setup.options);
    await checks.run(
      `credentials: ${what}: ${expected || 'nobody'}`,
      () => compare((own || shared).port, sdk, probe, setup, expected),
    );
    if (own) {
      await own.stop();
    }
  }
  sdk.stop();
  await shared.stop();
}

module.exports = { checkIdentity };
