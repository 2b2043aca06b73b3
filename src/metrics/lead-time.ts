import { between } from '../kernel/time.ts';
import { inWindow, lowerMedian, seconds, type Aside, type Kpi, type KpiInput, type ProductionFact } from './kpi.ts';

type Running = Extract<ProductionFact, { kind: 'running' }>;
type Created = Extract<ProductionFact, { kind: 'release-created' }>;

/**
 * DORA's lead time for changes: from a commit to its first running in production, the lower median over commits. A
 * release brings its own commits and, unless it is a hotfix, those of the releases that were made since the last one
 * that reached production.
 */
export function leadTimeForChanges(input: KpiInput): Kpi {
  const spans: number[] = [];
  const events: string[] = [];
  const unknown: Aside[] = [];
  const excluded: Aside[] = [];
  const shipped = new Set<string>();
  for (const running of input.facts) {
    if (running.kind !== 'running' || running.rolledBack) continue;
    const { commits, more, found } = broughtBy(running, input.facts);
    const fresh = commits.filter((commit) => !shipped.has(commit));
    for (const commit of fresh) shipped.add(commit);
    if (!inWindow(input, running.at)) continue;
    if (!found)
      unknown.push({ what: `release ${running.release}`, fact: running.fact, why: 'the fact that made the release is not there' });
    if (more > 0) unknown.push({ what: `${more} commits`, fact: running.fact, why: 'a release names at most 1,000 of its commits' });
    for (const commit of fresh) {
      const made = input.commitTimes.get(commit);
      if (made === undefined) unknown.push({ what: `commit ${commit}`, fact: running.fact, why: 'nobody knows when it was made' });
      else if (made > running.at)
        excluded.push({ what: `commit ${commit}`, fact: running.fact, why: 'it says that it was made after it ran' });
      else spans.push(between(made, running.at));
    }
    if (fresh.length > 0) events.push(running.fact);
  }
  return {
    name: 'leadTimeForChanges',
    definition: 'Lower median of the time from a commit to its first running in production.',
    value: seconds(lowerMedian(spans)),
    unit: 'seconds',
    events,
    excluded,
    unknown,
  };
}

function broughtBy(running: Running, facts: readonly ProductionFact[]): { commits: string[]; more: number; found: boolean } {
  const made = facts.filter((fact): fact is Created => fact.kind === 'release-created' && fact.service === running.service);
  const at = made.findIndex((fact) => fact.release === running.release);
  const own = made[at];
  if (own === undefined) return { commits: [], more: 0, found: false };
  const before = facts
    .filter(
      (fact): fact is Running => fact.kind === 'running' && fact.service === running.service && !fact.rolledBack && fact.at < running.at,
    )
    .at(-1);
  const since = before === undefined ? -1 : made.findIndex((fact) => fact.release === before.release);
  const releases = own.type === 'hotfix' ? [own] : made.slice(Math.min(since + 1, at), at + 1);
  return {
    commits: releases.flatMap((release) => release.commits),
    more: releases.reduce((sum, release) => sum + release.more, 0),
    found: true,
  };
}
