import type { Reason } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import { assertStep } from '../../kernel/machine.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { promotionMachine, type DestinationRow, type PromotionRow, type PromotionState } from './promotion.ts';

const DESTINATION = `id, name, connection_id as "connectionId", connection, repository, environment_id as "environmentId", tiers,
  created_by as "createdBy", created_at as "createdAt", version`;
const PROMOTION = `id, org_id as org, artifact_id as "artifactId", digest, service_id as "serviceId", destination_id as "destinationId",
  release_id as "releaseId", release_version as "releaseVersion", environment_id as "environmentId", tag, state, requested_by as "requestedBy",
  asked_at as "askedAt", decision_id as "decisionId", record_digest as "recordDigest", summary_digest as "summaryDigest", location,
  manifest_digest as "manifestDigest", carried, reasons, attempts, due_at as "dueAt", promoted_at as "promotedAt", version`;

/** Destinations that stand, by name. */
export function standingDestinations(tx: Tx): Promise<DestinationRow[]> {
  return tx.query(`select ${DESTINATION} from promotion_destination where org_id = $1 and removed_at is null order by name`, [tx.org]);
}

/** A standing destination by its name, locked for change where asked; null: there is none. */
export function destinationByName(tx: Tx, name: string, lock = false): Promise<DestinationRow | null> {
  const sql = `select ${DESTINATION} from promotion_destination where org_id = $1 and name = $2 and removed_at is null`;
  return tx.maybe(lock ? `${sql} for update` : sql, [tx.org, name]);
}

/** A destination by id, also one that was removed: promotions keep theirs. */
export function destinationById(tx: Tx, id: string): Promise<DestinationRow | null> {
  return tx.maybe(`select ${DESTINATION} from promotion_destination where id = $1`, [id]);
}

export async function insertDestination(tx: Tx, row: Omit<DestinationRow, 'version'>): Promise<void> {
  await tx.write(
    `insert into promotion_destination (id, org_id, name, connection_id, connection, repository, environment_id, tiers, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      row.id,
      tx.org,
      row.name,
      row.connectionId,
      row.connection,
      row.repository,
      row.environmentId,
      row.tiers,
      row.createdBy,
      row.createdAt,
    ],
  );
}

/** Ends a locked destination. */
export async function endDestination(tx: Tx, id: string, at: Instant): Promise<void> {
  await tx.write(`update promotion_destination set removed_at = $2, version = version + 1 where id = $1 and removed_at is null`, [id, at]);
}

export type NewPromotion = Pick<
  PromotionRow,
  'id' | 'artifactId' | 'digest' | 'serviceId' | 'destinationId' | 'releaseId' | 'releaseVersion' | 'environmentId' | 'tag' | 'requestedBy'
>;

/** The promotion of these bytes there for this release, made where it is new; its row is locked in either case. */
export async function keepPromotion(tx: Tx, row: NewPromotion, at: Instant): Promise<{ row: PromotionRow; fresh: boolean }> {
  const made = await tx.maybe<PromotionRow>(
    `insert into promotion (id, org_id, artifact_id, digest, service_id, destination_id, release_id, release_version, environment_id, tag, state,
       requested_by, asked_at, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'asked', $11, $12, $12)
     on conflict (destination_id, digest, coalesce(release_id, '')) do nothing returning ${PROMOTION}`,
    [
      row.id,
      tx.org,
      row.artifactId,
      row.digest,
      row.serviceId,
      row.destinationId,
      row.releaseId,
      row.releaseVersion,
      row.environmentId,
      row.tag,
      row.requestedBy,
      at,
    ],
  );
  if (made !== null) return { row: made, fresh: true };
  const there = await tx.one<PromotionRow>(
    `select ${PROMOTION} from promotion where destination_id = $1 and digest = $2 and coalesce(release_id, '') = coalesce($3, '') for update`,
    [row.destinationId, row.digest, row.releaseId],
  );
  return { row: there, fresh: false };
}

export function promotionById(tx: Tx, id: string, lock = false): Promise<PromotionRow | null> {
  const sql = `select ${PROMOTION} from promotion where id = $1`;
  return tx.maybe(lock ? `${sql} for update` : sql, [id]);
}

/** Takes an asked promotion whose time has come into one hand until `until`; null where another has it. */
export function takePromotion(tx: Tx, id: string, now: Instant, until: Instant): Promise<PromotionRow | null> {
  return tx.maybe(
    `update promotion set due_at = $3, version = version + 1 where id = $1 and state = 'asked' and due_at <= $2 returning ${PROMOTION}`,
    [id, now, until],
  );
}

/** Says that the hand which has it still works: nobody else takes it until `until`. False where it has not any more. */
export async function holdPromotion(tx: Tx, row: Pick<PromotionRow, 'id' | 'version'>, until: Instant): Promise<boolean> {
  return (
    (await tx.write(`update promotion set due_at = $3 where id = $1 and version = $2 and state = 'asked'`, [
      row.id,
      row.version,
      until,
    ])) === 1
  );
}

export type PromotionChange = Partial<{
  readonly state: PromotionState;
  readonly requestedBy: string;
  readonly askedAt: Instant;
  readonly tag: string | null;
  readonly decisionId: string | null;
  readonly recordDigest: Digest | null;
  readonly summaryDigest: Digest | null;
  readonly location: string | null;
  readonly manifestDigest: Digest | null;
  readonly carried: number;
  readonly reasons: readonly Reason[];
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly promotedAt: Instant | null;
}>;

/** Saves what changed of a row as it was read; null where somebody was faster. A step that is none is a bug. */
export async function savePromotion(tx: Tx, row: PromotionRow, change: PromotionChange): Promise<PromotionRow | null> {
  if (change.state !== undefined && change.state !== row.state) assertStep(promotionMachine, row.state, change.state);
  const now = { ...row, ...change };
  return tx.maybe<PromotionRow>(
    `update promotion set state = $3, requested_by = $4, asked_at = $5, tag = $6, decision_id = $7, record_digest = $8, summary_digest = $9,
       location = $10, manifest_digest = $11, carried = $12, reasons = $13::jsonb, attempts = $14, due_at = $15, promoted_at = $16,
       version = version + 1 where id = $1 and version = $2 returning ${PROMOTION}`,
    [
      row.id,
      row.version,
      now.state,
      now.requestedBy,
      now.askedAt,
      now.tag,
      now.decisionId,
      now.recordDigest,
      now.summaryDigest,
      now.location,
      now.manifestDigest,
      now.carried,
      JSON.stringify(now.reasons),
      now.attempts,
      now.dueAt,
      now.promotedAt,
    ],
  );
}

/** Promotions that wait and whose time has come, of all organisations. */
export function duePromotions(tx: Tx, now: Instant, limit: number): Promise<{ id: string; org: string }[]> {
  return tx.query(`select id, org_id as org from promotion where state = 'asked' and due_at <= $1 order by due_at limit $2`, [now, limit]);
}

export type PromotionFilter = {
  readonly digest: string | null;
  readonly release: string | null;
  readonly services: 'all' | ReadonlySet<string>;
  readonly limit: number;
};

/** Promotions, newest first. */
export function listPromotions(tx: Tx, filter: PromotionFilter): Promise<PromotionRow[]> {
  return tx.query(
    `select ${PROMOTION} from promotion where org_id = $1 and ($2::text is null or digest = $2) and ($3::text is null or release_id = $3)
       and ($4::text[] is null or service_id = any($4)) order by asked_at desc, id desc limit $5`,
    [tx.org, filter.digest, filter.release, filter.services === 'all' ? null : [...filter.services], filter.limit],
  );
}
