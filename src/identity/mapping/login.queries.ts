import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { comparable, type Login } from './login.ts';

/** Whom a login stands for: a person, or a bot with the person who answers for it. */
export type Behind =
  { readonly kind: 'person'; readonly id: string } | { readonly kind: 'bot'; readonly id: string; readonly owner: string };

/**
 * Who is behind a login at a host; null where nobody said, which is never somebody else. Where both are known the id that
 * renaming does not change decides: a login that was given up and taken by another is not the person it was.
 */
export async function personOfLogin(tx: Tx, { host, login, externalId }: Login): Promise<Behind | null> {
  const [at, name] = [comparable(host), comparable(login)];
  if (at === null || name === null) return null;
  const rows = await tx.query<{ login: string; external: string | null; person: string | null; bot: string | null; owner: string | null }>(
    `select login, external_id as external, person_login.person_id as person, bot_id as bot, bot.owner_id as owner
     from person_login left join bot on bot.id = bot_id
     where host = $1 and (login = $2 or ($3::text is not null and external_id = $3)) order by external_id = $3 desc nulls last limit 2`,
    [at, name, externalId ?? null],
  );
  const fitting = (externalId ?? null) === null ? rows : rows.filter(({ external }) => external === null || external === externalId);
  const [row] = fitting;
  if (row === undefined) return null;
  if (row.person !== null) return { kind: 'person', id: row.person };
  return row.bot !== null && row.owner !== null ? { kind: 'bot', id: row.bot, owner: row.owner } : null;
}

/** The persons (or owners of bots) behind many logins of one host, by login in lower case; who is unknown is absent. */
export async function personsOfLogins(tx: Tx, host: string, logins: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ login: string; person: string }>(
    `select login, coalesce(person_login.person_id, bot.owner_id) as person from person_login left join bot on bot.id = bot_id
     where host = $1 and login = any($2)`,
    [comparable(host) ?? '', logins.flatMap((login) => comparable(login) ?? [])],
  );
  return new Map(rows.map(({ login, person }) => [login, person]));
}

export type LoginAt = {
  readonly host: string;
  readonly login: string;
  readonly person: string;
  readonly name: string;
  readonly at: Instant;
};

/** The logins of these hosts that stand for active persons, by name of the person. */
export function loginsAt(tx: Tx, hosts: readonly string[]): Promise<LoginAt[]> {
  return tx.query<LoginAt>(
    `select host, login, person.id as person, person.name, added_at as at from person_login
     join person on person.id = person_id and person.active where host = any($1) order by person.name, login limit 5000`,
    [hosts.flatMap((host) => comparable(host) ?? [])],
  );
}
