import type { RetentionRule } from '../platform/retention/retention.port.ts';
import { dueFailures, removeFailures } from './keep.store.ts';

/** Wrong passwords are counted for a quarter of an hour; nobody needs them longer. */
export const signInRetention: RetentionRule = {
  what: 'sign-in-failures',
  days: 1,
  means: 'Wrong passwords, which are counted to slow down guessing.',
  due: dueFailures,
  remove: async (tx, before, limit) => ({ things: await removeFailures(tx, before, limit), digests: [] }),
};
