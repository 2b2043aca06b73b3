import { serviceByName } from '../../catalog/catalog.queries.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { hookMade } from '../pipelines.events.ts';
import { badHook, noRepository, noSuchService } from '../pipelines.problems.ts';
import { verifyHook } from './hook-signature.ts';
import { ensureSource, insertDelivery, setHook, sourceByHook } from './source.store.ts';
import { syncTask } from './sync.reactions.ts';

const place = (org: string, hook: string): string => `hook:${org}:${hook}`;

/** Makes the signed webhook of a service's repository, or renews it: the old one ends with it. */
export async function createHook(tx: Tx, actor: Actor, serviceName: string): Promise<{ path: string; hook: string; secret: string }> {
  const service = await serviceByName(tx, serviceName);
  if (service === null) throw noSuchService({ service: serviceName });
  if (service.repository === null) throw noRepository({ service: serviceName });
  const source = await ensureSource(tx, service.repository.url);
  const hook = tx.floor.newId('hok');
  const secret = `whsec_${Buffer.from(tx.floor.randomHex(32), 'hex').toString('base64')}`;
  await setHook(tx, source.id, hook, tx.floor.secrets.seal(secret, place(tx.org, hook)));
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
  const { source, nowMs } = await floor.db.read('*', async (tx) => ({
    source: await sourceByHook(tx, hook),
    nowMs: Date.parse(await tx.now()),
  }));
  if (source?.hook_secret == null) throw badHook({});
  const secret = floor.secrets.open(source.hook_secret, place(source.org_id, hook));
  const verdict = verifyHook({ header, body, secret, nowMs });
  if (!verdict.ok) throw badHook({});
  return floor.db.tx(source.org_id, async (tx) => {
    if (!(await insertDelivery(tx, hook, verdict.delivery))) return { accepted: true, duplicate: true };
    await tx.wake(syncTask.name, source.id, { source: source.id, poll: false, heardAt: new Date(nowMs).toISOString() });
    return { accepted: true, duplicate: false };
  });
}
