import { randomBytes } from 'node:crypto';
import type { Actor } from '../kernel/actor.ts';
import type { Problem } from '../kernel/problem.ts';
import { plus } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { factorConfirmed, factorEnded, recoveryUsed } from './identity.events.ts';
import { codeNeeded, factorThere, noFactor, personsOnly, tooManyTries, wrongCode } from './identity.problems.ts';
import { failuresSince, noteFailure, forgetFailures, lockPerson } from './identity.store.ts';
import { secretDigest } from './password.system.ts';
import * as store from './second-factor.store.ts';
import { keyUri, matchingStep, toBase32 } from './totp.ts';
import { TRIES, TRIES_WINDOW_MS } from './tries.ts';

const RECOVERY_CODES = 10;

export function personOf(actor: Actor): { id: string; session: string } {
  if (actor.kind !== 'person' || actor.credential.kind !== 'session') throw personsOnly({});
  return { id: actor.id, session: actor.credential.id };
}

/** Begins a second factor; it holds after it was confirmed. The password was checked before. */
export async function startFactor(tx: Tx, actor: Actor, account: string): Promise<{ secret: string; uri: string }> {
  const { id } = personOf(actor);
  await lockPerson(tx, id);
  if ((await store.lockFactor(tx, id))?.confirmed_at) throw factorThere({});
  const bytes = randomBytes(20);
  await store.putFactor(
    tx,
    id,
    await tx.floor.secrets.seal(tx, store.FACTOR_SCOPE, bytes.toString('hex'), store.placeOf(id)),
    await tx.now(),
  );
  const secret = toBase32(bytes);
  return { secret, uri: keyUri(secret, account, 'Yardmaster') };
}

/** Confirms it with a code; answers the recovery codes, once. A wrong code is a value, because the failed try must be kept. */
export async function confirmFactor(tx: Tx, actor: Actor, code: string): Promise<{ recoveryCodes: string[] } | Problem> {
  const { id } = personOf(actor);
  const row = await store.lockFactor(tx, id);
  if (row === null) throw noFactor({});
  if (row.confirmed_at !== null) throw factorThere({});
  const tried = await tooMany(tx, id);
  if (tried !== null) return tried;
  const at = await tx.now();
  const step = matchingStep(await secretOf(tx, id, row), code, Date.parse(at), row.last_step);
  if (step === null) return failed(tx, id);
  await store.confirmFactor(tx, id, step, at);
  const recoveryCodes = Array.from({ length: RECOVERY_CODES }, () => toBase32(randomBytes(10)).toLowerCase());
  await store.putRecoveryCodes(
    tx,
    id,
    recoveryCodes.map((one) => secretDigest(one)),
    at,
  );
  await tx.record(factorConfirmed, { subject: id, actor, body: { person: id } });
  return { recoveryCodes: recoveryCodes.map((one) => (one.match(/.{4}/g) ?? []).join('-')) };
}

/** Ends the person's own second factor; password and code were checked before. */
export async function endFactor(tx: Tx, actor: Actor): Promise<void> {
  const { id } = personOf(actor);
  if (!(await store.deleteFactor(tx, id))) throw noFactor({});
  await tx.record(factorEnded, { subject: id, actor, body: { person: id, ended: 0, reasonDigest: null } });
}

/**
 * Checks the code of a person who has a second factor; without one anything is right. A refusal is a value: the failed
 * try is kept, and after several no code is right for a while.
 */
export async function checkCode(tx: Tx, org: string, person: string, given: string | undefined): Promise<Problem | null> {
  const row = await store.lockFactor(tx, person);
  if (row === null || row.confirmed_at === null) return null;
  const code = (given ?? '').replaceAll(/[\s-]/g, '').toLowerCase();
  if (code === '') return codeNeeded({});
  const tried = await tooMany(tx, person);
  if (tried !== null) return tried;
  const at = await tx.now();
  const step = matchingStep(await secretOf(tx, person, row), code, Date.parse(at), row.last_step);
  if (step !== null) await store.useStep(tx, person, step);
  else if (await store.useRecoveryCode(tx, person, secretDigest(code), at))
    await tx.record(recoveryUsed, { subject: person, actor: { kind: 'system', id: 'sign-in', org }, body: { person } });
  else return failed(tx, person);
  await forgetFailures(tx, triesOf(person));
  return null;
}

async function tooMany(tx: Tx, person: string): Promise<Problem | null> {
  const since = plus(await tx.now(), -TRIES_WINDOW_MS);
  return (await failuresSince(tx, triesOf(person), since)) >= TRIES ? tooManyTries({ minutes: TRIES_WINDOW_MS / 60_000 }) : null;
}

async function failed(tx: Tx, person: string): Promise<Problem> {
  await noteFailure(tx, tx.org, triesOf(person), await tx.now());
  return wrongCode({});
}

function triesOf(person: string): string {
  return secretDigest(`code of ${person}`);
}

async function secretOf(tx: Tx, person: string, row: store.FactorRow): Promise<Uint8Array> {
  return Buffer.from(await tx.floor.secrets.open(tx, row.sealed, store.placeOf(person)), 'hex');
}
