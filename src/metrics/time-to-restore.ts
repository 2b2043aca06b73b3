import { between } from '../kernel/time.ts';
import { inWindow, lowerMedian, seconds, type Aside, type Kpi, type KpiInput } from './kpi.ts';

/**
 * DORA's time to restore: the lower median over incidents in production (from their start to their end) and over bad
 * deployments that no incident was linked to (from their first act to the end of their way back).
 */
export function timeToRestore(input: KpiInput): Kpi {
  const spans: number[] = [];
  const events: string[] = [];
  const unknown: Aside[] = [];
  const linked = new Set<string>();
  for (const fact of input.facts) if (fact.kind === 'incident-linked') linked.add(fact.deployment);
  const open = new Map<string, string>();
  for (const fact of input.facts) {
    if (fact.kind === 'incident-detected') open.set(fact.incident, fact.fact);
    if (fact.kind === 'incident-resolved') {
      open.delete(fact.incident);
      if (inWindow(input, fact.at)) count(fact.startedAt, fact.resolvedAt, fact.fact);
    }
    if (
      fact.kind === 'deployment-finished' &&
      fact.outcome === 'rolled-back' &&
      fact.startedAt !== null &&
      inWindow(input, fact.at) &&
      !linked.has(fact.deployment)
    ) {
      count(fact.startedAt, fact.finishedAt, fact.fact);
    }
  }
  for (const fact of open.values()) unknown.push({ what: 'incident', fact, why: 'it is still open' });
  function count(from: string, to: string, fact: string): void {
    if (to < from) unknown.push({ what: 'incident', fact, why: 'it ends before it begins' });
    else {
      spans.push(between(from, to));
      events.push(fact);
    }
  }
  return {
    name: 'timeToRestore',
    definition:
      'Lower median of the time from the start of an incident in production (or the first act of a deployment that went back) to its end.',
    value: seconds(lowerMedian(spans)),
    unit: 'seconds',
    events,
    excluded: [],
    unknown,
  };
}
