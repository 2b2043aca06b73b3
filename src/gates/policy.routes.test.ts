import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApi } from '../app/api.fixture.ts';
import { approveChange } from './proposal.commands.ts';
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

let bots = 0;
async function botWith(scope: object): Promise<string> {
  const name = `bot-${(bots += 1)}`;
  const ok = async (path: string, body: object) => (await api.real('POST', path, api.admin, body)).json;
  const { person: owner } = (await api.real('GET', '/v1/me', api.admin)).json;
  const { bot } = await ok('/v1/bots', { name, owner });
  await ok('/v1/roles', { holder: bot, role: 'release-manager', on: scope });
  return String((await ok('/v1/tokens', { name, bot }))['token']);
}

type Checked = {
  valid: boolean;
  changed: { tier: number; kind: string }[];
  examples: unknown[];
  diagnostics: { code: string; severity: string; line: number; column: number; endColumn: number }[];
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
  const idle = await check(
    standard.replace('checks:\n', 'checks:\n  mine: { title: Mine, rule: tests.flaky == 0, remedy: R., mode: block }\n'),
  );
  expect(idle).toMatchObject({ valid: true, diagnostics: [{ code: 'gates.unasked-check', severity: 'warning' }] });
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

test('what a team asks is changed like the others: a proposal, another person, a version', async () => {
  const rules = (title: string, approvals: number) =>
    JSON.stringify({ title, changes: { approvals }, requires: [{ lifecycle: { soak: '1h' } }] });
  const put = (title: string, version: number) => api.real('PUT', '/v1/teams/web/policy', api.admin, { source: rules(title, 1), version });
  expect((await put('First', 1)).json).toMatchObject({ version: 2, approvals: 1 });
  // From here on nobody changes it alone, neither at once nor by a proposal that asks for less.
  const refused = await put('Second', 2);
  expect(refused).toMatchObject({ status: 409, json: { code: 'gates.change-needs-approval' } });
  expect(JSON.stringify(refused.json)).not.toContain('tea_');
  const proposed = await api.real('POST', '/v1/teams/web/policy/proposals', api.admin, {
    source: rules('Second', 0),
    version: 2,
    reason: 'because',
  });
  expect(proposed.json).toMatchObject({
    level: { version: 2, title: 'First' },
    proposal: { policy: 'team', team: 'web', state: 'open', needed: 1, because: 'you proposed it: another person has to decide' },
  });
  const { id } = (proposed.json as unknown as { proposal: { id: string } }).proposal;
  const path = `/v1/policy-proposals/${id}`;
  expect((await api.real('POST', `${path}/approve`, api.admin, {})).json).toMatchObject({ code: 'gates.proposal-refused' });
  // Who manages the team may decide on it, were it a person; who manages something else may not.
  const manager = await botWith({ team: 'web' });
  expect((await api.real('POST', `${path}/approve`, manager, {})).json).toMatchObject({ code: 'gates.proposal-refused' });
  expect((await api.real('POST', `${path}/approve`, await botWith({ service: 'shop' }), {})).status).toBe(403);
  const ofAll = await api.real('POST', '/v1/policies/minimum/proposals', manager, { source: 'title: x', version: 1, reason: 'because' });
  expect(ofAll.status).toBe(403);
  const credential = { kind: 'session', id: 'ses_1', authenticatedAt: '2026-01-01T00:00:00.000Z' } as const;
  const bo = { kind: 'person', id: 'per_bo', org: api.floor.org, credential } as const;
  expect(await api.floor.db.tx(api.floor.org, (tx) => approveChange(tx, bo, id))).toMatchObject({ state: 'applied' });
  expect((await api.real('GET', '/v1/teams/web/policy', api.admin)).json).toMatchObject({ version: 3, title: 'Second', approvals: 0 });
  expect((await api.real('GET', '/v1/teams/web/policy/proposals', api.admin)).json).toMatchObject({ items: [{ id, state: 'applied' }] });
});
