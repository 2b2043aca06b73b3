import type { z } from 'zod';
import type { deploymentComparison } from '../../contract/release-page.ts';
import { instanceOf, type Deployment } from '../../deployments/deployment.ts';
import type { Tx } from '../../platform/floor.ts';
import { pointsOf, type Both } from './comparison.ts';
import { samplesWithTime, verdictsOf, type SampleLine } from './release-page.queries.ts';

export type Comparison = z.infer<(typeof deploymentComparison)['answer']>;

/** A canary beside what it is compared with, as the judge sees them. */
export async function comparisonOf(tx: Tx, row: Deployment): Promise<Comparison> {
  const step = row.plan.findLast((one) => one.kind === 'observe');
  const verdicts = (await verdictsOf(tx, row.id)).map(({ at, wave, verdict }) => ({ at, wave, ...verdict }));
  const empty = { intervalsPerPoint: 1, points: [] };
  const common = {
    deployment: row.id as Comparison['deployment'],
    state: row.state,
    verdicts: verdicts as unknown as Comparison['verdicts'],
  };
  if (step?.kind !== 'observe') return { ...common, against: null, marginPermille: null, minRequests: null, ...empty };
  const [canary, other] = [instanceOf(row, 'candidate'), instanceOf(row, step.against)];
  const samples = canary === null || other === null ? [] : await samplesWithTime(tx, row.id, [canary, other]);
  return {
    ...common,
    against: step.against,
    marginPermille: step.marginPermille,
    minRequests: step.minRequests,
    ...(samples.length === 0 ? empty : pointsOf(paired(samples, canary ?? ''))),
  };
}

/** Intervals in which both sides were counted. */
function paired(samples: readonly SampleLine[], canary: string): Both[] {
  const bySeq = new Map<number, { canary?: SampleLine; other?: SampleLine }>();
  for (const sample of samples) {
    const both = bySeq.get(sample.seq) ?? {};
    bySeq.set(sample.seq, { ...both, [sample.instance === canary ? 'canary' : 'other']: sample });
  }
  return [...bySeq.values()].flatMap((both) =>
    both.canary === undefined || both.other === undefined
      ? []
      : [{ at: both.canary.at, wave: both.canary.wave, canary: both.canary, other: both.other }],
  );
}
