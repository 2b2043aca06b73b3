import { defineMachine } from '../kernel/machine.ts';

export type BuildState = 'accepted' | 'signed';

/** A build is kept at once, and signed soon after; while signing fails it stays accepted and is tried again, for ever. */
export const buildMachine = defineMachine<BuildState>('artifact build', 'accepted', { accepted: ['signed'], signed: [] });

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 15 * 60_000;

/** How long to wait after the `attempts`-th failure: doubling, a quarter of an hour at most. */
export function retryAfter(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20), LAST_RETRY_MS);
}
