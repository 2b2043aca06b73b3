import { readdir, readFile, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyCatalogFile, planCatalogFile } from '../catalog/apply.commands.ts';
import { serviceByName } from '../catalog/catalog.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf, hexOf } from '../kernel/digest.ts';
import type { Digest } from '../kernel/digest.ts';
import type { MadeArtifact } from '../pipelines/artifact.port.ts';
import type { Floor } from '../platform/floor.ts';
import { testFloor } from '../testing/database.ts';
import { acceptArtifact } from './accept.api.ts';
import { artifactByDigest, artifactsOfCommit, artifactsOfRun, attestationsOf, buildsOf } from './artifacts.queries.ts';
import { artifactView, buildPage } from './artifacts.views.ts';
import { openArtifact } from './open.api.ts';
import { revokeArtifact } from './revoke.commands.ts';
import { scrubArtifact, scrubSweeper } from './scrub.reactions.ts';
import { signBuild, signSweeper } from './sign.reactions.ts';
import { supplyChain } from './supply-chain.ts';
import { supplyChainInputs } from './supply-chain.queries.ts';

const floor = await testFloor();
const { org } = floor;
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(org, work);
const ada: Actor = { kind: 'person', id: 'per_ada', org, credential: { kind: 'token', id: 'tok', actions: null, services: null } };
const runner: Actor = { kind: 'runner', id: 'rnr_1', org };
const REPOSITORY = 'https://git.example/shop.git';
const CATALOG = `
teams: {web: {title: Web, members: [ada@example.org]}}
environments: {dev: {kind: development}}
services:
  shop: {team: web, tier: 2, repository: {url: "${REPOSITORY}", branch: main}}
  bank: {team: web, tier: 1}
`;
const file = { text: CATALOG, file: 'yardmaster.yaml', prune: false };
await tx(async (t) => applyCatalogFile(t, ada, { ...file, plan: (await planCatalogFile(t, file)).plan.digest }));
const shop = (await tx((t) => serviceByName(t, 'shop')))!;
const bank = (await tx((t) => serviceByName(t, 'bank')))!;
const POLICY = { sbom: true, provenance: true };

let count = 0;
const id = (prefix: string): string => `${prefix}_${(++count).toString(16).padStart(32, '0')}`;
async function make(text: string, more: Partial<MadeArtifact> = {}): Promise<MadeArtifact> {
  const { digest, size } = await floor.blobs.put(text);
  return {
    run: id('run'),
    job: id('job'),
    attempt: 1,
    service: shop.id,
    commit: 'c'.repeat(40),
    repository: REPOSITORY,
    ref: 'refs/heads/main',
    trust: 'protected',
    name: 'app',
    digest,
    size,
    executor: 'sandbox',
    isolation: ['no network'],
    startedAt: '2026-11-23T12:00:00.000Z',
    finishedAt: '2026-11-23T12:01:00.000Z',
    planDigest: digestOf('plan'),
    materials: [],
    inputs: [],
    actor: runner,
    ...more,
  };
}
const accept = (made: MadeArtifact) => tx((t) => acceptArtifact(t, made));
const buildOf = async (made: MadeArtifact): Promise<string> => (await tx((t) => artifactsOfRun(t, made.run)))[0]!.id;
const ask = async (digest: Digest, service = shop) => tx(async (t) => supplyChain(await supplyChainInputs(t, service, [digest]), POLICY));
const facts = (type: string, digest: string) =>
  tx((t) =>
    t.query<{ body: Record<string, unknown> }>(`select body from fact where type = $1 and body->>'digest' = $2 order by id`, [
      type,
      digest,
    ]),
  );
const wakes = (task: string) => tx((t) => t.query(`select from graphile_worker.jobs where task_identifier = $1`, [task]));
const pathOf = (digest: Digest): string => join(floor.config.state, 'blobs', hexOf(digest).slice(0, 2), hexOf(digest));

