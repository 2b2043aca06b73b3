import { plus, type Instant } from '../kernel/time.ts';
import { stepsOf, type Deployment, type DeploymentAct } from './deployment.ts';
import { isOver } from './states.ts';
import type { Step } from './strategy.ts';

/** What a deployment does next. The engine carries it out in one transaction and asks again until it rests. */
export type Move =
  /** Nothing until somebody says something, or until an instant. */
  | { readonly kind: 'rest'; readonly until: Instant | null }
  /** Take the slot of (service, environment), where it is free. */
  | { readonly kind: 'take' }
  /** Give the agent an act; `ask`: only where may-ship allows it now. */
  | {
      readonly kind: 'act';
      readonly step: Exclude<Step, { kind: 'observe' } | { kind: 'record' }>;
      readonly ask: 'deploy' | 'rollback' | null;
    }
  | { readonly kind: 'record' }
  | { readonly kind: 'judge'; readonly step: Extract<Step, { kind: 'observe' }> }
  | { readonly kind: 'advance'; readonly act: DeploymentAct; readonly step: Step }
  /** An act that nobody has begun is taken back. */
  | { readonly kind: 'withdraw'; readonly act: DeploymentAct; readonly why: string }
  /** Contact was lost while acting: nobody knows how it ended. */
  | { readonly kind: 'lost'; readonly act: DeploymentAct }
  /** The agent said what became of it. */
  | { readonly kind: 'resolved' }
  | { readonly kind: 'back'; readonly why: string; readonly failed: DeploymentAct | null }
  | { readonly kind: 'end'; readonly state: 'succeeded' | 'rolled-back' | 'failed' | 'cancelled'; readonly why: string };

export type View = {
  readonly deployment: Deployment;
  /** The newest act, or null before the first. */
  readonly act: DeploymentAct | null;
  /** Whether any act was ever taken by the agent: only then is there something to undo. */
  readonly begun: boolean;
  /** How often acts of the present step have failed. */
  readonly failures: number;
  /** Whether the agent that acts for it was revoked: it will never be heard of again. */
  readonly revoked?: boolean;
};

/** Tries of one step of the way back before people must help. */
export const BACK_TRIES = 3;

/** The next move: a pure function of rows and the clock. */
export function next(view: View, now: Instant): Move {
  const { deployment, begun } = view;
  if (isOver(deployment.state)) return { kind: 'rest', until: null };
  const back = deployment.back !== null;
  const { steps, at } = stepsOf(deployment);
  const act = view.act !== null && view.act.back === back && view.act.step === at ? view.act : null;
  const open = view.act !== null && ['queued', 'claimed', 'unknown'].includes(view.act.state) ? view.act : null;
  if (open !== null) return view.revoked === true ? withoutAgent(open, now) : waitFor(open, deployment, now);
  if (deployment.state === 'unknown') return { kind: 'resolved' };
  if (deployment.cancelReason !== null && !back) {
    const why = `cancelled: ${deployment.cancelReason}`;
    return begun ? { kind: 'back', why, failed: null } : { kind: 'end', state: 'cancelled', why };
  }
  const step = steps[at];
  if (act !== null && step !== undefined) {
    if (act.state === 'succeeded') return { kind: 'advance', act, step };
    if (act.state === 'failed' || act.state === 'refused') {
      const why = act.result?.detail ?? 'the act failed';
      if (!back) return { kind: 'back', why, failed: act };
      if (act.state === 'refused' || view.failures >= BACK_TRIES)
        return { kind: 'end', state: 'failed', why: `the way back failed: ${why}` };
      const again = plus(act.finishedAt ?? now, 1000 * view.failures);
      if (now < again) return { kind: 'rest', until: again };
    }
  }
  if (!deployment.holds) return { kind: 'take' };
  if (step === undefined) return endOf(deployment);
  if (step.kind === 'record') return { kind: 'record' };
  if (view.revoked === true) return { kind: 'end', state: 'failed', why: REVOKED };
  if (step.kind === 'observe') return { kind: 'judge', step };
  const ships = !back && ((step.kind === 'start' && step.role === 'candidate') || step.kind === 'weigh');
  return { kind: 'act', step, ask: ships ? deployment.kind : null };
}

const REVOKED = 'its agent was revoked; what runs on that machine is as it left it';

/** An act of an agent that was revoked: taken back, or waited for until it can't be under way any more, then given up. */
function withoutAgent(open: DeploymentAct, now: Instant): Move {
  if (open.state === 'queued') return { kind: 'withdraw', act: open, why: REVOKED };
  if (open.state === 'unknown') return { kind: 'end', state: 'failed', why: `${REVOKED}; what became of its last act was never told` };
  if (open.claimUntil !== null && open.claimUntil <= now) return { kind: 'lost', act: open };
  return { kind: 'rest', until: open.claimUntil };
}

function waitFor(open: DeploymentAct, deployment: Deployment, now: Instant): Move {
  if (open.state === 'queued') {
    if (deployment.cancelReason !== null && !open.back) return { kind: 'withdraw', act: open, why: 'cancelled before it began' };
    if (open.notAfter <= now) return { kind: 'withdraw', act: open, why: 'no agent took it while it was allowed' };
    return { kind: 'rest', until: open.notAfter };
  }
  if (open.state === 'claimed' && open.claimUntil !== null && open.claimUntil <= now) return { kind: 'lost', act: open };
  return { kind: 'rest', until: open.state === 'claimed' ? open.claimUntil : null };
}

function endOf(deployment: Deployment): Move {
  if (deployment.back === null) return { kind: 'end', state: 'succeeded', why: `${deployment.versionName} runs` };
  if (deployment.previous === null)
    return { kind: 'end', state: 'failed', why: `${deployment.cause}; nothing ran here before to go back to` };
  return { kind: 'end', state: 'rolled-back', why: `${deployment.cause}; ${deployment.previous.version} serves again` };
}
