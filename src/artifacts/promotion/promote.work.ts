import { environmentById, serviceById } from '../../catalog/catalog.queries.ts';
import { system } from '../../kernel/actor.ts';
import type { Reason } from '../../kernel/decision.ts';
import { digestOfValue, type Digest } from '../../kernel/digest.ts';
import type { Envelope } from '../../kernel/dsse.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Floor, Sweeper, Task, Tx } from '../../platform/floor.ts';
import { artifactPromoted, promotionFailed, promotionRefused } from '../artifacts.events.ts';
import { damaged, noAttestation, noSuchArtifact, notSignedYet } from '../artifacts.problems.ts';
import { artifactByDigest, attestationsOf, type Artifact } from '../artifacts.queries.ts';
import { SBOM_MEDIA_TYPE } from '../provenance/statement.ts';
import { recordedAttestations } from '../recorded/recorded.queries.ts';
import { readEnvelope, readSigned } from '../recorded/kept.queries.ts';
import { attest } from '../sign.api.ts';
import { supplyChainInputs } from '../supply-chain.queries.ts';
import { supplyChain, type SupplyChainPolicy } from '../supply-chain.ts';
import type { GateAnswer, PromotionGate } from './gate.port.ts';
import { PROMOTE_TASK } from './promote.commands.ts';
import { buildFacts } from './promotion.queries.ts';
import { IN_HAND_MS, mayPass, MOST_ATTEMPTS, repositoryOf, retryIn, type DestinationRow, type PromotionRow } from './promotion.ts';
import { destinationById, duePromotions, holdPromotion, savePromotion, takePromotion } from './promotion.store.ts';
import type { Carried, CarriedDocument, PromotionJob, RegistryPort } from './registry.port.ts';
import { levelOf, PROMOTION_PREDICATE, SUMMARY_PREDICATE, writePromotion, writeSummary, type SlsaLevel } from './statements.ts';

export type PromotionPorts = { readonly registry: RegistryPort; readonly gate: PromotionGate };

const HOLD_EVERY_MS = 10_000;
const AT_ONCE = 20;
/** What is asked of an artifact that goes to no environment: what a policy asks at least of what leaves the house. */
const LEAST: SupplyChainPolicy = { sbom: true, provenance: true, recorded: 'token' };

/** Not now: the rules say no. Not a Problem, because it is an answer and is kept as one. */
class NotNow extends Error {
  readonly answer: Pick<GateAnswer, 'verdict' | 'reasons' | 'decision'>;
  constructor(answer: NotNow['answer']) {
    super(`the answer is ${answer.verdict}`);
    this.answer = answer;
  }
}

type About = {
  readonly artifact: Artifact;
  readonly destination: DestinationRow;
  readonly service: { readonly id: string; readonly name: string };
  readonly environment: string | null;
  readonly job: PromotionJob;
  readonly own: readonly Carried[];
  readonly documents: readonly CarriedDocument[];
  readonly level: SlsaLevel;
};

/**
 * Copies one promotion: asks, signs, copies by digest, asks again, names, reads back, and says so. Every step may be
 * begun again after a kill: what was signed is kept before anything is copied, what lies there already is not sent again,
 * and a name is given last.
 */
export async function promote(floor: Floor, ports: PromotionPorts, org: string, id: string): Promise<void> {
  let row = await floor.db.tx(org, async (tx) => {
    const now = await tx.now();
    return takePromotion(tx, id, now, plus(now, IN_HAND_MS));
  });
  if (row === null) return;
  const hold = setInterval(() => void keepInHand(floor, org, () => row), HOLD_EVERY_MS);
  try {
    const about = await floor.db.read(org, (tx) => aboutOf(tx, row as PromotionRow));
    if (row.recordDigest === null) row = await sign(floor, ports, row, about);
    const statements = [...about.own, ...(await floor.db.read(org, (tx) => signedOf(tx, row as PromotionRow)))];
    const copied = await ports.registry.copy(floor, about.job, { statements, documents: about.documents }, async () => {
      const answer = await floor.db.read(org, (tx) => judge(tx, ports.gate, row as PromotionRow, about, false));
      if (answer.verdict !== 'allow') throw new NotNow(answer);
    });
    await finish(floor, row, about, copied.manifest, copied.carried);
  } catch (error) {
    await wentWrong(floor, org, row, error);
  } finally {
    clearInterval(hold);
  }
}

async function keepInHand(floor: Floor, org: string, row: () => PromotionRow | null): Promise<void> {
  try {
    const mine = row();
    if (mine !== null) await floor.db.tx(org, async (tx) => holdPromotion(tx, mine, plus(await tx.now(), IN_HAND_MS)));
  } catch (error) {
    floor.log.warn({ err: error }, 'a promotion could not be held; another server may go on with it');
  }
}

