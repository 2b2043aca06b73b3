import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeInstance, type Instance } from './road/instance.ts';
import { randomOf } from './road/random.ts';
import { backUpAtMoment, compare, operate, restoreBeside, signInAgain, toldByAll } from './road/restoring.ts';
import { ship } from './road/ship.ts';
import { newStages, STAGES } from './road/stages.ts';

/**
 * A backup in the middle of the road, while commits, runs, releases and deployments go on; more happens after it; then
 * the server is killed and the backup restored elsewhere, with the same runner and agent connected again. An outside
 * program, which held the very snapshot of the backup, compares all rows, what the status lists, and in the end the
 * agent's own log: nothing was done twice.
 */
const SPAN_MS = 6000;

export const campaign = {
  name: 'restore',
  async run(seed: number): Promise<void> {
    const instance = await makeInstance(1);
    let keep = true;
    try {
      await drill(instance, seed);
      keep = false;
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)} (everything is kept in ${instance.folder})`, {
        cause: error,
      });
    } finally {
      await instance.close(keep);
    }
  },
};

async function drill(here: Instance, seed: number): Promise<void> {
  const random = randomOf(seed);
  await ship(here, `r${seed}m`);
  const plan = { stage: random.one(STAGES), afterMs: random.pick(500), lostAfterMs: random.once(3) ? null : random.pick(SPAN_MS) };
  here.journal.note('seed', { seed, ...plan });
  const stages = newStages();
  const road = (async () => {
    await ship(here, `r${seed}a`, { stages });
    await ship(here, `r${seed}b`);
  })();
  // Where the server is lost in the middle of the road, the road ends there.
  road.catch(() => undefined);
  await stages.reached(plan.stage);
  await sleep(plan.afterMs);
  await backUpAtMoment(here, 'backup');
  if (plan.lostAfterMs === null) await road;
  else await sleep(plan.lostAfterMs);
  await here.servers[0]?.kill();
  const server = await restoreBeside(here, 'backup');
  try {
    const place = ['--state', 'restored'];
    const moment = ['--moment', join(here.folder, 'backup.moment.json'), '--manifest', join(here.folder, 'backup/manifest.json')];
    const equal = await compare(here, 'equal', [...place, ...moment]);
    const { ada, bob } = await signInAgain(here);
    await toldByAll(ada);
    // What was told last before the resume is what counts.
    await sleep(1500);
    const status = await toldByAll(ada);
    writeFileSync(join(here.folder, 'status.json'), JSON.stringify(status));
    const listed = await compare(here, 'listed', [...place, '--status', join(here.folder, 'status.json')]);
    const resumed = new Date().toISOString();
    await ada.send('POST', '/v1/admin/restore/resume', { reason: 'the drill goes on' });
    await ship({ ...here, ada, bob }, `r${seed}z`);
    const acts = await compare(here, 'acts', ['--resumed', resumed]);
    await operate(here, 'restored', ['ledger', 'audit']);
    const surprises = [server, here.agent, here.runner].flatMap((daemon) => daemon.surprises());
    if (surprises.length > 0) throw new Error(surprises.join('; '));
    here.journal.note('compared', { equal, listed, acts });
    process.stdout.write(`${[equal, listed, acts].map((text) => text.split('\n')[0]?.trim()).join('; ')}\n`);
  } finally {
    await server.kill();
  }
}
