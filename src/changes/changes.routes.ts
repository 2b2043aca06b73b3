import { serviceById, serviceByName } from '../catalog/catalog.queries.ts';
import { listChanges } from '../contract/changes.ts';
import type { Mounted } from '../platform/http/handler.ts';
import { mount } from '../platform/http/handler.ts';
import { listChangeRows } from './changes.queries.ts';
import { decodeCursor, pageOf } from './page.ts';

export const changesRoutes: readonly Mounted[] = [
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