test('accepted, then signed: SBOM from the lock file, provenance, facts; the rule allows', async () => {
  const lock = await floor.blobs.put(
    JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies: { a: '1' } }, 'node_modules/a': { version: '1.0.0' } } }),
  );
  const made = await make('one', { materials: [{ path: 'package-lock.json', digest: lock.digest }] });
  await accept(made);
  expect(await wakes('artifacts.sign')).not.toHaveLength(0);
  expect(await ask(made.digest)).toMatchObject({
    verdict: 'unknown',
    reasons: [{ code: 'artifacts.not-signed-yet' }, { code: 'artifacts.not-signed-yet' }],
  });
  await signBuild(floor, org, await buildOf(made));
  expect(await ask(made.digest)).toMatchObject({
    verdict: 'allow',
    reasons: [{ code: 'artifacts.sbom' }, { code: 'artifacts.provenance' }],
  });
  const [sbom] = await tx((t) => attestationsOf(t, made.digest));
  expect(sbom).toMatchObject({ kind: 'sbom', incomplete: [] });
  expect(JSON.parse(Buffer.from(await floor.blobs.read(sbom!.document)).toString())).toMatchObject({
    specVersion: '1.6',
    components: [{ purl: 'pkg:npm/a@1.0.0' }],
  });
  expect(await facts('artifact.published', made.digest)).toMatchObject([
    { body: { run: made.run, commit: made.commit, trust: 'protected' } },
  ]);
  expect(await facts('artifact.signed', made.digest)).toMatchObject([
    { body: { run: made.run, attestations: [{ kind: 'sbom' }, { kind: 'provenance' }] } },
  ]);
  expect(await tx((t) => artifactsOfCommit(t, made.commit!, shop.id))).toMatchObject([{ digest: made.digest, state: 'signed' }]);
});

test('a crash between accept and sign: the sweeper wakes it again; signing twice, even at once, signs once', async () => {
  const made = await make('crash');
  await accept(made);
  const build = await buildOf(made);
  await tx((t) => t.query(`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`));
  expect(await wakes('artifacts.sign')).toHaveLength(0);
  await floor.db.tx('*', (t) => signSweeper.sweep(t));
  expect(await wakes('artifacts.sign')).toHaveLength(1);
  await Promise.all([signBuild(floor, org, build), signBuild(floor, org, build), signBuild(floor, org, build)]);
  await signBuild(floor, org, build);
  expect(await facts('artifact.signed', made.digest)).toHaveLength(1);
  expect(await tx((t) => attestationsOf(t, made.digest))).toHaveLength(2);
});

test('an unreachable key: unsigned, said so, tried later, and signed when the key is back', async () => {
  const made = await make('key down');
  await accept(made);
  const build = await buildOf(made);
  const down: Floor = {
    ...floor,
    signer: { ...floor.signer, sign: () => Promise.reject(new Error('the key store is down')) },
  };
  await signBuild(down, org, build);
  expect(await ask(made.digest)).toMatchObject({
    verdict: 'unknown',
    reasons: [{ text: expect.stringContaining('the key store is down') }, {}],
  });
  await floor.db.tx('*', (t) => t.query(`delete from artifact_build where state = 'accepted' and id <> $1`, [build]));
  await tx((t) => t.query(`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`));
  await floor.db.tx('*', (t) => signSweeper.sweep(t));
  expect(await wakes('artifacts.sign')).toHaveLength(0);
  await signBuild(floor, org, build);
  expect(await ask(made.digest)).toMatchObject({ verdict: 'allow' });
});

test('two runs that yield the same digest: one artifact, two builds, each with its own provenance', async () => {
  const first = await make('same bytes');
  const second = await make('same bytes');
  await Promise.all([accept(first), accept(second)]);
  await accept(first);
  const builds = await tx((t) => buildsOf(t, first.digest));
  expect(builds.map((build) => build.run).sort()).toEqual([first.run, second.run].sort());
  expect(new Set(builds.map((build) => build.artifact)).size).toBe(1);
  for (const build of builds) await signBuild(floor, org, build.id);
  const provenances = (await tx((t) => attestationsOf(t, first.digest))).filter((one) => one.kind === 'provenance');
  expect(new Set(provenances.map((one) => one.envelope)).size).toBe(2);
  expect(await facts('artifact.published', first.digest)).toHaveLength(2);
});

