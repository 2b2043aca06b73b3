import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { artifactPublished, artifactSigned } from '../artifacts/artifacts.events.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import { system } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import type { EventKind } from '../kernel/event.ts';
import { changeMerged, runFinished, runQueued } from '../pipelines/pipelines.events.ts';
import type { Floor, NewFact } from '../platform/floor.ts';
import type { Call, Mounted } from '../platform/http/handler.ts';
import type { RouteShape } from '../contract/route.ts';
import { startSequencer } from '../platform/ledger/sequencer.system.ts';
import { serviceUpgraded } from '../environments/environments.events.ts';
import { decisionRecorded, releaseCreated } from '../releases/releases.events.ts';
import { approvalGiven } from '../changes/changes.events.ts';
import { testFloor } from '../testing/database.ts';
import { exampleAttestation, exampleDecision, RELEASE, testId, at } from '../testing/evidence-example.ts';
import { revokeSigning, rotateSigning } from '../platform/keys/signing.commands.ts';
import { makeBundle } from './bundle.api.ts';
import { evidenceRoutes } from './evidence.routes.ts';
import { verifyBundle } from './verify/verify.ts';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const OTHER_COMMIT = 'bad'.padEnd(40, '0');
const [RUN, JOB, ARTIFACT, CHANGE, DEPLOYMENT, APPROVAL, DECISION] = ['run', 'job', 'art', 'chg', 'dep', 'apr', 'dec'].map((prefix) =>
  testId(prefix, 1),
) as [string, string, string, string, string, string, string];
const [OTHER_RELEASE, SERVICE, OTHER_SERVICE] = [testId('rel', 9), testId('svc', 1), testId('svc', 2)];
const BYTES = digestOf('the bytes of the service');
const made = exampleDecision('rollback', at(40));

let floor: Floor;
let sequencer: ReturnType<typeof startSequencer>;
const trust = () => call('/v1/trust', {}, {}) as Promise<{ keys: { keyId: string; publicKeyPem: string }[]; checkpoints: string[] }>;

async function record<Kind extends EventKind>(
  kind: Kind,
  subject: string,
  body: NewFact<Kind>['body'],
  service = SERVICE,
): Promise<string> {
  return floor.db.tx(floor.org, (tx) => tx.record(kind, { subject, actor: system(floor.org, 'test'), body, service } as NewFact<Kind>));
}

/** Calls a route's handler as the server would, in a read transaction of this organisation. */
async function call(path: string, params: object, query: object, visible: 'all' | ReadonlySet<string> = 'all'): Promise<unknown> {
  const mounted = evidenceRoutes.find(({ route }) => route.path === path) as Mounted;
  return floor.db.read(floor.org, async (tx) => {
    const parsed = mounted.route.query?.parse(query) ?? {};
    const given = {
      tx,
      floor,
      params,
      query: parsed,
      actor: system(floor.org, 'test'),
      visible: async () => visible,
    } as unknown as Call<RouteShape>;
    return (mounted.handle as (call: Call<RouteShape>) => Promise<unknown>)(given);
  });
}

