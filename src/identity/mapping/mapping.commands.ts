import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import { noSuch } from '../identity.problems.ts';
import { activePerson } from '../identity.queries.ts';
import { botById } from '../identity.store.ts';
import { addEmail } from '../people.commands.ts';
import { loginMapped, loginUnmapped } from './mapping.events.ts';
import { loginTaken, noLogin } from './mapping.problems.ts';
import { comparable } from './login.ts';
import { deleteLogin, dismissUnmapped, forgetUnmapped, insertLogin } from './mapping.store.ts';

export type Naming = { readonly host: string | null; readonly value: string };
type To = { readonly person?: string | undefined; readonly bot?: string | undefined };

/**
 * Says who an address or a login is. An address of a bot goes to the person who answers for it: what the bot wrote, its
 * owner may not approve.
 */
export async function mapName(tx: Tx, actor: Actor, { host, value }: Naming, to: To): Promise<void> {
  const [at, name] = [host === null ? '' : comparable(host), comparable(value)];
  if (at === null || name === null) throw noLogin({});
  const bot = to.bot === undefined ? null : await botById(tx, to.bot);
  if (to.bot !== undefined && bot === null) throw noSuch({ kind: 'bot', id: to.bot });
  const person = bot?.owner_id ?? to.person ?? '';
  if ((await activePerson(tx, person)) === null) throw noSuch({ kind: 'person', id: person });
  if (at === '') await addEmail(tx, actor, person, name);
  else {
    const row = { host: at, login: name, externalId: null, person: bot === null ? person : null, bot: bot?.id ?? null };
    if (!(await insertLogin(tx, { ...row, by: actorLabel(actor), at: await tx.now() }))) throw loginTaken({ host: at, login: name });
    await tx.record(loginMapped, { subject: person, actor, body: { person, bot: bot?.id ?? null, host: at } });
  }
  await forgetUnmapped(tx, at, name);
}

/** Takes a login from whom it was mapped to. */
export async function unmapLogin(tx: Tx, actor: Actor, host: string, login: string): Promise<void> {
  const row = await deleteLogin(tx, comparable(host) ?? '', comparable(login) ?? '');
  if (row === null) throw noSuch({ kind: 'login', id: `${login} at ${host}` });
  const owner = row.bot === null ? null : await botById(tx, row.bot);
  const person = row.person ?? owner?.owner_id ?? '';
  await tx.record(loginUnmapped, { subject: person, actor, body: { person, bot: row.bot, host: row.host } });
}

/** Takes a name off the list; it stays unknown, and counts as unknown wherever persons are counted. */
export async function dismiss(tx: Tx, { host, value }: Naming): Promise<void> {
  const [at, name] = [comparable(host ?? '') ?? '', comparable(value) ?? ''];
  if (!(await dismissUnmapped(tx, at, name, await tx.now()))) throw noSuch({ kind: 'unmapped name', id: value });
}
