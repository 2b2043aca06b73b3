import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

/** The active person that somebody in a chat is, or null. */
export async function personOfLogin(tx: Tx, connection: string, user: string): Promise<string | null> {
  const sql = `select person.id from chat_login join person on person.id = person_id and person.active where connection_id = $1 and user_id = $2`;
  return (await tx.maybe<{ id: string }>(sql, [connection, user]))?.id ?? null;
}

/** Says who somebody in a chat is. */
export async function saveLogin(tx: Tx, connection: string, user: string, person: string, by: string, at: Instant): Promise<void> {
  await tx.write(
    `insert into chat_login (connection_id, user_id, org_id, person_id, given_by, given_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (connection_id, user_id) do update set person_id = excluded.person_id, given_by = excluded.given_by, given_at = excluded.given_at`,
    [connection, user, tx.org, person, by, at],
  );
}

/** Forgets who somebody in a chat is; false where it was not known. */
export async function removeLogin(tx: Tx, connection: string, user: string): Promise<boolean> {
  return (await tx.write(`delete from chat_login where connection_id = $1 and user_id = $2`, [connection, user])) === 1;
}

export function logins(tx: Tx): Promise<{ connection: string; user: string; person: string; name: string; at: Instant }[]> {
  return tx.query(
    `select connection_id as connection, user_id as user, person_id as person, name, given_at as at from chat_login join person on person.id = person_id
     order by name, user_id limit 5000`,
  );
}

/** Notes a signature; false where it was taken before. A second one that arrives meanwhile waits for this transaction. */
export async function takeOnce(tx: Tx, mark: string, at: Instant): Promise<boolean> {
  const sql = `insert into chat_heard (mark, org_id, at) values ($1, $2, $3) on conflict do nothing`;
  return (await tx.write(sql, [mark, tx.org, at])) === 1;
}

/** Forgets signatures that are too old to be taken again. */
export async function forgetHeard(tx: Tx, before: Instant): Promise<void> {
  await tx.write(`delete from chat_heard where at < $1`, [before]);
}
