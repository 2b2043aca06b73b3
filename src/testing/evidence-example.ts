import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { NOBODY } from '../changes/segregation.ts';
import { signStatement } from '../artifacts/provenance/statement.ts';
import { writePromotion, writeSummary, type Promoted } from '../artifacts/promotion/statements.ts';
import { packBundle, policiesIn, type Packing } from '../evidence/pack.ts';
import type { Sections } from '../evidence/verify/format.ts';
import { policyDigest, type ResolvedPolicy } from '../gates/policy/policy.ts';
import { canonicalBytes, canonicalFact, canonicalJson } from '../kernel/canonical.ts';
import { signCheckpoint } from '../kernel/checkpoint.ts';
import { digestOf, digestOfValue, hexOf, type Digest } from '../kernel/digest.ts';
import { sealEnvelope, type Signer, type TrustedKey } from '../kernel/dsse.ts';
import { makeId } from '../kernel/id.ts';
import { consistencyRanges, inclusionRanges, leafHash, rootOf, type Hash, type LeafRange } from '../kernel/merkle.ts';
import { intentDigest, type ReleaseIntent } from '../releases/intent.ts';
import { decide, type MayShip, type Subject } from '../releases/may-ship.ts';
import type { RuleInputs } from '../releases/rules.ts';

/**
 * A small story from commit to incident with a real bundle over it, made without a database: what the tampering
 * campaign and the verifier's tests work on. Everything is real but the clock and the log, which is in memory.
 */
export type TestKey = Signer & TrustedKey;

export function makeTestKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return {
    keyId,
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

/** A valid id that is the same in every run. */
export function testId(prefix: string, n: number): string {
  return makeId(prefix, 1_790_000_000_000 + n, createHash('sha256').update(`${prefix}${n}`).digest().subarray(0, 10));
}

/** The instant `minutes` into the story. */
export function at(minutes: number): string {
  return new Date(Date.UTC(2026, 10, 23, 9, minutes)).toISOString();
}

export const ORG = testId('org', 1);
export const RELEASE = testId('rel', 1);
const [SERVICE, RUN, JOB, ARTIFACT, CHANGE, DEPLOYMENT] = ['svc', 'run', 'job', 'art', 'chg', 'dep'].map((prefix) => testId(prefix, 1)) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const PROD = testId('env', 3);
const COMMIT = 'c0ffee'.padEnd(40, '0');
const BYTES = digestOf('the bytes of the service');

export const RESOLVED: ResolvedPolicy = {
  name: 'startup',
  version: 1,
  tier: 3,
  kind: 'production',
  rules: {
    checks: [],
    supplyChain: { sbom: true, provenance: true },
    lifecycle: { verifiedBefore: true, soak: 0 },
    verification: { checks: ['health'], maxAge: null },
    approval: null,
    readiness: { rollbackPlan: false, dependencies: false, checklist: [] },
    breakGlass: { persons: 1, timeBox: 3_600_000, debtDue: 86_400_000 },
  },
};

const intent: ReleaseIntent = {
  v: 1,
  service: SERVICE,
  digests: [BYTES],
  environment: PROD,
  configuration: { GREETING: 'hello' },
  schemaChange: { kind: 'none', digest: null },
  run: null,
  plan: { strategy: 'all-at-once' },
  policyDigest: policyDigest(RESOLVED),
  target: 'agent',
};

/** A decision about the example's release, with the bytes of its subject and inputs. */
export function exampleDecision(
  purpose: 'deploy' | 'rollback',
  now: string,
): { readonly answer: MayShip; readonly inputs: readonly unknown[] } {
  const subject: Subject = {
    v: 1,
    release: RELEASE,
    releaseType: 'standard',
    environment: 'prod',
    purpose,
    deployment: DEPLOYMENT,
    intent,
    policy: { name: 'startup', version: 1 },
    breakGlass: null,
  };
  const inputs: RuleInputs = {
    lifecycle: {
      purpose,
      abandoned: false,
      revoked: [],
      policy: RESOLVED.rules.lifecycle,
      before: [],
      here: { said: [], allowedBefore: true },
    },
    gates: { resolved: RESOLVED, facts: [{ digest: BYTES, reports: [], testsBefore: null }], waivers: [] },
    'supply-chain': {
      digests: [
        {
          digest: BYTES,
          service: { id: SERVICE, name: 'cart' },
          artifact: null,
          builds: [],
          keys: [],
          expectedSource: null,
          expectedBuilder: 'urn:test',
        },
      ],
      policy: RESOLVED.rules.supplyChain,
    },
    approvals: { route: null, intent: intentDigest(intent), deployment: DEPLOYMENT, votes: [], involvement: NOBODY, roles: {} },
    calendar: {
      subject: { tier: 3, team: 'shop', service: 'cart', environment: 'prod', kind: 'production', releaseType: 'standard', purpose },
      freezes: [],
      overrides: [],
    },
    readiness: {
      purpose,
      releaseType: 'standard',
      checklist: [],
      ticks: [],
      dependencies: [],
      incidents: [],
      rollback: { required: false, plan: null },
      leaving: null,
    },
    debt: { releaseType: 'standard', debts: [] },
  };
  return { answer: decide(subject, inputs, now), inputs: [subject, ...Object.values(inputs)] };
}

/** The statement about the example's artifact that `predicateType` names, signed. */
export function exampleAttestation(predicateType: string, key: Signer, about: Digest = BYTES): string {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'cart', digest: { sha256: hexOf(about) } }],
    predicateType,
    predicate: {},
  };
  return canonicalJson(sealEnvelope('application/vnd.in-toto+json', canonicalBytes(statement), key));
}

