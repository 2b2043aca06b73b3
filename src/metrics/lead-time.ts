import { between } from '../kernel/time.ts';
import {
  kpiOf,
  type Figure,
  type Kpi,
  type KpiFacts,
  type KpiInput,
  type Measures,
  type ProductionFact,
  type Sample,
  type TimedAside,
} from './kpi.ts';

type Running = Extract<ProductionFact, { kind: 'running' }>;
type Created = Extract<ProductionFact, { kind: 'release-created' }>;

/**
 * DORA's lead time for changes: from a commit to its first running in production, the lower median over commits. A
 * release brings its own commits and, unless it is a hotfix, those of the releases that were made since the last one
 * that reached production.
 */
export const leadTimeFigure: Figure = {
  name: 'leadTimeForChanges',
  title: 'Lead time for changes',
  definition: 'Lower median of the time from a commit to its first running in production.',
  words: [
    'Each commit counts once, from when it was made to when a release with it first ran in production.',
    'A release brings its own commits and those of releases that were skipped; a hotfix brings its own alone.',
    'A commit that nobody can date is unknown; one that claims to be made after it ran is left out.',
  ],
  unit: 'seconds',
  better: 'less',
  measure,
};

/** The figure over the window of `input`. */
export function leadTimeForChanges(input: KpiInput): Kpi {
  return kpiOf(leadTimeFigure, measure(input), input);
}

function measure({ facts, commitTimes }: KpiFacts): Measures {
  const counted: Sample[] = [];
  const unknown: TimedAside[] = [];
  const excluded: TimedAside[] = [];
  const shipped = new Set<string>();
  const services = new Map<string, Service>();
  for (const fact of facts) {
    if (fact.kind !== 'release-created') continue;
    const service: Service = services.get(fact.service) ?? { made: [], at: new Map(), last: -1 };
    service.at.set(fact.release, service.made.length);
    service.made.push(fact);
    services.set(fact.service, service);
  }
  for (const running of facts) {
    if (running.kind !== 'running' || running.rolledBack) continue;
    const { commits, more, found } = broughtBy(running, services.get(running.service));
    const about = { fact: running.fact, at: running.at, service: running.service };
    if (!found) unknown.push({ ...about, what: `release ${running.release}`, why: 'the fact that made the release is not there' });
    if (more > 0) unknown.push({ ...about, what: `${more} commits`, why: 'a release names at most 1,000 of its commits' });
    for (const commit of commits) {
      if (shipped.has(commit)) continue;
      shipped.add(commit);
      const what = `commit ${commit}`;
      const made = commitTimes.get(commit);
      if (made === undefined) unknown.push({ ...about, what, why: 'nobody knows when it was made' });
      else if (made > running.at) excluded.push({ ...about, what, why: 'it says that it was made after it ran' });
      else counted.push({ ...about, what, value: between(made, running.at) });
    }
  }
  return { counted, excluded, unknown };
}

/** The releases of a service in the order they were made, where each stands, and the place of the last that reached production. */
type Service = { readonly made: Created[]; readonly at: Map<string, number>; last: number };

function broughtBy(running: Running, service: Service | undefined): { commits: string[]; more: number; found: boolean } {
  const at = service?.at.get(running.release);
  const own = at === undefined ? undefined : service?.made[at];
  if (service === undefined || at === undefined || own === undefined) return { commits: [], more: 0, found: false };
  const since = service.last;
  service.last = at;
  const releases = own.type === 'hotfix' ? [own] : service.made.slice(Math.min(since + 1, at), at + 1);
  return {
    commits: releases.flatMap((release) => release.commits),
    more: releases.reduce((sum, release) => sum + release.more, 0),
    found: true,
  };
}
