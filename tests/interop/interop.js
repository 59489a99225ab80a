// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// The official SDKs as clients of ice-emulator: they succeed, and they are
// refused with the service's own codes once a byte is changed. And the SDK for
// identities beside icesink: both find the same one.
//
// Usage: node interop.js EMULATOR PROBE
'use strict';

const { Checks } = require('./checks');
const { checkIce } = require('./ice-checks');
const { checkIdentity } = require('./identity-checks');
const { checkOss } = require('./oss-checks');

async function main(binary, probe) {
  const checks = new Checks();
  await checkIce(checks, binary);
  await checkOss(checks, binary);
  await checkIdentity(checks, binary, probe);
  process.exitCode = checks.finish() ? 0 : 1;
}

if (process.argv.length !== 4) {
  console.error('Usage: node interop.js EMULATOR PROBE');
  process.exit(2);
}
main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});
