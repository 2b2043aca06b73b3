import { kpiOf, type Figure, type Kpi, type KpiFacts, type KpiInput, type Measures, type Sample, type TimedAside } from './kpi.ts';

/**
 * DORA's rework rate: of the releases that began to run in production, those that were not planned but made to repair
 * something: hotfixes and emergencies. A release of which nobody knows the type is unknown.
 */
export const reworkRateFigure: Figure = {
  name: 'reworkRate',
  title: 'Rework rate',
  definition: 'Share of the releases that began to run in production that were hotfixes or emergencies.',
  words: [
    'Rework is a release of the type hotfix or emergency that began to run in production.',
    'Going back is left out: the change failure rate counts what made it necessary.',
  ],
  unit: 'share',
  better: 'less',
  measure,
};

/** The figure over the window of `input`. */
export function reworkRate(input: KpiInput): Kpi {
  return kpiOf(reworkRateFigure, measure(input), input);
}

function measure({ facts }: KpiFacts): Measures {
  const types = new Map(facts.flatMap((fact) => (fact.kind === 'release-created' ? [[fact.release, fact.type] as const] : [])));
  const counted: Sample[] = [];
  const excluded: TimedAside[] = [];
  const unknown: TimedAside[] = [];
  for (const fact of facts) {
    if (fact.kind !== 'running') continue;
    const base = { fact: fact.fact, at: fact.at, service: fact.service, what: `release ${fact.release}` };
    const type = types.get(fact.release);
    if (fact.rolledBack) excluded.push({ ...base, why: 'it went back to an earlier release' });
    else if (type === undefined) unknown.push({ ...base, why: 'the fact that made the release is not there' });
    else counted.push({ ...base, value: type === 'standard' ? 0 : 1 });
  }
  return { counted, excluded, unknown };
}
