import { system, type Actor } from '../kernel/actor.ts';
import type { Problem } from '../kernel/problem.ts';
import { networkOf } from '../platform/http/caller.ts';
import { plus, type Instant } from '../kernel/time.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { passwordChanged, personAdded, roleGiven, tokenEnded } from './identity.events.ts';
import { emailTaken, linkInvalid, nameNeeded, signInBusy, tooManyTries, wrongPassword } from './identity.problems.ts';
import { personLabel } from './identity.queries.ts';
import * as store from './identity.store.ts';
import { checkPassword, hashPassword, secretDigest } from './password.system.ts';
import { checkCode } from './second-factor.commands.ts';
import { factorState } from './second-factor.store.ts';
import { CREDENTIALS_TOPIC, FROM_PROGRAM, openSession, type From, type SignedIn } from './session.commands.ts';
import { passwordsOff } from './oidc/oidc.problems.ts';
import { mayUsePassword } from './oidc/password-rule.queries.ts';
import { endOf } from './session.store.ts';
import { NETWORK_TRIES, TRIES, TRIES_WINDOW_MS } from './tries.ts';

export const INVITATION_MS = 7 * 86_400_000;
const FIRST_LINK_MS = 24 * 3_600_000;

/**
 * The link for the first admin, as long as there is no person: `ym_link_...`. Null once somebody exists. Every start of
 * an empty instance makes a fresh one.
 */
export async function firstAdminLink(floor: Floor): Promise<string | null> {
  return floor.db.tx(floor.org, async (tx) => {
    await store.lockOrganisation(tx, floor.org);
    return (await store.countPersons(tx)) > 0 ? null : invite(tx, floor.org, null, FIRST_LINK_MS);
  });
}

/** A single-use link, kept only as a digest. */
export async function invite(tx: Tx, org: string, person: string | null, ms: number): Promise<string> {
  const link = `ym_link_${tx.floor.randomHex(24)}`;
  const at = await tx.now();
  await store.insertInvitation(tx, {
    id: tx.floor.newId('inv'),
    org,
    person,
    secretDigest: secretDigest(link),
    at,
    expiresAt: plus(at, ms),
  });
  return link;
}

type LinkUse = {
  readonly link: string;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly password: string;
  readonly code?: string | undefined;
};

/**
 * Uses a link: an invited person gets a password, and whatever they were signed in with ends; the first admin is made.
 * Throws `identity.link-invalid`; a wrong code of a second factor is a value, because the failed try must be kept.
 */
export async function useLink(tx: Tx, input: LinkUse, from: From = FROM_PROGRAM): Promise<SignedIn | Problem> {
  const at = await tx.now();
  const known = await store.peekInvitation(tx, secretDigest(input.link), at);
  if (known === null) throw linkInvalid({});
  if (known.person_id !== null && !(await mayUsePassword(tx, known.person_id))) return passwordsOff({});
  const refused = known.person_id === null ? null : await checkCode(tx, known.org_id, known.person_id, input.code);
  if (refused !== null) return refused;
  const used = await store.useInvitation(tx, secretDigest(input.link), at);
  if (used === null) throw linkInvalid({});
  const person = used.person_id ?? (await firstAdmin(tx, used.org_id, input, at));
  await store.setPassword(tx, used.org_id, person, await hashPassword(input.password), at);
  const actor = system(used.org_id, 'invitation');
  const ended = await endOf(tx, person, { tokens: false, except: null, by: 'system:invitation', at });
  await tx.record(passwordChanged, { subject: person, actor, body: { person, ended } });
  if (ended > 0) await tx.notify(CREDENTIALS_TOPIC);
  const name = (await personLabel(tx, [person])).get(person) ?? person;
  return openSession(tx, { org: used.org_id, person, name, secondFactor: await hasFactor(tx, person) }, from);
}

