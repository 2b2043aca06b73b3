import type { HookScheme } from '../../kernel/webhook.ts';
import type { Floor } from '../floor.ts';
import { HOOKS_TOPIC, openSecret } from './hook.commands.ts';
import { liveHook } from './hook.store.ts';
import type { HookOf } from './taker.port.ts';

/** What the door must know of a hook. */
export type KnownHook = HookOf & {
  readonly taker: string;
  readonly schemes: readonly HookScheme[];
  readonly signatureHeader: string | null;
  readonly secret: string;
  readonly version: number;
};

/** An opened secret stays in memory this long at most; one that changed is refused by its version when it is written. */
const KEPT_MS = 10_000;
/** What is not there is remembered too, for less: guessing costs the database little. */
const NOTHING_MS = 1000;
const MOST = 2000;

export type HookSecrets = {
  /** The hook with its opened secret, or null where there is none that takes anything. */
  get(id: string): Promise<KnownHook | null>;
  /** The same where it is remembered: undefined where it must be asked for. */
  known(id: string): KnownHook | null | undefined;
  /** The database's time, in milliseconds, as near as the last look at it. */
  nowMs(): number;
  forget(id: string): void;
  close(): void;
};

/** `read`: what `hook` turned out to be, once it is known. */
type Remembered = { readonly hook: Promise<KnownHook | null>; until: number; read: KnownHook | null | undefined };

/** Remembers hooks for a moment, and forgets all of them as soon as one is made, changed or ended anywhere. */
export function keepSecrets(floor: Floor): HookSecrets {
  const known = new Map<string, Remembered>();
  let ahead = 0;
  let round = 0;
  const watch = floor.bus.watch([HOOKS_TOPIC]);
  let closed = false;
  void (async () => {
    while (!closed) {
      const before = performance.now();
      await watch.next(60_000);
      if (performance.now() - before < 59_000) {
        known.clear();
        round += 1;
      }
    }
  })();
  const load = async (id: string): Promise<KnownHook | null> =>
    floor.db.read('*', async (tx) => {
      const row = await liveHook(tx, id);
      ahead = Date.parse(await tx.now()) - Date.now();
      if (row === null) return null;
      const { org, subject, settings, taker, schemes, signatureHeader, version } = row;
      return { id, org, subject, settings, taker, schemes, signatureHeader, version, secret: await openSecret(tx, row) };
    });
  return {
    nowMs: () => Date.now() + ahead,
    forget: (id) => void known.delete(id),
    known(id) {
      const kept = known.get(id);
      return kept !== undefined && kept.until > performance.now() ? kept.read : undefined;
    },
    async get(id) {
      const now = performance.now();
      const kept = known.get(id);
      if (kept !== undefined && kept.until > now) return kept.hook;
      const began = round;
      const entry: Remembered = { hook: load(id), until: now + KEPT_MS, read: undefined };
      known.set(id, entry);
      if (known.size > MOST) known.delete(known.keys().next().value ?? '');
      try {
        const hook = await entry.hook;
        entry.read = hook;
        if (hook === null) entry.until = now + NOTHING_MS;
        // What was read before a change was told must not outlive it.
        if (began !== round) known.delete(id);
        return hook;
      } catch (error) {
        known.delete(id);
        throw error;
      }
    },
    close() {
      closed = true;
      watch.close();
    },
  };
}