type Told = { readonly type: string; readonly subject: string; readonly body: Record<string, unknown> };

export type Example = {
  readonly key: TestKey;
  readonly packing: Packing;
  readonly bytes: Uint8Array;
  readonly trust: { readonly keys: readonly TrustedKey[]; readonly checkpoints: readonly string[] };
  /** The hashes of the whole log, for forging proofs about it. */
  readonly log: readonly Hash[];
};

/** Makes the example. `key` signs everything, but `attester` the attestations where it is given; `forked` tells the same story in a log whose early
 * part is another; `refusedAct` deploys on the decision that did not allow it; `bent` records another answer than the
 * rules gave, from the first moment on, as a server that lies would; `promoted` says so of a promotion; `before` tells of it
 * as facts did before bundles held what was signed. */
export function makeExample(
  key: TestKey = makeTestKey(),
  options: {
    readonly attester?: TestKey;
    readonly forked?: boolean;
    readonly noise?: number;
    readonly refusedAct?: boolean;
    readonly bent?: Partial<MayShip>;
    readonly promoted?: Partial<Promoted> & { readonly signer?: Signer; readonly restsOn?: number };
    readonly before?: boolean;
  } = {},
): Example {
  const decisions = [
    { id: testId('dec', 1), ...exampleDecision('deploy', at(30)) },
    { id: testId('dec', 2), ...exampleDecision('rollback', at(40)) },
  ];
  if (options.bent !== undefined) decisions[0] = { ...first(decisions), answer: bend(first(decisions).answer, options.bent) };
  const attestations = ['https://slsa.dev/provenance/v1', 'https://cyclonedx.org/bom'].map((type) =>
    exampleAttestation(type, options.attester ?? key),
  );
  const promotion = promotionOf(key, decisions[options.promoted?.restsOn ?? 1], attestations.map(digestOf), options);
  const told = story(decisions, attestations.map(digestOf), options.refusedAct === true ? 0 : 1, promotion.fact);
  const leaves = told.map((fact, n) =>
    canonicalFact({
      v: 1,
      id: testId('fct', n),
      org: ORG,
      type: fact.type,
      subject: fact.subject,
      service: SERVICE,
      actor: 'system:test',
      at: at(n),
      body: fact.body,
    }),
  );
  const noise = options.noise ?? 40;
  const before = Array.from({ length: noise }, (_, n) =>
    leafHash(Buffer.from(`${options.forked === true && n === 3 ? 'forked ' : ''}other fact ${n}`)),
  );
  const between = leafHash(Buffer.from('another fact in between'));
  // Other facts stand in the log before, between and after those of the story.
  const log = [...before, ...leaves.flatMap((leaf) => [leafHash(Buffer.from(leaf)), between])];
  const origin = 'yardmaster.ledger/ins_example/1';
  const note = (size: number): string =>
    signCheckpoint({ origin, size, root: rootOf(log.slice(0, size)), extensions: [] }, key, key.publicKeyPem);
  const sections: Sections = {
    checkpoint: note(log.length),
    consistency: [{ origin, size: noise, proof: hashes(log, consistencyRanges(noise, log.length)) }],
    facts: leaves.map((leaf, n) => ({ position: noise + 2 * n, leaf, proof: hashes(log, inclusionRanges(noise + 2 * n, log.length)) })),
    attestations: attestations.map((text) => ({ artifact: BYTES, blob: digestOf(text) })),
    decisions: decisions.map(({ id, answer }) => ({ decision: id, answer: answer as unknown as Record<string, unknown> })),
    policies: [...policiesIn(decisions.flatMap(({ inputs }) => inputs))].map(([digest, resolved]) => ({ digest, resolved })),
    blobs: Object.fromEntries(
      [...attestations, ...promotion.texts, ...decisions.flatMap(({ inputs }) => inputs.map(canonicalJson))].map((text) => [
        digestOf(text),
        Buffer.from(text).toString('base64'),
      ]),
    ),
  };
  const packing: Packing = { release: RELEASE, origin, size: log.length, madeAt: at(59), sections, missing: [] };
  return {
    key,
    packing,
    bytes: packBundle(packing, key),
    trust: { keys: [{ keyId: key.keyId, publicKeyPem: key.publicKeyPem }], checkpoints: [note(noise)] },
    log,
  };
}

