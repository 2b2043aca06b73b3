import type { Tx } from '../../platform/floor.ts';

/** The host at which logins of a repository's forge are known (`github.com`); null: its address names none. */
export async function hostOf(tx: Tx, source: string): Promise<string | null> {
  const url = (await tx.maybe<{ url: string }>(`select url from source where id = $1`, [source]))?.url ?? '';
  const scp = /^[A-Za-z0-9_.-]+@([A-Za-z0-9.-]+):/.exec(url)?.[1];
  const host = scp ?? URL.parse(url)?.hostname ?? '';
  return host === '' ? null : host.toLowerCase();
}
