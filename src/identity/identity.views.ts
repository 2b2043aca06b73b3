import type { Role } from '../contract/actions.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import type { CredentialRow } from './identity.store.ts';
import type { Binding } from './permission.ts';

export type RoleView = { role: Role; on: { team?: string; service?: string; environment?: string }; mapped?: string };

const SHOWN_ROLES = `select holder_id as holder, role, team, service, environment, coalesce(sign_in_provider.title, source) as mapped
  from role_binding left join sign_in_provider on sign_in_provider.id = source`;

/** A holder's roles as screens and clients show them: empty scope parts left out. */
export async function rolesOf(tx: Tx, holder: string): Promise<RoleView[]> {
  const rows = await tx.query<Binding & { mapped: string | null }>(`${SHOWN_ROLES} where holder_id = $1 order by role_binding.id`, [
    holder,
  ]);
  return rows.map(shownRole);
}

function shownRole({ role, team, service, environment, mapped }: Binding & { mapped?: string | null }): RoleView {
  return {
    role,
    ...(mapped == null ? {} : { mapped }),
    on: { ...(team === null ? {} : { team }), ...(service === null ? {} : { service }), ...(environment === null ? {} : { environment }) },
  };
}

export type PersonView = {
  id: string;
  name: string;
  emails: string[];
  active: boolean;
  delegate: string | null;
  roles: RoleView[];
  bots: { id: string; name: string; active: boolean; roles: RoleView[] }[];
  sessions: number;
  tokens: number;
  secondFactor: boolean;
  hasPassword: boolean;
  accounts: string[];
  lastSeenAt: string | null;
};
type PersonRow = Omit<PersonView, 'roles' | 'bots'> & Record<string, unknown>;

/** Everybody, with addresses, roles, bots and how many ways in are open, by name. */
export async function people(tx: Tx): Promise<PersonView[]> {
  const now = await tx.now();
  const rows = await tx.query<PersonRow>(
    `select person.id, name, active, delegate_id as delegate,
       array(select email from person_email where person_id = person.id order by added_at, email) as emails,
       coalesce(live.sessions, 0) as sessions, coalesce(live.tokens, 0) as tokens, live.seen as "lastSeenAt",
       exists (select from second_factor f where f.person_id = person.id and f.confirmed_at is not null) as "secondFactor",
       exists (select from person_password p where p.person_id = person.id) as "hasPassword",
       array(select distinct issuer from person_account where person_id = person.id order by issuer) as accounts
     from person left join (
       select coalesce(bot.owner_id, holder_id) as holder, max(seen_at) filter (where bot.id is null) as seen,
         count(*) filter (where kind = 'session' and ended_at is null and expires_at > $1) as sessions,
         count(*) filter (where kind = 'token' and ended_at is null and expires_at > $1) as tokens
       from credential left join bot on bot.id = holder_id group by 1) live on live.holder = person.id
     order by name, person.id limit 5000`,
    [now],
  );
  const bots = await tx.query<{ id: string; name: string; active: boolean; owner: string }>(
    `select id, name, active, owner_id as owner from bot order by name limit 5000`,
  );
  const roles = await rolesByHolder(tx);
  return rows.map((row) => ({
    ...row,
    roles: roles.get(row.id) ?? [],
    bots: bots.filter(({ owner }) => owner === row.id).map(({ id, name, active }) => ({ id, name, active, roles: roles.get(id) ?? [] })),
  }));
}

/** Everybody who is active, by name, and nothing else of them. */
export async function activeNames(tx: Tx): Promise<{ id: string; name: string }[]> {
  return tx.query<{ id: string; name: string }>(`select id, name from person where active order by name, id limit 5000`);
}

async function rolesByHolder(tx: Tx): Promise<Map<string, RoleView[]>> {
  const rows = await tx.query<Binding & { holder: string; mapped: string | null }>(`${SHOWN_ROLES} order by role_binding.id`);
  const all = new Map<string, RoleView[]>();
  for (const { holder, ...binding } of rows) all.set(holder, [...(all.get(holder) ?? []), shownRole(binding)]);
  return all;
}

export type SessionView = {
  id: string;
  current: boolean;
  screen: boolean;
  client: string | null;
  createdAt: string;
  seenAt: string | null;
  authenticatedAt: string;
  expiresAt: string;
};

/** The live sessions of a person, newest first; `current` is the one that asks. */
export async function sessionsOf(tx: Tx, person: string, current: string): Promise<SessionView[]> {
  const rows = await tx.query<Omit<SessionView, 'current'> & Record<string, unknown>>(
    `select id, screen, client, created_at as "createdAt", seen_at as "seenAt", coalesce(authenticated_at, created_at) as "authenticatedAt", expires_at as "expiresAt"
     from credential
     where holder_id = $1 and kind = 'session' and ended_at is null and expires_at > $2
       and coalesce(seen_at, created_at) > $2::timestamptz - $3 * interval '1 millisecond'
     order by created_at desc, id desc limit 200`,
    [person, await tx.now(), tx.floor.config.sessionIdleMs],
  );
  return rows.map((row) => ({ ...row, current: row.id === current }));
}

/** Until when a credential lasts, and whom its holder named to decide for them. */
export async function aboutMe(tx: Tx, actor: Actor, credential: string): Promise<{ expiresAt: string; delegate: string | null }> {
  return tx.one<{ expiresAt: string; delegate: string | null }>(
    `select expires_at as "expiresAt", (select delegate_id from person where id = $2) as delegate from credential where id = $1`,
    [credential, actor.id],
  );
}

/** The credentials of the actor and, for a person, of their bots, newest first; with `all` the live ones of everybody. */
export async function credentialsOf(
  tx: Tx,
  actor: Actor,
  all = false,
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
    seenAt: string | null;
  }[]
> {
  const rows = await tx.query<CredentialRow>(
    `select * from credential
     where ($2 and ended_at is null and expires_at > $3) or (not $2 and (holder_id = $1 or holder_id in (select id from bot where owner_id = $1)))
     order by created_at desc, id desc limit 1000`,
    [actor.id, all, await tx.now()],
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
    seenAt: row.seen_at,
  }));
}
