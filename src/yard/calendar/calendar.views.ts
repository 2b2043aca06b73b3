import { allServices, environmentsInOrder } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import type { Environment } from '../../catalog/environment.ts';
import { CALENDAR_ITEMS, type CalendarItem, type CalendarKind } from '../../contract/calendar.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Scope } from '../../releases/calendar/freeze.ts';
import { freezesOf, pastBetween, type FreezeRow, type PastFreeze } from '../../releases/calendar/freezes.queries.ts';
import { MOST_WINDOWS, occurrences } from './occurrences.ts';

export type CalendarAsked = {
  readonly from: Instant;
  readonly to: Instant;
  readonly now: Instant;
  readonly kinds: ReadonlySet<CalendarKind>;
  readonly service: string | null;
  readonly environment: string | null;
  readonly visible: 'all' | ReadonlySet<string>;
};

type Found = { readonly items: readonly CalendarItem[]; readonly note: string | null };
type Ids = readonly string[] | null;

/** What the calendar holds, in the order of time, with a note where something was left out. A handful of questions, whatever its size. */
export async function calendarBetween(tx: Tx, asked: CalendarAsked): Promise<Found> {
  const services = await allServices(tx);
  const environments = await environmentsInOrder(tx);
  const ids = idsOf(asked, services);
  const place = environments.find((one) => one.name === asked.environment)?.id ?? (asked.environment === null ? null : '');
  const wants = (...kinds: CalendarKind[]): boolean => kinds.some((kind) => asked.kinds.has(kind));
  const notes: string[] = [];
  const found = [
    ...(wants('freeze', 'window') ? await freezes(tx, asked, services, environments, notes) : []),
    ...(wants('release') && place === null ? await releases(tx, asked, ids) : []),
    ...(wants('deployment', 'rollback') ? await deployments(tx, asked, ids, place) : []),
    ...(wants('waiver', 'debt') ? await waivers(tx, asked, ids, place) : []),
  ].filter((item) => asked.kinds.has(item.kind));
  found.sort((a, b) => (a.from === b.from ? (a.key < b.key ? -1 : 1) : a.from < b.from ? -1 : 1));
  if (found.length > CALENDAR_ITEMS)
    notes.push(
      `More than ${CALENDAR_ITEMS.toLocaleString('en')} things happen in this time; the later ones are left out. Ask for a shorter time or one service.`,
    );
  return { items: found.slice(0, CALENDAR_ITEMS), note: notes.length === 0 ? null : notes.join(' ') };
}

/** The services that are asked for and may be seen; null: all. */
function idsOf({ service, visible }: CalendarAsked, services: readonly Service[]): Ids {
  if (service === null && visible === 'all') return null;
  return services
    .filter((one) => (service === null || one.name === service) && (visible === 'all' || visible.has(one.id)))
    .map((one) => one.id);
}

async function freezes(
  tx: Tx,
  asked: CalendarAsked,
  services: readonly Service[],
  environments: readonly Environment[],
  notes: string[],
): Promise<CalendarItem[]> {
  const rows = await freezesOf(tx, true);
  const past = Map.groupBy(await pastBetween(tx, asked.from, asked.to), (one) => one.freeze);
  const overrides = await overridesOf(tx, asked);
  const [from, to] = [Date.parse(asked.from), Date.parse(asked.to)];
  const about = (scope: Scope): boolean => concerns(scope, asked, services, environments);
  return rows.flatMap((row) => {
    if (row.endedAt !== null && row.endedAt <= asked.from) return [];
    const forms = formsOf(row, past.get(row.id) ?? []).filter((form) => about(form.scope));
    try {
      const items = occurrences({ ...row, overrides: overrides.get(row.id) ?? [], forms }, from, to, asked.now);
      if (items.length >= MOST_WINDOWS) notes.push(`${row.id} happens very often; only its first ${MOST_WINDOWS} windows are shown.`);
      return items;
    } catch {
      notes.push(
        `${row.id} can’t be expanded and is not shown; whoever asks whether something may ship gets the answer unknown because of it.`,
      );
      return [];
    }
  });
}

/** The forms of a freeze, oldest first: what it said before it was changed, then what it says. */
function formsOf(row: FreezeRow, past: readonly PastFreeze[]) {
  return [...past.toSorted((a, b) => a.version - b.version), { ...row, from: row.changedAt ?? row.createdAt, until: null }];
}

/** Whether a scope takes in something of what is asked for. */
function concerns(scope: Scope, asked: CalendarAsked, services: readonly Service[], environments: readonly Environment[]): boolean {
  const service = services.find((one) => one.name === asked.service);
  if (asked.service !== null && service === undefined) return false;
  if (service !== undefined) {
    const fits = (part: 'tier' | 'team', value: string | number): boolean => scope[part] === undefined || scope[part] === value;
    if (!fits('tier', service.tier) || !fits('team', service.team) || (scope.service !== undefined && scope.service !== service.name))
      return false;
  }
  const place = environments.find((one) => one.name === asked.environment);
  if (asked.environment === null) return true;
  return place !== undefined && (scope.environment ?? place.name) === place.name && (scope.kind ?? place.kind) === place.kind;
}

