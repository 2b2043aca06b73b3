import type { WaiverView } from '../contract/waivers.ts';
import { personLabel } from '../identity/identity.queries.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { waiverOf } from './waiver.store.ts';
import { isActive } from './waiver.ts';

type Names = { team: string | null; service: string | null; environment: string | null; extends: string | null };
export type WaiverFilter = {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly services: 'all' | ReadonlySet<string>;
};
export type PageAsked = { readonly cursor?: string | undefined; readonly limit: number };

const SELECT = `select waiver.*, team.name as team, service.name as service, environment.name as environment
  from waiver left join team on team.id = waiver.team_id left join service on service.id = waiver.service_id
    left join environment on environment.id = waiver.environment_id`;

/** One waiver for people, or null. */
export async function waiverView(tx: Tx, id: string): Promise<WaiverView | null> {
  const rows = await tx.query<Names & Record<string, unknown>>(`${SELECT} where waiver.id = $1`, [id]);
  return (await shown(tx, rows, await tx.now()))[0] ?? null;
}

/** A page of waivers, newest first. `next` is the cursor of the page after, or null. */
export async function waiverPage(tx: Tx, filter: WaiverFilter, page: PageAsked): Promise<{ items: WaiverView[]; next: string | null }> {
  const after = readCursor(page.cursor);
  const rows = await tx.query<Names & Record<string, unknown>>(
    `${SELECT} where ($1::text is null or waiver.state = $1) and ($2::text is null or waiver.kind = $2)
       and ($3::text[] is null or waiver.service_id = any($3))
       and ($4::timestamptz is null or (waiver.created_at, waiver.id) < ($4, $5))
     order by waiver.created_at desc, waiver.id desc limit $6`,
    [
      filter.state ?? null,
      filter.kind ?? null,
      filter.services === 'all' ? null : [...filter.services],
      after?.at ?? null,
      after?.id ?? null,
      page.limit + 1,
    ],
  );
  const items = await shown(tx, rows.slice(0, page.limit), await tx.now());
  const last = items.at(-1);
  return { items, next: rows.length > page.limit && last !== undefined ? `${last.createdAt}/${last.id}` : null };
}

/** Where a page goes on: `<instant>/<id>`. What has not this form starts at the beginning. */
function readCursor(cursor: string | undefined): { at: string; id: string } | null {
  const [, at, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/([a-z]{2,5}_[0-9a-f]{32})$/.exec(cursor ?? '') ?? [];
  return at === undefined || id === undefined ? null : { at, id };
}

async function shown(tx: Tx, rows: readonly (Names & Record<string, unknown>)[], now: Instant): Promise<WaiverView[]> {
  const waivers = rows.map((row) => ({ ...waiverOf(row), names: row }));
  const names = await personLabel(
    tx,
    waivers.flatMap(({ owner, requestedBy, decided }) => [owner, requestedBy, ...(decided === null ? [] : [decided.by])]),
  );
  const person = (id: string): { id: string; name: string } => ({ id, name: names.get(id) ?? id });
  return waivers.map((waiver) => ({
    id: waiver.id as WaiverView['id'],
    kind: waiver.kind,
    team: waiver.names.team ?? waiver.scope.teamId,
    service: waiver.names.service ?? waiver.scope.serviceId,
    environment: waiver.names.environment ?? waiver.scope.environmentId,
    subject: waiver.subject,
    owner: person(waiver.owner),
    requestedBy: person(waiver.requestedBy),
    reason: waiver.reason,
    ticket: waiver.ticket,
    price: waiver.price,
    expiresAt: waiver.expiresAt,
    state: waiver.state,
    active: isActive(waiver, now),
    decided: waiver.decided === null ? null : { ...waiver.decided, by: person(waiver.decided.by) },
    extends: waiver.names.extends as WaiverView['extends'],
    version: waiver.version,
    createdAt: waiver.createdAt,
  }));
}
