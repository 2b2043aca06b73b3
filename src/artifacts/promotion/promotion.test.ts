import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { promotionPorts } from '../../app/promotion.ts';
import { allowedPlaces } from '../../host/addresses.ts';
import { makeEgress } from '../../host/egress.http.ts';
import { addConnection } from '../../integrations/connections/connection.commands.ts';
import { descriptorOf, EMPTY_CONFIG, artifactManifest, type Manifest } from '../../integrations/registries/oci/manifest.ts';
import { attach, referrersOf } from '../../integrations/registries/oci/referrers.http.ts';
import { ociRepository, type OciRepository } from '../../integrations/registries/oci/repository.http.ts';
import { vendors } from '../../integrations/vendors.ts';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import { openEnvelope } from '../../kernel/dsse.ts';
import { newRelease, vote } from '../../testing/release-story.ts';
import { testFloor } from '../../testing/database.ts';
import { HAS_REGISTRY, REGISTRY_PASSWORD, REGISTRY_USER, startRegistry, type Registry } from '../../testing/docker-registry.ts';
import { releaseWorld } from '../../testing/release-world.ts';
import { makeBundle } from '../../evidence/bundle.api.ts';
import { verifyBundle } from '../../evidence/verify/verify.ts';
import { evidenceKeys } from '../../platform/keys/signing.commands.ts';
import { startSequencer } from '../../platform/ledger/sequencer.system.ts';
import { acceptArtifact } from '../accept.api.ts';
import { revokeArtifact } from '../revoke.commands.ts';
import { signBuild } from '../sign.reactions.ts';
import { readEnvelope } from '../recorded/kept.queries.ts';
import { setDestination } from './destination.commands.ts';
import { askPromotions, planPromotion } from './promote.commands.ts';
import { promote } from './promote.work.ts';
import { repositoryOf } from './promotion.ts';
import type { PromotionRow } from './promotion.ts';
import { promotionById } from './promotion.store.ts';
import { promotionViews } from './promotion.views.ts';

const world = await releaseWorld(await testFloor({ config: { egressAllow: '127.0.0.1' } }));
const { floor, people, shop } = world;
const { org } = floor;
const places = allowedPlaces('127.0.0.1');
if ('wrong' in places) throw new Error(places.wrong);
/** Another pair of eyes: what lies in the registry is looked at without the code that promotes. */
const outside = makeEgress(places.allowed);
afterAll(() => outside.close());
const sequencer = startSequencer(floor);
afterAll(() => sequencer.stop());
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

async function registry(name: string): Promise<{ real: Registry; id: string; at: (repository: string) => OciRepository }> {
  const real = await startRegistry('basic');
  ends.push(real.close);
  const credential = { user: REGISTRY_USER, password: REGISTRY_PASSWORD };
  const { id } = await addConnection(floor, people.root, vendors, { name, vendor: 'oci', url: real.url, settings: {}, credential });
  const at = (repository: string): OciRepository =>
    ociRepository({ egress: outside, url: real.url, ...credential, tokenService: null }, repository, 'pull,push');
  return { real, id, at };
}

async function signAll(): Promise<void> {
  const builds = await world.tx((t) => t.query<{ id: string }>(`select id from artifact_build where state = 'accepted'`));
  for (const { id } of builds) await signBuild(floor, org, id);
}

const plan = (digest: Digest, more: { release?: string; destination?: string; environment?: string; tag?: string }) =>
  world.tx((t) =>
    planPromotion(t, promotionPorts.gate, {
      digest,
      release: more.release ?? null,
      destination: more.destination ?? null,
      environment: more.environment ?? null,
      tag: more.tag ?? null,
    }),
  );
async function asked(digest: Digest, more: Parameters<typeof plan>[1]): Promise<PromotionRow> {
  const planned = await plan(digest, more);
  const [row] = await world.tx((t) => askPromotions(t, people.rita, planned));
  if (row === undefined) throw new Error('no promotion');
  return row;
}
async function run(id: string): Promise<PromotionRow> {
  await promote(floor, promotionPorts, org, id);
  const row = await world.tx((t) => promotionById(t, id));
  if (row === null) throw new Error('gone');
  return row;
}
const predicateOf = async (digest: Digest | null): Promise<Record<string, unknown>> => {
  const envelope = digest === null ? null : await world.tx((t) => readEnvelope(t, digest));
  if (envelope === null) throw new Error('no envelope');
  const opened = openEnvelope(envelope, 'application/vnd.in-toto+json', floor.keys.all);
  if (!opened.ok) throw new Error(opened.why);
  return JSON.parse(Buffer.from(opened.payload).toString()) as Record<string, unknown>;
};
const soon = (id: string) => world.tx((t) => t.query(`update promotion set due_at = '2000-01-01' where id = $1`, [id]));

