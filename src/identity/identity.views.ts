import type { Role } from '../contract/actions.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { bindingsOf } from './identity.queries.ts';
import type { CredentialRow } from './identity.store.ts';

export type RoleView = { role: Role; on: { team?: string; service?: string; environment?: string } };

/** A holder's roles as screens and clients show them: empty scope parts left out. */
export async function rolesOf(tx: Tx, holder: string): Promise<RoleView[]> {
  return (await bindingsOf(tx, holder)).map(({ role, team, service, environment }) => ({
    role,
    on: { ...(team === null ? {} : { team }), ...(service === null ? {} : { service }), ...(environment === null ? {} : { environment }) },
  }));
}

/** Everybody, with addresses and roles, by name. */
export async function people(
  tx: Tx,
): Promise<{ id: string; name: string; emails: string[]; active: boolean; delegate: string | null; roles: RoleView[] }[]> {
  const rows = await tx.query<{ id: string; name: string; emails: string[]; active: boolean; delegate: string | null }>(
    `select id, name, active, delegate_id as delegate, array(select email from person_email where person_id = person.id order by added_at, email) as emails
     from person order by name, id limit 5000`,
  );
  return Promise.all(rows.map(async (row) => ({ ...row, roles: await rolesOf(tx, row.id) })));
}

/** The credentials of the actor and, for a person, of their bots, newest first. */
export async function credentialsOf(
  tx: Tx,
  actor: Actor,
): Promise<
  {
    id: string;
    kind: 'session' | 'token';
    name: string;
    holder: string;
    actions: string[] | null;
    services: string[] | null;
    createdAt: string;
    expiresAt: string;
    endedAt: string | null;
  }[]
> {
  const rows = await tx.query<CredentialRow>(
    `select * from credential where holder_id = $1 or holder_id in (select id from bot where owner_id = $1) order by created_at desc, id desc limit 1000`,
    [actor.id],
  );
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    name: row.name,
    holder: row.holder_id,
    actions: row.actions,
    services: row.services,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  }));
}
