// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// Set-ups of a machine: variables, files below its home, what its services do,
// and who it is then. `HOME` in a value stands for the home's path.
'use strict';

const { IDENTITY } = require('./emulator');

const OIDC_TOKEN = 'eyEmulatorDemo.OidcToken.0123456789';
const CONFIG = '.aliyun/config.json';
const INI = '.alibabacloud/credentials';

// Names of variables, without ALIBABA_CLOUD_.
const ENV = { ACCESS_KEY_ID: 'LTAIenv', ACCESS_KEY_SECRET: 'env-secret' };
const OIDC = {
  ROLE_ARN: 'acs:ram::1:role/oidc',
  OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/p',
  OIDC_TOKEN_FILE: 'HOME/oidc-token',
};
const NO_ECS = { ECS_METADATA_DISABLED: 'true' };

function keys(name) {
  return { access_key_id: `LTAI${name}`, access_key_secret: `${name}-secret` };
}

const GOOD_KEYS = {
  access_key_id: IDENTITY.accessKeyId,
  access_key_secret: IDENTITY.accessKeySecret,
};

function role(name) {
  return { ram_role_arn: `acs:ram::1:role/${name}`, ram_session_name: 'interop' };
}

const AK = { name: 'ak', mode: 'AK', ...keys('cli') };

function config(current, ...profiles) {
  return { [CONFIG]: JSON.stringify({ current, profiles }) };
}

const INI_KEYS = '[default]\ntype = access_key\naccess_key_id = LTAIini\naccess_key_secret = ini-secret\n';
const INI_FILE = { [INI]: INI_KEYS };
const TOKEN_FILE = { 'oidc-token': OIDC_TOKEN };

function external(file) {
  return { name: 'x', mode: 'External', process_command: `cat "${file}"` };
}

