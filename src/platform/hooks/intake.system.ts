import type pg from 'pg';
import { verifyHook } from '../../kernel/webhook.ts';
import type { Floor } from '../floor.ts';
import { makePool } from '../postgres/pool.system.ts';
import { databaseProblem } from '../postgres/failures.ts';
import { hookRefused } from './hooks.problems.ts';
import { insertFresh, type Fresh, type Settled } from './intake.store.ts';
import { keptHeaders } from './kept-headers.ts';
import { noteRefusals } from './refusals.system.ts';
import { keepSecrets, type KnownHook } from './secrets.system.ts';
import type { Taker } from './taker.port.ts';

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
  /** Of whom nothing is known, what comes is kept to be read. */
  know(takers: readonly Taker[]): void;
  /** Is called soon after something was taken, with the hooks that brought it. */
  whenTaken(listener: (hooks: readonly string[]) => void): void;
  close(): Promise<void>;
};

/** Deliveries of one transaction at most, their bytes, and transactions at a time: what comes while they are under way goes together into the next. */
const TOGETHER = 128;
const BYTES = 4 * 1024 ** 2;
const AT_A_TIME = 2;
/** While one is under way, another is worth its cost once so many wait for it. */
const WORTH_IT = 12;

type Waiting = { readonly fresh: Fresh; readonly done: (answer: Settled) => void; readonly failed: (error: unknown) => void };

/**
 * The door that hooks come in by. Nothing is parsed here: the signature is verified over the raw bytes, the bytes are made
 * durable with the name that the sender gave, and only then it is answered. Deliveries that come within the time of one
 * commit share the next one, so that each waits for the disk and none for all the others.
 */
export function openIntake(floor: Floor): Intake {
  const pool = makePool(floor.where, 'yardmaster-intake', AT_A_TIME, floor.log, '*');
  const secrets = keepSecrets(floor);
  const refusals = noteRefusals(floor);
  const { durable, whenTaken } = gather(pool);
  let hinted: ReadonlyMap<string, string> = new Map();
  const takeFor = (hook: KnownHook | null, { hook: id, headers, body, encrypted }: Arrival): Promise<Accepted> => {
    // An unknown hook costs the same work as a wrong signature, so that time tells nothing about which hooks exist.
    const { secret, schemes, signatureHeader } = hook ?? NOBODY;
    const header = (name: string): string | null => headers[name] ?? null;
    const verdict = verifyHook({ header, body, secret, schemes, signatureHeader, nowMs: secrets.nowMs(), encrypted });
    if (hook === null) return Promise.reject(hookRefused({}));
    if (!verdict.ok) {
      refusals.note(id, verdict.why);
      return Promise.reject(hookRefused({}));
    }
    const { org, version, taker } = hook;
    const [delivery, kept, hint] = [floor.newId('dlv'), keptHeaders(headers), hinted.get(taker) ?? null];
    return new Promise((resolve, reject) => {
      const done = (answer: Settled): void => {
        if (answer === 'taken') return resolve({ accepted: true, duplicate: false, delivery });
        if (answer === 'there') return resolve({ accepted: true, duplicate: true, delivery: null });
        // The hook ended, or was changed, between the signature and the row.
        secrets.forget(id);
        reject(hookRefused({}));
      };
      durable({ fresh: { id: delivery, hook: id, version, name: verdict.delivery, headers: kept, body, org, hint }, done, failed: reject });
    });
  };
  return {
    take(arrival) {
      const known = secrets.known(arrival.hook);
      return known === undefined ? secrets.get(arrival.hook).then((hook) => takeFor(hook, arrival)) : takeFor(known, arrival);
    },
    know(takers) {
      hinted = new Map(takers.flatMap((taker) => ('together' in taker ? [[taker.name, taker.hinted] as const] : [])));
    },
    whenTaken,
    async close() {
      secrets.close();
      refusals.close();
      await pool.end();
    },
  };
}

type Gatherer = Pick<Intake, 'whenTaken'> & { durable(waiting: Waiting): void };

/** Collects what waits for the disk, so that it goes there together. */
function gather(pool: pg.Pool): Gatherer {
  const listeners: ((hooks: readonly string[]) => void)[] = [];
  let queue: Waiting[] = [];
  let under = 0;
  let asked = false;
  const settle = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const settled = await insertFresh(
        pool,
        batch.map(({ fresh }) => fresh),
      );
      for (const { fresh, done } of batch) done(settled === 'all taken' ? 'taken' : (settled.get(fresh.id) ?? 'refused'));
      const hooks = [...new Set(batch.map(({ fresh }) => fresh.hook))];
      for (const tell of listeners) tell(hooks);
    } catch (error) {
      if (batch.length === 1) batch[0]?.failed(databaseProblem(error) ?? error);
      // One that the database refuses must not take the others with it.
      else for (const one of batch) await settle([one]);
    }
  };
  const pump = (): void => {
    asked = false;
    while (queue.length > 0 && under < AT_A_TIME && (under === 0 || queue.length >= WORTH_IT)) {
      const batch = new Set(nextOf(queue));
      queue = batch.size === queue.length ? [] : queue.filter((one) => !batch.has(one));
      under += 1;
      void settle([...batch]).finally(() => {
        under -= 1;
        pump();
      });
    }
  };
  const durable = (waiting: Waiting): void => {
    queue.push(waiting);
    if (asked || under >= AT_A_TIME) return;
    // What else came with this turn of the loop goes along.
    asked = true;
    setImmediate(pump);
  };
  return { durable, whenTaken: (listener) => void listeners.push(listener) };
}

const NOBODY = { secret: 'nobody signs with this one', schemes: ['hub', 'standard'], signatureHeader: null } as const;

/** Of those who wait, who goes together: of the same organisation, and with the same to become of it. */
function nextOf(queue: readonly Waiting[]): readonly Waiting[] {
  const [first] = queue;
  const batch: Waiting[] = [];
  let bytes = 0;
  for (const one of queue) {
    if (one.fresh.org !== first?.fresh.org || one.fresh.hint !== first.fresh.hint) continue;
    bytes += one.fresh.body.length;
    if (batch.length === TOGETHER || (batch.length > 0 && bytes > BYTES)) break;
    batch.push(one);
  }
  return batch;
}
