import { expect, test } from 'vitest';
import { openApi } from '../app/api.fixture.ts';
import { acceptArtifact } from '../artifacts/accept.api.ts';
import { contentsSweeper, contentsTask, matchSigned } from '../artifacts/advisories/match.reactions.ts';
import { advisoriesOf } from '../artifacts/advisories/advisories.queries.ts';
import { contentsOf } from '../artifacts/health/contents.queries.ts';
import { artifactsOfRun } from '../artifacts/artifacts.queries.ts';
import { signBuild } from '../artifacts/sign.reactions.ts';
import type { PackagesAnswer } from '../contract/packages.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Fact } from '../platform/floor.ts';
import { releaseWorld } from '../testing/release-world.ts';

const api = await openApi();
const { floor } = api;
const { org } = floor;
const world = await releaseWorld(floor);

let count = 0;
/** An artifact of the shop with a lock file of npm, signed; `read`: also what it is made of. */
async function built(packages: Record<string, object> | null, read = true): Promise<Digest> {
  const lock = { lockfileVersion: 3, packages: { '': { dependencies: { left: '1' } }, ...packages } };
  const material = await floor.blobs.put(JSON.stringify(lock));
  const { digest, size } = await floor.blobs.put(`bytes of packages ${(count += 1)}`);
  const [run, job] = ['run', 'job'].map((kind) => `${kind}_${count.toString(16).padStart(32, 'b')}`) as [string, string];
  const actor: Actor = { kind: 'runner', id: 'rnr_1', org };
  await floor.db.tx(org, (tx) =>
    acceptArtifact(tx, {
      run, job, attempt: 1, service: world.shop.id, name: 'app', digest, size, actor, trust: 'protected', executor: 'host', isolation: [], planDigest: digestOf('plan'), inputs: [],
      materials: packages === null ? [] : [{ path: 'package-lock.json', digest: material.digest }],
      commit: 'c'.repeat(40), repository: 'https://git.example/shop.git', ref: 'refs/heads/main', startedAt: '2026-11-23T12:00:00.000Z', finishedAt: '2026-11-23T12:01:00.000Z',
    }),
  ); // prettier-ignore
  const [build] = await floor.db.tx(org, (tx) => artifactsOfRun(tx, run));
  await signBuild(floor, org, build?.id ?? '');
  if (read) await matchSigned.run(floor, { org, body: { digest } } as never as Fact);
  return digest;
}
const locked = (version: string, more: object = {}): object => ({ version, integrity: `sha512-${'A'.repeat(86)}==`, ...more });
const list = async (digest: string, query = '') =>
  (await api.real('GET', `/v1/artifacts/${digest}/packages${query}`, api.admin)).json as unknown as PackagesAnswer;
const contents = (digest: Digest) => floor.db.tx(org, (tx) => contentsOf(tx, digest));

test('what an artifact is made of is told with its licences by the minimum, and with what registries say', async () => {
  const minimum = { title: 'Ours', requires: [{ licences: { allow: ['MIT'] } }] };
  const { version } = (await api.real('GET', '/v1/policy-levels/organisation', api.admin)).json as unknown as { version: number };
  expect((await api.real('PUT', '/v1/policy-levels/organisation', api.admin, { source: JSON.stringify(minimum), version })).status).toBe(
    200,
  );
  const digest = await built({
    'node_modules/left': locked('1.0.0', { license: 'MIT' }),
    'node_modules/right': locked('2.0.0', { license: 'GPL-3.0-only', deprecated: 'use left' }),
    'node_modules/quiet': locked('3.0.0'),
  });
  const before = await list(digest);
  expect(before.counts).toMatchObject({
    total: 3,
    allowed: 1,
    denied: 1,
    licenceUnknown: 1,
    deprecated: 1,
    maintenanceUnknown: 2,
    ageUnknown: 3,
  });
  expect(before).toMatchObject({ service: 'shop', policy: true, incomplete: [], total: 3 });
  // Trouble comes first, then what is not known.
  expect(before.items[0]).toMatchObject({ name: 'right', verdict: 'denied', deprecated: 'yes', maintained: 'no', direct: false });
  expect(before.items.find((one) => one.name === 'left')).toMatchObject({ direct: true, pinned: 'bytes', maintained: 'unknown' });

  const news = {
    package: 'npm left',
    latest: '1.0.0',
    latestAt: new Date().toISOString(),
    published: { '1.0.0': '2020-01-01T00:00:00.000Z' },
    deprecated: {},
  };
  const take = () => api.real('POST', '/v1/package-news', api.admin, { packages: [news] });
  expect((await take()).json).toEqual({ taken: 1, unchanged: 0 });
  expect((await take()).json).toEqual({ taken: 0, unchanged: 1 });
  const after = (await list(digest)).items.find((one) => one.name === 'left');
  expect(after).toMatchObject({ maintained: 'yes', deprecated: 'no', latest: '1.0.0' });
  expect(after?.ageDays).toBeGreaterThan(2000);
  expect((await list(digest, '?only=trouble')).items.map((one) => one.name)).toEqual(['right']);
  expect((await api.real('POST', '/v1/package-news', api.admin, { packages: [{ ...news, package: 'left' }] })).status).toBe(400);
  expect((await api.real('GET', `/v1/artifacts/${digest}/packages?service=other`, api.admin)).status).toBe(404);
  const facts = await floor.db.tx(org, (tx) => tx.query<{ type: string }>(`select type from fact where type = 'packages.imported'`));
  expect(facts).toHaveLength(1);
});

test('an SBOM that names nothing says nothing where it is incomplete, and that there is nothing where it is whole', async () => {
  const nothing = await built(null);
  expect(await contents(nothing)).toBeNull();
  expect(await list(nothing)).toMatchObject({ counts: null, items: [], total: 0 });
  const empty = await built({});
  expect(await contents(empty)).toEqual({ parts: [], incomplete: [] });
  expect((await list(empty)).counts).toMatchObject({ total: 0, denied: 0 });
  await api.real('POST', '/v1/advisories', api.admin, { records: [{ id: 'A-1', modified: '2026-01-01T00:00:00Z' }] });
  expect(await floor.db.tx(org, (tx) => advisoriesOf(tx, empty))).toEqual([]);
  expect(await floor.db.tx(org, (tx) => advisoriesOf(tx, nothing))).toBeNull();
});

test('what was signed before contents were kept, or whose wake was lost, is read by the sweep', async () => {
  const digest = await built({ 'node_modules/left': locked('1.0.0', { license: 'MIT' }) }, false);
  expect(await contents(digest)).toBeNull();
  await world.clock(120_000);
  const woken: unknown[] = [];
  await floor.db.tx(org, async (tx) => {
    await contentsSweeper.sweep({
      ...tx,
      query: tx.query.bind(tx),
      now: tx.now.bind(tx),
      wake: (...args: unknown[]) => Promise.resolve(void woken.push(args)),
    } as never);
  });
  expect(woken).toEqual([[contentsTask.name, `${org}:${digest}`, { digest, org }]]);
  await contentsTask.run(floor, { digest }, org);
  expect((await contents(digest))?.parts.map((one) => one.name)).toEqual(['left']);
});
