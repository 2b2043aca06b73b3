import { JOB_PLAN_TYPE, TRUST, jobPlanSchema, type Envelope, type Executor, type JobPlan, type Trust } from '../contract/runner.ts';
import { openEnvelope, strictBase64, type TrustedKey } from '../kernel/dsse.ts';
import { isId } from '../kernel/id.ts';
import type { Instant } from '../kernel/time.ts';

/** What a runner knows about itself, and by which keys it trusts plans: pinned when it was registered. */
export type Self = {
  readonly pool: string;
  readonly trust: Trust;
  readonly executors: readonly Executor[];
  readonly planKeys: readonly TrustedKey[];
};

export type CheckedPlan =
  | { readonly ok: true; readonly plan: JobPlan }
  /** `named`: which attempt the refused plan claims to be, only to tell the server that it was refused. */
  | {
      readonly ok: false;
      readonly why: string;
      readonly named: { readonly job: string; readonly attempt: number; readonly executor: Executor } | null;
    };

/** Verifies a plan before anything of it is used: signature by a pinned key, shape, time, and that it is meant for this runner. */
export function checkPlan(envelope: Envelope, self: Self, now: Instant): CheckedPlan {
  const opened = openEnvelope(envelope, JOB_PLAN_TYPE, self.planKeys);
  const refuse = (why: string): CheckedPlan => ({ ok: false, why, named: namesOf(envelope) });
  if (!opened.ok) return refuse(`the plan is not signed by the server that this runner was registered with: ${opened.why}`);
  const parsed = jobPlanSchema.safeParse(jsonOf(opened.payload));
  if (!parsed.success)
    return refuse(
      `the plan has not the form that this runner knows: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`,
    );
  const plan = parsed.data;
  if (!(Date.parse(plan.notAfter) > Date.parse(now))) return refuse(`the plan was valid until ${plan.notAfter} and it is ${now}`);
  if (plan.pool !== self.pool) return refuse(`the plan is for the pool ${plan.pool}, and this runner is in ${self.pool}`);
  if (!serves(self.trust, plan.trust)) return refuse(`the plan is of trust ${plan.trust}, and this runner is for ${self.trust} jobs`);
  if (!self.executors.includes(plan.executor)) return refuse(`the plan asks for the executor ${plan.executor}, which does not work here`);
  return { ok: true, plan };
}

/** A runner of strangers' jobs takes nothing else; the others take their own level and above, so that nothing a lower level left behind meets a higher. */
function serves(runner: Trust, plan: Trust): boolean {
  return runner === 'untrusted' ? plan === 'untrusted' : TRUST.indexOf(plan) >= TRUST.indexOf(runner);
}

function namesOf(envelope: Envelope): { job: string; attempt: number; executor: Executor } | null {
  const payload = strictBase64(envelope.payload);
  const value = payload === null ? null : (jsonOf(payload) as Record<string, unknown> | null);
  const attempt = value?.['attempt'];
  if (!isId('job', value?.['job']) || !Number.isSafeInteger(attempt) || (attempt as number) < 1) return null;
  return { job: value['job'] as string, attempt: attempt as number, executor: value['executor'] === 'sandbox' ? 'sandbox' : 'host' };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}
