import type { Sweeper, Task } from '../platform/floor.ts';
import { plus } from '../kernel/time.ts';
import { unreadReports } from './report.store.ts';
import { READ_TASK, readStoredReport } from './report.api.ts';

export const gateTasks: readonly Task[] = [
  {
    name: READ_TASK,
    run: async (floor, payload, org) => {
      const id = payload['report'];
      if (typeof id === 'string') await readStoredReport(floor, org, id);
    },
  },
];

const LOST_AFTER_MS = 30_000;

/** Reports whose wake was lost before they were read. */
export const gateSweepers: readonly Sweeper[] = [
  {
    name: 'gates.unread-reports',
    sweep: async (tx) => {
      for (const { id, org } of await unreadReports(tx, plus(await tx.now(), -LOST_AFTER_MS)))
        await tx.wake(READ_TASK, id, { report: id, org });
    },
  },
];
