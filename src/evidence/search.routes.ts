import * as contract from '../contract/evidence-search.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { badCursor } from './evidence.problems.ts';
import { answers, find, useOf } from './search.views.ts';

/** What an auditor asks first. */
export const searchRoutes: readonly Mounted[] = [
  mount(contract.findNodes, async ({ tx, query, visible }) => ({ items: await find(tx, query.q, await visible()) })),
  mount(contract.listAnswers, async ({ tx, query, visible }) => {
    const { cursor, limit, ...filter } = query;
    const before = cursor === undefined ? null : readCursor(cursor);
    const rows = await answers(tx, { ...filter, before, limit: limit + 1 }, await visible());
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      next: rows.length > limit && last !== undefined ? Buffer.from(`${last.at} ${last.decision}`).toString('base64url') : null,
    };
  }),
  mount(contract.artifactUse, async ({ tx, params, visible }) => useOf(tx, params.digest, await visible())),
];

function readCursor(cursor: string): { at: string; id: string } {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, at, id] = /^(\d{4}-\d\d-\d\dT[\d:.]{8,12}Z) (dec_[0-9a-f]{32})$/.exec(text) ?? [];
  if (at === undefined || id === undefined) throw badCursor({}, 'query.cursor');
  return { at, id };
}