beforeAll(async () => {
  floor = await testFloor();
  const artifact = {
    name: 'cart',
    size: 3,
    build: testId('bld', 1),
    job: JOB,
    attempt: 1,
    repository: null,
    ref: null,
    trust: 'protected',
    executor: 'host',
    plan: 'p',
  };
  const run = { ref: null, trust: 'protected', trigger: 'push', person: null, pipeline: null, jobs: 1 };
  await record(changeMerged, testId('src', 1), {
    repository: 'r',
    ref: 'main',
    before: OTHER_COMMIT,
    commit: COMMIT,
    commits: [COMMIT],
    more: 0,
  });
  await record(runQueued, RUN, { ...run, commit: COMMIT });
  await record(artifactPublished, ARTIFACT, { ...artifact, digest: BYTES, run: RUN, commit: COMMIT });
  const envelopes = ['https://slsa.dev/provenance/v1', 'https://cyclonedx.org/bom'].map((type) => exampleAttestation(type, floor.keys));
  for (const envelope of envelopes) await floor.blobs.put(envelope);
  const attestations = envelopes.map((envelope, n) => ({
    id: testId('att', n),
    kind: n === 0 ? 'provenance' : 'sbom',
    envelope: digestOf(envelope),
    document: 'd',
  }));
  await record(artifactSigned, ARTIFACT, {
    digest: BYTES,
    build: artifact.build,
    run: RUN,
    key: floor.keys.keyId,
    attestations,
    incomplete: [],
  });
  await record(runFinished, RUN, {
    outcome: 'succeeded',
    commit: COMMIT,
    ref: null,
    trust: 'protected',
    causeDigest: null,
    artifacts: [{ name: 'cart', digest: BYTES }],
    durationMs: 1,
  });
  const release = {
    version: '1.0.0',
    type: 'standard',
    plan: 'continuous',
    targets: ['prod'],
    requestedBy: null,
    notesDigest: 'd',
    more: 0,
  };
  await record(releaseCreated, RELEASE, { ...release, commit: COMMIT, run: RUN, digests: [BYTES], change: CHANGE, commits: [COMMIT] });
  await record(approvalGiven, APPROVAL, {
    release: RELEASE,
    change: CHANGE,
    environment: 'prod',
    person: testId('per', 2),
    onBehalfOf: null,
    intent: made.answer.intent,
    reasonDigest: 'd',
    expiresAt: at(50),
  });
  // A release of another service, with its own commit and run, that must not be drawn into this story.
  await record(
    releaseCreated,
    OTHER_RELEASE,
    {
      ...release,
      commit: OTHER_COMMIT,
      run: testId('run', 9),
      digests: [digestOf('other')],
      change: testId('chg', 9),
      commits: [OTHER_COMMIT],
    },
    OTHER_SERVICE,
  );
  for (const input of made.inputs) await floor.blobs.put(canonicalJson(input));
  const { answer } = made;
  await record(decisionRecorded, DECISION, {
    release: RELEASE,
    environment: 'prod',
    purpose: 'rollback',
    verdict: answer.verdict,
    digest: answer.digest,
    intent: answer.intent,
    deployment: DEPLOYMENT,
    at: answer.at,
    notAfter: answer.notAfter,
    policy: answer.policy,
    inputs: answer.inputs,
  });
  await record(serviceUpgraded, SERVICE, {
    environment: 'prod',
    release: RELEASE,
    version: '1.0.0',
    artifacts: [BYTES],
    configuration: 'c',
    deployment: DEPLOYMENT,
    previous: { release: testId('rel', 5), version: '0.9.0', deployment: testId('dep', 5) },
  });
  await floor.db.tx(floor.org, async (tx) => {
    await tx.query(
      `insert into decision (id, org_id, service_id, release_id, environment_id, environment, purpose, verdict, digest, intent, answer, deployment_id, actor, at)
       values ($1, $2, $3, $4, 'env', 'prod', 'rollback', $5, $6, $7, $8::jsonb, $9, 'system:test', $10)`,
      [DECISION, floor.org, SERVICE, RELEASE, answer.verdict, answer.digest, answer.intent, JSON.stringify(answer), DEPLOYMENT, answer.at],
    );
  });
  sequencer = startSequencer(floor);
  return () => sequencer.stop();
});

type Shown = {
  nodes: { id: string; kind: string; direction: string }[];
  edges: { from: string; to: string; facts: string[] }[];
  facts: { id: string }[];
  cut: boolean;
};
const idsOf = (trace: Shown, direction: string): string[] =>
  trace.nodes
    .filter((node) => node.direction === direction)
    .map(({ id }) => id)
    .sort();

