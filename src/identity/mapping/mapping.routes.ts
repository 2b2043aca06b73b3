import * as contract from '../../contract/mapping.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { dismiss, mapName, unmapLogin } from './mapping.commands.ts';
import { mappedLogins, unmappedNames } from './mapping.views.ts';

/** The HTTP doors of mapping. */
export const mappingRoutes: readonly Mounted[] = [
  mount(contract.listUnmapped, async ({ tx, query }) => ({
    items: await unmappedNames(tx, query.all === 'true'),
    logins: await mappedLogins(tx),
  })),
  mount(contract.mapName, async ({ tx, actor, body }) => {
    await mapName(tx, actor, body, body.to.startsWith('bot_') ? { bot: body.to } : { person: body.to });
    return { mapped: true as const };
  }),
  mount(contract.unmapLogin, async ({ tx, actor, body }) => {
    await unmapLogin(tx, actor, body.host, body.login);
    return { unmapped: true as const };
  }),
  mount(contract.dismissUnmapped, async ({ tx, body }) => {
    await dismiss(tx, body);
    return { dismissed: true as const };
  }),
];
