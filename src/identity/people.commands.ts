import type { Role } from '../contract/actions.ts';
import { personBehind, type Actor } from '../kernel/actor.ts';
import { plus } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { botAdded, delegateNamed, emailMapped, personAdded, personDeactivated, roleGiven, roleTaken } from './identity.events.ts';
import { botExists, emailTaken, lastAdmin, noSuch, tokenTooNarrow } from './identity.problems.ts';
import { activePerson } from './identity.queries.ts';
import * as store from './identity.store.ts';
import { isNarrow } from './permission.ts';
import { invite, INVITATION_MS } from './sign-in.commands.ts';
import { CREDENTIALS_TOPIC } from './session.commands.ts';

export type Scope = {
  readonly team?: string | undefined;
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
};
type RoleOn = { readonly role: Role; readonly on: Scope };

/** Adds a person with addresses and roles; answers the invitation link. All or nothing. */
export async function addPerson(
  tx: Tx,
  actor: Actor,
  input: { name: string; emails: readonly string[]; roles: readonly RoleOn[] },
): Promise<{ person: string; invitation: string; expiresAt: string }> {
  const at = await tx.now();
  const person = tx.floor.newId('per');
  await store.insertPerson(tx, { id: person, org: actor.org, name: input.name, at });
  for (const email of input.emails) if (!(await store.insertEmail(tx, actor.org, person, email, at))) throw emailTaken({ email });
  await tx.record(personAdded, { subject: person, actor, body: { person } });
  for (const { role, on } of input.roles) await giveRole(tx, actor, { holder: person, role, on });
  return { person, invitation: await invite(tx, actor.org, person, INVITATION_MS), expiresAt: plus(at, INVITATION_MS) };
}

/** Maps a further address to a person; throws where it belongs to another. */
export async function addEmail(tx: Tx, actor: Actor, person: string, email: string): Promise<string[]> {
  await mustExist(tx, person);
  if (!(await store.insertEmail(tx, actor.org, person, email, await tx.now()))) throw emailTaken({ email });
  await tx.record(emailMapped, { subject: person, actor, body: { person } });
  return store.emailsOf(tx, person);
}

/** Deactivates a person; answers how many credentials ended. */
export async function deactivate(tx: Tx, actor: Actor, person: string): Promise<number> {
  await store.lockOrganisation(tx, actor.org);
  await mustExist(tx, person);
  const admins = await store.organisationAdmins(tx);
  if (admins.length === 1 && admins[0] === person) throw lastAdmin({});
  const ended = await store.endEverything(tx, person, await tx.now());
  await tx.record(personDeactivated, { subject: person, actor, body: { person, ended } });
  await tx.notify(CREDENTIALS_TOPIC);
  return ended;
}

/** Gives a role; giving it twice changes nothing. */
export async function giveRole(tx: Tx, actor: Actor, { holder, role, on }: { holder: string; role: Role; on: Scope }): Promise<void> {
  await mustBeHolder(tx, holder);
  const scope = { team: on.team ?? null, service: on.service ?? null, environment: on.environment ?? null };
  const at = await tx.now();
  const by = personBehind(actor) ?? actor.id;
  const given = await store.insertBinding(tx, { id: tx.floor.newId('rol'), org: actor.org, holder, role, ...scope, by, at });
  if (given) await tx.record(roleGiven, { subject: holder, actor, body: { holder, role, on: scope } });
}

/** Takes a role back; the last admin over the organisation stays. */
export async function takeRole(tx: Tx, actor: Actor, { holder, role, on }: { holder: string; role: Role; on: Scope }): Promise<void> {
  const scope = { team: on.team ?? null, service: on.service ?? null, environment: on.environment ?? null };
  await store.lockOrganisation(tx, actor.org);
  const admins = await store.organisationAdmins(tx);
  const whole = scope.team === null && scope.service === null && scope.environment === null;
  if (role === 'admin' && whole && admins.length === 1 && admins[0] === holder) throw lastAdmin({});
  const taken = await store.deleteBinding(tx, holder, role, scope.team, scope.service, scope.environment);
  if (!taken) throw noSuch({ kind: 'role', id: `${role} of ${holder}` });
  await tx.record(roleTaken, { subject: holder, actor, body: { holder, role, on: scope } });
}

/** Adds a bot that `owner` answers for. */
export async function addBot(tx: Tx, actor: Actor, input: { name: string; owner: string }): Promise<string> {
  await mustExist(tx, input.owner);
  const bot = tx.floor.newId('bot');
  if (!(await store.insertBot(tx, { id: bot, org: actor.org, name: input.name, owner: input.owner, at: await tx.now() })))
    throw botExists({ name: input.name });
  await tx.record(botAdded, { subject: bot, actor, body: { bot, owner: input.owner } });
  return bot;
}

/** Names who decides while the actor is away, or ends that. */
export async function nameDelegate(tx: Tx, actor: Actor, delegate: string | null): Promise<void> {
  if (actor.kind !== 'person') throw noSuch({ kind: 'person', id: actor.id });
  if (isNarrow(actor.credential)) throw tokenTooNarrow({ what: 'name who decides for you' });
  if (delegate !== null) await mustExist(tx, delegate);
  await store.setDelegateOf(tx, actor.id, delegate === actor.id ? null : delegate);
  await tx.record(delegateNamed, { subject: actor.id, actor, body: { person: actor.id, delegate } });
}

async function mustExist(tx: Tx, person: string): Promise<void> {
  if ((await activePerson(tx, person)) === null) throw noSuch({ kind: 'person', id: person });
}

async function mustBeHolder(tx: Tx, holder: string): Promise<void> {
  const found = holder.startsWith('bot_') ? await store.botById(tx, holder) : await activePerson(tx, holder);
  if (found === null) throw noSuch({ kind: 'person or bot', id: holder });
}
