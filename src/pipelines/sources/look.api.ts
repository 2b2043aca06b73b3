import type { Tx } from '../../platform/floor.ts';
import { sourceByUrl } from './source.store.ts';
import { syncTask } from './sync.reactions.ts';

/** Lets a watched repository be looked at now; false where nobody watches this address. */
export async function lookAt(tx: Tx, url: string): Promise<boolean> {
  const source = await sourceByUrl(tx, url);
  if (source === null) return false;
  await tx.wake(syncTask.name, source.id, { source: source.id, poll: false, heardAt: await tx.now() });
  return true;
}
