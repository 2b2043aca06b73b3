import type { Actor } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import type { HookScheme } from '../../kernel/webhook.ts';
import type { ForgeSources } from '../../pipelines/forge.port.ts';
import type { Floor } from '../../platform/floor.ts';
import { endHooksAbout, makeHook } from '../../platform/hooks/hook.commands.ts';
import { connectionOf } from '../connections/caller.http.ts';
import { rowByName } from '../connections/connection.store.ts';
import { connectionChanged } from '../connections/connections.events.ts';
import { noForge, noSuchConnection } from '../connections/connections.problems.ts';
import { forges } from '../forge-list.system.ts';
import { callerAt } from './at.system.ts';
import { FORGE_TAKER } from './hook.reactions.ts';

/** How each forge signs what it sends; the last two can do no better than to send the secret. */
const SCHEMES: Readonly<Record<string, readonly HookScheme[]>> = {
  gitlab: ['standard', 'gitlab-token'],
  azure: ['basic'],
};

export type MadeHook = {
  readonly path: string;
  readonly hook: string;
  readonly secret: string;
  readonly url: string;
  readonly schemes: readonly HookScheme[];
  readonly registered: readonly { readonly repository: string; readonly ok: boolean; readonly detail: string }[];
};

/**
 * Makes the webhook of a connection, or renews it: the one before ends with it. Where asked it is registered at the forge
 * for every watched repository there; what the forge refuses is said for that repository, and the others go on.
 */
export async function hookConnection(
  floor: Floor,
  actor: Actor,
  sources: ForgeSources,
  name: string,
  register: boolean,
): Promise<MadeHook> {
  const { row, made, schemes, watched } = await floor.db.tx(actor.org, async (tx) => {
    const found = await rowByName(tx, name, true);
    if (found === null) throw noSuchConnection({ name });
    if (!forges.has(found.vendor)) throw noForge({ name });
    await endHooksAbout(tx, found.id);
    const taken = SCHEMES[found.vendor] ?? ['hub'];
    // Some forges take no more than a hundred characters, and compare the text as it is.
    const secret = taken.includes('basic') || taken.includes('gitlab-token') ? tx.floor.randomHex(32) : null;
    const hook = await makeHook(tx, actor, { taker: FORGE_TAKER, name, subject: found.id, schemes: taken, secret });
    await tx.record(connectionChanged, { subject: found.id, actor, body: { vendor: found.vendor, name, fields: ['hook'] } });
    return { row: found, made: hook, schemes: taken, watched: await sources.watched(tx) };
  });
  const url = new URL(made.path, floor.config.publicUrl).href;
  const connection = connectionOf(row);
  const forge = forges.get(row.vendor);
  const registered: { repository: string; ok: boolean; detail: string }[] = [];
  for (const source of register && forge !== undefined ? watched : []) {
    const path = forge?.pathOf(connection, source.url) ?? null;
    if (path === null || forge === undefined) continue;
    const done = await callerAt(floor, { connection })
      .then((caller) => forge.hook(caller, path, { url, secret: made.secret }))
      .then(
        () => ({ ok: true, detail: 'set' }),
        (error: unknown) => {
          if (!(error instanceof Problem)) throw error;
          return { ok: false, detail: error.sentence };
        },
      );
    registered.push({ repository: path, ...done });
  }
  return { ...made, url, schemes, registered };
}
