import { check, snapshot } from './road/check.ts';
import { everybodyWell, killAll, planKills } from './road/faults.ts';
import { makeInstance, type Instance } from './road/instance.ts';
import { randomOf } from './road/random.ts';
import { goBack, ship } from './road/ship.ts';
import { newStages } from './road/stages.ts';

/**
 * kill -9 of server, runner or agent at random moments of a short road, restarted, runner and agent paused for longer
 * than their lease, or answers lost on their way; then the road must have ended right, and a program that imports nothing of ours must find all invariants kept.
 */

/** Seeds that share an instance: new ones now and then, so that first times are tried too and the books stay short. */
const SHARED = 20;
/** About as long as an undisturbed road. */
const SPAN_MS = 6000;

let instance: Instance | null = null;
let used = 0;
let before: string | null = null;

async function theInstance(): Promise<Instance> {
  if (instance === null) {
    instance = await makeInstance(1);
    used = 0;
    before = null;
    // Something to go back to, and to compare with.
    await ship(instance, 'm0');
    before = 'm0';
  }
  used += 1;
  return instance;
}

export const campaign = {
  name: 'crash',
  async run(seed: number): Promise<void> {
    const here = await theInstance();
    try {
      await oneRoad(here, seed);
    } catch (error) {
      await drop(true);
      throw new Error(`${error instanceof Error ? error.message : String(error)} (everything is kept in ${here.folder})`, { cause: error });
    }
    if (used >= SHARED) await drop(false);
  },
  end: () => drop(false),
};

async function oneRoad(here: Instance, seed: number): Promise<void> {
  const random = randomOf(seed);
  const mark = `m${seed}-${used}`;
  const kills = planKills(random, SPAN_MS);
  here.journal.note('seed', { seed, kills });
  const freezeMs = random.once(4) ? 1500 + random.pick(3000) : undefined;
  const back = random.once(4);
  const stages = newStages();
  const faults = killAll(here, kills, stages);
  const road = (async () => {
    await ship(here, mark, freezeMs === undefined ? { stages } : { freezeMs, stages });
    if (back && before !== null) await goBack(here, before);
    else before = mark;
  })().finally(stages.end);
  const [ended] = await Promise.allSettled([road, faults]);
  if (ended.status === 'rejected') throw ended.reason;
  await faults;
  await everybodyWell(here);
  await check(here);
  if (!random.once(4)) return;
  const books = await snapshot(here);
  for (const server of here.servers) {
    for (let time = 0; time < 2; time += 1) {
      await server.kill();
      server.start();
      await everybodyWell(here);
    }
  }
  const again = (await snapshot(here)).split('\n').filter((line) => !books.includes(`${line}\n`));
  if (again.join('') !== '') throw new Error(`I14: starting again changed something:\n${again.join('\n')}\nbefore:\n${books}`);
}

async function drop(keep: boolean): Promise<void> {
  const old = instance;
  instance = null;
  await old?.close(keep);
}
