import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApi } from '../app/api.fixture.ts';
import { releaseWorld } from '../testing/release-world.ts';

const api = await openApi();
await releaseWorld(api.floor);
const standard = readFileSync(join(import.meta.dirname, '../../examples/policies/standard.yaml'), 'utf8');
const get = async (path: string) =>
  (await api.real('GET', path, api.admin)).json as unknown as {
    uses: { service: string }[];
    used: number;
    tiers: unknown[];
    text: string;
    items: { changed: unknown[] }[];
  };
const check = async (source: string) => (await api.real('POST', '/v1/policies/check', api.admin, { source })).json as unknown as Checked;

type Checked = {
  valid: boolean;
  changed: { tier: number; kind: string }[];
  examples: unknown[];
  diagnostics: { line: number; column: number; endColumn: number }[];
};

test('a policy is explained: its words, its text, its examples, where it is used', async () => {
  const one = await get('/v1/policies/regulated/explained');
  expect(one.uses.map((use) => use.service)).toContain('shop');
  expect(one.used).toBe(one.uses.length);
  expect(one.tiers).toHaveLength(3);
  expect(one.text).toContain('approvals');
  expect(one.text).not.toMatch(/: \*a\d/);
  const preset = await get('/v1/policies/standard/explained');
  expect(preset).toMatchObject({ preset: true, version: 1, newest: 1, uses: [] });
  expect((await check(preset.text)).valid).toBe(true);
  expect((await api.real('GET', '/v1/policies/standard/explained?version=9', api.admin)).status).toBe(404);
});

test('a draft is checked before it is saved: its errors at their words, what it changes, what it answers', async () => {
  const same = await check(standard);
  expect(same).toMatchObject({ valid: true, name: 'standard', changed: [], diagnostics: [] });
  expect(same.examples).toHaveLength(10);
  const looser = standard.replace('soak: 1h', 'soak: 2h');
  expect(looser).not.toBe(standard);
  expect((await check(looser)).changed).toEqual([{ tier: 1, kind: 'production' }]);
  const wrong = await check(standard.replace('soak: 1h', 'soak: soon'));
  expect(wrong).toMatchObject({ valid: false, name: null, examples: [] });
  const first = wrong.diagnostics[0] ?? { line: 0, column: 0, endColumn: 0 };
  const line = standard.replace('soak: 1h', 'soak: soon').split('\n')[first.line - 1] ?? '';
  expect(line.slice(first.column - 1, first.endColumn - 1)).toBe('soon');
});

test('versions say who made them, when, and what they changed', async () => {
  const looser = standard.replace('soak: 1h', 'soak: 2h');
  await api.real('PUT', '/v1/policies/standard', api.admin, { source: looser, version: 1 });
  const { items } = await get('/v1/policies/standard/versions');
  expect(items).toMatchObject([
    { version: 2, preset: false, changedBy: { name: 'Ada Admin' }, changed: [{ tier: 1, kind: 'production' }] },
    { version: 1, preset: true, changedBy: null },
  ]);
  expect(items[1]?.changed).toHaveLength(12);
});
