import { allServices } from '../catalog/catalog.queries.ts';
import { getDora } from '../contract/metrics.ts';
import { plus, type Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { changeFailureRate } from './change-failure-rate.ts';
import { deploymentFrequency } from './deployment-frequency.ts';
import type { KpiInput } from './kpi.ts';
import { leadTimeForChanges } from './lead-time.ts';
import { badWindow, tooManyFacts } from './metrics.problems.ts';
import { commitTimes, FACT_LIMIT, productionFacts } from './metrics.queries.ts';
import { timeToRestore } from './time-to-restore.ts';

const WINDOW_MS = 30 * 86_400_000;

/** The HTTP doors of metrics. */
export const metricsRoutes: readonly Mounted[] = [
  mount(getDora, async ({ tx, query, visible }) => {
    const to = query.to === undefined ? await tx.now() : new Date(query.to).toISOString();
    const from = query.from === undefined ? plus(to, -WINDOW_MS) : new Date(query.from).toISOString();
    if (from >= to) throw badWindow({ from, to });
    const input = await load(tx, from, to, await chosen(tx, query, await visible()));
    return {
      from,
      to,
      deploymentFrequency: deploymentFrequency(input),
      leadTimeForChanges: leadTimeForChanges(input),
      changeFailureRate: changeFailureRate(input),
      timeToRestore: timeToRestore(input),
    } as never;
  }),
];

async function load(tx: Tx, from: Instant, to: Instant, services: readonly string[] | null): Promise<KpiInput> {
  const facts = await productionFacts(tx, to, services);
  if (facts.length >= FACT_LIMIT) throw tooManyFacts({ limit: FACT_LIMIT });
  const commits = facts.flatMap((fact) => (fact.kind === 'release-created' ? fact.commits : []));
  return { from, to, facts, commitTimes: await commitTimes(tx, commits) };
}

/** The ids of the services asked for and visible; null: all. */
async function chosen(
  tx: Tx,
  query: { service?: string | undefined; team?: string | undefined },
  visible: 'all' | ReadonlySet<string>,
): Promise<readonly string[] | null> {
  if (visible === 'all' && query.service === undefined && query.team === undefined) return null;
  const services = await allServices(tx);
  return services
    .filter(
      (one) =>
        (visible === 'all' || visible.has(one.id)) &&
        (query.service === undefined || one.name === query.service) &&
        (query.team === undefined || one.team === query.team),
    )
    .map((one) => one.id);
}
