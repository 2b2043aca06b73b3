import type { z } from 'zod';
import type { auditEntry } from '../contract/admin.ts';
import type { EventKind } from '../kernel/event.ts';
import type { Row, Tx } from '../platform/floor.ts';
import { auditKind, holdersIn, idOfActor, labelsOf } from './audit.ts';
import { namesOf } from './names.queries.ts';

export type AuditEntry = z.infer<typeof auditEntry>;
export type AuditFilter = {
  readonly kind?: AuditEntry['kind'] | undefined;
  readonly type?: string | undefined;
  readonly by?: string | undefined;
  readonly about?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly before: number | null;
  readonly limit: number;
};
type AuditRow = Row & {
  row: number;
  fact: AuditEntry['fact'];
  type: string;
  subject: string;
  actor: string;
  at: string;
  body: Record<string, unknown>;
  position: number | null;
  reason: string | null;
};

/** Administrative acts that match every filter given, newest first, with the names of those they are about. */
export async function auditPage(
  tx: Tx,
  events: readonly EventKind[],
  filter: AuditFilter,
): Promise<{ items: AuditEntry[]; rows: number[] }> {
  const wanted = events.filter(({ type }) => {
    const kind = auditKind(type);
    return kind !== null && (filter.kind === undefined || filter.kind === kind) && (filter.type === undefined || filter.type === type);
  });
  const rows = await tx.query<AuditRow>(
    `select f.id as row, f.fact_id as fact, f.type, f.subject, f.actor, f.at, f.body, e.seq as position, r.reason
     from fact f left join ledger_entry e on e.fact_row = f.id left join admin_reason r on r.fact_id = f.fact_id
     where f.type = any($1) and ($2::text[] is null or f.actor = any($2))
       and ($3::text is null or exists (select from fact_mention m where m.node = $3 and m.fact_row = f.id))
       and ($4::timestamptz is null or f.at >= $4) and ($5::timestamptz is null or f.at < $5)
       and ($6::bigint is null or f.id < $6)
     order by f.id desc limit $7`,
    [
      wanted.map(({ type }) => type),
      filter.by === undefined ? null : labelsOf(filter.by),
      filter.about ?? null,
      filter.since ?? null,
      filter.until ?? null,
      filter.before,
      filter.limit,
    ],
  );
  const ids = new Set(rows.flatMap(({ actor, subject, body }) => [idOfActor(actor), subject, ...holdersIn(body)]));
  const names = await namesOf(tx, [...ids]);
  const means = new Map(wanted.map((event) => [event.type, event.means]));
  const items = rows.map(({ row: _row, actor, subject, ...rest }): AuditEntry => {
    const by = idOfActor(actor);
    const inside = holdersIn(rest.body).flatMap((id) => (names.has(id) ? [[id, names.get(id) ?? id] as const] : []));
    return {
      ...rest,
      kind: auditKind(rest.type) ?? 'work',
      means: means.get(rest.type) ?? rest.type,
      by: { id: by, name: names.get(by) ?? null },
      subject: { id: subject, name: names.get(subject) ?? null },
      names: Object.fromEntries(inside),
    };
  });
  return { items, rows: rows.map(({ row }) => row) };
}