function first<Item>(list: readonly Item[]): Item {
  return list[0] as Item;
}

/** Another answer, with a digest that fits it. */
function bend(answer: MayShip, change: Partial<MayShip>): MayShip {
  const bent = { ...answer, ...change };
  return { ...bent, digest: digestOfValue({ ...bent, digest: undefined }) };
}

function hashes(log: readonly Hash[], ranges: readonly LeafRange[]): string[] {
  return ranges.map(({ from, to }) => Buffer.from(rootOf(log.slice(from, to))).toString('base64'));
}

/** The promotion of the example: its fact, and the texts of what was signed of it. */
function promotionOf(
  key: TestKey,
  decision: Decided | undefined,
  judged: readonly Digest[],
  {
    promoted: bent = {},
    before = false,
  }: { readonly promoted?: Partial<Promoted> & { readonly signer?: Signer }; readonly before?: boolean },
): { readonly fact: Told; readonly texts: readonly string[] } {
  const location = `oci://registry.example/acme/cart@${BYTES}`;
  const truth: Promoted = {
    org: ORG,
    name: 'cart',
    digest: BYTES,
    promotion: testId('prm', 1),
    service: SERVICE,
    destination: { name: 'prod-images', location },
    source: null,
    release: { id: RELEASE, version: '1.0.0' },
    environment: 'prod',
    requestedBy: testId('per', 1),
    at: at(9),
    decision: {
      id: decision?.id ?? null,
      digest: (decision?.answer.digest ?? BYTES) as Digest,
      policy: { uri: 'urn:yardmaster:policy:startup', digest: policyDigest(RESOLVED) as Digest },
    },
    judged,
    level: 'SLSA_BUILD_LEVEL_3',
  };
  const { signer = key, ...lies } = bent;
  const said = { ...truth, ...lies };
  const texts = [writePromotion(said), writeSummary(said)].map((statement) => canonicalJson(signStatement(statement, signer)));
  const body = {
    promotion: truth.promotion,
    digest: BYTES,
    name: 'cart',
    destination: truth.destination.name,
    location,
    manifest: null,
    tag: '1.0.0',
    release: RELEASE,
    environment: PROD,
    decision: truth.decision.id,
    record: digestOf(texts[0] ?? ''),
    summary: digestOf(texts[1] ?? ''),
    carried: 4,
    ...(before ? {} : { signers: [key.keyId, key.keyId] }),
  };
  return { fact: { type: 'artifact.promoted', subject: ARTIFACT, body }, texts: before ? [] : texts };
}

type Decided = { readonly id: string; readonly answer: MayShip };

function story(decisions: readonly Decided[], envelopes: readonly Digest[], restsOn: number, promotion: Told): Told[] {
  const decided = decisions.map(({ id, answer }) => ({
    type: 'decision.recorded',
    subject: id,
    body: {
      release: RELEASE,
      environment: 'prod',
      purpose: 'deploy',
      verdict: answer.verdict,
      digest: answer.digest,
      intent: answer.intent,
      deployment: DEPLOYMENT,
      at: answer.at,
      inputs: answer.inputs,
    },
  }));
  return [
    { type: 'change.merged', subject: testId('src', 1), body: { commit: COMMIT, commits: [COMMIT], ref: 'refs/heads/main', before: null } },
    { type: 'pipelinerun.queued', subject: RUN, body: { commit: COMMIT, trust: 'protected' } },
    { type: 'taskrun.finished', subject: JOB, body: { run: RUN, outcome: 'succeeded' } },
    { type: 'artifact.published', subject: ARTIFACT, body: { digest: BYTES, name: 'cart', run: RUN, job: JOB, commit: COMMIT } },
    {
      type: 'artifact.signed',
      subject: ARTIFACT,
      body: { digest: BYTES, run: RUN, attestations: envelopes.map((envelope) => ({ envelope })) },
    },
    { type: 'pipelinerun.finished', subject: RUN, body: { outcome: 'succeeded', commit: COMMIT } },
    { type: 'release.created', subject: RELEASE, body: { version: '1.0.0', commit: COMMIT, run: RUN, digests: [BYTES], change: CHANGE } },
    {
      type: 'approval.given',
      subject: testId('apr', 1),
      body: { release: RELEASE, change: CHANGE, person: testId('per', 2), intent: digestOfValue(intent) },
    },
    ...decided,
    promotion,
    { type: 'deployment.started', subject: DEPLOYMENT, body: { release: RELEASE, digest: BYTES, decision: decisions[restsOn]?.id } },
    { type: 'incident.linked', subject: testId('inc', 1), body: { deployment: DEPLOYMENT } },
  ];
}
