import { expect, test } from 'vitest';
import { openApi } from '../../app/api.fixture.ts';
import { acceptArtifact } from '../../artifacts/accept.api.ts';
import { advisoriesOf } from '../../artifacts/advisories/advisories.queries.ts';
import { matchSigned, rematchTask } from '../../artifacts/advisories/match.reactions.ts';
import { artifactsOfRun } from '../../artifacts/artifacts.queries.ts';
import { signBuild } from '../../artifacts/sign.reactions.ts';
import type { AdvisoryFinding } from '../../contract/advisories.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Fact } from '../../platform/floor.ts';
import { releaseWorld } from '../../testing/release-world.ts';

const api = await openApi();
const { floor } = api;
const { org } = floor;
const world = await releaseWorld(floor);

let count = 0;
/** An artifact of the shop, built with a lock file that pins `packages`, signed and matched. */
async function built(packages: Record<string, string>): Promise<Digest> {
  const lock = {
    lockfileVersion: 3,
    packages: { '': {}, ...Object.fromEntries(Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }])) },
  };
  const material = await floor.blobs.put(JSON.stringify(lock));
  const { digest, size } = await floor.blobs.put(`bytes ${(count += 1)}`);
  const [run, job] = ['run', 'job'].map((kind) => `${kind}_${count.toString(16).padStart(32, 'a')}`) as [string, string];
  const times = { startedAt: '2026-11-23T12:00:00.000Z', finishedAt: '2026-11-23T12:01:00.000Z' };
  const how = { trust: 'protected', executor: 'host', isolation: [], planDigest: digestOf('plan'), inputs: [] } as const;
  const source = { commit: 'c'.repeat(40), repository: 'https://git.example/shop.git', ref: 'refs/heads/main' };
  const actor: Actor = { kind: 'runner', id: 'rnr_1', org };
  const materials = [{ path: 'package-lock.json', digest: material.digest }];
  await floor.db.tx(org, (tx) =>
    acceptArtifact(tx, {
      run,
      job,
      attempt: 1,
      service: world.shop.id,
      name: 'app',
      digest,
      size,
      actor,
      materials,
      ...source,
      ...times,
      ...how,
    }),
  );
  const [build] = await floor.db.tx(org, (tx) => artifactsOfRun(tx, run));
  await signBuild(floor, org, build?.id ?? '');
  await matchSigned.run(floor, { org, body: { digest } } as never as Fact);
  return digest;
}

async function runs(digest: Digest): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    await tx.write(
      `insert into running_history (org_id, service_id, environment_id, release_id, release_version, artifact_digests, configuration_digest, deployment_id, change, since)
       values ($1, $2, $3, 'rel_1', '1.0.0', $4, $5, 'dep_1', 'deployed', $6)`,
      [org, world.shop.id, world.prod.id, JSON.stringify([digest]), digestOf('c'), await tx.now()],
    );
  });
}

/** What a decision reads of an artifact. */
const forGates = (digest: Digest) => floor.db.tx(org, (tx) => advisoriesOf(tx, digest));

const osv = (id: string, modified: string, name: string, fixed: string, more: object = {}) => ({
  id,
  modified,
  summary: 'It opens the door',
  aliases: [`CVE-${id}`],
  database_specific: { severity: 'HIGH' },
  affected: [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }] }],
  ...more,
});

/** Imports over HTTP, then does what the import woke. */
async function take(...records: object[]): Promise<Record<string, unknown>> {
  const answer = (await api.real('POST', '/v1/advisories', api.admin, { records })).json;
  await rematchTask.run(floor, { packages: ['npm left', 'npm right'] }, org);
  return answer;
}
const findings = async (query = ''): Promise<AdvisoryFinding[]> =>
  (await api.real('GET', `/v1/advisories/findings${query}`, api.admin)).json['items'] as never;

