import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { acceptArtifact } from '../artifacts/accept.api.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf, type Digest } from '../kernel/digest.ts';
import { plus } from '../kernel/time.ts';
import type { GivenReport } from '../pipelines/report.port.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { testFloor } from '../testing/database.ts';
import * as contract from '../contract/gates.ts';
import { gateRoutes } from './gates.routes.ts';
import { gateFacts, policyChangersSince, policyOf } from './gates.queries.ts';
import { gateSweepers } from './gates.reactions.ts';
import { reportsOfRun } from './gates.views.ts';
import { changePolicy } from './policy.commands.ts';
import { acceptReport, readStoredReport } from './report.api.ts';

let floor: Floor;
beforeAll(async () => {
  floor = await testFloor();
});
const tx = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> => floor.db.tx(floor.org, work);
const runner = (): Actor => ({ kind: 'runner', id: 'rnr_1', org: floor.org });
const person = (id: string): Actor => ({
  kind: 'person',
  id,
  org: floor.org,
  credential: { kind: 'session', id: 'tok_1', authenticatedAt: '2026-01-01T00:00:00.000Z' },
});
const id = (prefix: string) => floor.newId(prefix as 'run');

const GREEN = '<testsuite tests="2"><testcase name="a"/><testcase name="b"/></testsuite>';
const RED = '<testsuite tests="2"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>';
const SARIF = JSON.stringify({
  version: '2.1.0',
  runs: [
    {
      tool: { driver: { name: 'scan' } },
      results: [
        { ruleId: 'R1', level: 'error', message: { text: 'bad' } },
        { ruleId: 'R2', level: 'note', message: { text: 'meh' } },
      ],
    },
  ],
});

async function store(text: string): Promise<Digest> {
  return (await floor.blobs.put(text)).digest;
}
async function report(over: Partial<GivenReport> & { text?: string | null }): Promise<GivenReport> {
  const { text = GREEN, ...rest } = over;
  return {
    run: id('run'), job: id('job'), attempt: 1, service: 'svc_1', commit: 'a'.repeat(40), trust: 'protected', name: 'unit', kind: 'junit', path: 'r.xml',
    digest: text === null ? null : await store(text), actor: runner(), artifacts: [], ...rest,
  }; // prettier-ignore
}
async function accept(over: Partial<GivenReport> & { text?: string | null }): Promise<GivenReport> {
  const given = await report(over);
  await tx((t) => acceptReport(t, given));
  return given;
}
async function build(run: string, digest: Digest, service = 'svc_1'): Promise<void> {
  const at = await tx((t) => t.now());
  await tx((t) =>
    acceptArtifact(t, {
      run, job: id('job'), attempt: 1, service, commit: 'a'.repeat(40), repository: null, ref: null, trust: 'protected', name: 'app', digest, size: 1,
      executor: 'host', isolation: [], startedAt: at, finishedAt: at, planDigest: digestOf('plan'), materials: [], inputs: [], actor: runner(),
    }),
  ); // prettier-ignore
}
const factsOf = async (digest: Digest, service = 'svc_1') => (await tx((t) => gateFacts(t, service, [digest])))[0];
const recorded = (run: string) =>
  tx((t) =>
    t.query<{ type: string; body: Record<string, unknown> }>(
      `select type, body from fact where body->>'run' = $1 and type in ('testsuiterun.finished', 'report.read') order by id`,
      [run],
    ),
  );

test('a report speaks for what its run yields, for what its job took, and for nothing else', async () => {
  const [yielded, taken, stranger] = [digestOf('yielded'), digestOf('taken'), digestOf('stranger')];
  const given = await accept({ artifacts: [taken] });
  await build(given.run, yielded);
  await build(id('run'), stranger);
  for (const digest of [yielded, taken])
    expect((await factsOf(digest))?.reports).toMatchObject([
      { kind: 'junit', state: 'ok', run: given.run, tests: { total: 2, passed: 2 } },
    ]);
  expect(await factsOf(stranger)).toMatchObject({ digest: stranger, reports: [], testsBefore: null });
  expect(await factsOf(yielded, 'svc_other')).toMatchObject({ reports: [] });
  expect(await recorded(given.run)).toMatchObject([
    { type: 'testsuiterun.finished', body: { state: 'ok', total: 2, failed: 0, speaksFor: [taken] } },
  ]);
});

test("another service's run of the same bytes says nothing here", async () => {
  const digest = digestOf('shared');
  const theirs = await accept({ service: 'svc_2' });
  await build(theirs.run, digest, 'svc_2');
  await accept({ service: 'svc_2', artifacts: [digest] });
  expect(await factsOf(digest)).toMatchObject({ reports: [] });
});

