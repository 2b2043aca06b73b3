import { between } from '../kernel/time.ts';
import { kpiOf, type Figure, type Kpi, type KpiFacts, type KpiInput, type Measures, type Sample, type TimedAside } from './kpi.ts';

/**
 * DORA's time to restore: the lower median over incidents in production (from their start to their end) and over bad
 * deployments that no incident was linked to (from their first act to the end of their way back).
 */
export const timeToRestoreFigure: Figure = {
  name: 'timeToRestore',
  title: 'Time to restore',
  definition:
    'Lower median of the time from the start of an incident in production (or the first act of a deployment that went back) to its end.',
  words: [
    'Recovery is the end of an incident in production, counted from its start and in the window in which it ended.',
    'A deployment that went back by itself counts from its first act to the end of its way back, unless an incident was linked to it: then the incident counts.',
    'An incident that was open at the end of the window is unknown.',
  ],
  unit: 'seconds',
  better: 'less',
  measure,
};

/** The figure over the window of `input`. */
export function timeToRestore(input: KpiInput): Kpi {
  return kpiOf(timeToRestoreFigure, measure(input), input);
}

function measure({ facts }: KpiFacts): Measures {
  const counted: Sample[] = [];
  const unknown: TimedAside[] = [];
  const linked = new Set<string>();
  const resolved = new Map<string, string>();
  for (const fact of facts) {
    if (fact.kind === 'incident-linked') linked.add(fact.deployment);
    if (fact.kind === 'incident-resolved') resolved.set(fact.incident, fact.at);
  }
  const count = (about: Omit<Sample, 'value'>, from: string, to: string): void => {
    if (to < from) unknown.push({ ...about, why: 'it ends before it begins' });
    else counted.push({ ...about, value: between(from, to) });
  };
  for (const fact of facts) {
    const { at, service } = fact;
    if (fact.kind === 'incident-detected') {
      const until = resolved.get(fact.incident) ?? null;
      const why = until === null ? 'it is still open' : 'it was still open at the end of this time';
      unknown.push({ what: `incident ${fact.incident}`, fact: fact.fact, at, service, why, until });
    }
    if (fact.kind === 'incident-resolved')
      count({ fact: fact.fact, at, service, what: `incident ${fact.incident}` }, fact.startedAt, fact.resolvedAt);
    if (fact.kind === 'deployment-finished' && fact.outcome === 'rolled-back' && fact.startedAt !== null && !linked.has(fact.deployment))
      count({ fact: fact.fact, at, service, what: `deployment ${fact.deployment}` }, fact.startedAt, fact.finishedAt);
  }
  return { counted, excluded: [], unknown };
}
