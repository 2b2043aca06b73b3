import { system, type Actor } from '../kernel/actor.ts';
import type { Problem } from '../kernel/problem.ts';
import { plus, type Instant } from '../kernel/time.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { personAdded, roleGiven, tokenEnded } from './identity.events.ts';
import { emailTaken, linkInvalid, nameNeeded, signInBusy, tooManyTries, wrongPassword } from './identity.problems.ts';
import { personLabel } from './identity.queries.ts';
import * as store from './identity.store.ts';
import { checkPassword, hashPassword, secretDigest } from './password.system.ts';

export type SignedIn = { readonly person: string; readonly name: string; readonly token: string; readonly expiresAt: Instant };

const SESSION_MS = 12 * 3_600_000;
const FIRST_LINK_MS = 24 * 3_600_000;
/** This many wrong passwords for an address within the window, and further tries are refused. */
const TRIES = 8;
const TRIES_WINDOW_MS = 15 * 60_000;

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

/** Uses a link: an invited person gets a password; the first admin is made. Throws `identity.link-invalid`. */
export async function useLink(
  tx: Tx,
  input: { link: string; name?: string | undefined; email?: string | undefined; password: string },
): Promise<SignedIn> {
  const at = await tx.now();
  const used = await store.useInvitation(tx, secretDigest(input.link), at);
  if (used === null) throw linkInvalid({});
  const person = used.person_id ?? (await firstAdmin(tx, used.org_id, input, at));
  await store.setPassword(tx, used.org_id, person, await hashPassword(input.password), at);
  const name = (await personLabel(tx, [person])).get(person) ?? person;
  return openSession(tx, used.org_id, person, name);
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

/** Signs in with a password. A refusal is a value, because the failed try must be kept. */
export async function signIn(tx: Tx, input: { email: string; password: string }): Promise<SignedIn | Problem> {
  const digest = secretDigest(input.email);
  // Else as many guesses as there are connections would all be counted before the first one failed.
  if (!(await store.tryAlone(tx, digest))) return signInBusy({});
  const at = await tx.now();
  if ((await store.failuresSince(tx, digest, plus(at, -TRIES_WINDOW_MS))) >= TRIES)
    return tooManyTries({ minutes: TRIES_WINDOW_MS / 60_000 });
  const found = await store.passwordOf(tx, input.email);
  if (!(await checkPassword(input.password, found?.kept ?? null)) || found === null) {
    await store.noteFailure(tx, tx.org, digest, at);
    return wrongPassword({});
  }
  await store.forgetFailures(tx, digest);
  return openSession(tx, tx.org, found.person, found.name);
}

async function openSession(tx: Tx, org: string, person: string, name: string): Promise<SignedIn> {
  const at = await tx.now();
  const token = `ym_ses_${tx.floor.randomHex(32)}`;
  const expiresAt = plus(at, SESSION_MS);
  await store.insertCredential(tx, {
    id: tx.floor.newId('tok'),
    org_id: org,
    kind: 'session',
    holder_id: person,
    name: 'session',
    secretDigest: secretDigest(token),
    actions: null,
    services: null,
    by: person,
    created_at: at,
    expires_at: expiresAt,
  });
  return { person, name, token, expiresAt };
}

/** Ends the credential that the actor came with. */
export async function signOut(tx: Tx, actor: Actor): Promise<void> {
  if (actor.kind !== 'person' && actor.kind !== 'bot') return;
  const id = actor.credential.id;
  if (await store.endCredential(tx, id, await tx.now()))
    await tx.record(tokenEnded, { subject: id, actor, body: { token: id, holder: actor.id } });
}
