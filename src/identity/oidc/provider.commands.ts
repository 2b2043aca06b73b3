import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { issuerKeys } from '../issuer/keys.system.ts';
import { noSuch } from '../identity.problems.ts';
import { CREDENTIALS_TOPIC } from '../session.commands.ts';
import { endProviderSessions, unlinkAccounts } from './account.store.ts';
import { lookAtProvider } from './client.system.ts';
import { clientOf } from './flow.commands.ts';
import { accountUnlinked, passwordsRuled, providerAdded, providerChanged, providerRemoved } from './oidc.events.ts';
import { noProvider, noWayLeft, providerExists, secretAnew } from './oidc.problems.ts';
import type { Settings } from './provider.ts';
import * as store from './provider.store.ts';

export type NewProvider = {
  readonly name: string;
  readonly title: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: string | null;
  readonly settings: Settings;
};
export type ProviderChange = { readonly [Key in 'title' | 'issuer' | 'clientId' | 'secret' | 'settings']?: NewProvider[Key] | undefined };

/** Adds a provider; its address is judged before anything is kept. */
export async function addProvider(floor: Floor, actor: Actor, asked: NewProvider): Promise<void> {
  await floor.egress.check(asked.issuer);
  await floor.db.tx(actor.org, async (tx) => {
    const id = tx.floor.newId('idp');
    if (!(await store.insertProvider(tx, { ...asked, id, by: actorLabel(actor), at: await tx.now() })))
      throw providerExists({ name: asked.name });
    await tx.record(providerAdded, { subject: id, actor, body: { provider: id, name: asked.name, issuer: asked.issuer } });
  });
}

/** Changes what is named; the rest stays. The secret never goes to another issuer than it was given for. */
export async function changeProvider(floor: Floor, actor: Actor, name: string, change: ProviderChange): Promise<void> {
  if (change.issuer !== undefined) await floor.egress.check(change.issuer);
  await floor.db.tx(actor.org, async (tx) => {
    const row = await mustBe(tx, name, true);
    const issuer = change.issuer ?? row.issuer;
    if (issuer !== row.issuer && row.sealed !== null && change.secret === undefined) throw secretAnew({});
    const { title, clientId, settings } = { ...row, ...withoutNothing(change) };
    await store.saveProvider(tx, row, { title, issuer, clientId, settings, secret: change.secret });
    await tx.record(providerChanged, {
      subject: row.id,
      actor,
      body: { provider: row.id, name, fields: Object.keys(withoutNothing(change)) },
    });
  });
}

/** Ends a provider, and the sessions and roles that came by it. Refused while passwords are for admins alone and it is the last. */
export async function removeProvider(tx: Tx, actor: Actor, name: string): Promise<number> {
  const row = await mustBe(tx, name, true);
  if ((await store.passwordRule(tx)) === 'admins' && (await store.providers(tx)).length === 1) throw noWayLeft({});
  const ended = await store.removeProvider(tx, row.id, actorLabel(actor), await tx.now());
  await tx.record(providerRemoved, { subject: row.id, actor, body: { provider: row.id, name, ended } });
  await tx.notify(CREDENTIALS_TOPIC);
  return ended;
}

/** Asks the provider what it can, with the settings that are kept. */
export async function checkProvider(floor: Floor, org: string, name: string): Promise<{ what: string; ok: boolean; detail: string }[]> {
  const { row, secret } = await floor.db.read(org, async (tx) => {
    const found = await mustBe(tx, name);
    return { row: found, secret: await store.openClientSecret(tx, found) };
  });
  const found = await lookAtProvider(floor, clientOf(row, secret));
  const { keys } = await issuerKeys(floor.egress).look(row.issuer);
  return [...found, { what: 'it publishes keys', ok: keys > 0, detail: `${keys}` }];
}

/** Decides who may use a password: everybody, or admins alone; only where somebody could still come in. */
export async function rulePasswords(tx: Tx, actor: Actor, passwords: store.Passwords): Promise<void> {
  if (passwords === 'admins' && (await store.providers(tx)).length === 0) throw noWayLeft({});
  await store.savePasswordRule(tx, passwords, actorLabel(actor), await tx.now());
  await tx.record(passwordsRuled, { subject: tx.org, actor, body: { passwords } });
}

/** Takes a person's accounts at an issuer from them; the sessions that providers opened for them end. */
export async function unlink(tx: Tx, actor: Actor, person: string, issuer: string): Promise<number> {
  if ((await unlinkAccounts(tx, person, issuer)) === 0) throw noSuch({ kind: 'account at', id: issuer });
  const ended = await endProviderSessions(tx, person, null, actorLabel(actor), await tx.now());
  await tx.record(accountUnlinked, { subject: person, actor, body: { person, issuer, ended } });
  await tx.notify(CREDENTIALS_TOPIC);
  return ended;
}

async function mustBe(tx: Tx, name: string, lock = false): Promise<store.ProviderRow> {
  const row = await store.providerByName(tx, name, lock);
  if (row === null) throw noProvider({ provider: name });
  return row;
}

function withoutNothing(change: ProviderChange): ProviderChange {
  return Object.fromEntries(Object.entries(change).filter((entry) => entry[1] !== undefined));
}
