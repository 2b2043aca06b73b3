import type { Role } from '../contract/actions.ts';
import type { Tx } from '../platform/floor.ts';
import type { Binding } from './permission.ts';

/** Person ids by lower-cased e-mail address; an address that nobody has is absent. */
export async function personsByEmail(tx: Tx, emails: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ email: string; person_id: string }>(`select email, person_id from person_email where email = any($1)`, [
    emails.map((email) => email.toLowerCase()),
  ]);
  return new Map(rows.map((row) => [row.email, row.person_id]));
}

/** Names of persons and bots for screens, by id. */
export async function personLabel(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; name: string }>(
    `select id, name from person where id = any($1) union all select id, name from bot where id = any($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** Active persons who hold `role` over something that takes in the service or environment given. */
export async function personsWithRole(
  tx: Tx,
  role: Role,
  on: { readonly team?: string; readonly service?: string; readonly environment?: string } = {},
): Promise<{ id: string; name: string }[]> {
  return tx.query<{ id: string; name: string }>(
    `select distinct person.id, person.name from person join role_binding on holder_id = person.id
     where active and role = $1
       and (role_binding.team is null or role_binding.team = $2)
       and (role_binding.service is null or role_binding.service = $3)
       and (role_binding.environment is null or role_binding.environment = $4)
     order by person.name, person.id`,
    [role, on.team ?? null, on.service ?? null, on.environment ?? null],
  );
}

/** Active persons who hold any of `roles` over this place, with who stands in for them; by name, 500 at most. */
export async function holdersOf(
  tx: Tx,
  roles: readonly Role[],
  on: { readonly team: string; readonly service: string; readonly environment: string },
): Promise<{ id: string; name: string; roles: string[]; delegate: { id: string; name: string } | null }[]> {
  const rows = await tx.query<{ id: string; name: string; roles: string[]; delegateId: string | null; delegateName: string | null }>(
    `select person.id, person.name, array_agg(distinct role order by role) as roles, standin.id as "delegateId", standin.name as "delegateName"
     from person join role_binding on holder_id = person.id left join person standin on standin.id = person.delegate_id and standin.active
     where person.active and role = any($1)
       and (role_binding.team is null or role_binding.team = $2)
       and (role_binding.service is null or role_binding.service = $3)
       and (role_binding.environment is null or role_binding.environment = $4)
     group by person.id, person.name, standin.id, standin.name order by person.name, person.id limit 500`,
    [roles, on.team, on.service, on.environment],
  );
  return rows.map(({ delegateId, delegateName, ...row }) => ({
    ...row,
    delegate: delegateId === null || delegateName === null ? null : { id: delegateId, name: delegateName },
  }));
}

/** Every role binding of a person or bot. */
export async function bindingsOf(tx: Tx, holder: string): Promise<Binding[]> {
  return tx.query<Binding>(`select role, team, service, environment from role_binding where holder_id = $1 order by id`, [holder]);
}

/** The person with this id who is active, with whom they named as delegate; null otherwise. */
export async function activePerson(tx: Tx, id: string): Promise<{ id: string; name: string; delegateId: string | null } | null> {
  return tx.maybe<{ id: string; name: string; delegateId: string | null }>(
    `select id, name, delegate_id as "delegateId" from person where id = $1 and active`,
    [id],
  );
}

/** Active persons who named `person` as their delegate. */
export async function delegatorsOf(tx: Tx, person: string): Promise<string[]> {
  return (await tx.query<{ id: string }>(`select id from person where delegate_id = $1 and active order by id`, [person])).map(
    (row) => row.id,
  );
}

/** Which of these credentials are over: ended, expired, a session unused for `sessionIdleMs`, or their holder is not active any more. */
export async function endedCredentials(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(
    `select asked.id from unnest($1::text[]) as asked(id)
     where not exists (
       select from credential
       left join bot on bot.id = holder_id
       join person on person.id = coalesce(bot.owner_id, holder_id) and person.active
       where credential.id = asked.id and ended_at is null and expires_at > yardmaster_now() and coalesce(bot.active, true)
         and (credential.kind = 'token' or coalesce(seen_at, credential.created_at) > yardmaster_now() - $2 * interval '1 millisecond'))`,
    [ids, tx.floor.config.sessionIdleMs],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Addresses of active persons, oldest first; who is not active or has none is absent. */
export async function addressesOf(tx: Tx, persons: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await tx.query<{ id: string; emails: string[] }>(
    `select person.id, array_agg(email order by added_at, email) as emails from person join person_email on person_id = person.id
     where person.id = any($1) and active group by person.id`,
    [persons],
  );
  return new Map(rows.map((row) => [row.id, row.emails]));
}
