import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Hashed } from './password.system.ts';

/** What sessions and passwords change in identity's tables, beside identity.store. */

/** Remembers that a credential was used; at most once a minute, because only people read it, and idleness is counted in hours. */
export async function seeCredential(tx: Tx, id: string, now: Instant): Promise<void> {
  await tx.write(
    `update credential set seen_at = $2 where id = $1 and ended_at is null and (seen_at is null or seen_at < $2::timestamptz - interval '1 minute')`,
    [id, now],
  );
}

/** Gives a session a new secret; from now on it counts as just signed in. False where it has ended. */
export async function renewSession(tx: Tx, id: string, secretDigest: string, now: Instant): Promise<boolean> {
  return (
    (await tx.write(
      `update credential set secret_digest = $2, authenticated_at = $3, seen_at = $3 where id = $1 and kind = 'session' and ended_at is null and expires_at > $3`,
      [id, secretDigest, now],
    )) === 1
  );
}

/** The live session of a secret, for ending it: what a browser still holds when somebody signs in there again. */
export async function liveSession(tx: Tx, secretDigest: string): Promise<{ id: string; holder: string } | null> {
  return tx.maybe<{ id: string; holder: string }>(
    `select id, holder_id as holder from credential where secret_digest = $1 and kind = 'session' and ended_at is null for update`,
    [secretDigest],
  );
}

/** Ends the live credentials of a person: sessions, and with `tokens` all tokens and those of their bots. `except` stays. */
export async function endOf(tx: Tx, person: string, options: { tokens: boolean; except: string | null; by: string; at: Instant }) {
  return tx.write(
    `update credential set ended_at = $2, ended_by = $3
     where ended_at is null and id is distinct from $4
       and ((holder_id = $1 and (kind = 'session' or $5)) or ($5 and holder_id in (select id from bot where owner_id = $1)))`,
    [person, options.at, options.by, options.except, options.tokens],
  );
}

/** Ends every live credential of the organisation but one. */
export async function endAll(tx: Tx, except: string | null, by: string, at: Instant): Promise<number> {
  return tx.write(`update credential set ended_at = $2, ended_by = $3 where ended_at is null and org_id = $4 and id is distinct from $1`, [
    except,
    at,
    by,
    tx.org,
  ]);
}

export async function passwordOfPerson(tx: Tx, person: string): Promise<{ name: string; email: string | null; kept: Hashed } | null> {
  const row = await tx.maybe<{ name: string; email: string | null; salt: Buffer; hash: Buffer }>(
    `select person.name, salt, hash, (select email from person_email where person_id = person.id order by added_at, email limit 1) as email
     from person join person_password on person_id = person.id where person.id = $1 and active`,
    [person],
  );
  return row === null ? null : { name: row.name, email: row.email, kept: { salt: row.salt, hash: row.hash } };
}

/** Takes an address away; false where it is not theirs. */
export async function deleteEmail(tx: Tx, person: string, email: string): Promise<boolean> {
  return (await tx.write(`delete from person_email where person_id = $1 and email = $2`, [person, email])) === 1;
}

/** A person's unused invitations end: a newer one takes their place. */
export async function endInvitations(tx: Tx, person: string, at: Instant): Promise<void> {
  await tx.write(`update invitation set used_at = $2 where person_id = $1 and used_at is null`, [person, at]);
}
