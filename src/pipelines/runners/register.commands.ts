import type { Trust } from '../../contract/runner.ts';
import type { Actor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { plus } from '../../kernel/time.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { registrationMade, runnerRegistered, runnerRevoked } from '../pipelines.events.ts';
import { badRegistration, noSuchRunner } from '../pipelines.problems.ts';
import {
  endRunner,
  insertRegistration,
  insertRunner,
  lockRegistration,
  orgOfRegistration,
  runnerByKey,
  seeRunner,
  type Says,
  useRegistration,
} from './runner.store.ts';

/** Makes a single-use registration; only its digest is kept. */
export async function createRegistration(
  tx: Tx,
  actor: Actor,
  input: { readonly pool: string; readonly trust: Trust; readonly expiresInMinutes: number },
): Promise<{ registration: string; pool: string; trust: Trust; expiresAt: string }> {
  const registration = `ym_reg_${tx.floor.randomHex(32)}`;
  const expiresAt = plus(await tx.now(), input.expiresInMinutes * 60_000);
  const id = tx.floor.newId('reg');
  await insertRegistration(tx, { id, tokenDigest: digestOf(registration), pool: input.pool, trust: input.trust, expiresAt });
  await tx.record(registrationMade, { subject: id, actor, body: { pool: input.pool, trust: input.trust, expiresAt } });
  return { registration, pool: input.pool, trust: input.trust, expiresAt };
}

export type Registered = {
  readonly runner: string;
  readonly key: string;
  readonly pool: string;
  readonly trust: Trust;
  readonly planKeys: { keyId: string; publicKeyPem: string }[];
};

/** Turns a registration into a runner and its key, once. The key is shown here only; its digest is kept. */
export async function registerRunner(floor: Floor, registration: string, name: string): Promise<Registered> {
  const digest = digestOf(registration);
  // The registration says which organisation it is of; until it is found there is none.
  const org = await floor.db.read('*', (tx) => orgOfRegistration(tx, digest));
  if (org === null) throw badRegistration({});
  return floor.db.tx(org, async (tx) => {
    const found = await lockRegistration(tx, digest, await tx.now());
    if (found === null) throw badRegistration({});
    const id = tx.floor.newId('rnr');
    const key = `ym_rnr_${tx.floor.randomHex(32)}`;
    await insertRunner(tx, { id, name, pool: found.pool, trust: found.trust, keyDigest: digestOf(key) });
    if (!(await useRegistration(tx, found.id, id))) throw badRegistration({});
    await tx.record(runnerRegistered, {
      subject: id,
      actor: { kind: 'runner', id, org },
      body: { pool: found.pool, trust: found.trust, registration: found.id },
    });
    return {
      runner: id,
      key,
      pool: found.pool,
      trust: found.trust,
      planKeys: tx.floor.keys.all.map(({ keyId, publicKeyPem }) => ({ keyId, publicKeyPem })),
    };
  });
}

/** Ends a runner's key at once; its running jobs go to others when their lease is over. */
export async function revokeRunner(tx: Tx, actor: Actor, id: string): Promise<void> {
  const ended = await endRunner(tx, id, await tx.now());
  if (ended === null) throw noSuchRunner({ runner: id });
  await tx.record(runnerRevoked, { subject: id, actor, body: { pool: ended.pool } });
}

/** The runner behind a key, as an actor; null for any other credential. For the gate. */
export async function runnerLogin(tx: Tx, key: string): Promise<Actor | null> {
  if (!key.startsWith('ym_rnr_')) return null;
  const row = await runnerByKey(tx, digestOf(key));
  return row === null ? null : { kind: 'runner', id: row.id, org: row.org_id };
}

/** Remembers that a runner spoke; called with its claims. */
export async function runnerSeen(floor: Floor, actor: Actor, says: Says): Promise<void> {
  await floor.db.tx(actor.org, async (tx) => seeRunner(tx, actor.id, says, await tx.now(), 10_000));
}
