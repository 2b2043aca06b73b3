import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { putSecret } from '../../pipelines/secrets/secrets.commands.ts';
import { publishCheckpoint, placeFacts } from '../../platform/ledger/sequencer.system.ts';
import { testFloor } from '../../testing/database.ts';
import { givenRunner, givenService, passTime } from '../../testing/pipelines.ts';
import { diagnose } from './doctor.system.ts';
import { clock, judgeDatabase, judgeInstance, judgeSchema, type DatabaseFacts, type InstanceFacts } from './instance.ts';
import { judgeMachine, type MachineFacts } from './machine.ts';

const machine: MachineFacts = {
  user: { name: 'yard', root: false },
  tools: { git: 'git version 2', haproxy: 'HAProxy 2.9' },
  sandbox: { works: true },
  folders: { state: { path: '/s', mode: 0o755 }, keys: { path: '/k', mode: 0o700 }, openKeys: [], keysInState: false, vault: false },
  door: { host: '127.0.0.1', port: 7420, tls: false, publicUrl: 'http://127.0.0.1:7420', proxies: false, certificateEnds: null },
  disk: { freeBytes: 50e9, totalBytes: 100e9, freeFiles: 5e6, totalFiles: 1e7 },
};
const NOW = Date.parse('2026-06-01T00:00:00Z');
const states = (facts: MachineFacts): Record<string, string> =>
  Object.fromEntries(judgeMachine(facts, NOW).map((one) => [one.what, one.state]));
const door = (more: Partial<MachineFacts['door']>) => states({ ...machine, door: { ...machine.door, ...more } })['door'];
const disk = (more: Partial<NonNullable<MachineFacts['disk']>>) =>
  states({ ...machine, disk: { freeBytes: 50e9, totalBytes: 100e9, freeFiles: 5e6, totalFiles: 1e7, ...more } })['disk'];

test('a machine as it should be has no finding that is not fine', () => {
  expect(new Set(Object.values(states(machine)))).toEqual(new Set(['ok']));
});

test.each([
  ['loopback', {}, 'ok'],
  ['the network without TLS', { host: '0.0.0.0' }, 'fail'],
  ['IPv6 without TLS', { host: '::' }, 'fail'],
  ['behind a proxy that is not named', { host: '0.0.0.0', publicUrl: 'https://y.example.org' }, 'warn'],
  ['behind a proxy that is', { host: '0.0.0.0', publicUrl: 'https://y.example.org', proxies: true }, 'ok'],
  ['TLS', { host: '0.0.0.0', tls: true, certificateEnds: '2026-12-01T00:00:00Z' }, 'ok'],
  ['TLS that ends soon', { tls: true, certificateEnds: '2026-06-05T00:00:00Z' }, 'warn'],
  ['TLS that has ended', { tls: true, certificateEnds: '2026-05-05T00:00:00Z' }, 'fail'],
] as const)('door: %s', (_, more, state) => expect(door(more)).toBe(state));

test.each([
  ['room enough', {}, 'ok'],
  ['nearly full', { freeBytes: 5e9 }, 'warn'],
  ['full', { freeBytes: 5e8 }, 'fail'],
  ['few inodes left', { freeFiles: 5e5 }, 'warn'],
  ['out of inodes', { freeFiles: 100 }, 'fail'],
  ['a file system that counts no files', { freeFiles: 0, totalFiles: 0 }, 'ok'],
] as const)('disk: %s', (_, more, state) => expect(disk(more)).toBe(state));

test('keys that others may open, or in the state folder, are a failure with a remedy', () => {
  const folders = { ...machine.folders, openKeys: ['master.key'], keysInState: true };
  const found = judgeMachine({ ...machine, folders }, NOW).filter(({ what }) => what === 'keys');
  expect(found.map(({ state }) => state)).toEqual(['fail', 'fail']);
  expect(found.every(({ remedy }) => remedy !== null)).toBe(true);
});

const database: DatabaseFacts = {
  version: 160002,
  fsync: true,
  fullPageWrites: true,
  synchronousCommit: 'on',
  maxConnections: 100,
  pool: 12,
  servers: 2,
  superuser: false,
  bypassesRls: false,
  unwalled: [],
  seenByStranger: 0,
  skewMs: 20,
};
test.each([
  [{}, []],
  [{ version: 140000 }, ['database']],
  [{ fsync: false }, ['durability']],
  [{ fullPageWrites: false }, ['durability']],
  [{ synchronousCommit: 'off' }, ['durability']],
  [{ servers: 8 }, ['connections']],
  [{ superuser: true }, ['wall']],
  [{ bypassesRls: true }, ['wall']],
  [{ unwalled: ['run'] }, ['wall']],
  [{ seenByStranger: 3 }, ['wall']],
  [{ skewMs: -5000 }, ['clock']],
] as const)('database %j: not fine is %j', (more, wrong) => {
  expect(
    judgeDatabase({ ...database, ...more })
      .filter(({ state }) => state !== 'ok')
      .map(({ what }) => what),
  ).toEqual(wrong);
});