test('one untrusted build is refused; the same bytes from a protected one ship', async () => {
  const fork = await make('from a fork', { trust: 'untrusted' });
  await accept(fork);
  await signBuild(floor, org, await buildOf(fork));
  expect(await ask(fork.digest)).toMatchObject({ verdict: 'deny', reasons: [{ code: 'artifacts.sbom' }, { code: 'artifacts.untrusted' }] });
  const main = await make('from a fork');
  await accept(main);
  await signBuild(floor, org, await buildOf(main));
  expect(await ask(main.digest)).toMatchObject({ verdict: 'allow' });
});

test('an artifact speaks for its own service and source only', async () => {
  const made = await make('whose');
  await accept(made);
  await signBuild(floor, org, await buildOf(made));
  expect(await ask(made.digest, bank)).toMatchObject({ verdict: 'deny', reasons: [{ code: 'artifacts.not-built-here' }] });
  const moved = { ...shop, repository: { ...shop.repository!, url: 'https://git.example/evil.git' } };
  expect(await ask(made.digest, moved)).toMatchObject({
    verdict: 'deny',
    reasons: [{}, { code: 'artifacts.source' }, { code: 'artifacts.source' }],
  });
  expect(await ask(made.digest, { ...shop, repository: null })).toMatchObject({
    verdict: 'unknown',
    reasons: [{}, { code: 'artifacts.no-source' }],
  });
  expect(await ask(digestOf('never built'))).toMatchObject({ verdict: 'deny' });
  await expect(tx((t) => artifactView(t, made.digest, new Set([bank.id])))).rejects.toMatchObject({ code: 'artifacts.no-such-artifact' });
  expect((await tx((t) => buildPage(t, { limit: 100 }, new Set([bank.id])))).items).toEqual([]);
});

test('bytes flipped on disk: the read breaks off, the scrub quarantines, the rule denies; repaired bytes come back', async () => {
  const made = await make('to be flipped '.repeat(100));
  await accept(made);
  await signBuild(floor, org, await buildOf(made));
  const path = pathOf(made.digest);
  const whole = await readFile(path);
  const bent = Buffer.from(whole);
  bent[700] = (bent[700] ?? 0) ^ 1;
  await writeFile(path, bent);
  const opened = await openArtifact(floor, org, made.digest);
  await expect(new Response(opened.stream).arrayBuffer()).rejects.toMatchObject({ code: 'platform.blob-damaged' });

  await scrubArtifact(floor, org, made.digest);
  await scrubArtifact(floor, org, made.digest);
  expect(await facts('artifact.damaged', made.digest)).toMatchObject([{ body: { found: digestOf(bent) } }]);
  expect(await ask(made.digest)).toMatchObject({ verdict: 'deny', reasons: [{ code: 'artifacts.damaged' }] });
  await expect(openArtifact(floor, org, made.digest)).rejects.toMatchObject({ code: 'artifacts.damaged' });
  await rm(path);
  await scrubArtifact(floor, org, made.digest);
  expect(await facts('artifact.damaged', made.digest)).toHaveLength(1);

  await floor.blobs.put(whole);
  await scrubArtifact(floor, org, made.digest);
  expect(await facts('artifact.repaired', made.digest)).toHaveLength(1);
  expect(await ask(made.digest)).toMatchObject({ verdict: 'allow' });
});

test('the scrub comes round: what was not read for a day is woken, and nothing else', async () => {
  const made = await make('old');
  await accept(made);
  await floor.db.tx('*', (t) => scrubSweeper.sweep(t));
  expect(await wakes('artifacts.scrub')).toHaveLength(0);
  await tx((t) => t.query(`update artifact set checked_at = checked_at - interval '25 hours' where digest = $1`, [made.digest]));
  await floor.db.tx('*', (t) => scrubSweeper.sweep(t));
  expect(await wakes('artifacts.scrub')).toHaveLength(1);
});

