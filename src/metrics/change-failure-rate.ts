import { inWindow, type Kpi, type KpiInput, type ProductionFact } from './kpi.ts';

type Finished = Extract<ProductionFact, { kind: 'deployment-finished' }>;

/**
 * DORA's change failure rate: of the deployments to production that began to act, those that went back, failed, or were
 * linked to an incident. An incident that nobody linked is unknown, not zero; going back on purpose is not counted again.
 */
export function changeFailureRate(input: KpiInput): Kpi {
  const all = input.facts.filter((fact): fact is Finished => fact.kind === 'deployment-finished' && inWindow(input, fact.at));
  const counted = all.filter((fact) => fact.began && !fact.rollback && fact.outcome !== 'cancelled');
  const links = input.facts.filter((fact) => fact.kind === 'incident-linked');
  const takenBack = deploymentsTakenBack(input.facts);
  const failed = counted.filter(
    (fact) => fact.outcome !== 'succeeded' || links.some((link) => link.deployment === fact.deployment) || takenBack.has(fact.deployment),
  );
  const linked = new Set(links.map((link) => link.incident));
  return {
    name: 'changeFailureRate',
    definition: 'Share of deployments to production that went back, failed, or were linked to an incident.',
    value: counted.length === 0 ? null : Math.round((failed.length / counted.length) * 10_000) / 10_000,
    unit: 'share',
    events: counted.map((fact) => fact.fact),
    excluded: all
      .filter((fact) => !counted.includes(fact))
      .map((fact) => ({
        what: `deployment ${fact.deployment}`,
        fact: fact.fact,
        why: fact.rollback ? 'it was the way back itself' : fact.began ? 'it was cancelled' : 'it ended before its first act',
      })),
    unknown: input.facts
      .filter((fact) => fact.kind === 'incident-detected' && inWindow(input, fact.at) && !linked.has(fact.incident))
      .map((fact) => ({ what: 'incident', fact: fact.fact, why: 'nobody linked it to a deployment, or said that none caused it' })),
  };
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
