import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

export type LinkRow = {
  readonly org: string;
  readonly notice: string;
  readonly person: string;
  readonly purpose: 'decide' | 'unsubscribe';
  readonly target: string;
  readonly expiresAt: Instant;
  readonly openedAt: Instant | null;
};

/** Keeps a link by the digest of its secret; the same again is nothing. */
export async function insertLink(tx: Tx, digest: string, at: Instant, link: Omit<LinkRow, 'org' | 'openedAt'>): Promise<void> {
  await tx.write(
    `insert into notice_link (secret_digest, org_id, notice_id, person_id, purpose, target, made_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [digest, tx.org, link.notice, link.person, link.purpose, link.target, at, link.expiresAt],
  );
}

/** A link by the digest of its secret, locked; null where there is none. */
export function lockLink(tx: Tx, digest: string): Promise<LinkRow | null> {
  return tx.maybe<LinkRow & Record<string, unknown>>(
    `select org_id as org, notice_id as notice, person_id as person, purpose, target, expires_at as "expiresAt", opened_at as "openedAt"
     from notice_link where secret_digest = $1 for update`,
    [digest],
  );
}

/** Spends a link. */
export async function markOpened(tx: Tx, digest: string, at: Instant): Promise<void> {
  await tx.write(`update notice_link set opened_at = coalesce(opened_at, $2) where secret_digest = $1`, [digest, at]);
}

/** The organisation of a link: who brings one from a mail program names none. */
export async function orgOfLink(tx: Tx, digest: string): Promise<string | null> {
  return (await tx.maybe<{ org: string }>(`select org_id as org from notice_link where secret_digest = $1`, [digest]))?.org ?? null;
}
