import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { usableBinaries } from './embedded.system.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

function folders(): { state: string; native: string } {
  const top = mkdtempSync(join(tmpdir(), 'ym-native-'));
  made.push(top);
  const native = join(top, 'native');
  mkdirSync(join(native, 'lib'), { recursive: true });
  writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'library');
  const links = ['libpq.so', 'libpq.so.5'].map((name) => ({ source: 'native/lib/libpq.so.5.18', target: `native/lib/${name}` }));
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  const state = join(top, 'state');
  mkdirSync(state);
  return { state, native };
}

test('where npm ran no install script, the libraries get their names in a copy, and the package is left alone', async () => {
  const { state, native } = folders();
  const used = await usableBinaries(state, null, native);
  expect(used).toBe(join(state, 'postgres-18'));
  expect(readFileSync(join(used, 'lib', 'libpq.so.5'), 'utf8')).toBe('library');
  expect(readFileSync(join(used, 'lib', 'libpq.so'), 'utf8')).toBe('library');
  expect(() => readFileSync(join(native, 'lib', 'libpq.so'))).toThrow();
  expect(await usableBinaries(state, null, native)).toBe(used);
});

test('where they have their names, the package itself is used', async () => {
  const { state, native } = folders();
  symlinkSync('libpq.so.5.18', join(native, 'lib', 'libpq.so'));
  symlinkSync('libpq.so.5.18', join(native, 'lib', 'libpq.so.5'));
  expect(await usableBinaries(state, null, native)).toBe(native);
});
