import type { RetentionRule } from '../platform/retention/retention.port.ts';
import { dueFailures, dueWorkloads, removeFailures, removeWorkloads } from './keep.store.ts';

/** Wrong passwords are counted for a quarter of an hour; nobody needs them longer. */
export const signInRetention: RetentionRule = {
  what: 'sign-in-failures',
  days: 1,
  means: 'Wrong passwords, which are counted to slow down guessing.',
  due: dueFailures,
  remove: async (tx, before, limit) => ({ things: await removeFailures(tx, before, limit), digests: [] }),
};

/** A row for every job that came in by a token of its issuer: they are many, and the ledger has the fact of each. */
export const workloadRetention: RetentionRule = {
  what: 'workload-credentials',
  days: 30,
  means: 'What jobs of other CI were signed in with, after it ended; the fact that they came in stays.',
  due: dueWorkloads,
  remove: async (tx, before, limit) => ({ things: await removeWorkloads(tx, before, limit), digests: [] }),
};
