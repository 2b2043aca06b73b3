import type { Role } from '../../contract/actions.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Found, Scoped } from './provider.ts';

/** Who an account is, and who has its address; both locked, so that two first sign-ins make one person. */
export async function findAccount(tx: Tx, issuer: string, subject: string, email: string | null): Promise<Found> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('account:' || $1, 0))`, [JSON.stringify([tx.org, issuer, subject])]);
  const linked = await tx.maybe<{ id: string; active: boolean }>(
    `select person.id, active from person_account join person on person.id = person_id where issuer = $1 and subject = $2`,
    [issuer, subject],
  );
  const addressed = await tx.maybe<{ id: string; active: boolean }>(
    `select person.id, active from person_email join person on person.id = person_id where email = $1`,
    [email ?? ''],
  );
  return { linked, addressed };
}

/** False where the account is linked already. */
export async function linkAccount(
  tx: Tx,
  row: {
    readonly issuer: string;
    readonly subject: string;
    readonly person: string;
    readonly by: 'person' | 'address' | 'first-sign-in';
    readonly at: Instant;
  },
): Promise<boolean> {
  return (
    (await tx.write(
      `insert into person_account (org_id, issuer, subject, person_id, linked_by, created_at, last_at) values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing`,
      [tx.org, row.issuer, row.subject, row.person, row.by, row.at],
    )) === 1
  );
}

export async function touchAccount(tx: Tx, issuer: string, subject: string, at: Instant): Promise<void> {
  await tx.write(`update person_account set last_at = $3 where issuer = $1 and subject = $2`, [issuer, subject, at]);
}

/** The issuers at which a person has an account. */
export async function accountsOf(tx: Tx, person: string): Promise<string[]> {
  return (
    await tx.query<{ issuer: string }>(`select distinct issuer from person_account where person_id = $1 order by issuer`, [person])
  ).map(({ issuer }) => issuer);
}

export async function unlinkAccounts(tx: Tx, person: string, issuer: string): Promise<number> {
  return tx.write(`delete from person_account where person_id = $1 and issuer = $2`, [person, issuer]);
}

/** Ends the live sessions of a person that providers opened: one provider's, or all. */
export async function endProviderSessions(tx: Tx, person: string, provider: string | null, by: string, at: Instant): Promise<number> {
  return tx.write(
    `update credential set ended_at = $3, ended_by = $4
     where holder_id = $1 and provider_id is not null and ($2::text is null or provider_id = $2) and ended_at is null`,
    [person, provider, at, by],
  );
}

/** The roles that a provider's groups gave a person. */
export async function mappedRoles(tx: Tx, person: string, provider: string): Promise<(Scoped & { id: string })[]> {
  return tx.query<Scoped & { id: string }>(
    `select id, role, team, service, environment from role_binding where holder_id = $1 and source = $2 order by id for update`,
    [person, provider],
  );
}

/** False where they hold it already, by hand or by another provider: then it is not ours to take either. */
export async function giveMapped(tx: Tx, row: Scoped & { id: string; person: string; provider: string; at: Instant }): Promise<boolean> {
  const role: Role = row.role;
  return (
    (await tx.write(
      `insert into role_binding (id, org_id, holder_id, role, team, service, environment, given_by, given_at, source)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
      [row.id, tx.org, row.person, role, row.team, row.service, row.environment, `provider:${row.provider}`, row.at, row.provider],
    )) === 1
  );
}

export async function takeMapped(tx: Tx, id: string): Promise<void> {
  await tx.write(`delete from role_binding where id = $1`, [id]);
}

/** Says by which provider a session was opened, and when its person proved who they are there. */
export async function markSession(tx: Tx, credential: string, provider: string, authenticatedAt: Instant): Promise<void> {
  await tx.write(`update credential set provider_id = $2, authenticated_at = $3 where id = $1`, [credential, provider, authenticatedAt]);
}

/** By which provider a session was opened; null: by a password. */
export async function providerOfSession(tx: Tx, credential: string): Promise<string | null> {
  return (
    (await tx.maybe<{ provider: string | null }>(`select provider_id as provider from credential where id = $1`, [credential]))?.provider ??
    null
  );
}

/** Says when the person of a session proved who they are. */
export async function setAuthenticated(tx: Tx, credential: string, authenticatedAt: Instant): Promise<void> {
  await tx.write(`update credential set authenticated_at = $2 where id = $1`, [credential, authenticatedAt]);
}
