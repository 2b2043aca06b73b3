import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { addConnection } from '../integrations/connections/connection.commands.ts';
import { FORGE_BASES } from '../integrations/forges/speak.fixture.ts';
import { hookConnection } from '../integrations/forges/hook.commands.ts';
import { vendors } from '../integrations/vendors.ts';
import { system } from '../kernel/actor.ts';
import { forgeSources } from '../pipelines/merge-requests/forge.api.ts';
import { protectionOf, viewMergeRequests } from '../pipelines/merge-requests/merge-request.views.ts';
import { listRuns } from '../pipelines/run.views.ts';
import { ensureSource } from '../pipelines/sources/source.store.ts';
import { syncTask } from '../pipelines/sources/sync.reactions.ts';
import { intakeOf } from '../platform/hooks/door.routes.ts';
import { takeDue } from '../platform/hooks/take.work.ts';
import { startWorker } from '../platform/jobs/worker.system.ts';
import { makePool } from '../platform/postgres/pool.system.ts';
import { testFloor } from '../testing/database.ts';
import { differences, keyOf, lastFresh, move, orderOf, requestOf, type SeenHere, type Subject } from '../testing/forges/orders.ts';
import { pathsOf, recordings } from '../testing/forges/recordings.ts';
import { startForgeWorld, type ForgeWorld } from '../testing/forges/world.ts';
import { givenService } from '../testing/pipelines.ts';
import { takers } from './slices.ts';
import { forgeLookTask } from '../integrations/forges/look.work.ts';

/**
 * A sample of what `npm run campaign -- forge-orders` does with every payload: of each forge some, 1 to 5 times, in an
 * order of its own each day, by the door, the database, the jobs and a forge that moves meanwhile.
 */
const DAY = Math.floor(Date.now() / 86_400_000);
const MOST = 4;
const chosen = Object.keys(FORGE_BASES).flatMap((vendor) => {
  const mine = recordings().filter((one) => one.vendor === vendor && one.looks.some(({ what }) => what !== 'ci'));
  return mine.filter((_, at) => (at + DAY) % Math.ceil(mine.length / MOST) === 0);
});
let state = DAY;
/** A generator good enough to choose with (an LCG's upper bits): the same day makes the same choices. */
const pick = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return (state >>> 8) % below;
};

test.skipIf(chosen.length === 0)(
  'payloads of every forge, 1 to 5 times in any order, end in what is true at the forge',
  async () => {
    const floor = await testFloor({ config: { egressAllow: '127.0.0.1', jobConcurrency: 4 } });
    const actor = system(floor.org, 'test');
    const root = mkdtempSync(join(tmpdir(), 'ym-orders-'));
    const worlds = new Map<string, ForgeWorld>();
    afterAll(async () => {
      await Promise.all([...worlds.values()].map((world) => world.close()));
      rmSync(root, { recursive: true, force: true });
    });
    const hooks = new Map<string, { hook: string; secret: string }>();
    const places = new Map<string, { source: string; service: string }>();
    for (const vendor of Object.keys(FORGE_BASES)) {
      const world = await startForgeWorld(vendor, join(root, vendor), () => pick(20));
      worlds.set(vendor, world);
      const url = `${world.url}${FORGE_BASES[vendor] ?? ''}`;
      await addConnection(floor, actor, vendors, { name: vendor, vendor, url, settings: {}, credential: { token: 'tok3n' } });
      hooks.set(vendor, await hookConnection(floor, actor, forgeSources, vendor, false));
      for (const [lower, path] of pathsOf(chosen.filter((one) => one.vendor === vendor))) {
        const at = world.address(path);
        const { name: service } = await givenService(floor, `${vendor}-${places.size}`, { url: at });
        const { id: source } = await floor.db.tx(floor.org, (tx) => ensureSource(tx, at));
        places.set(`${vendor} ${lower}`, { source, service });
      }
    }
    const sendings = orderOf(chosen, DAY, { pick });
    const moves = lastFresh(sendings);
    const moved = new Map<string, Subject>();
    const pool = makePool(floor.where, 'test-jobs', 5, floor.log);
    const work = { tasks: [forgeLookTask(forgeSources), syncTask], reactions: [], sweepers: [] };
    const worker = await startWorker(floor, pool, work);
    for (const [at, sending] of sendings.entries()) {
      for (const subject of moves.get(at) ?? []) {
        const world = worlds.get(subject.vendor);
        if (world !== undefined) move(world, subject);
        moved.set(keyOf(subject), subject);
      }
      const hook = hooks.get(sending.recording.vendor);
      const { headers, body } = requestOf(sending, hook?.secret ?? '');
      await intakeOf(floor).take({ hook: hook?.hook ?? '', headers, body, encrypted: true });
      if (pick(4) === 0) await takeDue(floor, takers);
    }
    while ((await takeDue(floor, takers)) > 0);
    const rows = await floor.db.tx('*', (tx) => tx.query<{ state: string }>(`select distinct state from delivery`));
    expect(rows).toEqual([{ state: 'done' }]);

    const seen = (place: { source: string; service: string }): Promise<SeenHere> =>
      floor.db.read(floor.org, async (tx) => ({
        requests: await viewMergeRequests(tx, place.source, {}),
        protection: (await protectionOf(tx, place.source, 'main'))?.state ?? null,
        runs: (await listRuns(tx, { service: place.service, limit: 100, visible: 'all' })).items.flatMap(({ commit }) => commit ?? []),
      }));
    const wrong = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const subject of moved.values()) {
        const place = places.get(`${subject.vendor} ${subject.look.repository.toLowerCase()}`);
        const world = worlds.get(subject.vendor);
        if (place !== undefined && world !== undefined) found.push(...differences(world, subject, await seen(place)));
      }
      return found;
    };
    const jobs = () =>
      floor.db.tx('*', (tx) =>
        tx.one<{ n: number }>(`select count(*)::int as n from graphile_worker.jobs where task_identifier = any($1)`, [
          work.tasks.map(({ name }) => name),
        ]),
      );
    for (let round = 0; (await jobs()).n > 0 && round < 600; round += 1) await sleep(50);
    await worker.stop();
    await pool.end();
    expect(await wrong()).toEqual([]);
    // A sample that moved nothing, or of which one forge is missing, would show nothing.
    expect(new Set([...moved.values()].map(({ vendor }) => vendor))).toEqual(new Set(Object.keys(FORGE_BASES)));
  },
  60_000,
);
