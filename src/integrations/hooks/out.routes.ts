import * as contract from '../../contract/subscriptions.ts';
import type { EventKind } from '../../kernel/event.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { badRequest } from '../../platform/platform.problems.ts';
import { CDEVENT_FACTS } from './cdevents.ts';
import { addOut, enableOut, removeOut, replayTelling, sendTest, tellingById } from './out.commands.ts';
import { outsOf, tellingsOf, type OutRow, type TellingRow } from './out.store.ts';

/** Webhooks that go out. `events`: all kinds of facts, asked late. */
export function outRoutes(events: () => readonly EventKind[]): readonly Mounted[] {
  return [
    mount(contract.listSubscriptions, async ({ tx }) => ({
      items: (await outsOf(tx)).map(view),
      types: events().map(({ type, means }) => ({ type, means, cdevents: CDEVENT_FACTS.includes(type) })),
    })),
    mount(contract.addSubscription, async ({ floor, actor, body }) => {
      const known = events().map(({ type }) => type);
      const { row, secret } = await addOut(floor, actor, known, { ...body, filter: body.filter ?? null });
      return { ...view(row), secret };
    }),
    mount(contract.removeSubscription, async ({ tx, actor, params }) => {
      await removeOut(tx, actor, params.subscription);
      return { removed: true as const };
    }),
    mount(contract.enableSubscription, async ({ tx, actor, params }) => view(await enableOut(tx, actor, params.subscription))),
    mount(contract.testSubscription, async ({ tx, params }) => ({ message: (await sendTest(tx, params.subscription)) as `tel_${string}` })),
    mount(contract.listTellings, async ({ tx, query }) => {
      const { subscription, state, limit, cursor } = query;
      const before = cursor === undefined ? null : readCursor(cursor);
      const rows = await tellingsOf(tx, { id: null, hook: subscription ?? null, state: state ?? null, before, limit: limit + 1 });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items: rows.slice(0, limit).map(tellingView), next: last === undefined ? null : `${last.at}~${last.id}` };
    }),
    mount(contract.getTelling, async ({ tx, params }) => {
      const row = await tellingById(tx, params.message);
      return { ...tellingView(row), contentType: row.contentType, payload: row.payload };
    }),
    mount(contract.replayTelling, async ({ tx, actor, params }) => tellingView(await replayTelling(tx, actor, params.message))),
  ];
}

function view(row: OutRow): contract.SubscriptionView {
  const { sealed: _sealed, org: _org, version: _version, id, types, ...rest } = row;
  return { ...rest, id: id as contract.SubscriptionView['id'], types: [...types] };
}

function tellingView(row: TellingRow) {
  const { id, hook, hookName, contentType: _type, payload: _payload, ...rest } = row;
  return { ...rest, id: id as `tel_${string}`, subscription: { id: hook, name: hookName } };
}

function readCursor(cursor: string): { at: string; id: string } {
  const [, at, id] = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)~(tel_[0-9a-f]{32})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined)
    throw badRequest({ errors: [{ place: 'query.cursor', message: 'not a cursor that this list gave' }] });
  return { at, id };
}
