import { ACTIONS, type Action } from '../../contract/actions.ts';

/** What nobody's job does: decide, override, give rights, or hold the organisation's credentials. */
const NEVER: readonly Action[] = ['approval.give', 'waiver.decide', 'deployment.break-glass', 'connection.write'];

/** Whether a workload may do `action` at all, whatever its bot may. */
export function workloadMay(action: string): boolean {
  return Object.hasOwn(ACTIONS, action) && !action.startsWith('admin.') && !NEVER.some((one) => one === action);
}

/** The actions that a trust can name. */
export const WORKLOAD_ACTIONS = (Object.keys(ACTIONS) as Action[]).filter(workloadMay);

/** How long what was exchanged for a token lasts at most; it never outlives the token. */
export const EXCHANGED_MS = 3_600_000;
/** How long ago a token may have been issued, where a trust says nothing else. */
export const MAX_AGE_S = 3600;