describe.skipIf(!HAS_REGISTRY)('promotion into a real registry', () => {
  test('a release goes to the registry of its environment when the answer is yes, and not before; approved is promoted', async () => {
    const { at, real } = await registry('releases');
    await world.tx((t) =>
      setDestination(t, people.root, promotionPorts.registry, {
        name: 'prod-images',
        connection: 'releases',
        repository: 'acme/{service}',
        environment: 'prod',
        tiers: [1],
      }),
    );
    const release = await newRelease(world);
    await signAll();
    const digest = release.digests[0] as Digest;
    const row = await asked(digest, { release: release.id, environment: 'prod' });
    const refused = await run(row.id);
    expect(refused.state).toBe('refused');
    expect(refused.decisionId).toMatch(/^dec_/);
    expect(refused.reasons.length).toBeGreaterThan(0);
    // People read names where the record has ids.
    const said = { code: 'approvals.used', text: `The vote apr_${'a'.repeat(32)} of ${people.beth.id} was used up.` };
    const [view] = await world.tx((t) => promotionViews(t, [{ ...refused, reasons: [said] }]));
    expect(view?.reasons[0]?.text).toMatch(/^The vote of [A-Za-z]+ was used up\.$/);
    expect(await at('acme/shop').manifest('latest')).toBeNull();
    expect(await world.facts('promotion.refused')).toHaveLength(1);

    expect((await vote(world, release, people.beth)).vote).not.toBeNull();
    const again = await asked(digest, { release: release.id, environment: 'prod' });
    expect(again.id).toBe(row.id);
    const done = await run(row.id);
    expect(done.reasons).toEqual([]);
    expect(done).toMatchObject({ state: 'promoted', tag: release.versionName, carried: 5 });

    // What was signed of it travels with the evidence of the release, and a stranger verifies it.
    const bundle = await makeBundle(floor, org, release.id, []);
    const trusted = { keys: await world.tx(evidenceKeys), checkpoints: [] };
    const checks = verifyBundle(bundle, JSON.parse(JSON.stringify(trusted))).checks;
    expect(checks.find(({ name }) => name === 'promotions')).toMatchObject({
      ok: true,
      why: expect.stringContaining('1 promotions have their signed record and summary'),
    });

    // From outside: the tag leads to a manifest whose one layer is the approved digest.
    const there = await at('acme/shop').manifest(release.versionName);
    expect(there?.digest).toBe(done.manifestDigest);
    expect(there?.blobs.map((one) => one.digest)).toContain(digest);
    const layer = there?.blobs.find((one) => one.digest === digest);
    if (layer === undefined || there === null) throw new Error('none');
    const parts: Uint8Array[] = [];
    for await (const part of await at('acme/shop').blob(layer)) parts.push(part);
    expect(digestOf(Buffer.concat(parts))).toBe(digest);
    const kinds = (await referrersOf(at('acme/shop'), there.digest)).map(
      (one) => one.annotations?.['in-toto.io/predicate-type'] ?? one.artifactType,
    );
    expect(kinds.sort()).toEqual([
      'application/vnd.cyclonedx+json',
      'https://in-toto.io/attestation/reference/v0.1',
      'https://slsa.dev/provenance/v1',
      'https://slsa.dev/verification_summary/v1',
      'urn:yardmaster:promotion:v1',
    ]);
    expect(done.location).toBe(`oci://${real.host}/acme/shop@${there.digest}`);

    const record = await predicateOf(done.recordDigest);
    expect(record).toMatchObject({
      subject: [{ digest: { sha256: digest.slice(7) } }],
      predicateType: 'urn:yardmaster:promotion:v1',
      predicate: { release: { version: release.versionName }, environment: 'prod', decision: { id: done.decisionId } },
    });
    expect(await predicateOf(done.summaryDigest)).toMatchObject({
      predicate: { verificationResult: 'PASSED', verifiedLevels: ['SLSA_BUILD_LEVEL_3'], resourceUri: done.location, slsaVersion: '1.1' },
    });
    const facts = await world.facts('artifact.promoted');
    expect(facts[0]?.body).toMatchObject({ digest, destination: 'prod-images', tag: release.versionName, decision: done.decisionId });

    // Asked again, and woken again, nothing more is done.
    expect((await asked(digest, { release: release.id, environment: 'prod' })).state).toBe('promoted');
    await run(row.id);
    expect(await world.facts('artifact.promoted')).toHaveLength(1);
    await expect(asked(digest, { release: release.id, environment: 'prod', tag: 'other' })).rejects.toMatchObject({
      code: 'artifacts.other-tag',
    });
  });

  test('cut off anywhere it goes on where it stopped; a tag never comes before its digest; what was signed stays signed', async () => {
    const { at, real } = await registry('interrupted');
    const set = (name: string, connection: string) =>
      world.tx((t) =>
        setDestination(t, people.root, promotionPorts.registry, {
          name,
          connection,
          repository: 'acme/cut',
          environment: null,
          tiers: null,
        }),
      );
    await set('cut', 'interrupted');
    const digest = await artifactOf(randomBytes(2000), true);
    const row = await asked(digest, { destination: 'cut', tag: '1.0.0' });
    // The hand that had it ended right before the tag.
    const cut = { ...promotionPorts, registry: { ...promotionPorts.registry, copy: cutBeforeTag } };
    await expect(promote(floor, cut, org, row.id)).resolves.toBeUndefined();
    const between = await world.tx((t) => promotionById(t, row.id));
    expect(between).toMatchObject({ state: 'asked', attempts: 1 });
    expect(await at('acme/cut').manifest('1.0.0')).toBeNull();
    await soon(row.id);
    const done = await run(row.id);
    expect(done).toMatchObject({ state: 'promoted', recordDigest: between?.recordDigest, summaryDigest: between?.summaryDigest });
    expect((await at('acme/cut').manifest('1.0.0'))?.digest).toBe(done.manifestDigest);

    // Away for a while: it waits, and says why.
    const later = await artifactOf(randomBytes(2000), true);
    const waiting = await asked(later, { destination: 'cut', tag: '1.0.1' });
    await real.kill();
    const failed = await run(waiting.id);
    expect(failed).toMatchObject({ state: 'asked', attempts: 1 });
    expect(failed.reasons[0]?.code).toBe('egress.failed');
  });

  test('what is revoked, unsigned, or already there under that name with other bytes goes nowhere', async () => {
    const { at } = await registry('strict');
    await world.tx((t) =>
      setDestination(t, people.root, promotionPorts.registry, {
        name: 'strict',
        connection: 'strict',
        repository: 'acme/strict',
        environment: null,
        tiers: null,
      }),
    );
    const unsigned = await artifactOf(randomBytes(20), false);
    expect(await run((await asked(unsigned, { destination: 'strict', tag: '1' })).id)).toMatchObject({
      state: 'asked',
      reasons: [{ code: 'artifacts.not-signed-yet' }],
    });
    const revoked = await artifactOf(randomBytes(20), true);
    await world.tx((t) => revokeArtifact(t, people.root, { digest: revoked, reason: 'a secret in it', service: shop.id }));
    expect(await run((await asked(revoked, { destination: 'strict', tag: '2' })).id)).toMatchObject({
      state: 'refused',
      reasons: [{ code: 'artifacts.revoked' }],
    });
    const [first, second] = [await artifactOf(randomBytes(20), true), await artifactOf(randomBytes(20), true)];
    expect(await run((await asked(first, { destination: 'strict', tag: '3' })).id)).toMatchObject({ state: 'promoted' });
    const taken = await run((await asked(second, { destination: 'strict', tag: '3' })).id);
    expect(taken).toMatchObject({ state: 'failed', reasons: [{ code: 'registries.taken' }] });
    expect((await at('acme/strict').manifest('3'))?.blobs.map((one) => one.digest)).toContain(first);
    await world.tx((t) =>
      setDestination(t, people.root, promotionPorts.registry, {
        name: 'needs-a-release',
        connection: 'strict',
        repository: 'acme/other',
        environment: 'prod',
        tiers: [1],
      }),
    );
    await expect(plan(first, { destination: 'needs-a-release' })).rejects.toMatchObject({ code: 'artifacts.bad-promotion' });
    await expect(plan(first, { destination: 'nowhere' })).rejects.toMatchObject({ code: 'artifacts.no-such-destination' });
    await expect(plan(first, { environment: 'dev' })).rejects.toMatchObject({ code: 'artifacts.no-destination-for' });
  });

  test('an image that was recorded by its digest is copied from the registry where it lies, with its signatures, and from no other', async () => {
    const from = await registry('build');
    const to = await registry('shelf');
    const image = await imageIn(from.at('build/app'));
    const job = (reference: string) => ({
      org,
      connectionId: to.id,
      repository: 'release/app',
      tag: '1.0',
      version: null,
      artifact: { digest: image.digest, name: 'app', size: 0, kept: false, reference },
      source: { repository: null, commit: null },
    });
    const here = job(`${from.real.host}/build/app@${image.digest}`);
    expect(await promotionPorts.registry.location(floor, here)).toBe(`oci://${to.real.host}/release/app@${image.digest}`);
    const copied = await promotionPorts.registry.copy(floor, here, { statements: [], documents: [] }, async () => undefined);
    expect(copied.manifest).toBe(image.digest);
    expect((await to.at('release/app').manifest('1.0'))?.digest).toBe(image.digest);
    expect(await referrersOf(to.at('release/app'), image.digest)).toHaveLength(1);
    for (const reference of [`evil.example:5000/build/app@${image.digest}`, 'app:latest', '/etc/passwd'])
      await expect(promotionPorts.registry.location(floor, job(reference))).rejects.toMatchObject({ code: 'registries.bad-settings' });
  });
});

