// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// The official SDKs as clients of ice-emulator: they succeed, and they are
// refused with the service's own codes once a byte is changed.
//
// Usage: node interop.js EMULATOR
'use strict';

const { Checks } = require('./checks');
const { checkIce } = require('./ice-checks');
const { checkOss } = require('./oss-checks');

async function main(binary) {
  const checks = new Checks();
  await checkIce(checks, binary);
  await checkOss(checks, binary);
  process.exitCode = checks.finish() ? 0 : 1;
}

if (process.argv.length !== 3) {
  console.error('Usage: node interop.js EMULATOR');
  process.exit(2);
}
main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
