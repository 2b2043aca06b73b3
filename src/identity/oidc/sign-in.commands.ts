import { actorLabel, system, type Actor } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { notSignedIn } from '../../platform/platform.problems.ts';
import { LEEWAY_S } from '../issuer/claims.ts';
import { personAdded, roleGiven, roleTaken, signedInAgain } from '../identity.events.ts';
import { personLabel } from '../identity.queries.ts';
import * as store from '../identity.store.ts';
import { secretDigest } from '../password.system.ts';
import { personOf } from '../second-factor.commands.ts';
import { CREDENTIALS_TOPIC, openSession, type From, type SignedIn } from '../session.commands.ts';
import { renewSession } from '../session.store.ts';
import * as accounts from './account.store.ts';
import { authenticatedAt, finish, type Came } from './flow.commands.ts';
import { accountLinked, providerRefused } from './oidc.events.ts';
import { accountTaken, flowGone, signInRefused } from './oidc.problems.ts';
import { accountIn, admit, notFresh, rolesFor, type Account } from './provider.ts';
import type { ProviderRow } from './provider.store.ts';

type Answer = { readonly secret: string; readonly response: string };

/**
 * Finishes a sign-in. The person is found by issuer and subject, linked or made as the settings allow, gets the roles that
 * their groups give and loses those that they gave before. Refused is a value: that the sessions of a person whom the
 * provider lets in no more have ended must stay.
 */
export async function finishSignIn(floor: Floor, org: string, answer: Answer, from: From): Promise<SignedIn | Problem> {
  const came = await finish(floor, org, answer, ['sign-in'], null);
  const account = accountIn(came.claims, came.provider.settings);
  return floor.db.tx(org, async (tx) => {
    const { issuer, settings, title } = came.provider;
    const found = await accounts.findAccount(tx, issuer, account.subject, account.email);
    const admission = admit(account, settings, found);
    if (admission.kind === 'refuse') {
      if (found.linked !== null) await endAfterRefusal(tx, found.linked.id, came.provider);
      return signInRefused({ provider: title, why: admission.why });
    }
    const at = await tx.now();
    const person = admission.kind === 'create' ? await makePerson(tx, account, came.provider, at) : admission.person;
    if (admission.kind === 'known') await accounts.touchAccount(tx, issuer, account.subject, at);
    else await link(tx, account, came.provider, person, admission.kind === 'link' ? 'address' : 'first-sign-in', at);
    await followGroups(tx, person, account, came.provider, at);
    const name = (await personLabel(tx, [person])).get(person) ?? person;
    const opened = await openSession(tx, { org, person, name, secondFactor: false }, from);
    await mark(tx, opened, came);
    return opened;
  });
}

/** Finishes a fresh sign-in of the person who asks: the same account, really signed in anew, by the means that are asked for. */
export async function finishConfirm(floor: Floor, actor: Actor, answer: Answer): Promise<SignedIn> {
  const { id, session } = personOf(actor);
  const came = await finish(floor, actor.org, answer, ['confirm'], actor);
  const { issuer, settings, title } = came.provider;
  const account = accountIn(came.claims, settings);
  return floor.db.tx(actor.org, async (tx) => {
    const { linked } = await accounts.findAccount(tx, issuer, account.subject, null);
    if (linked?.id !== id) throw signInRefused({ provider: title, why: 'it signed in somebody else than you' });
    const sinceS = Date.parse(came.flow.at) / 1000;
    const stale = notFresh(came.claims, settings, { sinceS, leewayS: LEEWAY_S });
    if (stale !== null) throw signInRefused({ provider: title, why: stale });
    const row = await store.credentialById(tx, session);
    const token = `ym_ses_${tx.floor.randomHex(32)}`;
    if (row === null || !(await renewSession(tx, session, secretDigest(token), await tx.now()))) throw notSignedIn({});
    await tx.record(signedInAgain, { subject: session, actor, body: { token: session, holder: id } });
    const name = (await personLabel(tx, [id])).get(id) ?? id;
    return { person: id, name, token, expiresAt: row.expires_at };
  });
}

