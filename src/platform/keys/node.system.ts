import { hostname } from 'node:os';
import type { Floor } from '../floor.ts';
import { repeat } from '../jobs/worker.system.ts';
import { beatNode, endNode, masters } from './keys.store.ts';
import { promote, rotationActor } from './rotate.commands.ts';

const BEAT_MS = 3000;

/**
 * Says every three seconds that this server lives and which master keys it can use; looks for keys that others announced,
 * and makes an announced one current once all know it.
 */
export function keepNode(floor: Floor, version: string): { stop(): Promise<void> } {
  const id = floor.newId('nod');
  const name = `${hostname().slice(0, 60)}:${process.pid}`;
  const beat = repeat(BEAT_MS, floor.log, 'the word that this server lives', async () => {
    const rows = await floor.db.read('*', (tx) => masters(tx));
    const wanted = rows.filter((one) => one.state === 'announced' || one.state === 'current');
    if (wanted.some((one) => !floor.masters.ids().includes(one.id))) await floor.masters.reload();
    await floor.db.tx('*', (tx) => beatNode(tx, { id, name, version, masters: floor.masters.ids() }));
    if (wanted.some((one) => one.state === 'announced')) await promote(floor, rotationActor(floor));
  });
  return {
    async stop() {
      beat.stop();
      await floor.db.tx('*', (tx) => endNode(tx, id)).catch(() => undefined);
    },
  };
}
