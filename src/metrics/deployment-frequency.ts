import { kpiOf, type Figure, type Kpi, type KpiFacts, type KpiInput, type Measures } from './kpi.ts';

/**
 * DORA's deployment frequency: how often another release begins to run in production. Going back is no deployment of
 * something new and is listed as excluded.
 */
export const deploymentFrequencyFigure: Figure = {
  name: 'deploymentFrequency',
  title: 'Deployment frequency',
  definition: 'Releases that began to run in production, per day of the window.',
  words: [
    'A deployment counts when another release begins to run for a service in an environment of the kind production.',
    'Going back to an earlier release is left out, and listed.',
  ],
  unit: 'per day',
  better: 'more',
  measure,
};

/** The figure over the window of `input`. */
export function deploymentFrequency(input: KpiInput): Kpi {
  return kpiOf(deploymentFrequencyFigure, measure(input), input);
}

function measure({ facts }: KpiFacts): Measures {
  const running = facts.filter((fact) => fact.kind === 'running');
  return {
    counted: running
      .filter((fact) => !fact.rolledBack)
      .map(({ fact, at, service, deployment }) => ({ fact, at, service, what: `deployment ${deployment}`, value: null })),
    excluded: running
      .filter((fact) => fact.rolledBack)
      .map(({ fact, at, service, deployment }) => ({
        fact,
        at,
        service,
        what: `deployment ${deployment}`,
        why: 'it went back to an earlier release',
      })),
    unknown: [],
  };
}
