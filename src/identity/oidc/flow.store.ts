import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

export type Purpose = 'sign-in' | 'confirm' | 'link';
export type FlowRow = {
  readonly provider: string;
  readonly org: string;
  readonly purpose: Purpose;
  readonly credential: string | null;
  readonly at: Instant;
};

export async function insertFlow(
  tx: Tx,
  row: FlowRow & { readonly stateDigest: string; readonly secretDigest: string; readonly expiresAt: Instant },
): Promise<void> {
  await tx.write(`delete from sign_in_flow where expires_at < $1::timestamptz - interval '1 day'`, [row.at]);
  await tx.write(
    `insert into sign_in_flow (state_digest, org_id, provider_id, secret_digest, purpose, credential_id, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [row.stateDigest, row.org, row.provider, row.secretDigest, row.purpose, row.credential, row.at, row.expiresAt],
  );
}

/** Uses a flow once, by what the provider brought back and what the browser kept; null where one of them is wrong. */
export async function useFlow(tx: Tx, stateDigest: string, secretDigest: string, at: Instant): Promise<FlowRow | null> {
  return tx.maybe<FlowRow>(
    `update sign_in_flow set used_at = $3 where state_digest = $1 and secret_digest = $2 and used_at is null and expires_at > $3
     returning provider_id as provider, org_id as org, purpose, credential_id as credential, created_at as at`,
    [stateDigest, secretDigest, at],
  );
}

export type TerminalRow = { readonly client: string | null; readonly address: string; readonly at: Instant };

export async function insertTerminal(
  tx: Tx,
  row: TerminalRow & { readonly org: string; readonly secretDigest: string; readonly codeDigest: string; readonly expiresAt: Instant },
): Promise<boolean> {
  await tx.write(`delete from terminal_sign_in where expires_at < $1::timestamptz - interval '1 day'`, [row.at]);
  return (
    (await tx.write(
      `insert into terminal_sign_in (secret_digest, org_id, code_digest, client, address, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [row.secretDigest, row.org, row.codeDigest, row.client, row.address, row.at, row.expiresAt],
    )) === 1
  );
}

export async function waitingTerminal(tx: Tx, codeDigest: string, at: Instant): Promise<TerminalRow | null> {
  return tx.maybe<TerminalRow>(
    `select client, address, created_at as at from terminal_sign_in where code_digest = $1 and person_id is null and used_at is null and expires_at > $2`,
    [codeDigest, at],
  );
}

export async function approveTerminal(tx: Tx, codeDigest: string, person: string, credential: string, at: Instant): Promise<boolean> {
  return (
    (await tx.write(
      `update terminal_sign_in set person_id = $2, credential_id = $3 where code_digest = $1 and person_id is null and used_at is null and expires_at > $4`,
      [codeDigest, person, credential, at],
    )) === 1
  );
}

/** What became of a terminal's question; where somebody said yes it is taken, once. */
export async function takeTerminal(
  tx: Tx,
  secretDigest: string,
  at: Instant,
): Promise<{ readonly person: string | null; readonly credential: string | null } | null> {
  const row = await tx.maybe<{ person: string | null; credential: string | null }>(
    `select person_id as person, credential_id as credential from terminal_sign_in where secret_digest = $1 and used_at is null and expires_at > $2 for update`,
    [secretDigest, at],
  );
  if (row?.person != null) await tx.write(`update terminal_sign_in set used_at = $2 where secret_digest = $1`, [secretDigest, at]);
  return row;
}
