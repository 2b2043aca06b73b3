import * as contract from '../contract/admin.ts';
import type { EventKind } from '../kernel/event.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { auditPage } from './audit.views.ts';
import { describeInstance } from './instance.system.ts';
import { hooksOf } from './instance.views.ts';
import { badCursor } from './parked.problems.ts';
import { dropWork, parkedWork, retryWork } from './parked.commands.ts';

/** What an instance's admins and auditors ask. `events` are all kinds of facts that there are; asked late, when all slices are known. */
export function adminRoutes(events: () => readonly EventKind[]): readonly Mounted[] {
  return [
    mount(contract.listAudit, async ({ tx, query }) => {
      const { cursor, limit, ...filter } = query;
      const before = cursor === undefined ? null : readCursor(cursor);
      const { items, rows } = await auditPage(tx, events(), { ...filter, before, limit: limit + 1 });
      const last = items.length > limit ? rows[limit - 1] : undefined;
      return { items: items.slice(0, limit), next: last === undefined ? null : Buffer.from(`a${last}`).toString('base64url') };
    }),
    mount(contract.listParked, async ({ tx, query }) => {
      const all = await parkedWork(tx);
      const count = (state: string): number => all.filter((one) => one.state === state).length;
      const items = query.state === undefined ? all : all.filter(({ state }) => state === query.state);
      return { items, parked: count('parked'), failing: count('failing') };
    }),
    mount(contract.retryParked, async ({ tx, actor, params }) => ({ retried: await retryWork(tx, actor, params.work) })),
    mount(contract.retryAllParked, async ({ tx, actor }) => ({ retried: await retryWork(tx, actor, null) })),
    mount(contract.dropParked, async ({ tx, actor, params, body }) => {
      await dropWork(tx, actor, params.work, body.reason);
      return { dropped: true as const };
    }),
    mount(contract.getInstance, ({ floor }) => describeInstance(floor)),
    mount(contract.listHooks, async ({ tx }) => ({ items: await hooksOf(tx) })),
  ];
}

function readCursor(cursor: string): number {
  const [, row] = /^a(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (row === undefined) throw badCursor({}, 'query.cursor');
  return Number(row);
}