async function overridesOf(tx: Tx, asked: CalendarAsked): Promise<Map<string, CalendarItem['overrides']>> {
  const rows = await tx.query<{ freeze: string } & CalendarItem['overrides'][number]>(
    `select waiver.subject as freeze, waiver.id as waiver, service.name as service, environment.name as environment, expires_at as until
     from waiver left join service on service.id = service_id left join environment on environment.id = environment_id
     where waiver.kind = 'freeze' and state in ('approved', 'expired') and expires_at > $1 and ($2::text[] is null or service_id = any($2))
     order by expires_at limit 1000`,
    [asked.from, asked.visible === 'all' ? null : [...asked.visible]],
  );
  return Map.groupBy(rows, (row) => row.freeze);
}

const MOMENT = { zone: null, rule: null, exempt: [], overrides: [], team: null, version: 1 };

async function releases(tx: Tx, { from, to }: CalendarAsked, ids: Ids): Promise<CalendarItem[]> {
  type Row = { id: string; service: string; version: string; type: string; state: string; targets: string[]; at: Instant; runs: string[] };
  const rows = await tx.query<Row>(
    `select release.id, service.name as service, version_name as version, type, state, targets, release.created_at as at,
       array(select environment.name from running join environment on environment.id = environment_id where running.release_id = release.id order by since) as runs
     from release join service on service.id = service_id
     where release.created_at >= $1 and release.created_at < $2 and ($3::text[] is null or service_id = any($3))
     order by release.created_at, release.id limit $4`,
    [from, to, ids, CALENDAR_ITEMS + 1],
  );
  return rows.map(({ id, service, version, type, state, targets, at, runs }) => ({
    ...MOMENT,
    key: id,
    kind: 'release',
    object: id,
    title: `${service} ${version}`,
    detail: `${type === 'standard' ? 'Release' : `Release (${type})`} made for ${targets.join(', ')}; ${runs.length === 0 ? 'it runs nowhere' : `it runs in ${runs.join(', ')}`}.`,
    from: at,
    until: at,
    state: state === 'abandoned' ? 'abandoned' : runs.length > 0 ? 'running' : 'open',
    service,
    environment: null,
  }));
}

async function deployments(tx: Tx, asked: CalendarAsked, ids: Ids, place: string | null): Promise<CalendarItem[]> {
  type Row = {
    id: string;
    service: string;
    environment: string;
    version: string;
    kind: string;
    state: string;
    cause: string;
    at: Instant;
    finished: Instant | null;
  };
  const rows = await tx.query<Row>(
    `select deployment.id, service.name as service, environment.name as environment, version_name as version, deployment.kind, deployment.state, cause,
       coalesce(started_at, greatest(requested_at, earliest)) as at, finished_at as finished
     from deployment join service on service.id = service_id join environment on environment.id = environment_id
     where requested_at < $2 and (finished_at is null or finished_at >= $1) and coalesce(started_at, greatest(requested_at, earliest)) < $2
       and ($3::text[] is null or service_id = any($3)) and ($4::text is null or environment_id = $4)
     order by requested_at, deployment.id limit $5`,
    [asked.from, asked.to, ids, place, CALENDAR_ITEMS + 1],
  );
  return rows.map(({ id, service, environment, version, kind, state, cause, at, finished }) => ({
    ...MOMENT,
    key: id,
    kind: kind === 'rollback' || state === 'rolled-back' ? 'rollback' : 'deployment',
    object: id,
    title: `${service} ${version} to ${environment}`,
    detail: cause,
    from: at,
    // Of one under way nobody knows the end: it reaches to now.
    until: finished ?? (at > asked.now ? at : asked.now),
    state,
    service,
    environment,
  }));
}

async function waivers(tx: Tx, { from, to, kinds }: CalendarAsked, ids: Ids, place: string | null): Promise<CalendarItem[]> {
  type Row = {
    id: string;
    kind: string;
    subject: string;
    state: string;
    at: Instant;
    service: string | null;
    team: string | null;
    environment: string | null;
    version: number;
  };
  const rows = await tx.query<Row>(
    `select waiver.id, waiver.kind, subject, state, expires_at as at, service.name as service, team.name as team, environment.name as environment, waiver.version
     from waiver left join service on service.id = service_id left join team on team.id = waiver.team_id left join environment on environment.id = environment_id
     where expires_at >= $1 and expires_at < $2 and state in ('requested', 'approved', 'expired') and ($3::text[] is null or service_id = any($3))
       and ($4::text is null or environment_id is null or environment_id = $4) and ((waiver.kind = 'debt' and $5) or (waiver.kind <> 'debt' and $6))
     order by expires_at, waiver.id limit $7`,
    [from, to, ids, place, kinds.has('debt'), kinds.has('waiver'), CALENDAR_ITEMS + 1],
  );
  return rows.map((row) => ({
    ...MOMENT,
    key: row.id,
    kind: row.kind === 'debt' ? 'debt' : 'waiver',
    object: row.id,
    title: row.kind === 'debt' ? `Debt due: ${row.service ?? row.team ?? ''}` : `Waiver ends: ${row.service ?? row.team ?? ''}`,
    detail: row.kind === 'debt' ? row.subject : `The rule holds again: ${row.kind} ${row.subject}`,
    from: row.at,
    until: row.at,
    state: row.state,
    service: row.service,
    team: row.team,
    environment: row.environment,
    version: row.version,
  }));
}
