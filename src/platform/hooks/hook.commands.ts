import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { HookScheme } from '../../kernel/webhook.ts';
import type { Tx } from '../floor.ts';
import type { SealedColumn } from '../keys/sealed.port.ts';
import * as store from './hook.store.ts';

/** One data key for the secrets of all hooks. */
const SCOPE = 'hooks';
const place = (org: string, hook: string): string => `hook:${org}:${hook}`;

/** NOTIFY topic: a hook was made, changed or ended, so that no server goes on with what it remembers of it. */
export const HOOKS_TOPIC = 'hooks';

export type NewHook = {
  /** The name of a `Taker`. */
  readonly taker: string;
  readonly name: string;
  readonly subject: string | null;
  readonly schemes: readonly HookScheme[];
  readonly signatureHeader?: string | null;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A secret that somebody brings; null: a good one is made. */
  readonly secret?: string | null;
};

/** Makes a hook at `/v1/hooks/in/HOOK`. Its secret is answered this one time and kept sealed; who calls this records a fact. */
export async function makeHook(tx: Tx, actor: Actor, hook: NewHook): Promise<{ hook: string; path: string; secret: string }> {
  const id = tx.floor.newId('hok');
  const secret = hook.secret ?? `whsec_${Buffer.from(tx.floor.randomHex(32), 'hex').toString('base64')}`;
  await store.insertHook(tx, {
    id,
    taker: hook.taker,
    name: hook.name,
    subject: hook.subject,
    schemes: hook.schemes,
    signatureHeader: hook.signatureHeader ?? null,
    settings: hook.settings ?? {},
    sealed: await tx.floor.secrets.seal(tx, SCOPE, secret, place(tx.org, id)),
    createdBy: actorLabel(actor),
    createdAt: await tx.now(),
  });
  return { hook: id, path: `/v1/hooks/in/${id}`, secret };
}

/** Ends a hook; false where there is none that could be ended. */
export async function endHook(tx: Tx, id: string): Promise<boolean> {
  const ended = await store.markRevoked(tx, id, await tx.now());
  if (ended) await tx.notify(HOOKS_TOPIC, id);
  return ended;
}

/** Ends every hook about a source or a connection. */
export async function endHooksAbout(tx: Tx, subject: string): Promise<void> {
  for (const id of await store.markRevokedAbout(tx, subject, await tx.now())) await tx.notify(HOOKS_TOPIC, id);
}

/** The secret of a hook that was read in this transaction. */
export function openSecret(tx: Tx, hook: store.HookRow): Promise<string> {
  return tx.floor.secrets.open(tx, hook.sealed, place(hook.org, hook.id));
}

/** Where the secrets of hooks lie, for the rotation of their keys. */
export const hookColumn: SealedColumn = {
  name: 'hook.sealed',
  count: store.countSealed,
  async find(tx, head, limit) {
    return (await store.lockSealed(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row.id),
      scope: SCOPE,
      save: (inner, sealed) => store.saveSealed(inner, row.id, sealed),
    }));
  },
};
