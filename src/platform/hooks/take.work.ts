import { Problem } from '../../kernel/problem.ts';
import type { Millis } from '../../kernel/time.ts';
import type { Floor } from '../floor.ts';
import { claimDue, lockClaimed, markDone, markFailed, type Claimed } from './delivery.store.ts';
import { DELIVERIES_TOPIC } from './intake.system.ts';
import type { Taker } from './taker.port.ts';

/** After so many attempts a delivery is parked: others went by it meanwhile. */
export const ATTEMPTS = 5;
const PAUSES_MS: readonly Millis[] = [2000, 10_000, 60_000, 300_000];
const TOGETHER = 100;
/** Whoever took a delivery into hand has it for so long; after that it is somebody else's. */
const IN_HAND_MS: Millis = 120_000;
/** Even when nobody says that something came. */
const LOOK_MS: Millis = 2000;

/**
 * Takes what hooks brought, until stopped. Every server does; a delivery is in one hand at a time. Nothing is taken while
 * the instance is paused after a restore.
 */
export function startTaking(floor: Floor, takers: readonly Taker[]): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const watch = floor.bus.watch([DELIVERIES_TOPIC], stopping.signal);
  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        if (!floor.paused() && (await takeDue(floor, takers, stopping.signal)) > 0) continue;
      } catch (error) {
        if (!stopping.signal.aborted) floor.log.warn({ err: error }, 'deliveries could not be taken; it is tried again');
      }
      await watch.next(LOOK_MS);
    }
    watch.close();
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Takes one round of what is due; answers how many there were. */
export async function takeDue(floor: Floor, takers: readonly Taker[], signal?: AbortSignal): Promise<number> {
  const claimed = await floor.db.tx('*', (tx) => claimDue(tx, TOGETHER, IN_HAND_MS));
  for (const one of claimed) {
    if (signal?.aborted === true) break;
    await takeOne(floor, takers, one);
  }
  return claimed.length;
}

async function takeOne(floor: Floor, takers: readonly Taker[], claimed: Claimed): Promise<void> {
  try {
    await floor.db.tx(claimed.org, async (tx) => {
      const delivery = await lockClaimed(tx, claimed);
      if (delivery === null) return;
      if (claimed.attempts > ATTEMPTS) return markFailed(tx, claimed, 'the server ended each time while it was taken', null);
      const taker = takers.find(({ name }) => name === delivery.taker);
      if (taker?.take === undefined) throw new Error(`this server has no part that takes "${delivery.taker}"`);
      await markDone(tx, delivery.id, await taker.take(tx, delivery));
    });
  } catch (error) {
    const last = claimed.attempts >= ATTEMPTS || (error instanceof Problem && error.status < 500 && error.status !== 409);
    const why = error instanceof Problem ? `${error.code}: ${error.sentence}` : 'a bug: the log of the server says more';
    if (!(error instanceof Problem)) floor.log.error({ err: error, delivery: claimed.id }, 'a delivery could not be taken');
    await floor.db.tx(claimed.org, (tx) => markFailed(tx, claimed, why, last ? null : (PAUSES_MS[claimed.attempts - 1] ?? null)));
  }
}
