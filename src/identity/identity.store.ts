import type { Role } from '../contract/actions.ts';
import type { Instant } from '../kernel/time.ts';
import type { Witness } from '../kernel/witness.ts';
import type { Tx } from '../platform/floor.ts';
import type { Hashed } from './password.system.ts';

/** Writes of identity's tables; nobody else writes them. */

export type CredentialRow = {
  readonly id: string;
  readonly org_id: string;
  readonly kind: 'session' | 'token';
  readonly holder_id: string;
  readonly name: string;
  readonly actions: string[] | null;
  readonly services: string[] | null;
  readonly created_at: Instant;
  readonly expires_at: Instant;
  readonly ended_at: Instant | null;
  readonly seen_at: Instant | null;
  readonly screen: boolean;
  readonly client: string | null;
  readonly authenticated_at: Instant | null;
  readonly witness: Witness | null;
  readonly provider_id: string | null;
};
type NewCredential = Omit<CredentialRow, 'ended_at' | 'seen_at' | 'authenticated_at' | 'screen' | 'client' | 'witness' | 'provider_id'> & {
  readonly secretDigest: string;
  readonly by: string;
  readonly screen?: boolean;
  readonly client?: string | null;
};

export async function insertPerson(tx: Tx, row: { id: string; org: string; name: string; at: Instant }): Promise<void> {
  await tx.query(`insert into person (id, org_id, name, created_at) values ($1, $2, $3, $4)`, [row.id, row.org, row.name, row.at]);
}

/** False where the address already belongs to somebody. */
export async function insertEmail(tx: Tx, org: string, person: string, email: string, at: Instant): Promise<boolean> {
  return (
    (await tx.write(`insert into person_email (org_id, email, person_id, added_at) values ($1, $2, $3, $4) on conflict do nothing`, [
      org,
      email,
      person,
      at,
    ])) === 1
  );
}

export async function emailsOf(tx: Tx, person: string): Promise<string[]> {
  return (await tx.query<{ email: string }>(`select email from person_email where person_id = $1 order by added_at, email`, [person])).map(
    (row) => row.email,
  );
}

export async function setPassword(tx: Tx, org: string, person: string, { salt, hash }: Hashed, at: Instant): Promise<void> {
  await tx.query(
    `insert into person_password (person_id, org_id, salt, hash, changed_at) values ($1, $2, $3, $4, $5)
     on conflict (person_id) do update set salt = excluded.salt, hash = excluded.hash, changed_at = excluded.changed_at`,
    [person, org, Buffer.from(salt), Buffer.from(hash), at],
  );
}

export async function passwordOf(tx: Tx, email: string): Promise<{ person: string; name: string; kept: Hashed } | null> {
  const row = await tx.maybe<{ id: string; name: string; salt: Buffer; hash: Buffer }>(
    `select person.id, name, salt, hash from person_email join person on person.id = person_id join person_password using (person_id) where email = $1 and active`,
    [email],
  );
  return row === null ? null : { person: row.id, name: row.name, kept: { salt: row.salt, hash: row.hash } };
}

/** False where they hold it by hand already; what groups of a provider gave is from now on given by hand. */
export async function insertBinding(
  tx: Tx,
  row: {
    id: string;
    org: string;
    holder: string;
    role: Role;
    team: string | null;
    service: string | null;
    environment: string | null;
    by: string;
    at: Instant;
  },
): Promise<boolean> {
  const written = await tx.write(
    `insert into role_binding (id, org_id, holder_id, role, team, service, environment, given_by, given_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (org_id, holder_id, role, team, service, environment) do update set source = null, given_by = excluded.given_by, given_at = excluded.given_at
     where role_binding.source is not null`,
    [row.id, row.org, row.holder, row.role, row.team, row.service, row.environment, row.by, row.at],
  );
  return written === 1;
}

export async function deleteBinding(
  tx: Tx,
  holder: string,
  role: Role,
  team: string | null,
  service: string | null,
  environment: string | null,
): Promise<boolean> {
  const written = await tx.write(
    `delete from role_binding where holder_id = $1 and role = $2 and team is not distinct from $3 and service is not distinct from $4 and environment is not distinct from $5`,
    [holder, role, team, service, environment],
  );
  return written === 1;
}

/** Active persons who are admin over the whole organisation. Decide on it only under the organisation's lock. */
export async function organisationAdmins(tx: Tx): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select person.id from person join role_binding on holder_id = person.id
     where active and role = 'admin' and team is null and service is null and environment is null`,
  );
  return rows.map((row) => row.id);
}

export async function insertCredential(tx: Tx, row: NewCredential): Promise<void> {
  await tx.query(
    `insert into credential (id, org_id, kind, holder_id, name, secret_digest, actions, services, created_by, created_at, expires_at, screen, client) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      row.id,
      row.org_id,
      row.kind,
      row.holder_id,
      row.name,
      row.secretDigest,
      row.actions,
      row.services,
      row.by,
      row.created_at,
      row.expires_at,
      row.screen ?? false,
      row.client ?? null,
    ],
  );
}

/**
 * The credential of a secret that is neither ended nor past its time, whose holder (and a bot's owner) is active. A session
 * that nobody used for `idleMs` is past its time.
 */
export async function findCredential(
  tx: Tx,
  secretDigest: string,
  idleMs: number,
): Promise<(CredentialRow & { owner: string | null }) | null> {
  return tx.maybe<CredentialRow & { owner: string | null }>(
    `select credential.id, credential.org_id, credential.kind, holder_id, credential.name, actions, services, credential.created_at, expires_at, ended_at, seen_at, screen, client, authenticated_at, witness, provider_id, bot.owner_id as owner
     from credential
     left join bot on bot.id = holder_id and bot.active
     left join person on person.id = coalesce(bot.owner_id, holder_id) and person.active
     where secret_digest = $1 and ended_at is null and expires_at > yardmaster_now() and person.id is not null
       and (credential.kind = 'token' or coalesce(seen_at, credential.created_at) > yardmaster_now() - $2 * interval '1 millisecond')`,
    [secretDigest, idleMs],
  );
}

