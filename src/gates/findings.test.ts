import { beforeAll, expect, test } from 'vitest';
import { importExploited } from '../artifacts/advisories/exploited.commands.ts';
import { system } from '../kernel/actor.ts';
import { findingClocks, findingsOfRun } from './findings.views.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { testFloor } from '../testing/database.ts';
import { listFindingClocks, listRunFindings } from '../contract/findings.ts';
import { gateFacts } from './gates.queries.ts';
import { rulesFacts } from './policy/facts.ts';
import { acceptReport } from './report.api.ts';

let floor: Floor;
beforeAll(async () => {
  floor = await testFloor();
});
const tx = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> => floor.db.tx(floor.org, work);
const runner = (): Actor => ({ kind: 'runner', id: 'rnr_1', org: floor.org });
const id = (prefix: string) => floor.newId(prefix as 'run');

const grype = (...names: readonly string[]) =>
  JSON.stringify({
    descriptor: { name: 'grype' },
    matches: names.map((name) => ({
      vulnerability: { id: `CVE-2026-1${name}`, severity: 'Critical' },
      artifact: { name, version: '1.0.0', purl: `pkg:npm/${name}@1.0.0` },
    })),
  });
const vex = (name: string, status: string) =>
  JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    author: 'security',
    statements: [
      {
        vulnerability: { name: `CVE-2026-1${name}` },
        products: [{ '@id': `pkg:npm/${name}@1.0.0` }],
        status,
        justification: 'component_not_present',
      },
    ],
  });

type Given = {
  readonly text: string;
  readonly name: string;
  readonly artifacts: readonly Digest[];
  readonly run: string;
  readonly trust?: string;
};
async function accept({ text, name, artifacts, run, trust = 'protected' }: Given): Promise<void> {
  const { digest } = await floor.blobs.put(text);
  await tx((t) =>
    acceptReport(t, {
      run, job: id('job'), attempt: 1, service: 'svc_1', commit: 'a'.repeat(40), trust, name, kind: 'auto', path: 'r', digest, actor: runner(), artifacts,
    }),
  ); // prettier-ignore
}
const facts = async (digest: Digest, before: readonly Digest[] | null, now = '2030-01-01T00:00:00.000Z') => {
  const [known] = await tx((t) => gateFacts(t, 'svc_1', [digest], before));
  if (known === undefined) throw new Error('no facts');
  return rulesFacts(known, { finding: () => false }, { now, tier: 1 })['findings'] as Record<string, unknown>;
};

test('findings are new, known or fixed beside the last release, cleared by VEX with its statement, and have a clock', async () => {
  const [old, fresh] = [digestOf('old'), digestOf('fresh')];
  const runs = { old: id('run'), fresh: id('run') };
  await accept({ text: grype('1111', '2222'), name: 'scan', artifacts: [old], run: runs.old });
  await accept({ text: grype('2222', '3333', '4444'), name: 'scan', artifacts: [fresh], run: runs.fresh });
  await accept({ text: vex('4444', 'not_affected'), name: 'vex', artifacts: [fresh], run: runs.fresh });

  // The statement is a finding of its own too, cleared like the one that it is about.
  expect(await facts(fresh, [old])).toMatchObject({ total: 2, cleared: 2, fresh: { critical: 1 }, overdue: 2 });
  expect(await facts(fresh, null)).toMatchObject({ total: 2, fresh: { critical: 0 } });
  const started = await tx((t) => t.now());
  expect(await facts(fresh, [old], started)).toMatchObject({ overdue: 0 });

  const released = { lastRelease: () => Promise.resolve([old]) };
  const view = await tx((t) => findingsOfRun(t, released, { run: runs.fresh, from: 0, limit: 100 }));
  const answer = listRunFindings.answer.parse(view);
  expect(answer.states).toEqual({ new: 3, known: 1, fixed: 1 });
  const of = (name: string) =>
    answer.items.filter((one) => one.rule === `CVE-2026-1${name}`).map((one) => [one.tool, one.state, one.vex?.status ?? null]);
  expect(of('1111')).toEqual([['grype', 'fixed', null]]);
  expect(of('2222')).toEqual([['grype', 'known', null]]);
  expect(of('4444').toSorted()).toEqual([
    ['grype', 'new', 'not_affected'],
    ['openvex', 'new', 'not_affected'],
  ]);
  const only = await tx((t) => findingsOfRun(t, released, { run: runs.fresh, state: 'fixed', from: 0, limit: 100 }));
  expect(only).toMatchObject({ total: 1, items: [{ state: 'fixed' }] });
});

