import { system } from '../kernel/actor.ts';
import type { Sweeper, Task } from '../platform/floor.ts';
import { overdueWaivers } from './waiver.store.ts';
import { EXPIRE_TASK, expireWaiver } from './waiver.commands.ts';

export const waiverTasks: readonly Task[] = [
  {
    name: EXPIRE_TASK,
    run: async (floor, payload, org) => {
      const id = payload['waiver'];
      if (typeof id === 'string') await floor.db.tx(org, (tx) => expireWaiver(tx, system(org, 'waivers'), id));
    },
  },
];

/** Waivers past their end whose wake was lost. Late is harmless: the decision reads the clock, not the state. */
export const waiverSweepers: readonly Sweeper[] = [
  {
    name: 'waivers.expired',
    sweep: async (tx) => {
      for (const { id, org } of await overdueWaivers(tx, await tx.now())) await tx.wake(EXPIRE_TASK, id, { waiver: id, org });
    },
  },
];
