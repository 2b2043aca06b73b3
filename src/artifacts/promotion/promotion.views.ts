import type { DestinationView, PromotionView } from '../../contract/promotions.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import type { DestinationRow, PromotionRow } from './promotion.ts';

/** Destinations as people see them, with the names of their environments. */
export async function destinationViews(tx: Tx, rows: readonly DestinationRow[]): Promise<DestinationView[]> {
  const names = await namesOf(
    tx,
    'environment',
    rows.flatMap((row) => row.environmentId ?? []),
  );
  return rows.map(({ id, name, connection, repository, environmentId, tiers, createdAt }) => ({
    id: id as DestinationView['id'],
    name,
    connection,
    repository,
    environment: environmentId === null ? null : (names.get(environmentId) ?? environmentId),
    tiers: tiers === null ? null : [...tiers],
    createdAt,
  }));
}

/** Persons by id, and votes, in what rules say: the recorded reasons keep them, people read names. */
const PERSON = /\bper_[0-9a-f]{32}\b/g;
const VOTE = /\bvote apr_[0-9a-f]{32}(?= of\b)/g;

/** Promotions as people see them. */
export async function promotionViews(tx: Tx, rows: readonly PromotionRow[]): Promise<PromotionView[]> {
  const services = await namesOf(
    tx,
    'service',
    rows.map((row) => row.serviceId),
  );
  const environments = await namesOf(
    tx,
    'environment',
    rows.flatMap((row) => row.environmentId ?? []),
  );
  const destinations = await namesOf(
    tx,
    'promotion_destination',
    rows.map((row) => row.destinationId),
  );
  const ids = rows.flatMap((row) => row.reasons.flatMap(({ text }) => text.match(PERSON) ?? []));
  const persons = await personLabel(tx, [...new Set(ids)]);
  const call = (text: string): string => text.replaceAll(VOTE, 'vote').replaceAll(PERSON, (id) => persons.get(id) ?? id);
  return rows.map((row) => ({
    id: row.id as PromotionView['id'],
    digest: row.digest,
    service: services.get(row.serviceId) ?? row.serviceId,
    destination: destinations.get(row.destinationId) ?? row.destinationId,
    release: row.releaseId === null ? null : { id: row.releaseId, version: row.releaseVersion ?? '' },
    environment: row.environmentId === null ? null : (environments.get(row.environmentId) ?? row.environmentId),
    tag: row.tag,
    state: row.state,
    reasons: row.reasons.map(({ code, text }) => ({ code, text: call(text) })),
    attempts: row.attempts,
    requestedBy: row.requestedBy,
    askedAt: row.askedAt,
    promotedAt: row.promotedAt,
    location: row.state === 'promoted' ? row.location : null,
    manifest: row.manifestDigest,
    carried: row.carried,
    decision: row.decisionId,
  }));
}

const SELECT = {
  service: `select id, name from service where id = any($1)`,
  environment: `select id, name from environment where id = any($1)`,
  promotion_destination: `select id, name from promotion_destination where id = any($1)`,
} as const;

async function namesOf(tx: Tx, table: keyof typeof SELECT, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<{ id: string; name: string }>(SELECT[table], [[...new Set(ids)]]);
  return new Map(rows.map((row) => [row.id, row.name]));
}
