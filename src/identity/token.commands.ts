import type { Action } from '../contract/actions.ts';
import { personBehind, type Actor } from '../kernel/actor.ts';
import { plus } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { notAllowed } from '../platform/platform.problems.ts';
import { tokenCreated, tokenEnded } from './identity.events.ts';
import { noSuch, tokenTooWide } from './identity.problems.ts';
import { bindingsOf } from './identity.queries.ts';
import * as store from './identity.store.ts';
import { secretDigest } from './password.system.ts';
import { may } from './permission.ts';

export type NewToken = {
  readonly name: string;
  readonly bot?: string | undefined;
  readonly expiresInDays: number;
  readonly actions?: readonly Action[] | undefined;
  readonly services?: readonly string[] | undefined;
};

/**
 * Makes a token for the actor or for a bot. It is never wider than the credential that makes it: a narrowed token
 * makes only tokens as narrow. Answers the secret, once.
 */
export async function createToken(tx: Tx, actor: Actor, input: NewToken): Promise<{ id: string; token: string; expiresAt: string }> {
  if (actor.kind !== 'person' && actor.kind !== 'bot') throw noSuch({ kind: 'person', id: actor.id });
  const holder = await holderFor(tx, actor, input.bot);
  refuseWider(actor, input);
  const at = await tx.now();
  const token = `ym_tok_${tx.floor.randomHex(32)}`;
  const id = tx.floor.newId('tok');
  const expiresAt = plus(at, input.expiresInDays * 86_400_000);
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
  if (row.owner_id !== personBehind(actor)) await mustBeAdmin(tx, actor, 'bot tokens');
  return bot;
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
  const owner = row.holder_id.startsWith('bot_') ? (await store.botById(tx, row.holder_id))?.owner_id : row.holder_id;
  if (owner !== personBehind(actor)) await mustBeAdmin(tx, actor, 'others’ tokens');
  if (await store.endCredential(tx, id, await tx.now()))
    await tx.record(tokenEnded, { subject: id, actor, body: { token: id, holder: row.holder_id } });
}

async function mustBeAdmin(tx: Tx, actor: Actor, on: string): Promise<void> {
  if (!may(actor, await bindingsOf(tx, actor.id), 'admin.tokens', {})) throw notAllowed({ action: 'admin.tokens', on, roles: ['admin'] });
}