test('names of services and artifacts become names that repositories can have', () => {
  const of = { service: 'shop', artifact: 'App__.Name/../x' };
  expect(repositoryOf('acme/{service}/{artifact}', of)).toBe('acme/shop/app_name-x');
  expect(repositoryOf('{artifact}', { service: 's', artifact: '…' })).toBe('unnamed');
});

/** All of a copy but the tag: as if the process ended there. */
const cutBeforeTag: (typeof promotionPorts)['registry']['copy'] = (inner, job, along) =>
  promotionPorts.registry.copy(inner, job, along, async () => {
    throw new Error('killed');
  });

async function artifactOf(bytes: Uint8Array, signed: boolean): Promise<Digest> {
  const { digest, size } = await floor.blobs.put(bytes);
  const now = await world.tx((t) => t.now());
  const times = { startedAt: now, finishedAt: now };
  const repository = shop.repository?.url ?? '';
  const source = { commit: 'c'.repeat(40), repository, ref: 'refs/heads/main' };
  const how = { trust: 'protected', executor: 'sandbox', isolation: [], planDigest: digestOf('plan'), materials: [], inputs: [] } as const;
  const [run, job] = [floor.newId('run'), floor.newId('job')];
  await world.tx((t) =>
    acceptArtifact(t, {
      run,
      job,
      attempt: 1,
      service: shop.id,
      name: 'app',
      digest,
      size,
      actor: people.root,
      ...source,
      ...times,
      ...how,
    }),
  );
  if (signed) await signAll();
  return digest;
}

async function imageIn(repository: OciRepository): Promise<Manifest> {
  const push = (bytes: Uint8Array) =>
    repository.push(
      {
        digest: digestOf(bytes),
        size: bytes.length,
        async *open() {
          yield bytes;
        },
      },
      null,
    );
  const layer = randomBytes(500);
  await push(EMPTY_CONFIG);
  await push(layer);
  const layers = [{ mediaType: 'application/octet-stream', digest: digestOf(layer), size: layer.length }];
  const image = artifactManifest({ artifactType: 'application/vnd.test', layers, annotations: {} });
  await repository.putManifest(image);
  await attach(
    repository,
    artifactManifest({ artifactType: 'application/vnd.signature', layers, annotations: {}, subject: descriptorOf(image) }),
    (_, act) => act(),
  );
  return image;
}
