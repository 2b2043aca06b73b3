import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { suggestionsFor, type Known, type Suggestion } from './login.ts';

export type UnmappedView = {
  host: string | null;
  value: string;
  name: string | null;
  roles: string[];
  seen: number;
  firstAt: string;
  lastAt: string;
  dismissed: boolean;
  suggestions: { person: string; name: string; why: string }[];
};
type Row = {
  host: string;
  value: string;
  name: string | null;
  roles: string[];
  seen: number;
  firstAt: Instant;
  lastAt: Instant;
  dismissed: boolean;
};

/** Names that map to nobody, the latest seen first, with whom each could be. */
export async function unmappedNames(tx: Tx, all: boolean): Promise<UnmappedView[]> {
  const rows = await tx.query<Row>(
    `select host, value, name, roles, seen, first_at as "firstAt", last_at as "lastAt", dismissed_at is not null as dismissed
     from unmapped_name where $1 or dismissed_at is null order by last_at desc, host, value limit 1000`,
    [all],
  );
  const people = await tx.query<Known>(
    `select id, name, array(select email from person_email where person_id = person.id) as emails from person where active order by name limit 5000`,
  );
  return rows.map(({ host, ...row }) => ({
    ...row,
    host: host === '' ? null : host,
    suggestions: suggestionsFor(row, people).map((one: Suggestion) => ({ ...one })),
  }));
}

export type LoginView = { host: string; login: string; person: string | null; bot: string | null; name: string };

/** Logins that are mapped, by host and name. */
export async function mappedLogins(tx: Tx): Promise<LoginView[]> {
  return tx.query<LoginView>(
    `select host, login, person_id as person, bot_id as bot, coalesce(person.name, bot.name) as name
     from person_login left join person on person.id = person_id left join bot on bot.id = bot_id order by host, login limit 5000`,
  );
}
