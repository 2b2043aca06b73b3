import { kpiOf, type Figure, type Kpi, type KpiFacts, type KpiInput, type Measures, type ProductionFact } from './kpi.ts';

type Finished = Extract<ProductionFact, { kind: 'deployment-finished' }>;

/**
 * DORA's change failure rate: of the deployments to production that began to act, those that went back, failed, or were
 * linked to an incident. An incident that nobody linked is unknown, not zero; going back on purpose is not counted again.
 */
export const changeFailureRateFigure: Figure = {
  name: 'changeFailureRate',
  title: 'Change failure rate',
  definition: 'Share of deployments to production that went back, failed, or were linked to an incident.',
  words: [
    'A deployment to production counts once it has ended and had begun to act; one that was cancelled, or that went back on purpose, is left out.',
    'It failed where it went back or failed by itself, where its release was left by going back later, or where a person or a hook linked it to an incident.',
    'An incident that nobody linked is unknown: it is never counted as no failure.',
  ],
  unit: 'share',
  better: 'less',
  measure,
};

/** The figure over the window of `input`. */
export function changeFailureRate(input: KpiInput): Kpi {
  return kpiOf(changeFailureRateFigure, measure(input), input);
}

function measure({ facts }: KpiFacts): Measures {
  const all = facts.filter((fact): fact is Finished => fact.kind === 'deployment-finished');
  const counts = (fact: Finished): boolean => fact.began && !fact.rollback && fact.outcome !== 'cancelled';
  const links = facts.filter((fact) => fact.kind === 'incident-linked');
  const blamed = new Set(links.map((link) => link.deployment));
  const linked = new Set(links.map((link) => link.incident));
  const takenBack = deploymentsTakenBack(facts);
  const bad = (fact: Finished): boolean => fact.outcome !== 'succeeded' || blamed.has(fact.deployment) || takenBack.has(fact.deployment);
  return {
    counted: all.filter(counts).map((fact) => ({ ...about(fact), value: bad(fact) ? 1 : 0 })),
    excluded: all
      .filter((fact) => !counts(fact))
      .map((fact) => ({
        ...about(fact),
        why: fact.rollback ? 'it was the way back itself' : fact.began ? 'it was cancelled' : 'it ended before its first act',
      })),
    unknown: facts
      .filter((fact) => fact.kind === 'incident-detected')
      .filter((fact) => !linked.has(fact.incident))
      .map(({ fact, at, service, incident }) => ({
        fact,
        at,
        service,
        what: `incident ${incident}`,
        why: 'nobody linked it to a deployment, or said that none caused it',
      })),
  };
}

function about({ fact, at, service, deployment }: Finished) {
  return { fact, at, service, what: `deployment ${deployment}` };
}

/** Deployments that had succeeded and whose release was then left by going back. */
function deploymentsTakenBack(facts: readonly ProductionFact[]): ReadonlySet<string> {
  const taken = new Set<string>();
  const last = new Map<string, string>();
  for (const fact of facts) {
    if (fact.kind !== 'running') continue;
    const before = last.get(fact.service);
    if (fact.rolledBack && before !== undefined) taken.add(before);
    last.set(fact.service, fact.deployment);
  }
  return taken;
}
