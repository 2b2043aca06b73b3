import type { DeploymentState } from '../contract/deployments.ts';
import type { Instant } from '../kernel/time.ts';
import type { Deployment } from './deployment.ts';

/** What a foreign tool tells of its deployment. */
export type ToldState = 'started' | 'succeeded' | 'failed' | 'rolled-back';

/** The state that a told one is here. */
export const STATE_OF: Readonly<Record<ToldState, DeploymentState>> = {
  started: 'acting',
  succeeded: 'succeeded',
  failed: 'failed',
  'rolled-back': 'rolled-back',
};

/** Which deployment of which system is told of. */
export type ToldOf = { readonly system: string; readonly id: string; readonly attempt: number };

/**
 * The deployment that is told of, among those of the release here, newest first: the one that was told under this id
 * before, else the one that was only asked about and has not begun. null: it is a new one.
 */
export function toldOf(rows: readonly Deployment[], of: ToldOf): Deployment | null {
  const named = rows.find(({ external }) => external?.system === of.system && external.id === of.id && external.attempt === of.attempt);
  return named ?? rows.find((row) => row.finishedAt === null && row.startedAt === null) ?? null;
}

export type Step = 'nothing' | 'begin' | 'end' | 'begin-and-end' | 'go-back' | 'otherwise';

/**
 * What a told state does to a deployment that stands in `state`. What was told before, or says less than is known
 * already, changes nothing; an end is never told otherwise, but what succeeded can be gone back from.
 */
export function stepFor(state: DeploymentState, told: ToldState): Step {
  const begun = state === 'acting';
  const fresh = state === 'requested' || state === 'waiting';
  if (fresh) return told === 'started' ? 'begin' : 'begin-and-end';
  if (begun) return told === 'started' ? 'nothing' : 'end';
  if (told === 'started' || STATE_OF[told] === state) return 'nothing';
  return state === 'succeeded' && told === 'rolled-back' ? 'go-back' : 'otherwise';
}

/** Whether a recorded allow lets it begin now: it holds still, and speaks of what is meant still. */
export function isAdmitted(deployment: Deployment, intent: string, now: Instant): boolean {
  const admission = deployment.external?.admission ?? null;
  return admission !== null && admission.intent === intent && now <= admission.notAfter;
}
