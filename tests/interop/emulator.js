// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// Runs ice-emulator for a while.
'use strict';

const { spawn } = require('node:child_process');
const readline = require('node:readline');

const READY = /^ice-emulator listening on http:\/\/127\.0\.0\.1:(\d+) objects in (.*)$/;

// What the program says it uses if it is told nothing.
const IDENTITY = {
  accessKeyId: 'LTAI5tEmulatorDemoKeyId1',
  accessKeySecret: 'EmulatorDemoSecret0123456789ab',
};
const BUCKET = 'outin-0123456789abcdef0123456789abcdef';
const REGION = 'cn-shanghai';

class Emulator {
  // Options as of the program.
  static async start(binary, ...options) {
    const emulator = new Emulator();
    emulator.child = spawn(binary, options, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    emulator.ended = new Promise((resolve, reject) => {
      emulator.child.once('error', reject);
      emulator.child.once('exit', (code) => resolve(code));
    });
    const ready = READY.exec(await emulator.#firstLine());
    if (!ready) {
      throw new Error('the emulator did not start');
    }
    emulator.port = Number(ready[1]);
    emulator.directory = ready[2];
    return emulator;
  }

  async #firstLine() {
    const lines = readline.createInterface({ input: this.child.stdout });
    const line = new Promise((resolve) => lines.once('line', resolve));
    return Promise.race([line, this.ended]);
  }

  // Its exit code.
  async stop() {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

module.exports = { Emulator, IDENTITY, BUCKET, REGION };
