// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// Named checks: one line each, and a count at the end.
'use strict';

class Checks {
  constructor() {
    this.passed = 0;
    this.failed = 0;
  }

  // `body` fails by throwing.
  async run(name, body) {
    try {
      await body();
      this.passed += 1;
      console.log(`ok - ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`not ok - ${name}`);
      console.log(`# ${String(error.stack || error).replace(/\n/g, '\n# ')}`);
    }
  }

  // True if all is well.
  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0;
  }
}

module.exports = { Checks };