describe('traces', () => {
  test('from a release back to its commit and forward to its decisions', async () => {
    const trace = (await call('/v1/trace/{node}', { node: RELEASE }, {})) as Shown;
    expect(idsOf(trace, 'back')).toEqual([ARTIFACT, BYTES, COMMIT, JOB, RUN].sort());
    expect(idsOf(trace, 'forward')).toEqual([APPROVAL, CHANGE, DECISION, DEPLOYMENT].sort());
    expect(trace.cut).toBe(false);
    expect(trace.edges.every(({ facts }) => facts.length > 0)).toBe(true);
  });
  test('from a commit forward to everything that it became, and from a deployment back to the commit', async () => {
    expect(idsOf((await call('/v1/trace/{node}', { node: COMMIT }, {})) as Shown, 'forward')).toContain(DEPLOYMENT);
    expect(idsOf((await call('/v1/trace/{node}', { node: DEPLOYMENT }, {})) as Shown, 'back')).toEqual(
      expect.arrayContaining([COMMIT, BYTES, RELEASE, DECISION]),
    );
  });
  test('another release is another story', async () => {
    const trace = (await call('/v1/trace/{node}', { node: RELEASE }, {})) as Shown;
    expect(JSON.stringify(trace.nodes)).not.toContain(OTHER_RELEASE);
    expect(JSON.stringify(trace.nodes)).not.toContain(OTHER_COMMIT);
  });
  test('who may not see the service sees nothing of it; what nobody named is a problem', async () => {
    await expect(call('/v1/trace/{node}', { node: RELEASE }, {}, new Set([OTHER_SERVICE]))).rejects.toMatchObject({
      code: 'evidence.no-such-node',
    });
    await expect(call('/v1/trace/{node}', { node: testId('rel', 77) }, {})).rejects.toMatchObject({ code: 'evidence.no-such-node' });
    await expect(call('/v1/trace/{node}', { node: made.answer.intent }, {})).rejects.toMatchObject({ code: 'evidence.no-such-node' });
  });
});

type Page = { items: { id: string; type: string; service: string; position: number | null }[]; next: string | null };

describe('the search of facts', () => {
  test('filters by type, by a family of types, by what is named, and by what may be seen', async () => {
    const typesOf = async (query: object, visible?: ReadonlySet<string>) =>
      ((await call('/v1/facts', {}, query, visible)) as Page).items.map(({ type }) => type);
    expect(await typesOf({ type: 'release.created' })).toEqual(['release.created', 'release.created']);
    expect(await typesOf({ type: 'release.created' }, new Set([OTHER_SERVICE]))).toHaveLength(1);
    expect(await typesOf({ type: 'release.created' }, new Set())).toEqual([]);
    expect(await typesOf({ type: 'artifact.' })).toEqual(['artifact.signed', 'artifact.published']);
    expect(await typesOf({ mentions: CHANGE })).toEqual(['approval.given', 'release.created']);
    expect(await typesOf({ subject: RUN })).toEqual(['pipelinerun.finished', 'pipelinerun.queued']);
    expect(await typesOf({ actor: 'person:per_x' })).toEqual([]);
    expect(await typesOf({ service: 'unheard-of' })).toEqual([]);
  });
  test('pages meet without a gap or a double', async () => {
    const all = ((await call('/v1/facts', {}, {})) as Page).items.map(({ id }) => id);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page = (await call('/v1/facts', {}, cursor === null ? { limit: 3 } : { limit: 3, cursor })) as Page;
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== null);
    expect(paged).toEqual(all);
    await expect(call('/v1/facts', {}, { cursor: 'AAAA' })).rejects.toMatchObject({ code: 'evidence.bad-cursor' });
  });
});