test('what is missing, empty, unreadable or of no known kind is kept as that, with its reason', async () => {
  const run = id('run');
  await accept({ run, name: 'gone', text: null });
  await accept({ run, name: 'empty', text: '' });
  await accept({ run, name: 'cut', text: GREEN.slice(0, 40) });
  await accept({ run, name: 'odd', kind: 'tap', text: 'ok 1' });
  const items = await tx((t) => reportsOfRun(t, run));
  expect(Object.fromEntries(items.map(({ name, state }) => [name, state]))).toEqual({
    gone: 'missing',
    empty: 'empty',
    cut: 'unreadable',
    odd: 'unreadable',
  });
  expect(items.every(({ reason, tests }) => reason !== null && tests === null)).toBe(true);
  expect((await recorded(run)).map(({ body }) => body['state']).sort()).toEqual(['empty', 'missing', 'unreadable', 'unreadable']);
});

test('the same finish told twice changes nothing', async () => {
  const given = await accept({});
  await tx((t) => acceptReport(t, { ...given, digest: null }));
  expect(await tx((t) => reportsOfRun(t, given.run))).toMatchObject([{ state: 'ok' }]);
  expect(await recorded(given.run)).toHaveLength(1);
});

test('findings are kept each by itself', async () => {
  const digest = digestOf('scanned');
  const given = await accept({ kind: 'sarif', name: 'scan', text: SARIF, artifacts: [digest] });
  expect((await factsOf(digest))?.reports[0]?.findings).toMatchObject([
    { rule: 'R1', severity: 'high' },
    { rule: 'R2', severity: 'info' },
  ]);
  const [item] = contract.reportSchema.array().parse(await tx((t) => reportsOfRun(t, given.run)));
  const page = contract.listFindings.answer.parse(
    await call(contract.listFindings.path, 'GET', { params: { report: item?.id }, query: { from: 0, limit: 1 } }),
  );
  expect(page).toMatchObject({ total: 2, items: [{ rule: 'R1', severity: 'high' }] });
  expect(await tx((t) => reportsOfRun(t, given.run))).toMatchObject([{ findings: { high: 1, info: 1, critical: 0 } }]);
});

test('a newer red report replaces a green one, and how many tests there were before is known', async () => {
  const digest = digestOf('again');
  const before = await accept({ service: 'svc_3', text: GREEN });
  const first = await accept({ service: 'svc_3', artifacts: [digest] });
  expect(await factsOf(digest, 'svc_3')).toMatchObject({ testsBefore: 2 });
  const second = await accept({ service: 'svc_3', artifacts: [digest], text: RED });
  expect((await factsOf(digest, 'svc_3'))?.reports).toMatchObject([{ run: second.run, tests: { failed: 1 } }]);
  expect(new Set([before.run, first.run, second.run]).size).toBe(3);
});

test('a large report is read afterwards, once, also when its wake is lost', async () => {
  const cases = '<testcase name="a"/>'.repeat(250_000);
  const digest = digestOf('large');
  const given = await accept({ text: `<testsuite>${cases}</testsuite>`, artifacts: [digest] });
  expect((await factsOf(digest))?.reports).toMatchObject([{ state: 'received' }]);
  const waiting = () => tx((t) => t.query<{ key: string }>(`select key from graphile_worker.jobs where key like 'gates.read-report:%'`));
  expect(await waiting()).toHaveLength(1);
  await tx((t) => t.query(`select graphile_worker.remove_job(key) from graphile_worker.jobs where key like 'gates.read-report:%'`));
  await tx((t) => t.write(`update report set received_at = $1 where state = 'received'`, ['2026-01-01T00:00:00.000Z']));
  await floor.db.tx('*', (t) => gateSweepers[0]?.sweep(t) ?? Promise.resolve());
  expect(await waiting()).toHaveLength(1);
  const [item] = await tx((t) => reportsOfRun(t, given.run));
  await Promise.all([1, 2].map(() => readStoredReport(floor, floor.org, item?.id ?? '')));
  expect((await factsOf(digest))?.reports).toMatchObject([{ state: 'ok', tests: { total: 250_000 } }]);
  expect(await recorded(given.run)).toHaveLength(1);
});

test('bytes that are gone make the report unreadable, and nothing waits for ever', async () => {
  const digest = digestOf('lost');
  const given = await report({ artifacts: [digest] });
  await tx((t) => acceptReport(t, { ...given, digest: digestOf('never stored') }));
  const [item] = await tx((t) => reportsOfRun(t, given.run));
  await readStoredReport(floor, floor.org, item?.id ?? '');
  expect((await factsOf(digest))?.reports).toMatchObject([{ state: 'unreadable' }]);
});