export async function credentialById(tx: Tx, id: string): Promise<CredentialRow | null> {
  return tx.maybe<CredentialRow>(`select * from credential where id = $1 for update`, [id]);
}

/** The id of the live credential with this secret. */
export async function credentialBySecret(tx: Tx, secretDigest: string): Promise<string | null> {
  return (
    (await tx.maybe<{ id: string }>(`select id from credential where secret_digest = $1 and ended_at is null`, [secretDigest]))?.id ?? null
  );
}

export async function endCredential(tx: Tx, id: string, at: Instant): Promise<boolean> {
  return (await tx.write(`update credential set ended_at = $2 where id = $1 and ended_at is null`, [id, at])) === 1;
}

/** Ends everything a person can act with: their own credentials and those of their bots, and the bots. */
export async function endEverything(tx: Tx, person: string, at: Instant): Promise<number> {
  await tx.query(`update person set active = false, version = version + 1 where id = $1`, [person]);
  const ended = await tx.write(
    `update credential set ended_at = $2 where ended_at is null and (holder_id = $1 or holder_id in (select id from bot where owner_id = $1))`,
    [person, at],
  );
  await tx.query(`update bot set active = false where owner_id = $1`, [person]);
  return ended;
}

export async function insertInvitation(
  tx: Tx,
  row: { id: string; org: string; person: string | null; secretDigest: string; at: Instant; expiresAt: Instant },
): Promise<void> {
  await tx.query(`insert into invitation (id, org_id, person_id, secret_digest, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`, [
    row.id,
    row.org,
    row.person,
    row.secretDigest,
    row.at,
    row.expiresAt,
  ]);
}

/** Uses an invitation once: of two who try, one gets it. */
export async function useInvitation(
  tx: Tx,
  secretDigest: string,
  at: Instant,
): Promise<{ person_id: string | null; org_id: string } | null> {
  return tx.maybe<{ person_id: string | null; org_id: string }>(
    `update invitation set used_at = $2 where secret_digest = $1 and used_at is null and expires_at > $2 returning person_id, org_id`,
    [secretDigest, at],
  );
}

/** Whose unused invitation this is, locked, without using it. */
export async function peekInvitation(
  tx: Tx,
  secretDigest: string,
  at: Instant,
): Promise<{ person_id: string | null; org_id: string } | null> {
  return tx.maybe<{ person_id: string | null; org_id: string }>(
    `select person_id, org_id from invitation where secret_digest = $1 and used_at is null and expires_at > $2 for update`,
    [secretDigest, at],
  );
}

/** An unused invitation and whom it is for. */
export async function invitationOf(
  tx: Tx,
  secretDigest: string,
  at: Instant,
): Promise<{ person_id: string | null; name: string | null; expires_at: Instant } | null> {
  return tx.maybe<{ person_id: string | null; name: string | null; expires_at: Instant }>(
    `select person_id, person.name, expires_at from invitation left join person on person.id = person_id
     where secret_digest = $1 and used_at is null and expires_at > $2`,
    [secretDigest, at],
  );
}

export async function lockPerson(tx: Tx, person: string): Promise<void> {
  await tx.query(`select 1 from person where id = $1 for update`, [person]);
}

export async function insertBot(tx: Tx, row: { id: string; org: string; name: string; owner: string; at: Instant }): Promise<boolean> {
  return (
    (await tx.write(`insert into bot (id, org_id, name, owner_id, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`, [
      row.id,
      row.org,
      row.name,
      row.owner,
      row.at,
    ])) === 1
  );
}

export async function botById(tx: Tx, id: string): Promise<{ id: string; name: string; owner_id: string } | null> {
  return tx.maybe<{ id: string; name: string; owner_id: string }>(`select id, name, owner_id from bot where id = $1 and active`, [id]);
}

export async function setDelegateOf(tx: Tx, person: string, delegate: string | null): Promise<void> {
  await tx.query(`update person set delegate_id = $2, version = version + 1 where id = $1`, [person, delegate]);
}

export async function countPersons(tx: Tx): Promise<number> {
  return (await tx.one<{ n: number }>(`select count(*) as n from person`)).n;
}

export async function noteFailure(tx: Tx, org: string, emailDigest: string, at: Instant): Promise<void> {
  await tx.query(`insert into sign_in_failure (org_id, email_digest, at) values ($1, $2, $3)`, [org, emailDigest, at]);
}

export async function failuresSince(tx: Tx, emailDigest: string, since: Instant): Promise<number> {
  return (
    await tx.one<{ n: number }>(`select count(*) as n from sign_in_failure where email_digest = $1 and at > $2`, [emailDigest, since])
  ).n;
}

export async function forgetFailures(tx: Tx, emailDigest: string): Promise<void> {
  await tx.query(`delete from sign_in_failure where email_digest = $1`, [emailDigest]);
}

/** One password of an address is checked at a time: false while another one is, until the end of its transaction. */
export async function tryAlone(tx: Tx, emailDigest: string): Promise<boolean> {
  return (
    await tx.one<{ alone: boolean }>(`select pg_try_advisory_xact_lock(hashtextextended('sign-in:' || $1, 0)) as alone`, [emailDigest])
  ).alone;
}

/** Makes the commands that decide by how many persons there are wait for each other. */
export async function lockOrganisation(tx: Tx, org: string): Promise<void> {
  await tx.query(`select 1 from organisation where id = $1 for update`, [org]);
}
