import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

export type LoginRow = {
  readonly host: string;
  readonly login: string;
  readonly externalId: string | null;
  readonly person: string | null;
  readonly bot: string | null;
};

/** False where the login belongs to somebody already. */
export async function insertLogin(tx: Tx, row: LoginRow & { readonly by: string; readonly at: Instant }): Promise<boolean> {
  return (
    (await tx.write(
      `insert into person_login (org_id, host, login, external_id, person_id, bot_id, added_by, added_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [tx.org, row.host, row.login, row.externalId, row.person, row.bot, row.by, row.at],
    )) === 1
  );
}

export async function deleteLogin(tx: Tx, host: string, login: string): Promise<LoginRow | null> {
  return tx.maybe<LoginRow>(
    `delete from person_login where host = $1 and login = $2
     returning host, login, external_id as "externalId", person_id as person, bot_id as bot`,
    [host, login],
  );
}

/** Counts a name that maps to nobody; a new one only while there is room. */
export async function countUnmapped(
  tx: Tx,
  row: { readonly host: string; readonly value: string; readonly name: string | null; readonly role: string; readonly at: Instant },
  most: number,
): Promise<void> {
  await tx.write(
    `insert into unmapped_name (org_id, host, value, name, roles, seen, first_at, last_at)
     select $1, $2, $3, $4, array[$5], 1, $6, $6
     where exists (select from unmapped_name where org_id = $1 and host = $2 and value = $3) or (select count(*) from unmapped_name where org_id = $1) < $7
     on conflict (org_id, host, value) do update set seen = unmapped_name.seen + 1, last_at = excluded.last_at,
       name = coalesce(excluded.name, unmapped_name.name),
       roles = case when $5 = any(unmapped_name.roles) then unmapped_name.roles else unmapped_name.roles || $5::text end`,
    [tx.org, row.host, row.value, row.name, row.role, row.at, most],
  );
}

/** Forgets a name that is mapped now; false where it was not there. */
export async function forgetUnmapped(tx: Tx, host: string, value: string): Promise<boolean> {
  return (await tx.write(`delete from unmapped_name where host = $1 and value = $2`, [host, value])) === 1;
}

export async function dismissUnmapped(tx: Tx, host: string, value: string, at: Instant): Promise<boolean> {
  return (await tx.write(`update unmapped_name set dismissed_at = $3 where host = $1 and value = $2`, [host, value, at])) === 1;
}
