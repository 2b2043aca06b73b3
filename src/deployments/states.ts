import type { DeploymentState } from '../contract/deployments.ts';
import { defineMachine } from '../kernel/machine.ts';

/**
 * A deployment. `waiting` comes before the first act and between waves; `unknown` may follow every state in which an
 * act goes on, and ends only by what the agent says.
 */
export const deploymentMachine = defineMachine<DeploymentState>('deployment', 'requested', {
  requested: ['waiting', 'acting', 'failed', 'cancelled'],
  waiting: ['acting', 'rolling-back', 'failed', 'cancelled'],
  acting: ['observing', 'waiting', 'rolling-back', 'unknown', 'succeeded', 'failed', 'cancelled'],
  observing: ['acting', 'waiting', 'rolling-back'],
  'rolling-back': ['rolled-back', 'failed', 'unknown'],
  unknown: ['acting', 'rolling-back', 'failed'],
  succeeded: [],
  'rolled-back': [],
  failed: [],
  cancelled: [],
});

/** Whether nothing more will happen. */
export function isOver(state: DeploymentState): boolean {
  return deploymentMachine.steps[state].length === 0;
}
