import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Json } from './road/api.ts';
import { fleetFolder, makeFleet, runsOf, treeOf, type Fleet } from './road/fleet.ts';
import { until } from './road/ship.ts';

/**
 * From the release before to this one and back, one server of two after the other, while runs and deployments go on.
 * Runner and agent stay those of the release before. An outside program counts at the end: every run that was
 * acknowledged, every step of it (by the step's own word), every deployment and every act is there, once.
 * `--from REF` names the release before.
 */
const REF = process.env['CAMPAIGN_REF'] ?? 'v0.1.0';
/** Where tags were not fetched the commit may be there. */
const COMMIT = 'ec95516';
const brief = process.env['CAMPAIGN_BRIEF'] === '1';
const RUNS = brief ? 6 : 20;
const DEPLOYMENTS = brief ? 2 : 5;
const TIMES = { stepMs: brief ? 4000 : 7000, startMs: brief ? 9000 : 25_000 };
const SLOTS = 4;
const now = join(import.meta.dirname, '..');

export const campaign = {
  name: 'upgrade',
  async run(): Promise<void> {
    const folder = fleetFolder();
    const before = treeOf(REF, folder) ?? (process.env['CAMPAIGN_REF'] === undefined ? treeOf(COMMIT, folder) : null);
    if (before === null) {
      rmSync(folder, { recursive: true, force: true });
      process.stdout.write(`SKIPPED: this clone does not have ${REF}; fetch its tags and history to run the upgrade from it\n`);
      return;
    }
    const fleet = await makeFleet(folder, before, DEPLOYMENTS, SLOTS, TIMES);
    let keep = true;
    try {
      await thereAndBack(fleet, before);
      keep = false;
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)} (everything is kept in ${folder})`, { cause: error });
    } finally {
      await fleet.close(keep);
    }
  },
};

async function thereAndBack(fleet: Fleet, before: string): Promise<void> {
  const builds = await buildAll(fleet, 'a');
  const first = await underWay(fleet, builds);
  for (const at of [0, 1]) {
    await fleet.stop(at);
    await fleet.start(at, now);
  }
  await allOver(fleet, first);
  const again = await buildAll(fleet, 'b');
  const second = await underWay(fleet, again);
  for (const at of [0, 1]) {
    await fleet.stop(at);
    await fleet.start(at, before);
  }
  await allOver(fleet, second);
  const surprises = fleet.machines.flatMap((daemon) => daemon.surprises());
  if (surprises.length > 0) throw new Error(surprises.join('; '));
  process.stdout.write(await count(fleet));
}

/** A commit to every service, built. */
async function buildAll(fleet: Fleet, mark: string): Promise<string[]> {
  const commits = fleet.services.map((service) => [service, fleet.commit(service, `${service} ${mark}`)] as const);
  return Promise.all(
    commits.map(([service, commit]) =>
      until(`${service} to be built`, async () => {
        const [run] = await runsOf(fleet.ada, service, commit);
        if (run?.['finishedAt'] == null) return null;
        if (run['state'] !== 'succeeded') throw new Error(`run ${String(run['id'])} is ${String(run['state'])}: ${String(run['cause'])}`);
        return String(run['id']);
      }),
    ),
  );
}

type Work = { readonly runs: readonly string[]; readonly releases: readonly string[] };

/** Releases that deploy themselves, and runs; it resolves while all of them are under way. */
async function underWay(fleet: Fleet, builds: readonly string[]): Promise<Work> {
  const { ada, services } = fleet;
  const asked = Array.from({ length: RUNS }, async (_, at) =>
    String((await ada.send('POST', '/v1/runs', { service: services[at % services.length] }))['id']),
  );
  const released = builds.map(async (run, at) => String((await ada.send('POST', '/v1/releases', { service: services[at], run }))['id']));
  const [runs, releases] = await Promise.all([Promise.all(asked), Promise.all(released)]);
  await until('all deployments to be under way', async () => {
    const { items } = await ada.get('/v1/deployments?state=acting');
    return (items as Json[]).length >= DEPLOYMENTS ? items : null;
  });
  const open = (await Promise.all(runs.map(async (run) => (await ada.get(`/v1/runs/${run}`))['finishedAt']))).filter(
    (at) => at === null,
  ).length;
  fleet.journal.note('under-way', { runs, releases, open });
  if (open < RUNS * 0.7) throw new Error(`only ${open} of ${RUNS} runs were still under way: the steps are too short for this machine`);
  return { runs, releases };
}

async function allOver({ ada }: Fleet, { runs, releases }: Work): Promise<void> {
  for (const run of runs)
    await until(`run ${run} to end`, async () => ((await ada.get(`/v1/runs/${run}`))['finishedAt'] === null ? null : true), 300_000);
  for (const release of releases) {
    await until(`the deployment of ${release} to end`, async () => {
      const { items } = await ada.get(`/v1/deployments?release=${release}`);
      return (items as Json[]).every((one) => one['finishedAt'] !== null) && (items as Json[]).length > 0 ? items : null;
    });
  }
}

async function count({ folder }: Fleet): Promise<string> {
  writeFileSync(join(folder, 'expected.json'), JSON.stringify({ runs: RUNS * 2, deployments: DEPLOYMENTS * 2 }));
  try {
    const checker = join(now, 'campaigns/outside/upgraded.mjs');
    return (
      await promisify(execFile)(process.execPath, ['--no-concurrent-sparkplug', checker, '--folder', folder], { maxBuffer: 64 * 1024 ** 2 })
    ).stdout;
  } catch (error) {
    throw new Error(
      `the outside checker found something:\n${(error as { stdout?: string }).stdout ?? ''}${(error as { stderr?: string }).stderr ?? ''}`,
      { cause: error },
    );
  }
}
