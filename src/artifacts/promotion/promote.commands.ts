import { environmentByName, serviceById } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { notFound } from '../../platform/platform.problems.ts';
import { artifactByDigest, buildsOf, type Artifact } from '../artifacts.queries.ts';
import { promotionAsked } from '../artifacts.events.ts';
import { badPromotion, noDestinationFor, noSuchArtifact, noSuchDestination, otherTag } from '../artifacts.problems.ts';
import type { GateRelease, PromotionGate } from './gate.port.ts';
import { isFor, type DestinationRow, type PromotionRow } from './promotion.ts';
import { destinationByName, keepPromotion, savePromotion, standingDestinations } from './promotion.store.ts';

/** The task that copies one promotion. */
export const PROMOTE_TASK = 'artifacts.promote';

export type WantedPromotion = {
  readonly digest: Digest;
  /** A release that holds it: for the version, and for the answer where the destination is an environment's. */
  readonly release: string | null;
  /** By name; null: every destination of `environment` for the service's tier. */
  readonly destination: string | null;
  readonly environment: string | null;
  /** null: the release's version, or none. */
  readonly tag: string | null;
};

/** A wish that fits together: who may have it is the caller's question. */
export type PlannedPromotion = {
  readonly artifact: Artifact;
  readonly service: Service;
  readonly release: GateRelease | null;
  readonly destinations: readonly DestinationRow[];
  readonly tag: string | null;
};

/** Finds what a wish means, and throws where its parts don't fit together. Changes nothing. */
export async function planPromotion(tx: Tx, gate: PromotionGate, wanted: WantedPromotion): Promise<PlannedPromotion> {
  const { digest } = wanted;
  const artifact = await artifactByDigest(tx, digest);
  if (artifact === null) throw noSuchArtifact({ digest });
  const release = wanted.release === null ? null : await gate.release(tx, wanted.release);
  if (wanted.release !== null && release === null) throw notFound({ what: `release ${wanted.release}` });
  if (release !== null && !release.digests.includes(digest))
    throw badPromotion({ why: `the release ${release.version} does not hold ${digest}` });
  const builders = [...new Set((await buildsOf(tx, digest)).map((build) => build.service))];
  const serviceId = release?.serviceId ?? (builders.length === 1 ? builders[0] : undefined);
  if (serviceId === undefined) throw badPromotion({ why: 'several services built these bytes, and no release says which is meant' });
  const service = await serviceById(tx, serviceId);
  if (service === null) throw notFound({ what: `service ${serviceId}` });
  const destinations = await destinationsFor(tx, wanted, service.tier);
  if (release === null && destinations.some((one) => one.environmentId !== null))
    throw badPromotion({ why: 'the destination is an environment’s, so the release that goes there must be named' });
  return { artifact, service, release, destinations, tag: wanted.tag ?? release?.version.replaceAll('+', '_') ?? null };
}

async function destinationsFor(tx: Tx, { destination, environment }: WantedPromotion, tier: number): Promise<readonly DestinationRow[]> {
  if (destination !== null) {
    const one = await destinationByName(tx, destination);
    if (one === null) throw noSuchDestination({ name: destination });
    if (one.tiers !== null && !one.tiers.includes(tier)) throw badPromotion({ why: `${one.name} takes no services of tier ${tier}` });
    return [one];
  }
  if (environment === null) throw badPromotion({ why: 'neither a destination nor an environment is named' });
  const place = await environmentByName(tx, environment);
  if (place === null) throw notFound({ what: `environment ${environment}` });
  const found = (await standingDestinations(tx)).filter((one) => isFor(one, place.id, tier));
  if (found.length === 0) throw noDestinationFor({ environment, tier });
  return found;
}

/**
 * Asks for the promotions of a plan. One that was asked for, or is done, stays as it is; one that was refused or failed
 * is tried anew, with an answer of its own.
 */
export async function askPromotions(tx: Tx, actor: Actor, plan: PlannedPromotion): Promise<PromotionRow[]> {
  const rows: PromotionRow[] = [];
  for (const destination of plan.destinations) rows.push(await askOne(tx, actor, plan, destination));
  return rows;
}

async function askOne(
  tx: Tx,
  actor: Actor,
  { artifact, service, release, tag }: PlannedPromotion,
  to: DestinationRow,
): Promise<PromotionRow> {
  const at = await tx.now();
  const wanted = {
    id: tx.floor.newId('prm'),
    artifactId: artifact.id,
    digest: artifact.digest,
    serviceId: service.id,
    destinationId: to.id,
    releaseId: release?.id ?? null,
    releaseVersion: release?.version ?? null,
    environmentId: to.environmentId,
    tag,
    requestedBy: actorLabel(actor),
  };
  const { row, fresh } = await keepPromotion(tx, wanted, at);
  if (!fresh && tag !== null && row.tag !== tag && row.state !== 'refused' && row.state !== 'failed')
    throw otherTag({ tag: row.tag, asked: tag });
  if (!fresh && (row.state === 'promoted' || row.state === 'asked')) return row;
  const anew = { recordDigest: null, summaryDigest: null, decisionId: null, location: null, reasons: [], attempts: 0 };
  const asked = fresh
    ? row
    : await savePromotion(tx, row, { state: 'asked', tag, requestedBy: wanted.requestedBy, askedAt: at, dueAt: at, ...anew });
  if (asked === null) throw new Error(`promotion ${row.id} changed under its own lock`);
  const body = { digest: asked.digest, destination: to.name, release: asked.releaseId, environment: asked.environmentId, tag };
  await tx.record(promotionAsked, { subject: asked.id, actor, service: service.id, body });
  await tx.wake(PROMOTE_TASK, asked.id, { promotion: asked.id });
  return asked;
}
