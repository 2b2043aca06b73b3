import { actorLabel, type Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import { plus, type Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { notSignedIn } from '../platform/platform.problems.ts';
import { keepReason } from '../platform/reason.store.ts';
import {
  everybodyEnded,
  factorEnded,
  invited,
  passwordChanged,
  sessionOpened,
  sessionsEnded,
  signedInAgain,
  tokenEnded,
} from './identity.events.ts';
import { noSuch, signInBusy, tooManyTries, wrongPassword } from './identity.problems.ts';
import { activePerson } from './identity.queries.ts';
import * as store from './identity.store.ts';
import { checkPassword, hashPassword, secretDigest } from './password.system.ts';
import { checkCode, personOf } from './second-factor.commands.ts';
import { deleteFactor } from './second-factor.store.ts';
import * as sessions from './session.store.ts';
import type { From } from './from.ts';
import { mayUsePassword } from './oidc/password-rule.queries.ts';
import { passwordsOff } from './oidc/oidc.problems.ts';
import { TRIES, TRIES_WINDOW_MS } from './tries.ts';

export type { From };
export const FROM_PROGRAM: From = { screen: false, client: null, holds: null };
export type SignedIn = { readonly person: string; readonly name: string; readonly token: string; readonly expiresAt: Instant };

/** Topic of every end of a credential: who keeps a connection open for one looks again. */
export const CREDENTIALS_TOPIC = 'credentials';

/** Opens a session. The one that this browser held ends: a sign-in never leaves an older secret good. */
export async function openSession(
  tx: Tx,
  who: { org: string; person: string; name: string; secondFactor: boolean },
  from: From,
): Promise<SignedIn> {
  const at = await tx.now();
  const { org, person, name } = who;
  const actor: Actor = { kind: 'person', id: person, org, credential: { kind: 'session', id: tx.floor.newId('tok'), authenticatedAt: at } };
  if (from.holds !== null) {
    const old = await sessions.liveSession(tx, secretDigest(from.holds));
    if (old !== null && (await store.endCredential(tx, old.id, at)))
      await tx.record(tokenEnded, { subject: old.id, actor, body: { token: old.id, holder: old.holder } });
  }
  const token = `ym_ses_${tx.floor.randomHex(32)}`;
  const expiresAt = plus(at, tx.floor.config.sessionMs);
  const id = actor.credential.id;
  await store.insertCredential(tx, {
    id,
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
    screen: from.screen,
    client: from.client,
  });
  await tx.record(sessionOpened, {
    subject: id,
    actor,
    body: { token: id, holder: person, screen: from.screen, secondFactor: who.secondFactor },
  });
  return { person, name, token, expiresAt };
}

/** Checks the password of the person who asks. A refusal is a value, because the failed try must be kept. */
export async function provePassword(
  tx: Tx,
  actor: Actor,
  password: string,
  code?: string,
): Promise<{ name: string; email: string } | Problem> {
  const { id } = personOf(actor);
  if (!(await mayUsePassword(tx, id))) return passwordsOff({});
  const kept = await sessions.passwordOfPerson(tx, id);
  const digest = secretDigest(kept?.email ?? id);
  if (!(await store.tryAlone(tx, digest))) return signInBusy({});
  const at = await tx.now();
  if ((await store.failuresSince(tx, digest, plus(at, -TRIES_WINDOW_MS))) >= TRIES)
    return tooManyTries({ minutes: TRIES_WINDOW_MS / 60_000 });
  if (!(await checkPassword(password, kept?.kept ?? null)) || kept === null) {
    await store.noteFailure(tx, tx.org, digest, at);
    return wrongPassword({});
  }
  const refused = await checkCode(tx, actor.org, id, code);
  if (refused !== null) return refused;
  await store.forgetFailures(tx, digest);
  return { name: kept.name, email: kept.email ?? id };
}

/** Counts the session as just signed in, and gives it a new secret: the old one is worth nothing any more. */
export async function confirmIdentity(
  tx: Tx,
  actor: Actor,
  ask: { password: string; code?: string | undefined },
): Promise<SignedIn | Problem> {
  const { id, session } = personOf(actor);
  const proved = await provePassword(tx, actor, ask.password, ask.code);
  if (proved instanceof Problem) return proved;
  const row = await store.credentialById(tx, session);
  const token = `ym_ses_${tx.floor.randomHex(32)}`;
  if (row === null || !(await sessions.renewSession(tx, session, secretDigest(token), await tx.now()))) throw notSignedIn({});
  await tx.record(signedInAgain, { subject: session, actor, body: { token: session, holder: id } });
  return { person: id, name: proved.name, token, expiresAt: row.expires_at };
}

/** Changes the password of the person who asks; their other sessions end. */
export async function changePassword(
  tx: Tx,
  actor: Actor,
  ask: { password: string; next: string; code?: string | undefined },
): Promise<{ ended: number } | Problem> {
  const { id, session } = personOf(actor);
  const proved = await provePassword(tx, actor, ask.password, ask.code);
  if (proved instanceof Problem) return proved;
  const at = await tx.now();
  await store.setPassword(tx, actor.org, id, await hashPassword(ask.next), at);
  const ended = await sessions.endOf(tx, id, { tokens: false, except: session, by: actorLabel(actor), at });
  await tx.record(passwordChanged, { subject: id, actor, body: { person: id, ended } });
  await tx.notify(CREDENTIALS_TOPIC);
  return { ended };
}

/** Ends all sessions of the person who asks except the one they ask with. */
export async function endOthers(tx: Tx, actor: Actor): Promise<number> {
  const { id, session } = personOf(actor);
  return endSessions(tx, actor, id, { tokens: false, except: session, reason: null });
}

type Ending = { readonly tokens: boolean; readonly except?: string; readonly reason: string | null };

/** Ends the sessions (and tokens) of a person at once, on every server. */
export async function endSessions(tx: Tx, actor: Actor, person: string, { tokens, except, reason }: Ending): Promise<number> {
  if ((await activePerson(tx, person)) === null) throw noSuch({ kind: 'person', id: person });
  const at = await tx.now();
  const ended = await sessions.endOf(tx, person, { tokens, except: except ?? null, by: actorLabel(actor), at });
  const body = { person, ended, tokens, reasonDigest: reason === null ? null : digestOf(reason) };
  const fact = await tx.record(sessionsEnded, { subject: person, actor, body });
  if (reason !== null) await keepReason(tx, fact, reason, at);
  await tx.notify(CREDENTIALS_TOPIC);
  return ended;
}

/** The kill-switch: every session and token of everybody ends; the one that asks stays, so that somebody is left to mend. */
export async function endEverybody(tx: Tx, actor: Actor, reason: string): Promise<number> {
  const at = await tx.now();
  const except = actor.kind === 'person' || actor.kind === 'bot' ? actor.credential.id : null;
  const ended = await sessions.endAll(tx, except, actorLabel(actor), at);
  const fact = await tx.record(everybodyEnded, { subject: tx.org, actor, body: { ended, reasonDigest: digestOf(reason) } });
  await keepReason(tx, fact, reason, at);
  await tx.notify(CREDENTIALS_TOPIC);
  return ended;
}

/** Takes away the second factor of somebody who lost it; their sessions end, since nobody knows who holds them. */
export async function endFactorOf(tx: Tx, actor: Actor, person: string, reason: string): Promise<number> {
  if (!(await deleteFactor(tx, person))) throw noSuch({ kind: 'second factor of', id: person });
  const at = await tx.now();
  const ended = await sessions.endOf(tx, person, { tokens: false, except: null, by: actorLabel(actor), at });
  const fact = await tx.record(factorEnded, { subject: person, actor, body: { person, ended, reasonDigest: digestOf(reason) } });
  await keepReason(tx, fact, reason, at);
  await tx.notify(CREDENTIALS_TOPIC);
  return ended;
}

/** A fresh link for a person who has lost theirs, or their password; older links of theirs end. */
export async function inviteAgain(
  tx: Tx,
  actor: Actor,
  person: string,
  make: (tx: Tx, person: string) => Promise<{ link: string; expiresAt: Instant }>,
): Promise<{ invitation: string; expiresAt: Instant }> {
  if ((await activePerson(tx, person)) === null) throw noSuch({ kind: 'person', id: person });
  await sessions.endInvitations(tx, person, await tx.now());
  const { link, expiresAt } = await make(tx, person);
  await tx.record(invited, { subject: person, actor, body: { person, expiresAt } });
  return { invitation: link, expiresAt };
}