async function aboutOf(tx: Tx, row: PromotionRow): Promise<About> {
  const { digest } = row;
  const [artifact, destination, service] = [
    await artifactByDigest(tx, digest),
    await destinationById(tx, row.destinationId),
    await serviceById(tx, row.serviceId),
  ];
  if (artifact === null || destination === null || service === null) throw noSuchArtifact({ digest });
  if (artifact.damagedAt !== null) throw damaged({ digest });
  const environment = row.environmentId === null ? null : await environmentById(tx, row.environmentId);
  const builds = await buildFacts(tx, digest, service.id);
  const build = builds.find((one) => one.signed && one.executor !== null) ?? builds[0];
  const own: Carried[] = [];
  const documents: CarriedDocument[] = [];
  for (const one of await attestationsOf(tx, digest)) {
    own.push({ predicateType: one.predicateType, envelope: one.envelope, value: await envelopeOf(tx, one.envelope, digest) });
    const size = one.kind === 'sbom' ? await tx.floor.blobs.size(one.document) : null;
    if (size !== null && !documents.some((known) => known.digest === one.document))
      documents.push({ mediaType: SBOM_MEDIA_TYPE, digest: one.document, size });
  }
  for (const one of await recordedAttestations(tx, service.id, digest)) {
    const signed = await readSigned(tx, one.envelope);
    if (signed === null) throw noAttestation({ digest, kind: `attestation ${one.envelope}` });
    const bundle = signed.bundle === undefined ? {} : { bundle: true };
    own.push({ predicateType: one.predicateType, envelope: one.envelope, value: signed.envelope, ...bundle });
  }
  const { name, size, kept, reference } = artifact;
  return {
    artifact,
    destination,
    service: { id: service.id, name: service.name },
    environment: environment?.name ?? null,
    own,
    documents,
    level: levelOf(build?.signed === true ? build.executor : null),
    job: {
      org: tx.org,
      connectionId: destination.connectionId,
      repository: repositoryOf(destination.repository, { service: service.name, artifact: name }),
      tag: row.tag,
      version: row.releaseVersion,
      artifact: { digest, name, size, kept, reference },
      source: { repository: build?.repository ?? null, commit: build?.commit ?? null },
    },
  };
}

/** Whatever is attested goes along, or nothing goes. */
async function envelopeOf(tx: Tx, envelope: Digest, digest: Digest): Promise<Envelope> {
  const value = await readEnvelope(tx, envelope);
  if (value === null) throw noAttestation({ digest, kind: `attestation ${envelope}` });
  return value;
}

/** The one answer where it goes to an environment; else the supply-chain rule alone. What was revoked goes nowhere. */
async function judge(tx: Tx, gate: PromotionGate, row: PromotionRow, about: About, record: boolean): Promise<GateAnswer> {
  const actor = system(row.org, 'artifacts');
  if (row.releaseId !== null && row.environmentId !== null)
    return gate.ask(tx, { release: row.releaseId, environment: row.environmentId, actor, record });
  const service = await serviceById(tx, row.serviceId);
  if (service === null) throw noSuchArtifact({ digest: row.digest });
  const answer = supplyChain(await supplyChainInputs(tx, service, [about.artifact.digest]), LEAST);
  const policy = { uri: 'urn:yardmaster:policy:supply-chain', digest: digestOfValue(LEAST) };
  return { verdict: answer.verdict, reasons: answer.reasons, decision: null, digest: digestOfValue(answer), policy };
}

/** Asks, with a recorded answer; then writes and signs what is said of this promotion, once. Signing may go far away: no transaction is open. */
async function sign(floor: Floor, { registry, gate }: PromotionPorts, row: PromotionRow, about: About): Promise<PromotionRow> {
  const location = await registry.location(floor, about.job);
  const promoted = await floor.db.tx(row.org, async (tx) => {
    const answer = await judge(tx, gate, row, about, true);
    // Right after its build it is not signed yet, which is a matter of seconds and no answer of the rules.
    const early = answer.verdict !== 'deny' && answer.reasons.every((one) => one.code === notSignedYet.code);
    if (early) throw notSignedYet({ why: answer.reasons[0]?.text ?? '' });
    if (answer.verdict === 'allow') return promotedAs(row, about, answer, location, await tx.now());
    await refuse(tx, row, about.destination.name, answer);
    return null;
  });
  if (promoted === null) throw new Gone();
  const { envelope: recordDigest } = await attest(floor, writePromotion(promoted));
  const { envelope: summaryDigest } = await attest(floor, writeSummary(promoted));
  const decisionId = promoted.decision.id;
  return floor.db.tx(row.org, async (tx) => saved(await savePromotion(tx, row, { recordDigest, summaryDigest, location, decisionId })));
}

/** What is said of a promotion that was allowed. */
function promotedAs(row: PromotionRow, about: About, answer: GateAnswer, location: string, at: Instant) {
  const { org, id: promotion, requestedBy, releaseId, releaseVersion } = row;
  const { artifact, destination, service, environment, level, own } = about;
  return {
    org,
    promotion,
    name: artifact.name,
    digest: artifact.digest,
    service: service.id,
    destination: { name: destination.name, location },
    source: artifact.reference,
    release: releaseId === null || releaseVersion === null ? null : { id: releaseId, version: releaseVersion },
    environment,
    requestedBy,
    at,
    decision: { id: answer.decision, digest: answer.digest, policy: answer.policy },
    judged: own.map((one) => one.envelope),
    level,
  };
}

