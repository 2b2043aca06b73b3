import { allServices, mustEnvironment } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import { FIGURE_NAMES, type FigureEvent, type FigureName, type KpiView, type TrendWeek } from '../contract/metrics.ts';
import { between, plus, type Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { FIGURES } from './figures.ts';
import { kpiOf, seconds, within, type Measures } from './kpi.ts';
import { badWindow, notProduction, tooManyFacts } from './metrics.problems.ts';
import { commitTimes, FACT_LIMIT, productionFacts } from './metrics.queries.ts';

export type Asked = {
  readonly service?: string | undefined;
  readonly team?: string | undefined;
  readonly tier?: number | undefined;
  readonly environment?: string | undefined;
};
export type Window = { readonly from: Instant; readonly to: Instant };
type Visible = 'all' | ReadonlySet<string>;

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const MOST_SERVICES = 200;

/** The window that is asked for. `to` is now where it is left out; `from` is `days` before it. */
export function windowOf(query: { from?: string | undefined; to?: string | undefined; days: number }, now: Instant): Window {
  const to = query.to === undefined ? now : new Date(query.to).toISOString();
  const from = query.from === undefined ? plus(to, -query.days * DAY) : new Date(query.from).toISOString();
  if (from >= to) throw badWindow({ from, to });
  return { from, to };
}

/** What the figures are made of, over all time: judged by what is known now, so that a link made later counts where it belongs. */
export class Known {
  readonly #services: ReadonlyMap<string, Service>;
  readonly #measures: Readonly<Record<FigureName, Measures>>;

  private constructor(services: readonly Service[], measures: Readonly<Record<FigureName, Measures>>) {
    this.#services = new Map(services.map((one) => [one.id, one]));
    this.#measures = measures;
  }

  /** Reads the facts of the services asked for and visible, and measures every figure on them once. */
  static async load(tx: Tx, asked: Asked, visible: Visible, now: Instant): Promise<Known> {
    const services = await allServices(tx);
    const facts = await productionFacts(tx, plus(now, 1), {
      services: chosen(services, asked, visible),
      environment: await places(tx, asked),
    });
    if (facts.length >= FACT_LIMIT) throw tooManyFacts({ limit: FACT_LIMIT });
    const commits = facts.flatMap((fact) => (fact.kind === 'release-created' ? fact.commits : []));
    const input = { facts, commitTimes: await commitTimes(tx, commits) };
    const measures = Object.fromEntries(FIGURE_NAMES.map((name) => [name, FIGURES[name].measure(input)])) as Record<FigureName, Measures>;
    return new Known(services, measures);
  }

  /** A figure for people: over the window, over the one before it, and by service. */
  view(name: FigureName, window: Window): KpiView {
    const measures = this.#measures[name];
    const kpi = kpiOf(FIGURES[name], measures, window);
    const length = between(window.from, window.to);
    const past = kpiOf(FIGURES[name], measures, { from: plus(window.from, -length), to: window.from });
    return {
      ...kpi,
      words: [...kpi.words],
      events: [...kpi.events],
      excluded: [...kpi.excluded],
      unknown: [...kpi.unknown],
      distribution: [...kpi.distribution],
      before: { value: past.value, counted: past.counted },
      services: this.#byService(name, window),
    };
  }

  /** Week after week up to `to`, oldest first. */
  trend(to: Instant, weeks: number): TrendWeek[] {
    return [...Array(weeks).keys()].map((back) => {
      const end = plus(to, -(weeks - 1 - back) * WEEK);
      const window = { from: plus(end, -WEEK), to: end };
      const point = (name: FigureName) => {
        const { value, counted, unknown } = kpiOf(FIGURES[name], this.#measures[name], window);
        return { value, counted, unknown: unknown.length };
      };
      return {
        ...window,
        ...(Object.fromEntries(FIGURE_NAMES.map((name) => [name, point(name)])) as Record<FigureName, ReturnType<typeof point>>),
      };
    });
  }

  /** All that a figure opens to, newest first. */
  events(name: FigureName, window: Window): FigureEvent[] {
    const { counted, excluded, unknown } = within(this.#measures[name], window);
    const named = (service: string): string => this.#services.get(service)?.name ?? service;
    const scale = FIGURES[name].unit === 'seconds' ? seconds : (value: number | null) => value;
    const aside = (role: 'excluded' | 'unknown') => (one: (typeof excluded)[number]) => ({
      role,
      fact: one.fact,
      at: one.at,
      service: named(one.service),
      what: one.what,
      value: null,
      why: one.why,
    });
    return [
      ...counted.map((one) => ({
        role: 'counted' as const,
        fact: one.fact,
        at: one.at,
        service: named(one.service),
        what: one.what,
        value: scale(one.value),
        why: null,
      })),
      ...excluded.map(aside('excluded')),
      ...unknown.map(aside('unknown')),
    ].sort((a, b) => (a.at === b.at ? (a.what < b.what ? -1 : 1) : a.at < b.at ? 1 : -1));
  }

  #byService(name: FigureName, window: Window): KpiView['services'] {
    const { counted } = within(this.#measures[name], window);
    const groups = Map.groupBy(counted, (one) => one.service);
    const none = { excluded: [], unknown: [] };
    return [...groups]
      .map(([id, samples]) => {
        const service = this.#services.get(id);
        const { value } = kpiOf(FIGURES[name], { ...none, counted: samples }, window);
        return { service: service?.name ?? id, team: service?.team ?? '', value, counted: samples.length };
      })
      .sort((a, b) => b.counted - a.counted || (a.service < b.service ? -1 : 1))
      .slice(0, MOST_SERVICES);
  }
}

/** The ids of the services asked for and visible; null: all. */
function chosen(services: readonly Service[], { service, team, tier }: Asked, visible: Visible): readonly string[] | null {
  if (visible === 'all' && service === undefined && team === undefined && tier === undefined) return null;
  const fits = (one: Service): boolean =>
    (service === undefined || one.name === service) &&
    (team === undefined || one.team === team) &&
    (tier === undefined || one.tier === tier);
  return services.filter((one) => (visible === 'all' || visible.has(one.id)) && fits(one)).map((one) => one.id);
}

/** How facts may call the environment asked for; null: any. */
async function places(tx: Tx, { environment }: Asked): Promise<readonly string[] | null> {
  if (environment === undefined) return null;
  const found = await mustEnvironment(tx, environment);
  if (found.kind !== 'production') throw notProduction({ environment }, 'query.environment');
  return [found.id, found.name];
}