describe('bundles', () => {
  test('the bundle of a release verifies offline with the trust file, and lacks nothing', async () => {
    const bytes = await makeBundle(floor, floor.org, RELEASE, []);
    const verified = verifyBundle(bytes, JSON.parse(JSON.stringify(await trust())));
    expect(verified.checks.filter((check) => !check.ok)).toEqual([]);
    expect(verified).toMatchObject({ ok: true, release: RELEASE, missing: [], facts: 9 });
    expect(verified.checks.find(({ name }) => name === 'decisions')?.why).toBe('1 of 1 decisions derive again from their inputs');
    expect(Buffer.from(bytes).toString()).not.toContain(OTHER_RELEASE);
  });
  test('a fact of a moment ago is waited for, and a checkpoint that the asker keeps is proven', async () => {
    const kept = (await call('/v1/ledger/checkpoint', {}, {})) as { size: number; note: string };
    await sequencer.stop();
    await record(approvalGiven, testId('apr', 2), {
      release: RELEASE,
      change: CHANGE,
      environment: 'prod',
      person: testId('per', 3),
      onBehalfOf: null,
      intent: made.answer.intent,
      reasonDigest: 'd',
      expiresAt: at(50),
    });
    const making = makeBundle(floor, floor.org, RELEASE, [kept.size]);
    await sleep(100);
    sequencer = startSequencer(floor);
    const verified = verifyBundle(await making, await trust(), { checkpoint: kept.note });
    expect(verified.checks.filter((check) => !check.ok)).toEqual([]);
    // The key that signed the bundle before is a fact of every story from then on.
    expect(verified.facts).toBe(11);
  });
  test('evidence whose bytes are gone is listed as missing, with the reason', async () => {
    const gone = {
      ...floor,
      blobs: {
        ...floor.blobs,
        read: async (digest: string) =>
          digest === made.answer.inputs.gates ? floor.blobs.read(digestOf('never stored')) : floor.blobs.read(digest as never),
      },
    } as Floor;
    const verified = verifyBundle(await makeBundle(gone, floor.org, RELEASE, []), await trust());
    expect(verified.checks.filter((check) => !check.ok)).toEqual([]);
    expect(verified.missing.map(({ what }) => what)).toEqual([
      `the input "gates" of ${DECISION}`,
      expect.stringContaining(`of ${DECISION}`),
    ]);
  });
  test('a fact rewritten in the database makes a bundle that is refused', async () => {
    const rewrite = (from: string, to: string) =>
      floor.db.tx('*', async (tx) => {
        await tx.query('alter table fact disable trigger user');
        await tx.query('update fact set leaf = convert_to(replace(convert_from(leaf, $4), $2, $3), $4) where subject = $1', [
          APPROVAL,
          from,
          to,
          'UTF8',
        ]);
        await tx.query('alter table fact enable trigger user');
      });
    await rewrite(testId('per', 2), testId('per', 4));
    const verified = verifyBundle(await makeBundle(floor, floor.org, RELEASE, []), await trust());
    expect(verified.checks.filter((check) => !check.ok).map(({ name }) => name)).toEqual(['facts']);
    await rewrite(testId('per', 4), testId('per', 2));
    expect(verifyBundle(await makeBundle(floor, floor.org, RELEASE, []), await trust()).ok).toBe(true);
  });
  test('a bundle holds the history of the keys: one that the ledger ended opens none, also by a trust file of before', async () => {
    const admin = system(floor.org, 'test');
    const { keyId } = await rotateSigning(floor, admin);
    const before = await trust();
    const old = await makeBundle(floor, floor.org, RELEASE, []);
    expect(verifyBundle(old, before).ok).toBe(true);
    const stolen = await floor.signer.current();
    await rotateSigning(floor, admin);
    await revokeSigning(floor, admin, { key: keyId, from: null, reason: 'a copy was found' });
    const after = await trust();
    expect(after.keys.find((key) => key.keyId === keyId)).toMatchObject({ revokedFrom: expect.any(String) as string });
    const fresh = verifyBundle(await makeBundle(floor, floor.org, RELEASE, []), after);
    expect(fresh.checks.filter((check) => !check.ok)).toEqual([]);
    expect(fresh.checks.find(({ name }) => name === 'keys')?.why).toBe('3 keys were announced in the ledger, 1 ended');
    expect(
      verifyBundle(old, after)
        .checks.filter((check) => !check.ok)
        .map(({ name }) => name),
    ).toEqual(['manifest']);
    // Whoever has the key signs what is true today: the ledger within says that it has ended.
    const thief = { ...floor, signer: { ...floor.signer, current: async () => stolen } } as Floor;
    await floor.db.tx('*', (tx) => tx.query('update signing_key set revoked_from = null where key_id = $1', [keyId]));
    const stale = verifyBundle(await makeBundle(thief, floor.org, RELEASE, []), before);
    expect(stale.checks.filter((check) => !check.ok).map(({ name }) => name)).toEqual(['keys']);
  });
  test('a release that nobody made is a problem; another organisation sees none of ours', async () => {
    await expect(makeBundle(floor, floor.org, testId('rel', 77), [])).rejects.toMatchObject({ code: 'evidence.no-such-release' });
    await expect(makeBundle(floor, testId('org', 77), RELEASE, [])).rejects.toMatchObject({ code: 'evidence.no-such-release' });
  });
});
