import { defineMachine } from '../kernel/machine.ts';

export type ChangeState = 'open' | 'approved' | 'implementing' | 'closed';
export type ChangeOutcome = 'success' | 'failed' | 'rolled-back' | 'abandoned';

/**
 * A change record's way, moved only by what really happened: votes that made an answer allow, a deployment that began,
 * one that ended. A deployment that failed closes it; the next attempt opens it again.
 */
export const changeMachine = defineMachine<ChangeState>('change', 'open', {
  open: ['approved', 'implementing', 'closed'],
  approved: ['open', 'implementing', 'closed'],
  implementing: ['closed'],
  closed: ['implementing'],
});

/** The type of change record that a release of this type opens. */
export function changeTypeOf(release: 'standard' | 'hotfix' | 'emergency', approvedByPolicy: boolean): 'standard' | 'normal' | 'emergency' {
  if (release !== 'standard') return 'emergency';
  return approvedByPolicy ? 'standard' : 'normal';
}
