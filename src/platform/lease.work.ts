import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '../kernel/time.ts';
import type { Floor } from './floor.ts';
import { acquireLease, forgetLease, renewLease } from './lease.store.ts';
import { inOtherHands } from './platform.problems.ts';

/** How long a lease outlives a holder that was killed. */
const HELD_MS = 20_000;
const ASK_AGAIN_MS = 100;

/** Does `act` while nobody else of the organisation, on any server, does anything under the same name. */
export type Alone = <Result>(name: string, act: () => Promise<Result>) => Promise<Result>;

/**
 * Runs `act` under the lease `name`, which is renewed until `act` ends. For calls to places that know no lock of their own
 * and where two at once would lose what one of them wrote. Waits up to `waitMs` for another holder, then throws
 * `platform.in-other-hands`. A holder that is stopped for longer than the lease and then goes on may still write once:
 * whoever relies on it reads back.
 */
export async function alone<Result>(
  floor: Floor,
  org: string,
  name: string,
  act: () => Promise<Result>,
  waitMs: Millis = 3 * HELD_MS,
): Promise<Result> {
  const holder = floor.newId('lho');
  // Rows of another organisation are not seen, also not to find a name taken.
  const own = `${org} ${name}`;
  const until = performance.now() + waitMs;
  for (;;) {
    const lease = await floor.db.tx(org, (tx) => acquireLease(tx, org, own, holder, HELD_MS));
    if (lease === null) {
      if (performance.now() >= until) throw inOtherHands({ what: name });
      await sleep(ASK_AGAIN_MS);
      continue;
    }
    const renewal = setInterval(() => {
      floor.db
        .tx(org, (tx) => renewLease(tx, own, lease.token, HELD_MS))
        .catch((error: unknown) => floor.log.warn({ err: error, lease: own }, 'a lease could not be renewed'));
    }, HELD_MS / 4);
    try {
      return await act();
    } finally {
      clearInterval(renewal);
      await floor.db.tx(org, (tx) => forgetLease(tx, own, lease.token));
    }
  }
}
