import { CSV_ROWS } from '../contract/csv.ts';
import { mustService } from '../catalog/catalog.queries.ts';
import { getBaseline } from '../contract/baseline.ts';
import * as contract from '../contract/metrics.ts';
import { plus } from '../kernel/time.ts';
import { baselinesOf } from './baseline.ts';
import { endedRuns } from './baseline.queries.ts';
import type { Column } from '../kernel/csv.ts';
import { mountCsv } from '../platform/http/csv.ts';
import { mount, type Call, type Mounted } from '../platform/http/handler.ts';
import { Known, windowOf, type Asked } from './metrics.views.ts';

type Query = Asked & { from?: string; to?: string; days: number };
type Asking = Pick<Call<never>, 'tx' | 'visible'>;

const FIGURE: readonly Column<contract.KpiView & { from: string; to: string }>[] = [
  { title: 'figure', of: (kpi) => kpi.name },
  { title: 'from', of: (kpi) => kpi.from },
  { title: 'to', of: (kpi) => kpi.to },
  { title: 'value', of: (kpi) => kpi.value },
  { title: 'unit', of: (kpi) => kpi.unit },
  { title: 'counted', of: (kpi) => kpi.counted },
  { title: 'excluded', of: (kpi) => kpi.excluded.length },
  { title: 'unknown', of: (kpi) => kpi.unknown.length },
  { title: 'p50 seconds', of: (kpi) => kpi.percentiles?.p50 },
  { title: 'p75 seconds', of: (kpi) => kpi.percentiles?.p75 },
  { title: 'p90 seconds', of: (kpi) => kpi.percentiles?.p90 },
  { title: 'p95 seconds', of: (kpi) => kpi.percentiles?.p95 },
  { title: 'value before', of: (kpi) => kpi.before.value },
  { title: 'counted before', of: (kpi) => kpi.before.counted },
  { title: 'definition', of: (kpi) => kpi.definition },
];

const WEEK: readonly Column<contract.TrendWeek>[] = [
  { title: 'from', of: (week) => week.from },
  { title: 'to', of: (week) => week.to },
  ...contract.FIGURE_NAMES.flatMap((name) => [
    { title: name, of: (week: contract.TrendWeek) => week[name].value },
    { title: `${name} counted`, of: (week: contract.TrendWeek) => week[name].counted },
    { title: `${name} unknown`, of: (week: contract.TrendWeek) => week[name].unknown },
  ]),
];

const EVENT: readonly Column<contract.FigureEvent>[] = [
  { title: 'role', of: (one) => one.role },
  { title: 'at', of: (one) => one.at },
  { title: 'service', of: (one) => one.service },
  { title: 'what', of: (one) => one.what },
  { title: 'value', of: (one) => one.value },
  { title: 'why', of: (one) => one.why },
  { title: 'fact', of: (one) => one.fact },
];

/** The HTTP doors of metrics. */
export const metricsRoutes: readonly Mounted[] = [
  mount(getBaseline, async ({ tx, query }) => {
    const service = await mustService(tx, query.service);
    const to = await tx.now();
    const from = plus(to, -query.days * 86_400_000);
    return { service: service.name, from, to, pipelines: baselinesOf(await endedRuns(tx, service.id, from)) };
  }),
  mount(contract.getDora, (call) => dora(call, call.query as Query)),
  mount(contract.getDoraTrend, async (call) => ({ items: await trend(call, call.query) })),
  mount(contract.listFigureEvents, (call) => events(call, call.query as EventQuery)),
  mountCsv(contract.doraCsv, FIGURE, async (call) => {
    const { from, to, ...figures } = await dora(call, call.query as Query);
    return { items: contract.FIGURE_NAMES.map((name) => ({ ...figures[name], from, to })) };
  }),
  mountCsv(contract.doraTrendCsv, WEEK, async (call) => ({ items: await trend(call, call.query as { weeks: number }) })),
  mountCsv(contract.figureEventsCsv, EVENT, (call) => events(call, { ...(call.query as EventQuery), limit: CSV_ROWS })),
];

async function dora({ tx, visible }: Asking, query: Query) {
  const now = await tx.now();
  const window = windowOf(query, now);
  const known = await Known.load(tx, query, await visible(), now);
  const figures = Object.fromEntries(contract.FIGURE_NAMES.map((name) => [name, known.view(name, window)]));
  return { ...window, ...(figures as Record<contract.FigureName, contract.KpiView>) };
}

async function trend({ tx, visible }: Asking, query: Asked & { to?: string | undefined; weeks: number }) {
  const now = await tx.now();
  const known = await Known.load(tx, query, await visible(), now);
  return known.trend(query.to === undefined ? now : new Date(query.to).toISOString(), query.weeks);
}

type EventQuery = Query & { figure: contract.FigureName; role?: contract.FigureEvent['role']; cursor?: string; limit: number };

/** A page is a place in a list that is folded anew for each: it goes on by number, for the same window of a fixed `to`. */
async function events({ tx, visible }: Asking, query: EventQuery) {
  const now = await tx.now();
  const window = windowOf(query, now);
  const all = (await Known.load(tx, query, await visible(), now)).events(query.figure, window);
  const count = (role: contract.FigureEvent['role']): number => all.filter((one) => one.role === role).length;
  const chosen = all.filter((one) => query.role === undefined || one.role === query.role);
  const at = /^\d{1,7}$/.test(query.cursor ?? '') ? Number(query.cursor) : 0;
  const items = chosen.slice(at, at + query.limit);
  const next = at + query.limit < chosen.length ? String(at + query.limit) : null;
  return { ...window, items, next, total: { counted: count('counted'), excluded: count('excluded'), unknown: count('unknown') } };
}