const instance: InstanceFacts = {
  now: '2026-06-01T00:00:00.000Z',
  ledger: { problem: null, size: 5, checkpointAt: '2026-05-31T23:59:00.000Z', verifies: true, waiting: 0, oldestWaitingMs: 0 },
  backup: { at: '2026-05-31T12:00:00.000Z', failed: null },
  keys: { ageDays: 3, unusedOld: [], waiting: false, retiring: 0 },
  endingTokens: [],
  silentAgents: [],
  silentRunners: [],
  runners: 2,
  parked: 0,
  waitingJobs: 0,
  oldestJobMs: 0,
};
test.each([
  [{}, []],
  [{ ledger: { ...instance.ledger, verifies: false } }, ['fail ledger']],
  [{ ledger: { ...instance.ledger, problem: 'It was rewritten.' } }, ['fail ledger']],
  [{ ledger: { ...instance.ledger, waiting: 9, oldestWaitingMs: 90_000 } }, ['warn ledger']],
  [{ backup: { at: null, failed: null } }, ['warn backup']],
  [{ backup: { at: '2026-05-20T12:00:00.000Z', failed: null } }, ['warn backup']],
  [{ backup: { at: '2026-05-31T12:00:00.000Z', failed: 'no space' } }, ['warn backup']],
  [{ keys: { ...instance.keys, unusedOld: ['file:1'] } }, ['warn master-key']],
  [{ keys: { ...instance.keys, waiting: true } }, ['warn master-key']],
  [{ keys: { ...instance.keys, ageDays: 500 } }, ['warn master-key']],
  [{ endingTokens: ['ci'] }, ['warn tokens']],
  [{ silentAgents: ['m'] }, ['warn agents']],
  [{ silentRunners: ['r'] }, ['warn runners']],
  [{ silentRunners: ['r', 's'] }, ['warn runners', 'warn runners']],
  [{ runners: 0 }, ['warn runners']],
  [{ parked: 1 }, ['warn parked']],
  [{ waitingJobs: 4, oldestJobMs: 600_000 }, ['warn jobs']],
] as const)('instance %#: not fine is %j', (more, wrong) => {
  const found = judgeInstance({ ...instance, ...more } as InstanceFacts);
  expect(found.filter(({ state }) => state !== 'ok').map(({ what, state }) => `${state} ${what}`)).toEqual(wrong);
  expect(found.every(({ state, remedy }) => (state === 'ok') === (remedy === null))).toBe(true);
});

test('clocks and schemas', () => {
  expect([0, 2500, -2500, 60_000].map((ms) => clock(ms, 'x').state)).toEqual(['ok', 'warn', 'warn', 'fail']);
  expect([judgeSchema([], []), judgeSchema(['0099_x.sql'], []), judgeSchema([], ['0099_x.sql'])].map(({ state }) => state)).toEqual([
    'ok',
    'warn',
    'warn',
  ]);
});

test('on a real instance: what is set up wrongly is found, and no secret is told', async () => {
  const floor = await testFloor();
  const shop = await givenService(floor, 'shop');
  await givenRunner(floor);
  await floor.db.tx(floor.org, (tx) =>
    putSecret(tx, system(floor.org, 'test'), { service: shop.id, name: 'S', value: 'planted-in-doctor', protectedOnly: false }),
  );
  await placeFacts(floor);
  await publishCheckpoint(floor);
  const before = await diagnose(floor);
  const at = (findings: typeof before, what: string) => findings.filter((one) => one.what === what).map(({ state }) => state);
  expect(at(before, 'ledger')).toEqual(['ok']);
  expect(at(before, 'wall')).toEqual(['ok']);
  expect(at(before, 'clock')).toEqual(['ok']);
  expect(at(before, 'keys')).toEqual(['ok']);
  expect(at(before, 'backup')).toEqual(['warn']);

  chmodSync(join(floor.config.keys, 'master.key'), 0o644);
  writeFileSync(join(floor.config.keys, 'signing-9999.pem'), 'x', { mode: 0o666 });
  chmodSync(join(floor.config.keys, 'signing-9999.pem'), 0o666);
  await passTime(floor, 3_600_000);
  const token = { id: 'tok_x', name: 'the token of ci' };
  await floor.db.tx(floor.org, async (tx) => {
    const now = await tx.now();
    await tx.query(
      `insert into credential (id, org_id, kind, holder_id, name, secret_digest, created_by, created_at, expires_at) values ($1, $2, 'token', 'bot_x', $3, 'd', 'x', $4, $4::timestamptz + interval '3 days')`,
      [token.id, floor.org, token.name, now],
    );
    await tx.query(`alter table run disable row level security`);
  });
  const after = await diagnose(floor);
  expect(at(after, 'keys')).toEqual(['fail']);
  expect(after.find(({ what, state }) => what === 'keys' && state === 'fail')?.says).toContain('master.key, signing-9999.pem');
  expect(at(after, 'wall')).toEqual(['fail']);
  expect(at(after, 'runners')[0]).toBe('warn');
  expect(after.find(({ what }) => what === 'tokens')?.says).toContain(token.name);
  expect(JSON.stringify([before, after])).not.toContain('planted-in-doctor');
});
