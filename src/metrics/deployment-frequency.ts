import { between } from '../kernel/time.ts';
import { inWindow, type Kpi, type KpiInput } from './kpi.ts';

const DAY = 86_400_000;

/**
 * DORA's deployment frequency: how often another release begins to run in production. Going back is no deployment of
 * something new and is listed as excluded.
 */
export function deploymentFrequency(input: KpiInput): Kpi {
  const running = input.facts.filter((fact) => fact.kind === 'running' && inWindow(input, fact.at));
  const counted = running.filter((fact) => fact.kind === 'running' && !fact.rolledBack);
  const days = between(input.from, input.to) / DAY;
  return {
    name: 'deploymentFrequency',
    definition: 'Releases that began to run in production, per day of the window.',
    value: counted.length === 0 ? null : Math.round((counted.length / days) * 1000) / 1000,
    unit: 'per day',
    events: counted.map((fact) => fact.fact),
    excluded: running
      .filter((fact) => !counted.includes(fact))
      .map((fact) => ({ what: 'deployment', fact: fact.fact, why: 'it went back to an earlier release' })),
    unknown: [],
  };
}
