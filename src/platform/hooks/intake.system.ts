import type { Instant } from '../../kernel/time.ts';
import { verifyHook, type HookRefusal } from '../../kernel/webhook.ts';
import type { Floor } from '../floor.ts';
import { insertDeliveries, namesThere, type Fresh } from './delivery.store.ts';
import { noteRefused } from './hook.store.ts';
import { hookRefused } from './hooks.problems.ts';
import { keptHeaders } from './kept-headers.ts';
import { keepSecrets, type KnownHook } from './secrets.system.ts';
import type { HookOf, Taker } from './taker.port.ts';

/** What comes to a hook. */
export type Arrival = {
  readonly hook: string;
  /** Every header, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly encrypted: boolean;
};
export type Accepted = { readonly accepted: true; readonly duplicate: boolean; readonly delivery: string | null };

export type Intake = {
  /** Verifies, and answers once the delivery is durable. Throws `hooks.refused`, the same for every reason. */
  take(arrival: Arrival): Promise<Accepted>;
  close(): void;
};

/** Deliveries of one transaction at most, and transactions at a time: what comes while they are under way goes together into the next. */
const TOGETHER = 256;
const AT_A_TIME = 2;
/** NOTIFY topic: there is something to take. */
export const DELIVERIES_TOPIC = 'deliveries';
/** Reasons of refusal are written down this often, for each hook. */
const NOTE_MS = 2000;

type Waiting = {
  readonly fresh: Fresh;
  readonly hook: KnownHook;
  readonly done: (answer: Accepted) => void;
  readonly failed: (error: unknown) => void;
};

/**
 * The door that hooks come in by. Nothing is parsed here: the signature is verified over the raw bytes, the bytes are made
 * durable with the name that the sender gave, and only then it is answered. Deliveries that come within the time of one
 * commit share the next one, so that each waits for the disk and none for all the others.
 */
export function openIntake(floor: Floor, takers: readonly Taker[]): Intake {
  const byName = new Map(takers.map((taker) => [taker.name, taker]));
  const secrets = keepSecrets(floor);
  const refusals = noteRefusals(floor);
  let queue: Waiting[] = [];
  let under = 0;
  let asked = false;
  const pump = (): void => {
    asked = false;
    while (queue.length > 0 && under < AT_A_TIME) {
      const batch = queue.slice(0, TOGETHER);
      queue = queue.slice(TOGETHER);
      under += 1;
      void settle(floor, byName, secrets.forget, batch).finally(() => {
        under -= 1;
        pump();
      });
    }
  };
  return {
    async take({ hook: id, headers, body, encrypted }) {
      const hook = await secrets.get(id);
      // An unknown hook costs the same work as a wrong signature, so that time tells nothing about which hooks exist.
      const { secret, schemes, signatureHeader } = hook ?? NOBODY;
      const header = (name: string): string | null => headers[name] ?? null;
      const verdict = verifyHook({ header, body, secret, schemes, signatureHeader, nowMs: secrets.nowMs(), encrypted });
      if (hook === null) throw hookRefused({});
      if (!verdict.ok) {
        refusals.note(id, verdict.why);
        throw hookRefused({});
      }
      const hinted = byName.get(hook.taker)?.hint !== undefined;
      const kept = JSON.stringify(keptHeaders(headers, verdict.scheme, signatureHeader));
      const fresh = { id: floor.newId('dlv'), hook: id, hookVersion: hook.version, name: verdict.delivery, headers: kept, body, hinted };
      return new Promise<Accepted>((done, failed) => {
        queue.push({ fresh, hook, done, failed });
        if (asked || under >= AT_A_TIME) return;
        // What else came with this turn of the loop goes along.
        asked = true;
        setImmediate(pump);
      });
    },
    close() {
      secrets.close();
      refusals.close();
    },
  };
}

const NOBODY = { secret: 'nobody signs with this one', schemes: ['hub', 'standard'], signatureHeader: null } as const;

async function settle(
  floor: Floor,
  takers: ReadonlyMap<string, Taker>,
  forget: (hook: string) => void,
  batch: readonly Waiting[],
): Promise<void> {
  try {
    const fresh = batch.map((one) => one.fresh);
    const answers = await floor.db.tx('*', async (tx) => {
      const taken = await insertDeliveries(tx, fresh);
      const missing = fresh.filter(({ id }) => !taken.has(id));
      const there = missing.length === 0 ? new Set<string>() : await namesThere(tx, missing);
      for (const [taker, { hooks, at }] of hintsOf(batch, taken)) await takers.get(taker)?.hint?.(tx, hooks, at);
      if (fresh.some(({ id, hinted }) => !hinted && taken.has(id))) await tx.notify(DELIVERIES_TOPIC);
      return { taken, there };
    });
    for (const { fresh: one, done, failed } of batch) {
      if (answers.taken.has(one.id)) done({ accepted: true, duplicate: false, delivery: one.id });
      else if (answers.there.has(one.id)) done({ accepted: true, duplicate: true, delivery: null });
      else {
        // The hook ended, or was changed, between the signature and the row.
        forget(one.hook);
        failed(hookRefused({}));
      }
    }
  } catch (error) {
    if (batch.length === 1) batch[0]?.failed(error);
    // One that the database refuses must not take the others with it.
    else for (const one of batch) await settle(floor, takers, forget, [one]);
  }
}

/** Hooks whose takers want a hint, each once however much came of it. */
function hintsOf(batch: readonly Waiting[], taken: ReadonlyMap<string, Instant>): Map<string, { hooks: HookOf[]; at: Instant }> {
  const hints = new Map<string, { hooks: HookOf[]; at: Instant }>();
  const seen = new Set<string>();
  for (const { fresh, hook } of batch) {
    const at = taken.get(fresh.id);
    if (!fresh.hinted || at === undefined || seen.has(hook.id)) continue;
    seen.add(hook.id);
    const known = hints.get(hook.taker);
    if (known === undefined) hints.set(hook.taker, { hooks: [hook], at });
    else known.hooks.push(hook);
  }
  return hints;
}

/** Tells the owner of a hook that something comes and is refused; counted in memory, written now and then. */
function noteRefusals(floor: Floor): { note(hook: string, why: HookRefusal): void; close(): void } {
  const counts = new Map<string, { count: number; why: HookRefusal }>();
  let timer: NodeJS.Timeout | null = null;
  const write = async (): Promise<void> => {
    timer = null;
    const noted = [...counts];
    counts.clear();
    try {
      await floor.db.tx('*', async (tx) => {
        const at = await tx.now();
        for (const [hook, { count, why }] of noted) await noteRefused(tx, hook, count, why, at);
      });
    } catch (error) {
      floor.log.debug({ err: error }, 'refusals of hooks could not be noted');
    }
  };
  return {
    note(hook, why) {
      const { count } = counts.get(hook) ?? { count: 0 };
      counts.set(hook, { count: count + 1, why });
      timer ??= setTimeout(() => void write(), NOTE_MS).unref();
    },
    close: () => clearTimeout(timer ?? undefined),
  };
}
