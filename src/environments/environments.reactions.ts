import { plus } from '../kernel/time.ts';
import type { Sweeper } from '../platform/floor.ts';
import { forgetDeliveries } from './hook.store.ts';

const DAY = 86_400_000;

/** Deliveries are remembered for a day; a signature is fresh for minutes. */
export const environmentSweepers: readonly Sweeper[] = [
  { name: 'environments.forget-deliveries', sweep: async (tx) => forgetDeliveries(tx, plus(await tx.now(), -DAY)) },
];
