import { between } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { latestCheckpoint } from '../platform/ledger/ledger.queries.ts';
import { currentEpoch, logSize } from '../platform/ledger/ledger.store.ts';

/** A server that has not been heard of for this long is not shown. */
const LIVE_MS = 60_000;

/** What the rows say about the instance; in a transaction over all organisations. */
export async function instanceRows(tx: Tx) {
  const now = await tx.now();
  const instance = await tx.one<{ id: string; epoch: number; createdAt: string }>(
    `select id, epoch, created_at as "createdAt" from instance`,
  );
  const servers = await tx.query<{ name: string; version: string; startedAt: string; seenAt: string }>(
    `select name, version, started_at as "startedAt", seen_at as "seenAt" from server_node
     where seen_at > $1::timestamptz - $2 * interval '1 millisecond' order by name, started_at limit 100`,
    [now, LIVE_MS],
  );
  const database = await tx.one<{ version: string; bytes: number; connections: number }>(
    `select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
       (select count(*) from pg_stat_activity where datname = current_database()) as connections`,
  );
  const people = await tx.one<{ active: number; sessions: number; tokens: number }>(
    `select (select count(*) from person where active) as active,
       count(*) filter (where kind = 'session') as sessions, count(*) filter (where kind = 'token') as tokens
     from credential where ended_at is null and expires_at > $1`,
    [now],
  );
  return { instance, servers, database, people, ledger: await ledgerRows(tx, now) };
}

async function ledgerRows(tx: Tx, now: string) {
  const { origin } = await currentEpoch(tx);
  const waiting = await tx.one<{ n: number; oldest: string | null }>(
    `select count(*) as n, min(f.at) as oldest from ledger_pending p join fact f on f.id = p.fact_row`,
  );
  return {
    origin,
    size: await logSize(tx),
    checkpointAt: (await latestCheckpoint(tx))?.at ?? null,
    waiting: waiting.n,
    lagMs: waiting.oldest === null ? 0 : Math.max(0, between(waiting.oldest, now)),
  };
}

export type HookView = {
  id: string;
  kind: string;
  name: string;
  path: string;
  createdAt: string | null;
  lastDeliveryAt: string | null;
  deliveries: number;
  revokedAt: string | null;
  /** Deliveries that were refused, and why the last one was. */
  refused: number;
  refusedAt: string | null;
  refusedWhy: string | null;
};

/** Every webhook that is taken, without its secret. */
export async function hooksOf(tx: Tx): Promise<HookView[]> {
  return tx.query<HookView & Record<string, unknown>>(
    `select h.id, h.taker as kind, h.name, case when h.taker = 'repository' then '/v1/hooks/git/' else '/v1/hooks/in/' end || h.id as path,
       h.created_at as "createdAt", h.revoked_at as "revokedAt", d.last as "lastDeliveryAt", coalesce(d.n, 0) as deliveries,
       h.refused, h.refused_at as "refusedAt", h.refused_why as "refusedWhy"
     from hook h left join (select hook_id as hook, max(at) as last, count(*) as n from delivery group by 1) d on d.hook = h.id
     union all
     select id, 'incidents', name, '/v1/hooks/incidents/' || id, created_at, revoked_at, d.last, coalesce(d.n, 0), 0, null, null
     from incident_hook left join (select hook_id as hook, max(at) as last, count(*) as n from incident_hook_delivery group by 1) d on d.hook = id
     order by 2, 3 limit 1000`,
  );
}
