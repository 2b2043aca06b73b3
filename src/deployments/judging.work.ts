import { between, plus } from '../kernel/time.ts';
import { digestOfValue } from '../kernel/digest.ts';
import { instanceOf, type Deployment } from './deployment.ts';
import { insertVerdict, saveDeployment } from './deployment.store.ts';
import { verdictGiven } from './deployments.events.ts';
import { lastVerdict, samplesOf, type SampleRow } from './deployments.queries.ts';
import { goBack, type Left, type Scene } from './ending.work.ts';
import { ALPHA, judge, type Interval, type Verdict } from './judge/judge.ts';
import type { Step } from './strategy.ts';

type Observe = Extract<Step, { kind: 'observe' }>;

/**
 * Judges the wave that is being observed. Worse: back at once. Not worse, and the wave lasted as long as planned: on.
 * Not known by the end of its time: back, because what could not be found out is no yes.
 */
export async function judgeNow(scene: Scene, before: Deployment, step: Observe): Promise<Left> {
  const { tx, actor, environment, now } = scene;
  const since = before.stepSince ?? now;
  const row =
    before.stepSince === null
      ? await saveDeployment(
          tx,
          actor,
          environment.name,
          before,
          { stepSince: now, cause: `wave ${step.wave + 1} is compared with the ${step.against}` },
          'observing',
        )
      : before;
  const verdict = await look(scene, row, step);
  if (verdict.answer === 'worse') return { row: await goBack(scene, row, `the canary is worse: ${verdict.why}`, null), rest: false };
  const lasted = between(since, now);
  if (verdict.answer === 'not-worse' && lasted >= step.forMs) {
    return {
      row: await saveDeployment(tx, actor, environment.name, row, {
        step: row.step + 1,
        stepSince: null,
        cause: `not worse: ${verdict.why}`,
      }),
      rest: false,
    };
  }
  if (lasted >= step.maxMs)
    return {
      row: await goBack(scene, row, `not known to be good after ${step.maxMs} ms (${verdict.answer}): ${verdict.why}`, null),
      rest: false,
    };
  return { row, rest: true, until: plus(since, lasted < step.forMs ? step.forMs : step.maxMs) };
}

/** While a canary is held between waves it is still looked at; why it is worse, or null. */
export async function worseMeanwhile(scene: Scene, row: Deployment): Promise<string | null> {
  const step = row.plan.slice(0, row.step).findLast((one): one is Observe => one.kind === 'observe');
  if (step === undefined) return null;
  const verdict = await look(scene, row, step);
  return verdict.answer === 'worse' ? `the canary is worse: ${verdict.why}` : null;
}

/** All intervals of the deployment count as one test; the present wave alone may only accuse, for a fault that only load shows. */
async function look(scene: Scene, row: Deployment, step: Observe): Promise<Verdict> {
  const [canary, other] = [instanceOf(row, 'candidate') ?? '', instanceOf(row, step.against) ?? ''];
  const samples = await samplesOf(scene.tx, row.id, [canary, other]);
  const limits = { marginPermille: step.marginPermille, minRequests: step.minRequests, alpha: ALPHA / 2 };
  const whole = judge(pair(samples, canary, other), limits);
  const waves = row.plan.filter((one) => one.kind === 'observe').length;
  const alone = judge(
    pair(
      samples.filter((sample) => sample.wave === step.wave),
      canary,
      other,
    ),
    { ...limits, alpha: ALPHA / 2 / Math.max(1, waves) },
  );
  const verdict = alone.answer === 'worse' ? alone : whole;
  await keep(scene, row, step.wave, verdict);
  return verdict;
}

/** Intervals in which both sides were counted. */
export function pair(samples: readonly SampleRow[], canary: string, other: string): Interval[] {
  const sides = new Map<number, { canary?: SampleRow; baseline?: SampleRow }>();
  for (const sample of samples) {
    const side = sides.get(sample.seq) ?? {};
    sides.set(sample.seq, { ...side, [sample.instance === canary ? 'canary' : 'baseline']: sample });
  }
  return [...sides.values()].flatMap((side) =>
    side.canary === undefined || side.baseline === undefined || side.canary.instance === other
      ? []
      : [{ canary: side.canary, baseline: side.baseline }],
  );
}

/** A verdict is kept and told when its answer, or who gave it, is another than before. */
async function keep({ tx, actor, environment, now }: Scene, row: Deployment, wave: number, verdict: Verdict): Promise<void> {
  const last = await lastVerdict(tx, row.id);
  if (last !== null && last.wave === wave && last.verdict.answer === verdict.answer && last.verdict.by === verdict.by) return;
  await insertVerdict(tx, row.id, wave, verdict, now);
  const errors = verdict.metrics.find((metric) => metric.metric === 'errors');
  await tx.record(verdictGiven, {
    subject: row.id,
    actor,
    service: row.serviceId,
    body: {
      release: row.releaseId,
      environment: environment.name,
      wave,
      answer: verdict.answer,
      by: verdict.by,
      verdictDigest: digestOfValue(verdict),
      requests: errors?.canaryRequests ?? 0,
      errors: errors?.canaryBad ?? 0,
    },
  });
}
