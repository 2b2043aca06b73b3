import { setTimeout as sleep } from 'node:timers/promises';
import { check } from './road/check.ts';
import { everybodyWell } from './road/faults.ts';
import { makeInstance, type Instance } from './road/instance.ts';
import { randomOf } from './road/random.ts';
import { goBack, ship } from './road/ship.ts';

/**
 * Two servers on one database; the one that does the work is stopped (SIGSTOP) in the middle of runs and deployments
 * and goes on 30 s later, when the other has long taken over. Every act must have been done once, and what the stale
 * one still wants to write must come to nothing: the outside checker compares the agent's own log, the rows and the
 * ledger. In a sample (`--brief`) the pause is 5 s.
 */
const PAUSE_MS = process.env['CAMPAIGN_BRIEF'] === '1' ? 5000 : 30_000;
/** About as long as an undisturbed road. */
const SPAN_MS = 4500;
/** How long a balancer's health check takes to see that a server is gone. */
const NOTICED_MS = 1000;
const SHARED = 10;

let instance: Instance | null = null;
let used = 0;
let before: string | null = null;

async function theInstance(): Promise<Instance> {
  if (instance === null) {
    instance = await makeInstance(2);
    used = 0;
    await ship(instance, 'm0');
    before = 'm0';
  }
  used += 1;
  return instance;
}

export const campaign = {
  name: 'two-servers',
  async run(seed: number): Promise<void> {
    const here = await theInstance();
    try {
      await onePause(here, seed);
    } catch (error) {
      await drop(true);
      throw new Error(`${error instanceof Error ? error.message : String(error)} (everything is kept in ${here.folder})`, { cause: error });
    }
    if (used >= SHARED) await drop(false);
  },
  end: () => drop(false),
};

async function onePause(here: Instance, seed: number): Promise<void> {
  const random = randomOf(seed);
  const mark = `m${seed}-${used}`;
  const active = random.pick(2);
  here.balancer.choose(active);
  const afterMs = random.pick(SPAN_MS);
  here.journal.note('seed', { seed, active, afterMs });
  const back = random.once(3);
  const pause = pauseOne(here, active, afterMs);
  const road = (async () => {
    await ship(here, mark);
    if (back && before !== null) await goBack(here, before);
    else before = mark;
  })();
  const [ended, paused] = await Promise.allSettled([road, pause]);
  if (ended.status === 'rejected') throw ended.reason;
  if (paused.status === 'rejected') throw paused.reason;
  // Time for the one that came back to try what it had in hand.
  await sleep(1500);
  await everybodyWell(here);
  await check(here);
}

async function pauseOne(here: Instance, active: number, afterMs: number): Promise<void> {
  const server = here.servers[active];
  if (server === undefined) throw new Error('there are not two servers');
  await sleep(afterMs);
  server.signal('SIGSTOP');
  here.journal.note('killed', { who: [server.name], how: 'paused' });
  try {
    await sleep(NOTICED_MS);
    here.balancer.choose(1 - active);
    await sleep(Math.max(0, PAUSE_MS - NOTICED_MS));
  } finally {
    server.signal('SIGCONT');
    here.journal.note('started', { who: [server.name], how: 'resumed' });
    here.journal.note('ready', { who: server.name });
    here.journal.note('faults-ended', { kills: 1 });
  }
}

async function drop(keep: boolean): Promise<void> {
  const old = instance;
  instance = null;
  await old?.close(keep);
}
