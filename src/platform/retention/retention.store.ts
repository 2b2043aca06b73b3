import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';

export type RuleRow = {
  readonly what: string;
  readonly days: number;
  readonly keep: number | null;
  readonly changed_by: string;
  readonly changed_at: Instant;
  readonly version: number;
};

export function ruleRows(tx: Tx): Promise<RuleRow[]> {
  return tx.query<RuleRow>(`select what, days, keep, changed_by, changed_at, version from retention_rule where org_id = $1 order by what`, [
    tx.org,
  ]);
}

/** Sets how long a kind of thing is kept. */
export async function saveRule(tx: Tx, what: string, days: number, keep: number | null, by: string): Promise<void> {
  await tx.write(
    `insert into retention_rule (org_id, what, days, changed_by, changed_at, keep) values ($1, $2, $3, $4, $5, $6)
     on conflict (org_id, what) do update set days = excluded.days, keep = coalesce(excluded.keep, retention_rule.keep), changed_by = excluded.changed_by, changed_at = excluded.changed_at, version = retention_rule.version + 1`,
    [tx.org, what, days, by, await tx.now(), keep],
  );
}

/** Notes bytes that a rule's rows named until now. Noted again, their time begins anew. */
export async function noteUnnamed(tx: Tx, what: string, digests: readonly string[]): Promise<void> {
  if (digests.length === 0) return;
  await tx.write(
    `insert into blob_unnamed (digest, org_id, what, since) select distinct d, $2, $3, $4::timestamptz from unnest($1::text[]) as d
     on conflict (org_id, digest) do update set since = excluded.since`,
    [digests, tx.org, what, await tx.now()],
  );
}

/** Bytes noted before `before`, oldest first; locked, those that somebody else looks at left out. */
export async function lockUnnamed(tx: Tx, before: Instant, limit: number): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select digest from blob_unnamed where since < $1 order by since, digest limit $2 for update skip locked`,
    [before, limit],
  );
  return rows.map((row) => row.digest);
}

export async function forgetUnnamed(tx: Tx, digests: readonly string[]): Promise<void> {
  await tx.write(`delete from blob_unnamed where digest = any($1)`, [digests]);
}

export async function countUnnamed(tx: Tx): Promise<number> {
  return (await tx.one<{ n: number }>(`select count(*) as n from blob_unnamed`)).n;
}

export async function organisations(tx: Tx): Promise<string[]> {
  return (await tx.query<{ id: string }>(`select id from organisation order by id`)).map((row) => row.id);
}

export type HoldRow = {
  readonly id: string;
  readonly service: string | null;
  readonly run: string | null;
  readonly release: string | null;
  readonly artifact: string | null;
  readonly reason: string;
  readonly placed_by: string;
  readonly placed_at: Instant;
  readonly lifted_by: string | null;
  readonly lifted_at: Instant | null;
  readonly lifted_reason: string | null;
};

/** Legal holds, newest first; the open ones, or all. */
export function holdRows(tx: Tx, all: boolean): Promise<HoldRow[]> {
  return tx.query<HoldRow>(
    `select id, service_id as service, run_id as run, release_id as release, artifact_digest as artifact, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_reason
     from legal_hold where $1 or lifted_at is null order by placed_at desc, id desc limit 1000`,
    [all],
  );
}

export async function insertHold(
  tx: Tx,
  hold: {
    id: string;
    service: string | null;
    run: string | null;
    release: string | null;
    artifact: string | null;
    reason: string;
    by: string;
  },
): Promise<void> {
  await tx.write(
    `insert into legal_hold (id, org_id, service_id, run_id, reason, placed_by, placed_at, release_id, artifact_digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [hold.id, tx.org, hold.service, hold.run, hold.reason, hold.by, await tx.now(), hold.release, hold.artifact],
  );
}

/** Lifts a hold; false where there is none that could be lifted. */
export async function liftHold(tx: Tx, id: string, reason: string, by: string): Promise<boolean> {
  const sql = `update legal_hold set lifted_at = $2, lifted_by = $3, lifted_reason = $4, version = version + 1 where id = $1 and lifted_at is null`;
  return (await tx.write(sql, [id, await tx.now(), by, reason])) === 1;
}
