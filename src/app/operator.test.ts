import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { yardmasterEnds } from '../host/daemon.fixture.ts';
import { testDatabase } from '../testing/database.ts';

// What an operator does on the machine itself, with no server running: real processes on a database of their own.

const root = mkdtempSync(join(tmpdir(), 'ym-operator-'));
chmodSync(root, 0o755);
const database = await testDatabase();
const env = { YARDMASTER_STATE: join(root, 'state'), DATABASE_URL: database.url, HOME: root };
afterAll(async () => {
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

test('keys are shown, rotated and removed; the file follows, for its owner alone', async () => {
  const first = json((await yardmasterEnds(['keys', 'rotate', '--data', '--json'], env)).out);
  expect(first).toMatchObject({ state: 'current', waitsFor: [] });
  const second = json((await yardmasterEnds(['keys', 'rotate', '--json'], env)).out);
  expect(second['key']).not.toBe(first['key']);
  const shown = await yardmasterEnds(['keys'], env);
  expect(shown.out).toContain(`${String(second['key'])}  current`);
  const file = join(root, 'state.keys/master.key');
  const lines = (): string[] => readFileSync(file, 'utf8').trim().split('\n');
  for (const line of lines()) expect(shown.out + JSON.stringify([first, second])).not.toContain(line);
  const before = lines().length;
  const refused = await yardmasterEnds(['keys', 'remove', '--key', String(second['key'])], env);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('platform.key-is-current')]);
  expect((await yardmasterEnds(['keys', 'remove', '--key', String(first['key'])], env)).code).toBe(0);
  expect(lines().length).toBe(before - 1);
  expect(statSync(file).mode & 0o077).toBe(0);
}, 600_000);

test('doctor ends with 1 where something failed, and says what to do; support takes it along', async () => {
  const well = await yardmasterEnds(['doctor', '--json'], env);
  const findings = json(well.out)['findings'] as { what: string; state: string }[];
  expect(
    findings
      .filter(({ what }) => ['schema', 'durability', 'ledger', 'keys', 'door'].includes(what))
      .map(({ what, state }) => `${what} ${state}`),
  ).toEqual(expect.arrayContaining(['schema ok', 'ledger ok', 'keys ok', 'door ok']));
  chmodSync(join(root, 'state.keys/master.key'), 0o644);
  const ill = await yardmasterEnds(['doctor'], env);
  chmodSync(join(root, 'state.keys/master.key'), 0o600);
  expect(ill.code).toBe(1);
  expect(ill.out).toMatch(/FAIL\s+keys\s+Others may open these keys: master\.key/);

  const out = join(root, 'support.tar.gz');
  expect((await yardmasterEnds(['support-bundle', '--out', out], env)).code).toBe(0);
  const text = gunzipSync(readFileSync(out)).toString('utf8');
  expect(text).toContain('yardmaster-support/doctor.json');
  expect(text).not.toContain(readFileSync(join(root, 'state.keys/master.key'), 'utf8').trim());
  expect(text).not.toContain(new URL(database.url).password || 'no password');
}, 600_000);

test('settings that are wrong are a finding, not a crash', async () => {
  const { code, out } = await yardmasterEnds(['doctor', '--json'], { ...env, YARDMASTER_LIMITS: 'persons=1', YARDMASTER_TLS_CERT: '/x' });
  expect(code).toBe(1);
  expect(json(out)['findings']).toMatchObject([
    { what: 'settings', state: 'fail', says: expect.stringMatching(/YARDMASTER_LIMITS.*|YARDMASTER_TLS_CERT.*/) as string },
  ]);
}, 600_000);
