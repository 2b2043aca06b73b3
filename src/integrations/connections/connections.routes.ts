import * as contract from '../../contract/connections.ts';
import type { ConnectionView } from '../../contract/connections.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import type { Floor } from '../../platform/floor.ts';
import { addConnection, changeConnection, checkConnection, removeConnection, type Vendors } from './connection.commands.ts';
import { listRows, type ConnectionRow } from './connection.store.ts';
import { openCredential } from './credential.system.ts';

/** The routes of connections, for the vendors that app/ knows. */
export function connectionRoutes(vendors: Vendors): readonly Mounted[] {
  return [
    mount(contract.listConnections, async ({ tx }) => ({
      items: await Promise.all((await listRows(tx)).map(async (row) => viewOf(row, Object.keys(await openCredential(tx, row))))),
      vendors: [...vendors.values()].map(({ name, title, offers, url, credential, settings }) => ({
        name,
        title,
        offers: [...offers],
        url,
        credential: [...credential],
        settings: [...settings],
      })),
    })),
    mount(contract.addConnection, async ({ floor, actor, body }) => view(floor, await addConnection(floor, actor, vendors, body))),
    mount(contract.changeConnection, async ({ floor, actor, params, body }) =>
      view(floor, await changeConnection(floor, actor, vendors, params.connection, body)),
    ),
    mount(contract.checkConnection, async ({ floor, actor, params }) => {
      const { row, checked } = await checkConnection(floor, actor.org, vendors, params.connection);
      return { connection: await view(floor, row), as: checked.as, found: [...checked.found] };
    }),
    mount(contract.removeConnection, async ({ tx, actor, params }) => {
      await removeConnection(tx, actor, params.connection);
      return { removed: true as const };
    }),
  ];
}

function view(floor: Floor, row: ConnectionRow): Promise<ConnectionView> {
  return floor.db.read(row.org, async (tx) => viewOf(row, Object.keys(await openCredential(tx, row))));
}

function viewOf(row: ConnectionRow, credential: readonly string[]): ConnectionView {
  const { id, name, vendor, url, state, checkedAt, lastError, quietUntil, createdAt, version } = row;
  return {
    id: id as ConnectionView['id'],
    name,
    vendor,
    url,
    settings: row.settings,
    credential: [...credential],
    state,
    checkedAt,
    lastError,
    quietUntil,
    createdAt,
    version,
  };
}
