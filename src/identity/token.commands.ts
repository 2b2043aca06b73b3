import type { Action } from '../contract/actions.ts';
import type { Actor } from '../kernel/actor.ts';
import { plus, type Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { notAllowed, notSignedIn } from '../platform/platform.problems.ts';
import { tokenCreated, tokenEnded } from './identity.events.ts';
import { noSuch, signInAgain, tokenTooWide } from './identity.problems.ts';
import { bindingsOf } from './identity.queries.ts';
import * as store from './identity.store.ts';
import { secretDigest } from './password.system.ts';
import { freshness } from './fresh.ts';
import { isNarrow, may } from './permission.ts';
import { CREDENTIALS_TOPIC } from './session.commands.ts';
import { workloadMakesNoToken } from './workload/workload.problems.ts';

export type NewToken = {
  readonly name: string;
  readonly bot?: string | undefined;
  readonly expiresInDays: number;
  readonly actions?: readonly Action[] | undefined;
  readonly services?: readonly string[] | undefined;
};

/**
 * Makes a token for the actor or for a bot. It is never wider than the credential that makes it, and a token makes none
 * that lives longer than itself, so that a leaked one has an end. Answers the secret, once.
 */
export async function createToken(tx: Tx, actor: Actor, input: NewToken): Promise<{ id: string; token: string; expiresAt: string }> {
  if (actor.kind !== 'person' && actor.kind !== 'bot') throw noSuch({ kind: 'person', id: actor.id });
  if (actor.credential.kind === 'token' && actor.credential.witness !== undefined) throw workloadMakesNoToken({});
  const holder = await holderFor(tx, actor, input.bot);
  refuseWider(actor, input);
  const at = await tx.now();
  // A token outlives the session that made it: a stolen session must not make one.
  const { freshMs } = tx.floor.config;
  if (freshness(actor, 'admin.tokens', at, tx.floor.config) !== 'ok') throw signInAgain({ minutes: freshMs / 60_000 });
  const latest = await endOfMaker(tx, actor);
  const token = `ym_tok_${tx.floor.randomHex(32)}`;
  const id = tx.floor.newId('tok');
  const wanted = plus(at, input.expiresInDays * 86_400_000);
  const expiresAt = latest !== null && latest < wanted ? latest : wanted;
  const actions = input.actions === undefined ? null : [...input.actions];
  const services = input.services === undefined ? null : [...input.services];
  await store.insertCredential(tx, {
    id,
    org_id: actor.org,
    kind: 'token',
    holder_id: holder,
    name: input.name,
    secretDigest: secretDigest(token),
    actions,
    services,
    by: actor.id,
    created_at: at,
    expires_at: expiresAt,
  });
  await tx.record(tokenCreated, { subject: id, actor, body: { token: id, holder, actions, services, expiresAt } });
  return { id, token, expiresAt };
}

async function holderFor(tx: Tx, actor: Actor, bot: string | undefined): Promise<string> {
  if (bot === undefined) return actor.id;
  const row = await store.botById(tx, bot);
  if (row === null) throw noSuch({ kind: 'bot', id: bot });
  // A bot is not its owner: it reaches none of the owner's other bots.
  const own = actor.kind === 'person' ? row.owner_id === actor.id : row.id === actor.id;
  if (!own) await mustBeAdmin(tx, actor, 'bot tokens');
  return bot;
}

/** When the token ends that makes another one; null for a session, which a person has just opened with a password. */
async function endOfMaker(tx: Tx, actor: Extract<Actor, { kind: 'person' | 'bot' }>): Promise<Instant | null> {
  if (actor.credential.kind === 'session') return null;
  const made = await store.credentialById(tx, actor.credential.id);
  if (made === null || made.ended_at !== null) throw notSignedIn({});
  return made.expires_at;
}

function refuseWider(actor: Extract<Actor, { kind: 'person' | 'bot' }>, input: NewToken): void {
  const { credential } = actor;
  if (credential.kind !== 'token') return;
  const outside = (held: readonly string[] | null, asked: readonly string[] | undefined, all: string): string[] => {
    if (held === null) return [];
    return asked === undefined ? [all] : asked.filter((one) => !held.includes(one));
  };
  const wider = [
    ...outside(credential.actions, input.actions, 'all actions'),
    ...outside(credential.services, input.services, 'all services'),
  ];
  if (wider.length > 0) throw tokenTooWide({ actions: wider });
}

/** Ends a token: one's own, one's bot's, or (as admin) anybody's. Ended is ended at once, everywhere. */
export async function endToken(tx: Tx, actor: Actor, id: string): Promise<void> {
  const row = await store.credentialById(tx, id);
  if (row === null) throw noSuch({ kind: 'token', id });
  if (!(await isOwn(tx, actor, row))) await mustBeAdmin(tx, actor, 'others’ tokens');
  if (!(await store.endCredential(tx, id, await tx.now()))) return;
  await tx.record(tokenEnded, { subject: id, actor, body: { token: id, holder: row.holder_id } });
  await tx.notify(CREDENTIALS_TOPIC);
}

async function isOwn(tx: Tx, actor: Actor, row: store.CredentialRow): Promise<boolean> {
  if (actor.kind !== 'person' && actor.kind !== 'bot') return false;
  if (row.id === actor.credential.id) return true;
  if (isNarrow(actor.credential)) return false;
  if (row.holder_id === actor.id) return true;
  return actor.kind === 'person' && (await store.botById(tx, row.holder_id))?.owner_id === actor.id;
}

async function mustBeAdmin(tx: Tx, actor: Actor, on: string): Promise<void> {
  if (!may(actor, await bindingsOf(tx, actor.id), 'admin.tokens', {})) throw notAllowed({ action: 'admin.tokens', on, roles: ['admin'] });
}
