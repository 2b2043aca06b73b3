import type { DebtView } from '../../contract/debts.ts';
import { bindingsOf, personLabel } from '../../identity/identity.queries.ts';
import { may, type Binding } from '../../identity/permission.ts';
import type { Actor } from '../../kernel/actor.ts';
import { personBehind } from '../../kernel/actor.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { isActive, type Waiver } from '../../waivers/waiver.ts';
import { refusalWords } from '../../waivers/waivers.queries.ts';
import { actsOf, CAP, thenWords, titleOf } from './debts.ts';

export type DebtsAsked = {
  readonly show: 'open' | 'past';
  readonly kind?: string | undefined;
  readonly state?: string | undefined;
  readonly team?: string | undefined;
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
  readonly mine: 'true' | 'false';
  readonly id?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

type Row = {
  id: string;
  kind: DebtView['kind'];
  team: string | null;
  teamId: string;
  service: string | null;
  serviceId: string | null;
  environment: string | null;
  environmentId: string | null;
  subject: string;
  owner: string;
  requestedBy: string;
  decidedBy: string | null;
  decidedAt: Instant | null;
  decidedReason: string | null;
  reason: string;
  ticket: string;
  minor: number | null;
  currency: string | null;
  state: DebtView['state'];
  endsAt: Instant;
  createdAt: Instant;
  version: number;
  extends: string | null;
  extendedBy: string | null;
  release: string | null;
  open: boolean;
};

/** Every exception as one table; $1 is now. A waiver past its end is over, whether or not that was noted yet. */
const LEDGER = `with ledger as (
  select waiver.id, waiver.kind, team_id, service_id, environment_id, subject, owner, requested_by, decided_by, decided_at, decided_reason, reason, ticket,
    price_minor, price_currency,
    case when state in ('requested', 'approved') and waiver.kind <> 'debt' and expires_at <= $1 then 'expired' else state end as state,
    expires_at as ends_at, created_at, version, extends, null as release_id,
    state in ('requested', 'approved') and (waiver.kind = 'debt' or expires_at > $1) as open
  from waiver
  union all
  select glass.id, 'break-glass', service.team_id, release.service_id, glass.environment_id, service.name || ' ' || release.version_name, glass.persons[1], glass.persons[1],
    glass.persons[2], null, null, glass.reason, glass.ticket, null, null,
    case when active_until is null then 'pending' when active_until > $1 then 'active' else 'over' end,
    coalesce(active_until, glass.created_at), glass.created_at, glass.version, null, release.id, active_until > $1
  from break_glass glass join release on release.id = glass.release_id join service on service.id = release.service_id
), shown as (
  select ledger.*, team.name as team, service.name as service, environment.name as environment
  from ledger left join team on team.id = ledger.team_id left join service on service.id = ledger.service_id
    left join environment on environment.id = ledger.environment_id
  where ($2::text[] is null or service_id = any($2))
)`;

/** A page of the ledger, with what who looks may do about each; the whole of what is open, summed up. A few questions, whatever its size. */
export async function debtsPage(tx: Tx, actor: Actor, asked: DebtsAsked, visible: 'all' | ReadonlySet<string>) {
  const now = await tx.now();
  const services = visible === 'all' ? null : [...visible];
  const after = readCursor(asked.cursor);
  const open = asked.show === 'open';
  const rows = await tx.query<Row>(
    `${LEDGER} select id, kind, team, team_id as "teamId", service, service_id as "serviceId", environment, environment_id as "environmentId", subject, owner,
       requested_by as "requestedBy", decided_by as "decidedBy", decided_at as "decidedAt", decided_reason as "decidedReason", reason, ticket, price_minor as minor,
       price_currency as currency, state, ends_at as "endsAt", created_at as "createdAt", version, extends, release_id as release, open,
       (select max(next.id) from waiver next where next.extends = shown.id and next.state in ('requested', 'approved') and next.expires_at > $1) as "extendedBy"
     from shown
     where case when $11::text is not null then id = $11 else open = $3 end
       and ($4::text is null or kind = $4) and ($5::text is null or state = $5) and ($6::text is null or team = $6) and ($7::text is null or service = $7)
       and ($8::text is null or environment = $8) and ($9::text is null or owner = $9 or requested_by = $9)
       and ($12::timestamptz is null or (case when $3 then (ends_at, id) > ($12, $13) else (ends_at, id) < ($12, $13) end))
     order by case when $3 then ends_at end asc, case when $3 then id end asc, ends_at desc, id desc limit $10`,
    [
      now,
      services,
      open,
      asked.kind ?? null,
      asked.state ?? null,
      asked.team ?? null,
      asked.service ?? null,
      asked.environment ?? null,
      asked.mine === 'true' ? (personBehind(actor) ?? '') : null,
      asked.limit + 1,
      asked.id ?? null,
      after?.at ?? null,
      after?.id ?? null,
    ],
  );
  const items = await shown(tx, actor, rows.slice(0, asked.limit), now);
  const last = items.at(-1);
  const next = rows.length > asked.limit && last !== undefined ? `${last.endsAt}/${last.id}` : null;
  return { items, next, now, ...(await summed(tx, services, now)) };
}

async function shown(tx: Tx, actor: Actor, rows: readonly Row[], now: Instant): Promise<DebtView[]> {
  const labels = await personLabel(
    tx,
    rows.flatMap((row) => [row.owner, row.requestedBy, ...(row.decidedBy === null ? [] : [row.decidedBy])]),
  );
  const person = (id: string): { id: string; name: string } => ({ id, name: labels.get(id) ?? id });
  const bindings = actor.kind === 'person' || actor.kind === 'bot' ? await bindingsOf(tx, actor.id) : [];
  return rows.map((row) => {
    const waiver = row.kind === 'break-glass' ? null : waiverOf(row, row.kind);
    const where = [row.service ?? `team ${row.team ?? row.teamId}`, row.environment].filter((part) => part !== null).join(' in ');
    const by = row.decidedBy === null ? null : person(row.decidedBy);
    return {
      id: row.id,
      kind: row.kind,
      title: titleOf(row.kind),
      team: row.team ?? row.teamId,
      service: row.service ?? row.serviceId,
      environment: row.environment ?? row.environmentId,
      subject: row.subject,
      owner: person(row.owner),
      requestedBy: person(row.requestedBy),
      approver: row.state === 'rejected' ? null : by,
      decided: by === null || row.decidedAt === null ? null : { by, at: row.decidedAt, reason: row.decidedReason },
      reason: row.reason,
      ticket: row.ticket,
      price: row.minor === null || row.currency === null ? null : { minor: row.minor, currency: row.currency },
      state: row.state,
      active: waiver === null ? row.state === 'active' : isActive(waiver, now),
      overdue: row.kind === 'debt' && row.state === 'approved' && row.endsAt <= now,
      createdAt: row.createdAt,
      endsAt: row.endsAt,
      then: thenWords(row.kind, row.state, row.subject, where),
      extends: row.extends,
      extendedBy: row.extendedBy,
      release: row.release,
      version: row.version,
      acts: waiver === null ? NO_ACTS : actsOf(waiver, actor, heldOn(actor, bindings, row), row.extendedBy !== null, now, refusalWords),
    };
  });
}

const GLASS = 'A break-glass ends by itself; what it owes is a debt of its own.';
const NO_ACTS = { approve: GLASS, reject: GLASS, revoke: GLASS, extend: GLASS, pay: GLASS };

/** What who looks may do there; the same question as at the door of each act, where a waiver stands for its service. */
function heldOn(actor: Actor, bindings: readonly Binding[], row: Row): { decide: boolean; request: boolean } {
  const about = row.service === null ? {} : { service: row.service, team: row.team ?? undefined };
  return { decide: may(actor, bindings, 'waiver.decide', about), request: may(actor, bindings, 'waiver.request', about) };
}

function waiverOf(row: Row, kind: Waiver['kind']): Waiver {
  return {
    id: row.id,
    kind,
    scope: { teamId: row.teamId, serviceId: row.serviceId, environmentId: row.environmentId },
    subject: row.subject,
    owner: row.owner,
    requestedBy: row.requestedBy,
    reason: row.reason,
    ticket: row.ticket,
    price: null,
    expiresAt: row.endsAt,
    state: row.state as Waiver['state'],
    decided: row.decidedBy === null || row.decidedAt === null ? null : { by: row.decidedBy, at: row.decidedAt, reason: row.decidedReason },
    version: row.version,
    createdAt: row.createdAt,
  };
}

const SOON = 7 * 86_400_000;

/** What is open in all that may be seen, by team and in sum. */
async function summed(tx: Tx, services: readonly string[] | null, now: Instant) {
  const teams = await tx.query<{ team: string; open: number; cap: number; unpaid: number; overdue: number }>(
    `${LEDGER} select coalesce(team, team_id) as team, ${CAP} as cap, count(*) filter (where kind not in ('debt', 'break-glass'))::int as open,
       count(*) filter (where kind = 'debt')::int as unpaid, count(*) filter (where kind = 'debt' and ends_at <= $1)::int as overdue
     from shown where open group by coalesce(team, team_id) order by 3 desc, 1 limit 100`,
    [now, services],
  );
  const summary = await tx.one<{ open: number; requested: number; endingSoon: number; overdue: number }>(
    `${LEDGER} select count(*)::int as open, count(*) filter (where state = 'requested')::int as requested,
       count(*) filter (where ends_at > $1 and ends_at < $3)::int as "endingSoon", count(*) filter (where kind = 'debt' and ends_at <= $1)::int as overdue
     from shown where open`,
    [now, services, plus(now, SOON)],
  );
  const prices = await tx.query<{ minor: number; currency: string }>(
    `${LEDGER} select sum(price_minor)::bigint as minor, price_currency as currency from shown
     where open and state = 'approved' and price_currency is not null group by price_currency order by price_currency`,
    [now, services],
  );
  return { teams, summary: { ...summary, prices } };
}

function readCursor(cursor: string | undefined): { at: string; id: string } | null {
  const [, at, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/([a-z]{2,5}_[0-9a-f]{32})$/.exec(cursor ?? '') ?? [];
  return at === undefined || id === undefined ? null : { at, id };
}