/** The row is settled, or in another hand: there is nothing left to do. */
class Gone extends Error {}

function saved(row: PromotionRow | null): PromotionRow {
  if (row === null) throw new Gone();
  return row;
}

async function signedOf(tx: Tx, row: PromotionRow): Promise<Carried[]> {
  const found: Carried[] = [];
  for (const [predicateType, envelope] of [
    [PROMOTION_PREDICATE, row.recordDigest],
    [SUMMARY_PREDICATE, row.summaryDigest],
  ] as const)
    if (envelope !== null) found.push({ predicateType, envelope, value: await envelopeOf(tx, envelope, row.digest) });
  return found;
}

async function finish(floor: Floor, row: PromotionRow, about: About, manifest: Digest | null, carried: number): Promise<void> {
  await floor.db.tx(row.org, async (tx) => {
    const at = await tx.now();
    const signers = (await signedOf(tx, row)).flatMap(({ value }) => value.signatures[0]?.keyid ?? []);
    const done = saved(await savePromotion(tx, row, { state: 'promoted', manifestDigest: manifest, carried, promotedAt: at, reasons: [] }));
    await tx.record(artifactPromoted, {
      subject: done.artifactId,
      actor: system(row.org, 'artifacts'),
      service: done.serviceId,
      body: {
        promotion: done.id,
        digest: done.digest,
        name: about.artifact.name,
        destination: about.destination.name,
        location: done.location ?? '',
        manifest,
        tag: done.tag,
        release: done.releaseId,
        environment: done.environmentId,
        decision: done.decisionId,
        record: done.recordDigest ?? '',
        summary: done.summaryDigest ?? '',
        carried,
        signers,
      },
    });
    await tx.notify('artifact', done.artifactId);
  });
}

async function refuse(tx: Tx, row: PromotionRow, destination: string, answer: NotNow['answer']): Promise<PromotionRow> {
  const reasons = answer.reasons.slice(0, 20);
  const refused = saved(await savePromotion(tx, row, { state: 'refused', reasons, decisionId: answer.decision ?? row.decisionId }));
  const body = {
    digest: row.digest,
    destination,
    verdict: answer.verdict,
    decision: answer.decision,
    reasons: reasons.map((one) => one.code),
  };
  await tx.record(promotionRefused, { subject: row.id, actor: system(row.org, 'artifacts'), service: row.serviceId, body });
  await tx.notify('artifact', row.artifactId);
  return refused;
}

async function wentWrong(floor: Floor, org: string, row: PromotionRow, error: unknown): Promise<void> {
  if (error instanceof Gone) return;
  await floor.db.tx(org, async (tx) => {
    const destination = (await destinationById(tx, row.destinationId))?.name ?? row.destinationId;
    if (error instanceof NotNow) return void (await refuse(tx, row, destination, error.answer).catch(ignoreGone));
    const attempts = row.attempts + 1;
    const passes = error instanceof Problem ? mayPass(error.code) : true;
    // A bug is for the log; its words are not for whoever asked.
    if (!(error instanceof Problem)) floor.log.error({ err: error, promotion: row.id }, 'a promotion ended with a bug and is tried again');
    const reason: Reason =
      error instanceof Problem
        ? { code: error.code, text: `${error.sentence} ${error.remedy}`.slice(0, 2000) }
        : { code: 'artifacts.bug', text: 'It ended with a bug of ours, which is in the log.' };
    if (passes && attempts < MOST_ATTEMPTS)
      return void (await savePromotion(tx, row, { attempts, reasons: [reason], dueAt: plus(await tx.now(), retryIn(attempts)) }));
    if ((await savePromotion(tx, row, { state: 'failed', attempts, reasons: [reason] })) === null) return;
    const body = { digest: row.digest, destination, why: reason.code };
    await tx.record(promotionFailed, { subject: row.id, actor: system(org, 'artifacts'), service: row.serviceId, body });
    await tx.notify('artifact', row.artifactId);
  });
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof Gone)) throw error;
}

/** What wakes copy. */
export function promoteTask(ports: PromotionPorts): Task {
  return {
    name: PROMOTE_TASK,
    run: async (floor, payload, org) => {
      if (typeof payload['promotion'] === 'string' && !floor.paused()) await promote(floor, ports, org, payload['promotion']);
    },
  };
}

/** Wakes what waits, and what was in the hand of a server that ended. */
export const promotionSweeper: Sweeper = {
  name: 'artifacts.promotions',
  sweep: async (tx) => {
    for (const { id, org } of await duePromotions(tx, await tx.now(), AT_ONCE)) await tx.wake(PROMOTE_TASK, id, { promotion: id, org });
  },
};
