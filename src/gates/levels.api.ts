import type { Tx } from '../platform/floor.ts';
import * as store from './levels.store.ts';

/** Keeps what a repository asks at a commit, where a release is made of it; null: its file is larger than is read. */
export async function keepRepositoryRules(
  tx: Tx,
  kept: { readonly serviceId: string; readonly commit: string; readonly source: string | null },
): Promise<void> {
  await store.keepRepositoryRules(tx, kept);
}
