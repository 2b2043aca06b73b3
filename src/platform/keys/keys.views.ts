import type { KeysView } from '../../contract/keys.ts';
import type { Tx } from '../floor.ts';
import * as store from './keys.store.ts';
import { LIVE_MS } from './rotate.commands.ts';
import { firstForms } from './rotate.work.ts';
import type { SealedColumn } from './sealed.port.ts';

/** The keys by name and state, in a transaction over all organisations. */
export async function viewKeys(tx: Tx, columns: readonly SealedColumn[]): Promise<KeysView> {
  const [rows, uses, nodes, first] = [
    await store.masters(tx),
    await store.keyUses(tx),
    await store.liveNodes(tx, LIVE_MS),
    await firstForms(tx, columns),
  ];
  return {
    masters: rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      state: row.state,
      changedAt: row.changed_at,
      uses: (uses.find((one) => one.master === row.id)?.keys ?? 0) + (row.kind === 'file' && row.state !== 'removed' ? first : 0),
      unknownTo: nodes.filter((node) => !node.masters.includes(row.id)).map((node) => node.name),
    })),
    dataKeys: uses.reduce((sum, one) => sum + one.keys, 0),
    retiring: uses.reduce((sum, one) => sum + one.old, 0),
    servers: nodes.map((node) => ({ name: node.name, version: node.version, startedAt: node.started_at, seenAt: node.seen_at })),
  };
}
