import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

type Made = { readonly id: string; readonly name: string; readonly by: string; readonly at: Instant };

/** Trusts an identity; false where a standing one has its name. */
export async function insertRecorderIdentity(
  tx: Tx,
  row: Made & {
    readonly issuer: string;
    readonly subject: string;
    readonly repository: string | null;
    readonly services: readonly string[] | null;
  },
): Promise<boolean> {
  const made = await tx.write(
    `insert into recorder_identity (id, org_id, name, issuer, subject, repository, services, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [row.id, tx.org, row.name, row.issuer, row.subject, row.repository, row.services, row.by, row.at],
  );
  return made === 1;
}

/** Trusts an identity no more; false where it was revoked before. */
export async function revokeIdentity(tx: Tx, id: string, at: Instant): Promise<boolean> {
  const sql = `update recorder_identity set revoked_at = $2, version = version + 1 where id = $1 and revoked_at is null`;
  return (await tx.write(sql, [id, at])) === 1;
}

/** Trusts a Sigstore instance; false where a standing one has its name. */
export async function insertSigstoreRoot(tx: Tx, row: Made & { readonly document: Digest }): Promise<boolean> {
  const made = await tx.write(
    `insert into sigstore_root (id, org_id, name, document_digest, created_by, created_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [row.id, tx.org, row.name, row.document, row.by, row.at],
  );
  return made === 1;
}

/** Trusts a Sigstore instance no more; false where it was revoked before. */
export async function revokeRoot(tx: Tx, id: string, at: Instant): Promise<boolean> {
  const sql = `update sigstore_root set revoked_at = $2, version = version + 1 where id = $1 and revoked_at is null`;
  return (await tx.write(sql, [id, at])) === 1;
}
