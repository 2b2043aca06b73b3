import { allServices, environmentsInOrder } from '../catalog/catalog.queries.ts';
import { tryOut, type Proposed, type TriedOut } from '../gates/proposed.api.ts';
import { Problem } from '../kernel/problem.ts';
import type { Millis } from '../kernel/time.ts';
import { plus } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { blobMissing } from '../platform/platform.problems.ts';
import { pageOf, type Key } from '../changes/page.ts';
import { backtest, type Backtested, type Policies } from './backtest.ts';
import { countDecidedSince, decidedSince, type Deciding } from './backtest.queries.ts';
import { inputsOf } from './replay.api.ts';

const DAY: Millis = 86_400_000;

export type BacktestRequest = {
  readonly change: Proposed;
  /** Null: the change is a proposal. */
  readonly source: string | null;
  readonly days: number;
  readonly after: Key | null;
  readonly limit: number;
  /** Services that the asker may see. */
  readonly visible: 'all' | ReadonlySet<string>;
};

export type BacktestPage = {
  /** How many decisions there are in all; told with the first page only. */
  readonly total: number | null;
  readonly judged: readonly { readonly decision: Deciding; readonly service: string; readonly found: Backtested }[];
  /** Decisions whose inputs are no longer kept. */
  readonly gone: number;
  readonly next: string | null;
};

/**
 * A page of the decisions of the last `days`, newest first, and what a change that is not in force would have made of each.
 * Reads only. Throws what `tryOut` throws.
 */
export async function backtestPage(tx: Tx, { change, source, days, after, limit, visible }: BacktestRequest): Promise<BacktestPage> {
  const tried = await tryOut(tx, change, source);
  const services = (await allServices(tx)).filter((service) => (visible === 'all' || visible.has(service.id)) && tried.concerns(service));
  const byId = new Map(services.map((service) => [service.id, service]));
  const kinds = new Map((await environmentsInOrder(tx)).map(({ name, kind }) => [name, kind]));
  const period = { services: [...byId.keys()], since: plus(await tx.now(), -days * DAY) };
  const total = after === null ? await countDecidedSince(tx, period) : null;
  const { rows, next } = pageOf(await decidedSince(tx, { ...period, after, limit: limit + 1 }), limit, (row): Key => [row.at, row.id]);
  const policies = policiesOnce(tried);
  const judged: BacktestPage['judged'][number][] = [];
  let gone = 0;
  for (const decision of rows) {
    const service = byId.get(decision.serviceId);
    const recorded = service === undefined ? null : await recordedOf(tx, decision);
    if (service === undefined || recorded === null) {
      gone += 1;
      continue;
    }
    const found = backtest(recorded, await policies(service, decision.commit), (name) => kinds.get(name) ?? null);
    judged.push({ decision, service: service.name, found });
  }
  return { total, judged, gone, next };
}

/** What a decision read; null where it was removed since. */
async function recordedOf(tx: Tx, decision: Deciding): Promise<Parameters<typeof backtest>[0] | null> {
  try {
    return { ...(await inputsOf(tx, decision)), at: decision.answer.at };
  } catch (error) {
    if (error instanceof Problem && error.code === blobMissing.code) return null;
    throw error;
  }
}

/** A service is asked the same at the same commit. */
function policiesOnce(tried: TriedOut): TriedOut['policies'] {
  const known = new Map<string, Promise<Policies>>();
  return (service, commit) => {
    const key = `${service.id} ${commit ?? ''}`;
    const found = known.get(key) ?? tried.policies(service, commit);
    known.set(key, found);
    return found;
  };
}
