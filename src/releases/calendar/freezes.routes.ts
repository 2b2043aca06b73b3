import * as contract from '../../contract/freezes.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Mounted } from '../../platform/http/handler.ts';
import { mount } from '../../platform/http/handler.ts';
import { edgesOf } from './edges.ts';
import type { FreezeRow } from './freeze.store.ts';
import { blockedBy } from './freezes.views.ts';
import { changeFreeze, createFreeze, draftFreeze, endFreeze } from './freezes.commands.ts';
import { freezeById, freezesOf, pastOf } from './freezes.queries.ts';
import { noSuchFreeze } from '../releases.problems.ts';

export const freezesRoutes: readonly Mounted[] = [
  mount(contract.createFreeze, async ({ tx, actor, body, query }) => {
    const now = await tx.now();
    const blocks = await blockedBy(tx, draftFreeze(body, tx.floor.newId('frz'), actor, now), now);
    const freeze = query.preview === 'true' ? null : await view(tx, await createFreeze(tx, actor, body));
    return { freeze, blocks };
  }),
  mount(contract.listFreezes, async ({ tx, query }) => {
    return { items: await views(tx, await freezesOf(tx, query.ended === 'true')) };
  }),
  mount(contract.getFreeze, async ({ tx, params }) => {
    const row = await freezeById(tx, params.freeze);
    if (row === null) throw noSuchFreeze({ freeze: params.freeze });
    const past = await pastOf(tx, row.id);
    return { ...(await view(tx, row)), past: past.map((one) => ({ ...one, freeze: undefined })) };
  }),
  mount(contract.changeFreeze, async ({ tx, actor, params, body }) => {
    const { version, because, ...change } = body;
    return view(tx, await changeFreeze(tx, actor, { id: params.freeze, version, because, change }));
  }),
  mount(contract.endFreeze, async ({ tx, actor, params, body }) =>
    view(tx, await endFreeze(tx, actor, params.freeze, body.version, body.reason)),
  ),
  mount(contract.stopTheLine, async ({ tx, actor, body }) => {
    const now = await tx.now();
    const { scope, reason, ticket } = body;
    const row = await createFreeze(tx, actor, {
      kind: 'deny',
      scope,
      reason,
      ticket,
      when: { kind: 'once', from: now, until: null },
      exempt: [],
      onRunning: 'pause',
    });
    return { freeze: await view(tx, row), blocks: await blockedBy(tx, row, row.createdAt) };
  }),
];

async function view(tx: Tx, row: FreezeRow) {
  const [shown] = await views(tx, [row]);
  if (shown === undefined) throw new Error('a freeze was lost on its way out');
  return shown;
}

/** Freezes on the wire, with the names of who made them: two questions for all. */
async function views(tx: Tx, rows: readonly FreezeRow[]) {
  const now = await tx.now();
  const idOf = (label: string): string => label.slice(label.indexOf(':') + 1);
  const names = await personLabel(
    tx,
    rows.map((row) => idOf(row.createdBy)),
  );
  return rows.map((row) => {
    const { id, kind, scope, when, reason, ticket, exempt, onRunning, createdBy, createdAt, changedAt, endedAt, version } = row;
    const edges = edgesOf(when, now);
    const over = endedAt !== null;
    return {
      id,
      kind,
      scope,
      when,
      reason,
      ticket,
      exempt: [...exempt],
      onRunning,
      createdBy,
      createdByName: names.get(idOf(createdBy)) ?? null,
      createdAt,
      changedAt,
      endedAt,
      version,
      activeNow: !over && edges.active,
      nextEdge: over ? null : edges.next,
    };
  });
}
