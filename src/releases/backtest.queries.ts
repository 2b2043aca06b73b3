import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { DECISION_COLUMNS, type DecisionRow } from './decision.store.ts';

export type Deciding = DecisionRow & { readonly commit: string; readonly version: string };

/**
 * For each release and environment the decision that counted since then, newest first: the first that let it go, or the last
 * where none did. `after`: where the page before ended. `services`: by id.
 */
export function decidedSince(
  tx: Tx,
  { services, since, after, limit }: DecidedSince & { readonly after: readonly [string, string] | null; readonly limit: number },
): Promise<Deciding[]> {
  return tx.query<Deciding>(
    `with deciding as (${DECIDING})
     select ${DECISION_COLUMNS.split(',')
       .map((column) => `d.${column.trim()}`)
       .join(', ')}, r.commit_id as commit, r.version_name as version
     from deciding join decision d on d.id = deciding.id join release r on r.id = d.release_id
     where $3::timestamptz is null or (d.at, d.id) < ($3::timestamptz, $4::text)
     order by d.at desc, d.id desc limit $5`,
    [since, services, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
}

/** How many there are. */
export async function countDecidedSince(tx: Tx, { services, since }: DecidedSince): Promise<number> {
  const row = await tx.maybe<{ count: number }>(`select count(*)::int as count from (${DECIDING}) as deciding`, [since, services]);
  return row?.count ?? 0;
}

type DecidedSince = { readonly services: readonly string[]; readonly since: Instant };

const DECIDING = `select distinct on (release_id, environment_id) id from decision
  where purpose = 'deploy' and at >= $1 and service_id = any($2::text[])
  order by release_id, environment_id, verdict <> 'allow', case when verdict = 'allow' then at end, at desc, id`;
