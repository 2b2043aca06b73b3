import { serviceByName } from '../../catalog/catalog.queries.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { hookMade } from '../pipelines.events.ts';
import { badHook, noRepository, noSuchService } from '../pipelines.problems.ts';
import { verifyHook } from './hook-signature.ts';
import { countSealedHooks, ensureSource, insertDelivery, lockSealedHooks, resealHook, setHook, sourceByHook } from './source.store.ts';
import { syncTask } from './sync.reactions.ts';

/** One data key for the secrets of all hooks of repositories. */
const HOOKS = 'hooks';
const place = (org: string, hook: string): string => `hook:${org}:${hook}`;

/** Makes the signed webhook of a service's repository, or renews it: the old one ends with it. */
export async function createHook(tx: Tx, actor: Actor, serviceName: string): Promise<{ path: string; hook: string; secret: string }> {
  const service = await serviceByName(tx, serviceName);
  if (service === null) throw noSuchService({ service: serviceName });
  if (service.repository === null) throw noRepository({ service: serviceName });
  const source = await ensureSource(tx, service.repository.url);
  const hook = tx.floor.newId('hok');
  const secret = `whsec_${Buffer.from(tx.floor.randomHex(32), 'hex').toString('base64')}`;
  await setHook(tx, source.id, hook, await tx.floor.secrets.seal(tx, HOOKS, secret, place(tx.org, hook)));
  await tx.record(hookMade, { subject: source.id, actor, service: service.id, body: { hook } });
  return { path: `/v1/hooks/git/${hook}`, hook, secret };
}

/**
 * Takes a webhook: verified over its raw bytes, which are never parsed, because all it can say is "look at your heads".
 * Its delivery id and the wake are one transaction, so that an accepted hint is never lost and a repeated one is none.
 */
export async function receiveHook(
  floor: Floor,
  hook: string,
  body: Uint8Array,
  header: (name: string) => string | null,
): Promise<{ accepted: boolean; duplicate: boolean }> {
  const { source, secret, nowMs } = await floor.db.read('*', async (tx) => {
    const found = await sourceByHook(tx, hook);
    const sealed = found?.hook_secret ?? null;
    const opened = found === null || sealed === null ? null : await floor.secrets.open(tx, sealed, place(found.org_id, hook));
    return { source: found, secret: opened, nowMs: Date.parse(await tx.now()) };
  });
  if (source === null || secret === null) throw badHook({});
  const verdict = verifyHook({ header, body, secret, nowMs });
  if (!verdict.ok) throw badHook({});
  return floor.db.tx(source.org_id, async (tx) => {
    if (!(await insertDelivery(tx, hook, verdict.delivery))) return { accepted: true, duplicate: true };
    await tx.wake(syncTask.name, source.id, { source: source.id, poll: false, heardAt: new Date(nowMs).toISOString() });
    return { accepted: true, duplicate: false };
  });
}

/** Where the secrets of repositories' hooks lie, for the rotation of their keys. */
export const repositoryHookColumn: SealedColumn = {
  name: 'source.hook_secret',
  count: countSealedHooks,
  async find(tx, head, limit) {
    return (await lockSealedHooks(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row.hook),
      scope: HOOKS,
      save: (inner, sealed) => resealHook(inner, row.source, sealed),
    }));
  },
};