/** What a link is for, without using it. Throws `identity.link-invalid`. */
export async function lookAtLink(
  tx: Tx,
  link: string,
): Promise<{ firstAdmin: boolean; name: string | null; secondFactor: boolean; expiresAt: Instant }> {
  const found = await store.invitationOf(tx, secretDigest(link), await tx.now());
  if (found === null) throw linkInvalid({});
  const { person_id: person, name, expires_at: expiresAt } = found;
  if (person === null && (await store.countPersons(tx)) > 0) throw linkInvalid({});
  return { firstAdmin: person === null, name, secondFactor: person !== null && (await hasFactor(tx, person)), expiresAt };
}

async function hasFactor(tx: Tx, person: string): Promise<boolean> {
  return (await factorState(tx, person)).confirmedAt !== null;
}

async function firstAdmin(
  tx: Tx,
  org: string,
  input: { name?: string | undefined; email?: string | undefined },
  at: Instant,
): Promise<string> {
  await store.lockOrganisation(tx, org);
  if ((await store.countPersons(tx)) > 0) throw linkInvalid({});
  if (input.name === undefined || input.email === undefined) throw nameNeeded({});
  const actor = system(org, 'first-admin-link');
  const person = tx.floor.newId('per');
  await store.insertPerson(tx, { id: person, org, name: input.name, at });
  if (!(await store.insertEmail(tx, org, person, input.email, at))) throw emailTaken({ email: input.email });
  await store.insertBinding(tx, {
    id: tx.floor.newId('rol'),
    org,
    holder: person,
    role: 'admin',
    team: null,
    service: null,
    environment: null,
    by: 'system:first-admin-link',
    at,
  });
  await tx.record(personAdded, { subject: person, actor, body: { person } });
  await tx.record(roleGiven, {
    subject: person,
    actor,
    body: { holder: person, role: 'admin', on: { team: null, service: null, environment: null } },
  });
  return person;
}

type SignIn = { readonly email: string; readonly password: string; readonly code?: string | undefined };

/** Signs in with a password, and a code where the person has a second factor. A refusal is a value, because the failed try must be kept. */
export async function signIn(tx: Tx, input: SignIn, from: From = FROM_PROGRAM, address: string | null = null): Promise<SignedIn | Problem> {
  const digest = secretDigest(input.email);
  // Who guesses one password for many accounts is known by his address, on whichever server he tries.
  const network = address === null ? null : secretDigest(`network ${networkOf(address)}`);
  // Else as many guesses as there are connections would all be counted before the first one failed.
  if (!(await store.tryAlone(tx, digest))) return signInBusy({});
  const at = await tx.now();
  if ((await store.failuresSince(tx, digest, plus(at, -TRIES_WINDOW_MS))) >= TRIES)
    return tooManyTries({ minutes: TRIES_WINDOW_MS / 60_000 });
  if (network !== null && (await store.failuresSince(tx, network, plus(at, -TRIES_WINDOW_MS))) >= NETWORK_TRIES)
    return tooManyTries({ minutes: TRIES_WINDOW_MS / 60_000 });
  const found = await store.passwordOf(tx, input.email);
  if (!(await checkPassword(input.password, found?.kept ?? null)) || found === null) {
    await store.noteFailure(tx, tx.org, digest, at);
    if (network !== null) await store.noteFailure(tx, tx.org, network, at);
    return wrongPassword({});
  }
  if (!(await mayUsePassword(tx, found.person))) return passwordsOff({});
  const refused = await checkCode(tx, tx.org, found.person, input.code);
  if (refused !== null) return refused;
  await store.forgetFailures(tx, digest);
  return openSession(tx, { org: tx.org, person: found.person, name: found.name, secondFactor: await hasFactor(tx, found.person) }, from);
}

/** Ends the credential that the actor came with. */
export async function signOut(tx: Tx, actor: Actor): Promise<void> {
  if (actor.kind !== 'person' && actor.kind !== 'bot') return;
  const id = actor.credential.id;
  if (await store.endCredential(tx, id, await tx.now()))
    await tx.record(tokenEnded, { subject: id, actor, body: { token: id, holder: actor.id } });
  await tx.notify(CREDENTIALS_TOPIC);
}