// [what, { env, files, options of the emulator }, who: AccessKey id, that of a
// session without its number, or null for nobody]
const SETUPS = [
  ['keys in the environment', { env: ENV }, 'LTAIenv'],
  ['keys and a token in the environment', { env: { ...ENV, SECURITY_TOKEN: 'env-token' } }, 'LTAIenv'],
  ['the environment goes before everything', { env: { ...ENV, ...OIDC }, files: { ...TOKEN_FILE, ...config('ak', AK), ...INI_FILE } }, 'LTAIenv'],
  ['half a key in the environment', { env: { ACCESS_KEY_ID: 'LTAIenv' }, files: config('ak', AK) }, 'LTAIcli'],
  ['empty variables', { env: { ACCESS_KEY_ID: '', ACCESS_KEY_SECRET: '' }, files: config('ak', AK) }, 'LTAIcli'],

  ['an OIDC role', { env: OIDC, files: TOKEN_FILE }, 'STS.oidc'],
  ['an OIDC role in a region', { env: { ...OIDC, STS_REGION: 'cn-beijing', VPC_ENDPOINT_ENABLED: 'true', ROLE_SESSION_NAME: 'name' }, files: TOKEN_FILE }, 'STS.oidc'],
  ['OIDC goes before files', { env: OIDC, files: { ...TOKEN_FILE, ...config('ak', AK) } }, 'STS.oidc'],
  ['half of OIDC', { env: { ...OIDC, OIDC_PROVIDER_ARN: '' }, files: { ...TOKEN_FILE, ...config('ak', AK) } }, 'LTAIcli'],
  ['OIDC without its token', { env: OIDC, files: config('ak', AK) }, 'LTAIcli'],
  ['OIDC with a token that is refused', { env: OIDC, files: { 'oidc-token': 'other', ...config('ak', AK) } }, 'LTAIcli'],

  ['the current profile', { files: config('ak', { ...AK, name: 'other', access_key_id: 'LTAIother' }, AK) }, 'LTAIcli'],
  ['a profile by its name', { env: { PROFILE: 'ak' }, files: config('x', { name: 'x', mode: 'AK', ...keys('x') }, AK) }, 'LTAIcli'],
  ['the first of two profiles of one name', { files: config('ak', AK, { ...AK, access_key_id: 'LTAIsecond' }) }, 'LTAIcli'],
  ['a name that only the other file knows', { env: { PROFILE: 'p' }, files: { ...config('ak', AK), [INI]: INI_KEYS.replace('default', 'p') } }, 'LTAIini'],
  ['a name that no file knows', { env: { PROFILE: 'p', ...NO_ECS }, files: { ...config('ak', AK), ...INI_FILE } }, null],
  ['StsToken', { files: config('t', { name: 't', mode: 'StsToken', ...keys('sts'), sts_token: 'kept' }) }, 'LTAIsts'],
  ['StsToken without a token', { files: { ...config('t', { name: 't', mode: 'StsToken', ...keys('sts') }), ...INI_FILE } }, 'LTAIini'],
  ['AK without a secret', { files: { ...config('t', { name: 't', mode: 'AK', access_key_id: 'LTAIcli' }), ...INI_FILE } }, 'LTAIini'],
  ['RamRoleArn', { files: config('r', { name: 'r', mode: 'RamRoleArn', ...GOOD_KEYS, ...role('cli-role'), expired_seconds: 1800 }) }, 'STS.cli-role'],
  ['RamRoleArn with the role of the environment', { env: { ROLE_ARN: 'acs:ram::1:role/env-role' }, files: config('r', { name: 'r', mode: 'RamRoleArn', ...GOOD_KEYS }) }, 'STS.env-role'],
  ['RamRoleArn with keys that are refused', { files: { ...config('r', { name: 'r', mode: 'RamRoleArn', ...keys('x'), ...role('cli-role') }), ...INI_FILE } }, 'LTAIini'],
  ['RamRoleArn with a role that is refused', { files: { ...config('r', { name: 'r', mode: 'RamRoleArn', ...GOOD_KEYS, ...role('forbidden') }), ...INI_FILE } }, 'LTAIini'],
  ['RamRoleArn for too short a time', { files: { ...config('r', { name: 'r', mode: 'RamRoleArn', ...GOOD_KEYS, ...role('cli-role'), expired_seconds: 60 }), ...INI_FILE } }, 'LTAIini'],
  ['EcsRamRole', { files: config('e', { name: 'e', mode: 'EcsRamRole', ram_role_name: 'EmulatorRole' }) }, 'STS.EmulatorRole'],
  ['EcsRamRole without a name', { files: config('e', { name: 'e', mode: 'EcsRamRole' }) }, 'STS.EmulatorRole'],
  ['EcsRamRole of another name', { files: { ...config('e', { name: 'e', mode: 'EcsRamRole', ram_role_name: 'Other' }), ...INI_FILE } }, 'LTAIini'],
  ['OIDC of a profile', { files: { 'oidc-token': OIDC_TOKEN, ...config('o', { name: 'o', mode: 'OIDC', oidc_provider_arn: 'p', oidc_token_file: 'HOME/oidc-token', ...role('cli-oidc') }) } }, 'STS.cli-oidc'],
  ['ChainableRamRoleArn', { files: config('c', { name: 'c', mode: 'ChainableRamRoleArn', source_profile: 'r', ...role('top') }, { name: 'r', mode: 'RamRoleArn', ...GOOD_KEYS, ...role('below') }) }, 'STS.top'],
  ['ChainableRamRoleArn of nobody', { files: { ...config('c', { name: 'c', mode: 'ChainableRamRoleArn', source_profile: 'r', ...role('top') }), ...INI_FILE } }, 'LTAIini'],
  ['External', { files: { 'printed file.json': JSON.stringify({ mode: 'StsToken', ...keys('ext'), sts_token: 'printed', expiration: '2099-01-01T00:00:00Z' }), ...config('x', external('HOME/printed file.json')) } }, 'LTAIext'],
  ['External without an end', { files: { 'printed.json': JSON.stringify({ mode: 'AK', ...keys('ext') }), ...config('x', external('HOME/printed.json')) } }, 'LTAIext'],
  ['External that prints nothing', { files: { 'printed.json': '', ...config('x', external('HOME/printed.json')), ...INI_FILE } }, 'LTAIini'],
  ['External that fails', { files: { ...config('x', external('HOME/nothing.json')), ...INI_FILE } }, 'LTAIini'],
  ['a mode that nobody knows', { files: { ...config('m', { name: 'm', mode: 'Magic', ...keys('m') }), ...INI_FILE } }, 'LTAIini'],
  ['a configuration that is no JSON', { files: { [CONFIG]: '{"current":', ...INI_FILE } }, 'LTAIini'],
  ['a configuration without profiles', { files: { ...config('ak'), ...INI_FILE } }, 'LTAIini'],
  ['a configuration that is passed over', { env: { CLI_PROFILE_DISABLED: 'TRUE' }, files: { ...config('ak', AK), ...INI_FILE } }, 'LTAIini'],

  ['the credentials file', { files: INI_FILE }, 'LTAIini'],
  ['quotes and comments', { files: { [INI]: '; a\n# b\n[default]\ntype="access_key" \naccess_key_id = LTAIini ; c\naccess_key_secret = \'ini-secret\'\n' } }, 'LTAIini'],
  ['Windows line ends', { files: { [INI]: INI_KEYS.replaceAll('\n', '\r\n') } }, 'LTAIini'],
  ['another credentials file', { env: { CREDENTIALS_FILE: 'HOME/elsewhere' }, files: { ...INI_FILE, elsewhere: INI_KEYS.replace('LTAIini', 'LTAIelsewhere') } }, 'LTAIelsewhere'],
  ['ecs_ram_role', { files: { [INI]: '[default]\ntype = ecs_ram_role\nrole_name = EmulatorRole\n' } }, 'STS.EmulatorRole'],
  ['ram_role_arn', { files: { [INI]: `[default]\ntype = ram_role_arn\naccess_key_id = ${IDENTITY.accessKeyId}\naccess_key_secret = ${IDENTITY.accessKeySecret}\nrole_arn = acs:ram::1:role/ini-role\nrole_session_name = interop\npolicy = {}\n` } }, 'STS.ini-role'],
  ['a type that nobody knows', { files: { [INI]: '[default]\ntype = magic\n' } }, 'STS.EmulatorRole'],

  ['the role of the instance', {}, 'STS.EmulatorRole'],
  ['the role of the instance by its name', { env: { ECS_METADATA: 'EmulatorRole' } }, 'STS.EmulatorRole'],
  ['an instance in hardened mode', { options: ['--require-metadata-token'] }, 'STS.EmulatorRole'],
  ['an instance without tokens', { options: ['--fault', 'metadata-token:error:status=404:count=0'] }, 'STS.EmulatorRole'],
  ['no tokens, though they are required', { env: { IMDSV1_DISABLED: 'true' }, options: ['--fault', 'metadata-token:error:status=404:count=0'], uri: true }, 'STS.uri'],
  ['an instance without a role', { options: ['--role-name', ''], uri: true }, 'STS.uri'],
  ['a metadata service that talks nonsense', { options: ['--fault', 'metadata-identity:garbage-body:count=0'], uri: true }, 'STS.uri'],
  ['the metadata service goes before the URI', { uri: true }, 'STS.EmulatorRole'],
  ['a credentials URI', { env: NO_ECS, uri: true }, 'STS.uri'],
  ['a credentials URI that fails', { env: NO_ECS, options: ['--fault', 'credentials-uri:error:count=0'], uri: true }, null],
  ['nothing at all', { env: NO_ECS }, null],
];

module.exports = { SETUPS };
