import * as contract from '../../contract/connections.ts';
import type { ForgeSources } from '../../pipelines/forge.port.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { hookConnection } from './hook.commands.ts';

/** What a connection that is a forge answers beyond what all do. */
export function forgeRoutes(sources: ForgeSources): readonly Mounted[] {
  return [
    mount(contract.hookConnection, async ({ floor, actor, params, body }) => {
      const { path, url, hook, secret, schemes, registered } = await hookConnection(
        floor,
        actor,
        sources,
        params.connection,
        body.register,
      );
      return { path, url, hook, secret, schemes: [...schemes], registered: [...registered] };
    }),
  ];
}
