import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../kernel/problem.ts';
import type { Millis } from '../../kernel/time.ts';
import type { Floor, Tx } from '../floor.ts';
import { bodyOf, claim, dropHints, lockAgain, lockDue, lockHints, markDone, markFailed, type Due } from './delivery.store.ts';
import { intakeOf } from './door.routes.ts';
import { noBody } from './hooks.problems.ts';
import { makePace } from './pace.ts';
import type { Taker } from './taker.port.ts';

/** After so many attempts a delivery is parked: others went by it meanwhile. */
export const ATTEMPTS = 5;
const PAUSES_MS: readonly Millis[] = [2000, 10_000, 60_000, 300_000];
const TOGETHER = 200;
/** Hints that are told together at most. */
const HINTS = 2000;
/**
 * Of what is read, so many are taken into hand at a time, and for so long: what a server had in hand that ended waits no
 * longer than that for another.
 */
const IN_HAND = 20;
const IN_HAND_MS: Millis = 20_000;
/** Even when nobody says that something came: what another server left. */
const LOOK_MS: Millis = 2000;
/** What comes within this time of the first is taken together with it; more of it while much comes, so that taking never hinders coming in. */
const GATHER_MS: Millis = 2;
/** Of its time taking uses a quarter at most while much comes. */
const SHARE = 3;

/**
 * Takes what hooks brought, until stopped. Every server does; a delivery is in one hand at a time. Nothing is taken while
 * the instance is paused after a restore.
 */
export function startTaking(floor: Floor, takers: readonly Taker[]): { stop(): Promise<void> } {
  let stopped = false;
  let wake: (() => void) | null = null;
  let told = false;
  const pace = makePace();
  intakeOf(floor).know(takers);
  intakeOf(floor).whenTaken((hooks) => {
    // Of hooks that must wait nobody needs to hear before their time.
    const held = new Set(pace.held(performance.now()));
    if (hooks.every((hook) => held.has(hook))) return;
    told = true;
    wake?.();
  });
  const untilTold = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(LOOK_MS, pace.next(performance.now()) ?? LOOK_MS));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const running = (async () => {
    while (!stopped) {
      told = false;
      let count = 0;
      const began = performance.now();
      try {
        if (!floor.paused()) {
          const hinted = await tellHints(floor, takers, pace.held(began));
          pace.told(hinted.keys(), performance.now());
          count = await takeDue(floor, takers);
        }
      } catch (error) {
        if (!stopped) floor.log.warn({ err: error }, 'deliveries could not be taken; it is tried again');
      }
      // A full round means that more waits; whoever comes in must not starve for it.
      const took = performance.now() - began;
      if (count === 0 && !told) await untilTold();
      wake = null;
      if (!stopped) await sleep(told ? Math.min(200, GATHER_MS + SHARE * took) : GATHER_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      wake?.();
      await running;
      await intakeOf(floor).close();
    },
  };
}

/**
 * Tells takers of the hints that wait, without those of the hooks in `held`, in one transaction; answers how many there were by hook.
 * One whose taker no longer takes hints is dropped: its delivery is kept, and can be taken again by a person.
 */
export async function tellHints(floor: Floor, takers: readonly Taker[], held: readonly string[]): Promise<ReadonlyMap<string, number>> {
  return floor.db.tx('*', async (tx) => {
    const { ids, hints } = await lockHints(tx, held, HINTS);
    if (ids.length === 0) return new Map();
    for (const group of Map.groupBy(hints, ({ taker, hook }) => `${taker} ${hook.org}`).values()) {
      const taker = takers.find(({ name }) => name === group[0]?.taker);
      if (taker !== undefined && 'together' in taker) await taker.together(tx, group);
    }
    await dropHints(tx, ids);
    return new Map([...Map.groupBy(hints, ({ hook }) => hook.id)].map(([hook, { length }]) => [hook, length]));
  });
}

/**
 * Takes one round of what is due; answers how many there were. What is only counted is done in one transaction; what is read
 * is claimed first, and then taken one by one.
 */
export async function takeDue(floor: Floor, takers: readonly Taker[]): Promise<number> {
  const byName = new Map(takers.map((taker) => [taker.name, taker]));
  const read: Due[] = [];
  const count = await floor.db.tx('*', async (tx) => {
    read.length = 0;
    const due = await lockDue(tx, TOGETHER);
    const counted = due.filter(({ taker: name, attempts }) => attempts === 0 && 'together' in (byName.get(name) ?? {}));
    for (const group of Map.groupBy(counted, ({ taker, hook }) => `${taker} ${hook.org}`).values()) {
      const taker = byName.get(group[0]?.taker ?? '');
      if (taker === undefined || !('together' in taker)) continue;
      await taker.together(tx, group);
      await markDone(tx, idsOf(group), taker.hinted);
    }
    const rest = due.filter((one) => !counted.includes(one)).slice(0, IN_HAND);
    if (rest.length > 0) await claim(tx, rest, IN_HAND_MS);
    read.push(...rest.map((one) => ({ ...one, attempts: one.attempts + 1 })));
    return due.length;
  });
  for (const one of read) await attempt(floor, byName.get(one.taker), one);
  return count;
}

/** One attempt at one delivery, in a transaction of its own: it is done, or it is noted why not. */
async function attempt(floor: Floor, taker: Taker | undefined, one: Due): Promise<void> {
  const { org } = one.hook;
  try {
    const outcome = taker !== undefined && 'told' in taker && one.attempts <= ATTEMPTS ? await toldBy(floor, taker, one) : null;
    await floor.db.tx(org, async (tx) => {
      const [mine] = await lockAgain(tx, [one]);
      if (mine === undefined) return;
      if (one.attempts > ATTEMPTS) return markFailed(tx, one, 'each time the server ended while it was taken', null);
      await markDone(tx, [one.id], outcome ?? (await takenBy(tx, taker, one)));
    });
  } catch (error) {
    const hopeless = error instanceof Problem && error.status < 500 && error.status !== 409;
    const why = error instanceof Problem ? `${error.code}: ${error.sentence}` : 'a bug: the log of the server says more';
    if (!(error instanceof Problem)) floor.log.error({ err: error, delivery: one.id }, 'a delivery could not be taken');
    const againMs = hopeless || one.attempts >= ATTEMPTS ? null : (PAUSES_MS[one.attempts - 1] ?? null);
    await floor.db.tx(org, (tx) => markFailed(tx, one, why, againMs));
  }
}

/** Outside any transaction: what it tells is told once however often. */
async function toldBy(floor: Floor, taker: Extract<Taker, { told: unknown }>, one: Due): Promise<string> {
  const bytes = await floor.db.read(one.hook.org, (tx) => bodyOf(tx, one.id));
  if (bytes === null) throw noBody({ id: one.id });
  return taker.told(floor, { ...one, ...bytes });
}

async function takenBy(tx: Tx, taker: Taker | undefined, one: Due): Promise<string> {
  if (taker === undefined || 'told' in taker) throw new Error(`this server has no part that takes "${one.taker}"`);
  if ('together' in taker) {
    await taker.together(tx, [one]);
    return taker.hinted;
  }
  const bytes = await bodyOf(tx, one.id);
  if (bytes === null) throw noBody({ id: one.id });
  return taker.take(tx, { ...one, ...bytes });
}

function idsOf(due: readonly Due[]): string[] {
  return due.map(({ id }) => id);
}
