import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openFileMasters } from './master-file.system.ts';
import { openVaultMasters } from './master-vault.system.ts';
import type { MasterKeys } from './master.port.ts';
import { transitDummy } from './vault.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'ym-keys-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, 'hvs.a-token\n', { mode: 0o600 });
const vault = await transitDummy('hvs.a-token', 'ym');
afterAll(async () => {
  await vault.stop();
  rmSync(folder, { recursive: true, force: true });
});

const kinds: readonly (readonly [string, () => Promise<MasterKeys>])[] = [
  ['a file', () => openFileMasters([join(folder, 'master.key')])],
  ['a transit engine', () => openVaultMasters({ url: vault.url, key: 'ym', tokenFile })],
];

describe.each(kinds)('master keys in %s keep to the port', (_, open) => {
  test('wrap and unwrap, bound to a place; another process reads what one wrote', async () => {
    const one = await open();
    const id = one.ids().at(-1) ?? (await one.create());
    const plain = Buffer.alloc(32, 7);
    const wrapped = await one.wrap(id, plain, 'here');
    expect(Buffer.from(wrapped).includes(plain)).toBe(false);
    const other = await open();
    expect(Buffer.from(await other.unwrap(id, wrapped, 'here'))).toEqual(plain);
    await expect(other.unwrap(id, wrapped, 'there')).rejects.toThrow();
    const bent = Buffer.from(wrapped);
    bent[bent.length - 1] = (bent.at(-1) ?? 0) ^ 1;
    await expect(other.unwrap(id, bent, 'here')).rejects.toThrow();
  });

  test('a second key: both unwrap, one that looked before knows it after a reload, a forgotten one is gone', async () => {
    const one = await open();
    const other = await open();
    const first = one.ids().at(-1) ?? (await one.create());
    const second = await one.create();
    expect(second).not.toBe(first);
    await expect(other.wrap(second, Buffer.alloc(32), 'x')).rejects.toMatchObject({ code: 'platform.master-key-missing' });
    await other.reload();
    const wrapped = {
      first: await other.wrap(first, Buffer.alloc(32, 1), 'x'),
      second: await other.wrap(second, Buffer.alloc(32, 2), 'x'),
    };
    expect(Buffer.from(await one.unwrap(first, wrapped.first, 'x'))).toEqual(Buffer.alloc(32, 1));
    await expect(one.unwrap(second, wrapped.first, 'x')).rejects.toThrow();
    await one.forget(first);
    await expect(one.unwrap(first, wrapped.first, 'x')).rejects.toMatchObject({ code: 'platform.master-key-missing' });
    await other.reload();
    expect(other.ids()).not.toContain(first);
    expect(Buffer.from(await other.unwrap(second, wrapped.second, 'x'))).toEqual(Buffer.alloc(32, 2));
  });
});

test('a key file that others may open is refused, one of this user alone is made', async () => {
  const file = join(folder, 'open.key');
  const keys = await openFileMasters([file]);
  await keys.create();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o644);
  await expect(openFileMasters([file])).rejects.toMatchObject({ code: 'platform.key-file-open' });
  await expect(keys.reload()).rejects.toMatchObject({ code: 'platform.key-file-open' });
});

test('two that make the first key at once end with one', async () => {
  const file = join(folder, 'race.key');
  const all = await Promise.all(Array.from({ length: 8 }, () => openFileMasters([file])));
  await Promise.all(all.filter((one) => one.ids().length === 0).map((one) => one.create()));
  await Promise.all(all.map((one) => one.reload()));
  expect(new Set(all.map((one) => one.ids().join())).size).toBe(1);
  expect(readFileSync(file, 'utf8').trim().split('\n').length).toBeGreaterThan(0);
});

test('a damaged ring says so without a word of it; a key service that is down or refuses says so without the token', async () => {
  const file = join(folder, 'bad.key');
  writeFileSync(file, 'bm90IGEga2V5\n', { mode: 0o600 });
  const bad = await openFileMasters([file]).catch((error: Error) => error);
  expect(bad).toMatchObject({ code: 'platform.key-file-bad' });
  expect(String(bad)).not.toContain('bm90');

  const keys = await openVaultMasters({ url: vault.url, key: 'ym', tokenFile });
  vault.down = true;
  const down = await keys.wrap(keys.ids().at(-1) ?? '', Buffer.alloc(32), 'x').catch((error: Error) => error);
  vault.down = false;
  expect(down).toMatchObject({ code: 'platform.key-service', status: 503, message: expect.stringContaining('sealed') as string });
  writeFileSync(join(folder, 'wrong'), 'hvs.another', { mode: 0o600 });
  const refused = await openVaultMasters({ url: vault.url, key: 'ym', tokenFile: join(folder, 'wrong') }).catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'platform.key-service', message: expect.stringContaining('permission denied') as string });
  expect(JSON.stringify(refused)).not.toContain('hvs.');
  expect(vault.asked.join()).not.toContain('hvs.');
});