test('tampered attestations are refused: changed, swapped with another artifact’s, or gone', async () => {
  const [one, other] = [await make('tamper one'), await make('tamper other')];
  for (const made of [one, other]) {
    await accept(made);
    await signBuild(floor, org, await buildOf(made));
  }
  const provenance = async (made: MadeArtifact) =>
    (await tx((t) => attestationsOf(t, made.digest))).find((att) => att.kind === 'provenance')!;
  const [mine, theirs] = [await provenance(one), await provenance(other)];
  const point = (envelope: Digest) => tx((t) => t.query(`update attestation set envelope_digest = $2 where id = $1`, [mine.id, envelope]));
  await point(theirs.envelope);
  expect(await ask(one.digest)).toMatchObject({ verdict: 'deny', reasons: [{}, { code: 'artifacts.subject' }] });
  const envelope = JSON.parse(Buffer.from(await floor.blobs.read(mine.envelope)).toString()) as { payload: string };
  const payload = Buffer.from(
    Buffer.from(envelope.payload, 'base64').toString().replace('"host"', '"x"').replace('protected', 'trusted'),
  ).toString('base64');
  await point((await floor.blobs.put(JSON.stringify({ ...envelope, payload }))).digest);
  expect(await ask(one.digest)).toMatchObject({ verdict: 'deny', reasons: [{}, { code: 'artifacts.signature' }] });
  await point(digestOf('nowhere'));
  expect(await ask(one.digest)).toMatchObject({ verdict: 'unknown', reasons: [{}, { code: 'artifacts.envelope-unreadable' }] });
  await point(mine.envelope);
  expect(await ask(one.digest)).toMatchObject({ verdict: 'allow' });
  await tx((t) =>
    t.query(`update attestation set document_digest = $2 where build_id = $1 and kind = 'sbom'`, [mine.build, digestOf('another sbom')]),
  );
  expect(await ask(one.digest)).toMatchObject({ verdict: 'deny', reasons: [{ code: 'artifacts.sbom-swapped' }, {}] });
});

test('a lock file that is gone makes the SBOM incomplete, and it says so; the build is signed all the same', async () => {
  const made = await make('no lock', {
    materials: [{ path: 'package-lock.json', digest: digestOf('never uploaded') }],
    executor: 'host',
    isolation: [],
  });
  await accept(made);
  await signBuild(floor, org, await buildOf(made));
  const answer = await ask(made.digest);
  expect(answer).toMatchObject({ verdict: 'allow' });
  expect(answer.reasons.map((reason) => reason.text).join(' ')).toMatch(
    /incomplete: package-lock.json could not be read.*by the host executor/,
  );
});

test('a revoked artifact never ships again, keeps its first reason, and stays readable', async () => {
  const made = await make('revoked');
  await accept(made);
  await signBuild(floor, org, await buildOf(made));
  await tx((t) => revokeArtifact(t, ada, { digest: made.digest, reason: 'a backdoor', service: shop.id }));
  await tx((t) => revokeArtifact(t, ada, { digest: made.digest, reason: 'another reason', service: shop.id }));
  expect(await ask(made.digest)).toMatchObject({
    verdict: 'deny',
    reasons: [{ code: 'artifacts.revoked', text: expect.stringContaining('a backdoor') }],
  });
  expect(await facts('artifact.revoked', made.digest)).toHaveLength(1);
  await accept(await make('revoked'));
  expect(await tx((t) => artifactByDigest(t, made.digest))).toMatchObject({ revoked: { by: 'person:per_ada', reason: 'a backdoor' } });
  expect((await openArtifact(floor, org, made.digest)).size).toBe(7);
});

test('pages of builds: all of them once, newest first', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await tx((t) => buildPage(t, { limit: 3, cursor, service: 'shop' }, 'all'));
    seen.push(...page.items.map((item) => item.id));
    if (page.next === null) break;
    cursor = page.next;
  }
  const all = await tx((t) => t.query<{ id: string }>(`select id from artifact_build order by created_at desc, id desc`));
  expect(seen).toEqual(all.map((row) => row.id));
});

test('another organisation sees nothing of this', async () => {
  const made = await make('tenant');
  await accept(made);
  await floor.db.tx('*', (t) =>
    t.query(`insert into organisation (id, name, created_at) values ('org_other', 'Other', $1) on conflict do nothing`, [
      '2026-01-01T00:00:00Z',
    ]),
  );
  expect(await floor.db.read('org_other', (t) => artifactByDigest(t, made.digest))).toBeNull();
});

test('the state folder holds no half-written blob', async () => {
  expect(await readdir(join(floor.config.state, 'blobs', 'incoming'))).toEqual([]);
});
