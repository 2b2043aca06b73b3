import { serviceById, serviceByName } from '../catalog/catalog.queries.ts';
import { listChanges } from '../contract/changes.ts';
import { listTickets, recordTicket } from '../contract/record-others.ts';
import type { Mounted } from '../platform/http/handler.ts';
import { mount } from '../platform/http/handler.ts';
import { listChangeRows } from './changes.queries.ts';
import { decodeCursor, pageOf } from './page.ts';
import { keepTicket } from './tickets.api.ts';
import { listTicketRows } from './tickets.queries.ts';

export const changesRoutes: readonly Mounted[] = [
  mount(recordTicket, async ({ tx, actor, body }) => {
    const { service: _, type = null, status = null, fixVersion = null, url = null, changedAt, ...said } = body;
    return keepTicket(tx, actor, { ...said, type, status, fixVersion, url, changedAt: changedAt ?? (await tx.now()) });
  }),
  mount(listTickets, async ({ tx, query }) => {
    const { system = null, state = null, limit } = query;
    const keys = query.keys === undefined ? null : query.keys.split(',').map((key) => key.trim());
    const filter = { system, keys, state, after: query.cursor ?? null, limit: limit + 1 };
    const rows = await listTicketRows(tx, filter);
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }),
  mount(listChanges, async ({ tx, query, visible }) => {
    const service = query.service === undefined ? null : await serviceByName(tx, query.service);
    if (query.service !== undefined && service === null) return { items: [], next: null };
    const filter = {
      services: await visible(),
      serviceId: service?.id ?? null,
      state: query.state ?? null,
      after: decodeCursor(query.cursor),
      limit: query.limit + 1,
    };
    const { rows, next } = pageOf(await listChangeRows(tx, filter), query.limit, (row) => [row.openedAt, row.id]);
    const items = [];
    for (const { id, releaseId, type, state, outcome, requestedBy, openedAt, closedAt, version, serviceId } of rows) {
      const name = (await serviceById(tx, serviceId))?.name ?? serviceId;
      items.push({ id, service: name, release: releaseId, type, state, outcome, requestedBy, openedAt, closedAt, version });
    }
    return { items, next };
  }),
];
