import * as contract from '../../contract/calendar.ts';
import { previewFreeze } from '../../contract/freezes.ts';
import type { Column } from '../../kernel/csv.ts';
import { between, plus, type Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { mountCsv } from '../../platform/http/csv.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { badRange } from './calendar.problems.ts';
import { calendarBetween } from './calendar.views.ts';
import { previewOf } from './collisions.views.ts';
import { icalendar } from './ical.ts';

const DAY = 86_400_000;

type Filters = { service?: string | undefined; environment?: string | undefined; kind?: string | undefined };
type Range = Filters & { from?: string | undefined; to?: string | undefined };
type Visible = () => Promise<'all' | ReadonlySet<string>>;

const COLUMNS: readonly Column<contract.CalendarItem>[] = [
  { title: 'kind', of: (item) => item.kind },
  { title: 'object', of: (item) => item.object },
  { title: 'title', of: (item) => item.title },
  { title: 'detail', of: (item) => item.detail },
  { title: 'from', of: (item) => item.from },
  { title: 'until', of: (item) => item.until },
  { title: 'state', of: (item) => item.state },
  { title: 'service', of: (item) => item.service },
  { title: 'team', of: (item) => item.team },
  { title: 'environment', of: (item) => item.environment },
  { title: 'zone', of: (item) => item.zone },
  { title: 'rule', of: (item) => item.rule },
  { title: 'exempt', of: (item) => item.exempt.join(' ') },
];

/** The HTTP doors of the calendar. */
export const calendarRoutes: readonly Mounted[] = [
  mount(contract.getCalendar, async ({ tx, query, visible }) => calendar(tx, query, visible)),
  mountCsv<contract.CalendarItem>(contract.calendarCsv, COLUMNS, async ({ tx, query, visible }) => {
    const { items, note } = await calendar(tx, query as Range, visible);
    // The last line says what was left out; there is no page to go on with.
    return { items, next: null, note };
  }),
  mount(contract.calendarFeed, async ({ tx, query, visible, floor }) => {
    const now = await tx.now();
    const range = { ...query, from: plus(now, -30 * DAY), to: plus(now, 365 * DAY) };
    const { items } = await calendar(tx, range, visible);
    const text = icalendar(items, { now, url: floor.config.publicUrl });
    return { stream: new TextEncoder().encode(text), fileName: 'yardmaster.ics' };
  }),
  mount(previewFreeze, async ({ tx, body, visible }) => {
    const { freeze, ...asked } = body;
    return previewOf(tx, asked, freeze ?? null, await visible());
  }),
];

async function calendar(tx: Tx, query: Range, visible: Visible) {
  const now = await tx.now();
  const from = query.from === undefined ? `${now.slice(0, 10)}T00:00:00.000Z` : utc(query.from);
  const to = query.to === undefined ? plus(from, 31 * DAY) : utc(query.to);
  if (from >= to || between(from, to) > contract.CALENDAR_DAYS * DAY) throw badRange({ from, to, days: contract.CALENDAR_DAYS });
  const kinds = new Set(query.kind === undefined ? contract.CALENDAR_KINDS : (query.kind.split(',') as contract.CalendarKind[]));
  const { service = null, environment = null } = query;
  const { items, note } = await calendarBetween(tx, { from, to, now, kinds, service, environment, visible: await visible() });
  return { from, to, now, items: [...items], note };
}

function utc(text: string): Instant {
  return new Date(text).toISOString();
}