test('what is released becomes vulnerable by an import, is told where it runs, and ends when the advisory changes', async () => {
  const [old, fixed] = [await built({ left: '1.0.0', right: '1.0.0' }), await built({ left: '1.2.0' })];
  await runs(old);
  expect(await findings()).toEqual([]);
  // Where no advisory was ever imported nobody can say that there is none.
  expect(await forGates(old)).toBeNull();
  expect(await take(osv('A-1', '2026-01-01T00:00:00Z', 'left', '1.2.0'))).toEqual({ taken: 1, unchanged: 0 });
  expect(await findings()).toMatchObject([
    {
      advisory: 'A-1',
      severity: 'high',
      verdict: 'affected',
      purl: 'pkg:npm/left@1.0.0',
      fixed: ['1.2.0'],
      digest: old,
      services: ['shop'],
      aliases: ['CVE-A-1'],
      places: [{ service: 'shop', environment: 'prod', version: '1.0.0' }],
    },
  ]);
  expect(await findings(`?digest=${fixed}`)).toEqual([]);
  expect(await forGates(old)).toEqual([
    {
      advisory: 'A-1',
      aliases: ['CVE-A-1'],
      purl: 'pkg:npm/left@1.0.0',
      severity: 'high',
      verdict: 'affected',
      fixed: true,
      exploited: null,
    },
  ]);
  expect(await forGates(fixed)).toEqual([]);
  // Of what nobody knows the parts, neither.
  expect(await forGates(digestOf('something else'))).toBeNull();

  // The same again is nothing new, and an older record does not undo a newer one.
  expect(await take(osv('A-1', '2026-01-01T00:00:00Z', 'left', '1.2.0'))).toEqual({ taken: 0, unchanged: 1 });
  expect(await take(osv('A-1', '2025-01-01T00:00:00Z', 'left', '0.1.0'))).toEqual({ taken: 0, unchanged: 1 });
  expect(await findings()).toHaveLength(1);

  // It speaks of more now, and of another artifact.
  await take(osv('A-1', '2026-02-01T00:00:00Z', 'left', '1.3.0'));
  expect((await findings()).map((one) => [one.digest, one.places.length])).toEqual([
    [old, 1],
    [fixed, 0],
  ]);
  expect(await findings('?running=true')).toHaveLength(1);

  await take(osv('A-1', '2026-03-01T00:00:00Z', 'left', '1.3.0', { withdrawn: '2026-03-01T00:00:00Z' }));
  expect(await findings()).toEqual([]);
  const facts = await floor.db.tx(org, (tx) => tx.query<{ type: string }>(`select type from fact where type like 'advisor%' order by id`));
  expect(facts.map((fact) => fact.type)).toEqual([
    'advisories.imported',
    'advisory.matched',
    'advisories.imported',
    'advisory.matched',
    'advisories.imported',
    'advisory.ended',
    'advisory.ended',
  ]);
});

test('what is built later meets the advisories that are there already', async () => {
  await take(osv('B-1', '2026-01-01T00:00:00Z', 'right', '2.0.0'));
  const late = await built({ right: '1.5.0' });
  expect((await findings(`?digest=${late}`)).map((one) => one.advisory)).toEqual(['B-1']);
});

test('a record that is none refuses all; who may not write policies may not import', async () => {
  const bad = await api.real('POST', '/v1/advisories', api.admin, {
    records: [osv('C-1', '2026-01-01T00:00:00Z', 'right', '9.0.0'), { id: 'C-2' }],
  });
  expect(bad.status).toBe(400);
  expect(bad.json).toMatchObject({ code: 'artifacts.bad-advisory' });
  expect((await findings()).map((one) => one.advisory)).not.toContain('C-1');
  expect((await api.real('POST', '/v1/advisories', null, { records: [osv('C-1', '2026-01-01T00:00:00Z', 'right', '9.0.0')] })).status).toBe(
    401,
  );
});

test('what is known to be exploited says so with its day, and nobody knows before a catalogue was imported', async () => {
  const digest = await built({ right: '1.5.0' });
  const put = (catalogue: string, released: string, entries: object[]) =>
    api.real('PUT', '/v1/known-exploited', api.admin, { catalogue, released, entries });
  const entry = { cve: 'CVE-2026-0001', added: '2026-01-02', due: '2026-01-23', ransomware: true };
  await take(osv('D-1', '2026-01-01T00:00:00Z', 'right', '2.0.0', { aliases: ['CVE-2026-0001'] }));
  const exploited = async () => (await forGates(digest))?.map((one) => [one.advisory, one.exploited]);
  expect(await exploited()).toContainEqual(['D-1', null]);
  expect((await put('2026.01.02', '2026-01-02T00:00:00Z', [entry])).json).toEqual({ entries: 1, changed: true });
  expect(await exploited()).toEqual([
    ['B-1', { is: false, due: null }],
    ['D-1', { is: true, due: '2026-01-23' }],
  ]);
  expect((await findings(`?digest=${digest}`)).map((one) => [one.advisory, one.exploited])).toEqual([
    ['D-1', { added: '2026-01-02', due: '2026-01-23', ransomware: true }],
    ['B-1', null],
  ]);
  expect((await put('2026.01.02', '2026-01-02T00:00:00Z', [entry])).json).toEqual({ entries: 1, changed: false });
  const older = await put('2025.12.01', '2025-12-01T00:00:00Z', [entry]);
  expect(older).toMatchObject({ status: 409, json: { code: 'artifacts.older-catalogue' } });
  // The next one has it no more: the catalogue is taken whole.
  await put('2026.02.01', '2026-02-01T00:00:00Z', [{ ...entry, cve: 'CVE-2026-9999' }]);
  expect(await exploited()).toContainEqual(['D-1', { is: false, due: null }]);
});