test('the clocks of a service are those of what is still found on the protected branch', async () => {
  const clocks = async (tier: 1 | 3) =>
    listFindingClocks.answer.shape.items.parse(await tx((t) => findingClocks(t, { id: 'svc_1', teamId: 'tea_1', tier })));
  // Of before: 2222 and 3333 are open, 4444 is cleared by its statement, 1111 is gone.
  const [critical, ...others] = await clocks(1);
  expect([critical?.severity, critical?.open, critical?.late, critical?.days]).toEqual(['critical', 2, 0, 7]);
  expect(Date.parse(critical?.next ?? '') - Date.now()).toBeLessThan(7 * 86_400_000);
  expect(others).toEqual([]);
  expect(critical).toMatchObject({ gone: 1, met: 1 });
  await tx((t) => t.query(`insert into clock_offset (offset_ms) values ($1)`, [8 * 86_400_000]));
  expect((await clocks(1))[0]).toMatchObject({ open: 2, late: 2, next: null });
  expect((await clocks(3))[0]).toMatchObject({ open: 2, late: 0 });
  await accept({ text: grype('9999'), name: 'scan', artifacts: [digestOf('strange')], run: id('run'), trust: 'untrusted' });
  expect((await clocks(1))[0]?.open).toBe(2);
  await accept({ text: grype(), name: 'scan', artifacts: [digestOf('clean')], run: id('run') });
  // What stayed eight days was late in tier 1, and not in tier 3; what a statement cleared is neither.
  expect(await clocks(1)).toMatchObject([{ open: 0, late: 0, next: null, gone: 3, met: 1 }]);
  expect(await clocks(3)).toMatchObject([{ gone: 3, met: 3 }]);
  await tx((t) => t.query(`insert into clock_offset (offset_ms) values ($1)`, [100 * 86_400_000]));
  expect(await clocks(1)).toEqual([]);
});

test('what only an unmerged branch has starts no clock, and its VEX clears nothing of a protected run', async () => {
  const digest = digestOf('guarded');
  await accept({ text: grype('5555'), name: 'scan', artifacts: [digest], run: id('run') });
  await accept({ text: vex('5555', 'not_affected'), name: 'vex', artifacts: [digest], run: id('run'), trust: 'untrusted' });
  expect(await facts(digest, null)).toMatchObject({ total: 1, cleared: 0 });
  const branch = digestOf('branch');
  await accept({ text: grype('6666'), name: 'scan', artifacts: [branch], run: id('run'), trust: 'untrusted' });
  expect(await facts(branch, null)).toMatchObject({ total: 1, overdue: 0 });
});

test('what a scanner found is held against the catalogue of what is exploited: unknown before there is one, late by its day', async () => {
  const nothingReleased = { lastRelease: () => Promise.resolve([]) };
  const artifact = digestOf('exploited');
  const run = id('run');
  await accept({ text: grype('0001', '0002'), name: 'exploited', artifacts: [artifact], run });
  expect(await facts(artifact, null)).not.toHaveProperty('knownExploited');
  expect((await tx((t) => findingsOfRun(t, nothingReleased, { run, from: 0, limit: 10 }))).items.map(({ exploited }) => exploited)).toEqual(
    [null, null],
  );
  const entries = [
    { cve: 'CVE-2026-10002', added: '2026-11-01', due: '2026-11-20', ransomware: true },
    { cve: 'CVE-2020-9999', added: '2020-01-01', due: null, ransomware: false },
  ];
  await tx((t) => importExploited(t, system(floor.org, 'test'), { catalogue: '1', released: '2026-11-01T00:00:00.000Z', entries }));
  expect(await facts(artifact, null, '2026-11-20T23:59:00.000Z')).toMatchObject({ total: 2, knownExploited: 1, exploitedOverdue: 0 });
  expect(await facts(artifact, null, '2026-11-21T00:00:00.000Z')).toMatchObject({ exploitedOverdue: 1 });
  const [first, second] = (await tx((t) => findingsOfRun(t, nothingReleased, { run, from: 0, limit: 10 }))).items;
  expect(first).toMatchObject({ cve: 'CVE-2026-10002', exploited: { due: '2026-11-20' } });
  expect(second?.exploited).toBeNull();
});