/** Links the account that has just been signed in to the person who asks. */
export async function finishLink(floor: Floor, actor: Actor, answer: Answer): Promise<{ linked: true }> {
  const { id } = personOf(actor);
  const came = await finish(floor, actor.org, answer, ['link'], actor);
  const account = accountIn(came.claims, came.provider.settings);
  if (account.subject === '') throw flowGone({});
  return floor.db.tx(actor.org, async (tx) => {
    const { linked } = await accounts.findAccount(tx, came.provider.issuer, account.subject, null);
    if (linked !== null && linked.id !== id) throw accountTaken({});
    if (linked === null) await link(tx, account, came.provider, id, 'person', await tx.now());
    return { linked: true as const };
  });
}

async function link(
  tx: Tx,
  account: Account,
  provider: ProviderRow,
  person: string,
  by: 'person' | 'address' | 'first-sign-in',
  at: Instant,
): Promise<void> {
  const linked = await accounts.linkAccount(tx, { issuer: provider.issuer, subject: account.subject, person, by, at });
  if (!linked) throw accountTaken({});
  await tx.record(accountLinked, { subject: person, actor: me(tx, provider), body: { person, provider: provider.id, by } });
}

async function makePerson(tx: Tx, account: Account, provider: ProviderRow, at: Instant): Promise<string> {
  const person = tx.floor.newId('per');
  await store.insertPerson(tx, { id: person, org: tx.org, name: account.name ?? account.email ?? 'Unnamed', at });
  // An address that nobody verified could be anybody's, and addresses say who wrote a commit.
  if (account.email !== null && account.emailVerified) await store.insertEmail(tx, tx.org, person, account.email, at);
  await tx.record(personAdded, { subject: person, actor: me(tx, provider), body: { person } });
  return person;
}

/** Gives and takes the roles of groups, and only those: what was given by hand stays. The last admin stays admin. */
async function followGroups(tx: Tx, person: string, account: Account, provider: ProviderRow, at: Instant): Promise<void> {
  const wanted = rolesFor(account, provider.settings);
  const held = await accounts.mappedRoles(tx, person, provider.id);
  const key = ({ role, team, service, environment }: (typeof wanted)[number]): string => JSON.stringify([role, team, service, environment]);
  const [names, there] = [new Set(wanted.map(key)), new Set(held.map(key))];
  for (const one of held.filter((row) => !names.has(key(row)))) {
    if (one.role === 'admin' && (await isLastAdmin(tx, person, one))) {
      tx.floor.log.warn({ person }, 'the groups of the last admin give the role no more; it stays, so that somebody can mend');
      continue;
    }
    await accounts.takeMapped(tx, one.id);
    const { role, team, service, environment } = one;
    await tx.record(roleTaken, {
      subject: person,
      actor: me(tx, provider),
      body: { holder: person, role, on: { team, service, environment } },
    });
  }
  for (const one of wanted.filter((row) => !there.has(key(row)))) {
    if (!(await accounts.giveMapped(tx, { ...one, id: tx.floor.newId('rol'), person, provider: provider.id, at }))) continue;
    const { role, team, service, environment } = one;
    await tx.record(roleGiven, {
      subject: person,
      actor: me(tx, provider),
      body: { holder: person, role, on: { team, service, environment } },
    });
  }
}

async function isLastAdmin(
  tx: Tx,
  person: string,
  { team, service, environment }: { team: string | null; service: string | null; environment: string | null },
): Promise<boolean> {
  if (team !== null || service !== null || environment !== null) return false;
  await store.lockOrganisation(tx, tx.org);
  const admins = await store.organisationAdmins(tx);
  return admins.every((one) => one === person);
}

async function endAfterRefusal(tx: Tx, person: string, provider: ProviderRow): Promise<void> {
  const actor = me(tx, provider);
  const ended = await accounts.endProviderSessions(tx, person, provider.id, actorLabel(actor), await tx.now());
  await tx.record(providerRefused, { subject: person, actor, body: { person, provider: provider.id, ended } });
  await tx.notify(CREDENTIALS_TOPIC);
}

async function mark(tx: Tx, opened: SignedIn, came: Came): Promise<void> {
  const row = await store.credentialBySecret(tx, secretDigest(opened.token));
  if (row !== null) await accounts.markSession(tx, row, came.provider.id, authenticatedAt(came.claims, came.now, tx.floor.config.freshMs));
}

function me(tx: Tx, provider: ProviderRow): Actor {
  return system(tx.org, `provider-${provider.name}`);
}
