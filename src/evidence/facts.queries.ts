import type { Row, Tx } from '../platform/floor.ts';

/** A fact with its place in the ledger (null while it waits) and its row, which is the cursor of lists. */
export type PlacedFact = {
  readonly row: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly service: string | null;
  readonly actor: string;
  readonly at: string;
  readonly body: unknown;
  readonly position: number | null;
};

/** Which services the asker sees. */
export type Visible = 'all' | ReadonlySet<string>;

export type FactFilter = {
  readonly type?: string | undefined;
  readonly subject?: string | undefined;
  readonly mentions?: string | undefined;
  readonly service?: string | null;
  readonly actor?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Only facts older than this row. */
  readonly before?: number | null;
  readonly limit: number;
};

const FACT = `f.id as row, f.fact_id as id, f.type, f.subject, f.service_id as service, f.actor, f.at, f.body, e.seq as position`;
const FROM = `fact f left join ledger_entry e on e.fact_row = f.id`;

/** Facts that match every filter given, newest first. A type that ends in a dot means all that begin with it. */
export async function searchFacts(tx: Tx, filter: FactFilter, visible: Visible): Promise<PlacedFact[]> {
  const prefix = filter.type?.endsWith('.') === true ? filter.type : null;
  return tx.query<PlacedFact & Row>(
    `select ${FACT} from ${FROM}
     where ($1::text is null or f.type = $1) and ($2::text is null or starts_with(f.type, $2))
       and ($3::text is null or f.subject = $3)
       and ($4::text is null or exists (select from fact_mention m where m.node = $4 and m.fact_row = f.id))
       and ($5::text is null or f.service_id = $5)
       and ($6::text is null or f.actor = $6)
       and ($7::timestamptz is null or f.at >= $7) and ($8::timestamptz is null or f.at < $8)
       and ($9::bigint is null or f.id < $9)
       and ($10::text[] is null or f.service_id = any($10))
     order by f.id desc limit $11`,
    [
      prefix === null ? (filter.type ?? null) : null,
      prefix,
      filter.subject ?? null,
      filter.mentions ?? null,
      filter.service ?? null,
      filter.actor ?? null,
      filter.since ?? null,
      filter.until ?? null,
      filter.before ?? null,
      visible === 'all' ? null : [...visible],
      filter.limit,
    ],
  );
}

/** Facts by row, in the order in which they happened, cut to what the asker sees. */
export async function factsByRow(tx: Tx, rows: readonly number[], visible: Visible): Promise<PlacedFact[]> {
  return tx.query<PlacedFact & Row>(
    `select ${FACT} from ${FROM} where f.id = any($1::bigint[]) and ($2::text[] is null or f.service_id = any($2)) order by f.id`,
    [rows, visible === 'all' ? null : [...visible]],
  );
}

/** The exact bytes of a fact and its place. */
export async function leafOf(tx: Tx, fact: string): Promise<{ readonly leaf: Uint8Array; readonly position: number | null } | null> {
  return tx.maybe<{ leaf: Uint8Array; position: number | null }>(`select f.leaf, e.seq as position from ${FROM} where f.fact_id = $1`, [
    fact,
  ]);
}

/** The exact bytes of many facts, by row, in order. */
export async function leavesByRow(tx: Tx, rows: readonly number[]): Promise<{ readonly id: string; readonly leaf: Uint8Array }[]> {
  return tx.query<{ id: string; leaf: Uint8Array }>('select fact_id as id, leaf from fact where id = any($1::bigint[]) order by id', [
    rows,
  ]);
}