const yaml = (name: string) => readFileSync(join(import.meta.dirname, '../../examples/policies', `${name}.yaml`), 'utf8');

test('a policy is a preset until somebody changes it; who did is known, for the rules that moved', async () => {
  expect(await tx((t) => policyOf(t, 'standard'))).toMatchObject({ name: 'standard', version: 1 });
  await expect(tx((t) => policyOf(t, 'none'))).rejects.toMatchObject({ code: 'gates.no-such-policy' });
  const start = plus(await tx((t) => t.now()), -1);
  const source = yaml('standard').replaceAll('soak: 1h', 'soak: 2h');
  expect(await tx((t) => changePolicy(t, person('per_a'), { name: 'standard', source, version: 1 }))).toBe(2);
  expect((await tx((t) => policyOf(t, 'standard'))).tiers[1].production.lifecycle.soak).toBe(7_200_000);
  const changers = (rules?: { tier: 1 | 2 | 3; kind: 'production' }) => tx((t) => policyChangersSince(t, 'standard', start, rules));
  expect(await changers()).toMatchObject([{ person: 'per_a' }]);
  expect(await changers({ tier: 1, kind: 'production' })).toMatchObject([{ person: 'per_a' }]);
  expect(await changers({ tier: 2, kind: 'production' })).toEqual([]);
  expect(await tx(async (t) => policyChangersSince(t, 'standard', await t.now()))).toEqual([]);
  expect(await tx((t) => t.query(`select body from fact where type = 'policy.changed'`))).toMatchObject([
    { body: { name: 'standard', version: 2, before: 1, person: 'per_a' } },
  ]);
});

test('a policy with a mistake, another name or an old version changes nothing', async () => {
  const change = (name: string, source: string, version: number) => tx((t) => changePolicy(t, person('per_a'), { name, source, version }));
  await expect(change('startup', yaml('startup').replace('tests.passed', 'tets.passed'), 1)).rejects.toMatchObject({
    code: 'gates.policy-invalid',
    remedy: expect.stringContaining('tets.passed'),
  });
  await expect(change('startup', yaml('standard'), 1)).rejects.toMatchObject({ code: 'gates.policy-other-name' });
  await expect(change('startup', yaml('startup'), 2)).rejects.toMatchObject({ code: 'gates.policy-changed-meanwhile' });
  const both = await Promise.allSettled([1, 2].map(() => change('regulated', yaml('regulated'), 1)));
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'gates.policy-changed-meanwhile' } });
  expect(await tx((t) => policyOf(t, 'startup'))).toMatchObject({ version: 1 });
});

/** Calls a route's handler as the server would, after parsing. */
async function call(path: string, method: string, input: object): Promise<unknown> {
  const found = gateRoutes.find(({ route }) => route.path === path && route.method === method);
  if (found === undefined) throw new Error(`no route ${method} ${path}`);
  return tx((t) => found.handle({ ...input, tx: t, actor: person('per_a'), floor } as never));
}

test('policies over the wire: what is sent is checked first, then read back', async () => {
  const source = yaml('startup').replace('expiresAfter: 7d', 'expiresAfter: 2d');
  const bad = contract.checkPolicy.answer.parse(
    await call('/v1/policies/check', 'POST', { body: { source: source.replace('2d', 'soon') } }),
  );
  expect(bad).toMatchObject({ valid: false, digest: null, diagnostics: [{ code: 'gates.no-duration', line: expect.any(Number) }] });
  expect(bad.text).toContain('^^^^');
  const good = contract.checkPolicy.answer.parse(await call('/v1/policies/check', 'POST', { body: { source } }));
  const put = contract.putPolicy.answer.parse(
    await call('/v1/policies/{policy}', 'PUT', { params: { policy: 'startup' }, body: { source, version: 1 } }),
  );
  expect(put).toMatchObject({ version: 2, digest: good.digest, preset: false, changedBy: { id: 'per_a' } });
  expect(
    contract.getPolicy.answer.parse(await call('/v1/policies/{policy}', 'GET', { params: { policy: 'startup' }, query: {} })),
  ).toMatchObject({ version: 2, source });
  expect(
    contract.getPolicy.answer.parse(await call('/v1/policies/{policy}', 'GET', { params: { policy: 'startup' }, query: { version: 1 } })),
  ).toMatchObject({ version: 1, preset: true });
  await expect(call('/v1/policies/{policy}', 'GET', { params: { policy: 'startup' }, query: { version: 9 } })).rejects.toMatchObject({
    code: 'gates.no-such-policy',
  });
  expect(contract.listPolicies.answer.parse(await call('/v1/policies', 'GET', {})).items.map(({ name }) => name)).toEqual([
    'startup',
    'standard',
    'regulated',
  ]);
});
