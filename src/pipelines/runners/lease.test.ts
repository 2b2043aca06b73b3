import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { testFloor } from '../../testing/database.ts';
import { factsOf, givenRun, givenRunner, givenService, passTime, type Taken, type TestRunner } from '../../testing/pipelines.ts';
import { Refused } from '../../platform/http/handler.ts';
import { cancelRun } from '../engine/runs.commands.ts';
import { appendLog } from '../logs/log-writer.commands.ts';
import { viewRun } from '../run.views.ts';
import { saveJobCache } from './blob.commands.ts';
import { claimJob } from './claim.commands.ts';
import { lapseSweeper, lapseTask } from './lapse.reactions.ts';
import { heartbeat, stepChanged, type Holder } from './lease.commands.ts';
import { createRegistration, registerRunner, revokeRunner, runnerLogin } from './register.commands.ts';

const floor = await testFloor();
const service = await givenService(floor, 'shop');
const ONE = `{jobs: {a: {steps: [{run: x}]}}}`;
const jobOf = async (run: string) => (await floor.db.read(floor.org, (tx) => viewRun(tx, run)))?.jobs[0];
const beat = (actor: TestRunner['actor'], holder: Holder) => floor.db.tx(floor.org, (tx) => heartbeat(tx, actor, holder));
const step = (actor: TestRunner['actor'], holder: Holder) =>
  floor.db.tx(floor.org, (tx) => stepChanged(tx, actor, holder, { position: 0, state: 'running', exitCode: null, durationMs: null }));
const lapse = (job: string) => lapseTask.run(floor, { job }, floor.org);
const beyondLease = () => passTime(floor, floor.config.leaseMs + 1);

/** Every write that a runner can try, each as a function that answers the refusal's code or null. */
function writesOf(runner: TestRunner, { holder }: Taken): Record<string, () => Promise<string | null>> {
  const refusal = (answer: unknown): string | null => (answer instanceof Refused ? answer.problem.code : null);
  const thrown = (error: unknown): string => (error as { code: string }).code;
  return {
    heartbeat: async () => refusal(await beat(runner.actor, holder)),
    step: async () => refusal(await step(runner.actor, holder)),
    log: async () => appendLog(floor, runner.actor, holder, 0, 'late words').then(() => null, thrown),
    upload: async () => runner.upload(holder, 'late bytes').then(() => null, thrown),
    cache: async () => refusal(await floor.db.tx(floor.org, (tx) => saveJobCache(tx, runner.actor, holder, 'k', 'sha256:0'))),
    finish: async () => runner.finish(holder).then(() => null, thrown),
  };
}

test('a runner that was lost loses its job to another; all it writes afterwards is refused and recorded once', async () => {
  const run = await givenRun(floor, service, ONE);
  const [old, fresh] = [await givenRunner(floor), await givenRunner(floor)];
  const before = await old.taken();
  await lapse(before.plan.job);
  expect((await jobOf(run.id))?.state, 'a lease that holds is not taken away').toBe('running');
  await beyondLease();
  await lapse(before.plan.job);
  expect(await jobOf(run.id)).toMatchObject({ state: 'queued', cause: expect.stringContaining('its runner was lost') });
  const after = await fresh.taken();
  expect(after.plan).toMatchObject({ job: before.plan.job, attempt: 2 });
  expect(after.holder.token).toBeGreaterThan(before.holder.token);

  for (const round of [1, 2]) {
    for (const [what, write] of Object.entries(writesOf(old, before)))
      expect(await write(), `${what}, round ${round}`).toBe('pipelines.lease-lost');
  }
  const refused = await factsOf(floor, 'taskrun.write-refused', before.plan.job);
  expect(refused.map((fact) => fact.body['what']).sort()).toEqual(['cache', 'finish', 'heartbeat', 'log', 'step', 'upload']);
  expect(refused.every((fact) => fact.actor === `runner:${before.holder.runner}` && fact.body['token'] === before.holder.token)).toBe(true);

  const now = await jobOf(run.id);
  expect(now).toMatchObject({ state: 'running', attempt: 2, runner: after.holder.runner });
  expect(now?.steps[0]?.state).toBe('waiting');
  await fresh.finish(after.holder);
  expect((await jobOf(run.id))?.state).toBe('succeeded');
  // And the dead one's words change nothing even now.
  await expect(old.finish(before.holder, { result: 'failed' })).rejects.toMatchObject({ code: 'pipelines.lease-lost' });
  expect((await jobOf(run.id))?.state).toBe('succeeded');
});

test('the token alone fences: the same runner with its own old token is refused', async () => {
  const run = await givenRun(floor, service, ONE);
  const runner = await givenRunner(floor);
  const before = await runner.taken();
  await beyondLease();
  await lapse(before.plan.job);
  const after = await runner.taken();
  for (const forged of [
    before.holder,
    { ...after.holder, token: before.holder.token },
    { ...before.holder, token: after.holder.token },
    { ...after.holder, token: after.holder.token + 1 },
  ]) {
    await expect(runner.finish(forged)).rejects.toMatchObject({ code: 'pipelines.lease-lost' });
  }
  await runner.finish(after.holder);
  expect((await jobOf(run.id))?.state).toBe('succeeded');
});

test("another runner's job can not be touched with its token", async () => {
  const run = await givenRun(floor, service, ONE);
  const [owner, thief] = [await givenRunner(floor), await givenRunner(floor)];
  const job = await owner.taken();
  await expect(thief.finish({ ...job.holder, runner: thief.actor.id })).rejects.toMatchObject({ code: 'pipelines.lease-lost' });
  await expect(thief.finish({ ...job.holder, runner: thief.actor.id, job: floor.newId('job') })).rejects.toMatchObject({
    code: 'pipelines.lease-lost',
  });
  await owner.finish(job.holder);
  expect((await jobOf(run.id))?.state).toBe('succeeded');
});

test('a heartbeat keeps the lease, and a job whose pipeline asks no retry is given to another once only', async () => {
  const run = await givenRun(floor, service, ONE);
  const runner = await givenRunner(floor);
  const first = await runner.taken();
  await passTime(floor, floor.config.leaseMs - 1000);
  const go = await beat(runner.actor, first.holder);
  expect(go).toMatchObject({ cancel: false });
  await passTime(floor, 2000);
  await lapse(first.plan.job);
  expect((await jobOf(run.id))?.state).toBe('running');
  await beyondLease();
  await lapse(first.plan.job);
  await lapse(first.plan.job);
  const second = await runner.taken();
  await beyondLease();
  await lapse(second.plan.job);
  expect(await jobOf(run.id)).toMatchObject({ state: 'failed', attempt: 2 });
  expect((await factsOf(floor, 'taskrun.finished', first.plan.job)).map((fact) => [fact.body['outcome'], fact.body['retried']])).toEqual([
    ['lost', true],
    ['lost', false],
  ]);
});

test('finishing twice counts once; other words the second time are refused', async () => {
  await givenRun(floor, service, ONE);
  const runner = await givenRunner(floor);
  const job = await runner.taken();
  await runner.finish(job.holder, { outputs: {} });
  await runner.finish(job.holder, { outputs: {} });
  await expect(runner.finish(job.holder, { result: 'failed', cause: 'no, red' })).rejects.toMatchObject({ code: 'pipelines.lease-lost' });
  expect(await factsOf(floor, 'taskrun.finished', job.plan.job)).toHaveLength(1);
});

test('two finishes at the same time count once', async () => {
  for (let round = 0; round < 10; round += 1) {
    await givenRun(floor, service, ONE);
    const runner = await givenRunner(floor);
    const job = await runner.taken();
    const both = await Promise.allSettled([runner.finish(job.holder), runner.finish(job.holder, { result: 'failed', cause: 'x' })]);
    expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(await factsOf(floor, 'taskrun.finished', job.plan.job)).toHaveLength(1);
  }
});

test('a lapse, a finish and a cancel at the same time leave one end', async () => {
  for (let round = 0; round < 10; round += 1) {
    const run = await givenRun(floor, service, ONE);
    const runner = await givenRunner(floor);
    const job = await runner.taken();
    await beyondLease();
    await Promise.allSettled([
      runner.finish(job.holder),
      lapse(job.plan.job),
      floor.db.tx(floor.org, (tx) => cancelRun(tx, system(floor.org, 'test'), { run: run.id, reason: null })),
    ]);
    const ends = await factsOf(floor, 'taskrun.finished', job.plan.job);
    expect(ends).toHaveLength(1);
    const state = (await jobOf(run.id))?.state;
    if (state === 'queued') await runner.finish((await runner.taken()).holder);
    expect(await factsOf(floor, 'pipelinerun.finished', run.id)).toHaveLength(1);
  }
});

test('a lost runner of a cancelled run does not bring its job back', async () => {
  const run = await givenRun(floor, service, ONE);
  const runner = await givenRunner(floor);
  const job = await runner.taken();
  await floor.db.tx(floor.org, (tx) => cancelRun(tx, system(floor.org, 'test'), { run: run.id, reason: null }));
  expect(await beat(runner.actor, job.holder)).toMatchObject({ cancel: true });
  await beyondLease();
  await lapse(job.plan.job);
  expect((await jobOf(run.id))?.state).toBe('cancelled');
  expect((await floor.db.read(floor.org, (tx) => viewRun(tx, run.id)))?.state).toBe('cancelled');
});

test('a job that runs past its time is ended although its runner still beats', async () => {
  const run = await givenRun(floor, service, `{jobs: {a: {timeout: 1m, steps: [{run: x}]}}}`);
  const runner = await givenRunner(floor);
  const job = await runner.taken();
  await passTime(floor, 121_000);
  await beat(runner.actor, job.holder);
  await lapse(job.plan.job);
  expect((await jobOf(run.id))?.state).toBe('timed-out');
  await expect(runner.finish(job.holder)).rejects.toMatchObject({ code: 'pipelines.lease-lost' });
});

test('each job is claimed once, by however many runners at once', async () => {
  const runs = await Promise.all(
    [1, 2, 3, 4].map(() => givenRun(floor, service, `{jobs: {a: {matrix: {n: [1, 2, 3, 4, 5]}, steps: [{run: x}]}}}`)),
  );
  const runners = await Promise.all([1, 2, 3, 4, 5, 6].map(() => givenRunner(floor)));
  const taken: string[] = [];
  await Promise.all(
    runners.map(async (runner) => {
      for (let job = await runner.take(['host'], 300); job !== null; job = await runner.take(['host'], 300)) {
        taken.push(job.plan.job);
        await runner.finish(job.holder);
      }
    }),
  );
  expect(taken).toHaveLength(20);
  expect(new Set(taken).size).toBe(20);
  for (const run of runs) expect((await floor.db.read(floor.org, (tx) => viewRun(tx, run.id)))?.state).toBe('succeeded');
});

test('a waiting claim is woken by a new job, and by the end of what it waited for', async () => {
  const runner = await givenRunner(floor);
  await sleep(300);
  const waiting = runner.take(['host'], 20_000);
  await sleep(200);
  const started = performance.now();
  await givenRun(floor, service, `{jobs: {a: {steps: [{run: x}]}, b: {needs: a, steps: [{run: x}]}}}`);
  const job = await waiting;
  // Well under the five seconds after which a claim looks again by itself.
  expect(performance.now() - started).toBeLessThan(4500);
  const next = runner.take(['host'], 20_000);
  await sleep(100);
  if (job === null) throw new Error('no job');
  const ended = performance.now();
  await runner.finish(job.holder);
  const second = await next;
  expect(performance.now() - ended).toBeLessThan(4500);
  if (second !== null) await runner.finish(second.holder);
});

test('runners take what fits their pool, trust and executors; strangers share no runner with us', async () => {
  const runs = { untrusted: 'untrusted', trusted: 'trusted', protected: 'protected' } as const;
  const takes = { untrusted: ['untrusted'], trusted: ['protected', 'trusted'], protected: ['protected'] } as const;
  for (const [level, expected] of Object.entries(takes)) {
    const pool = `pool-${level}`;
    for (const trust of Object.values(runs))
      await givenRun(floor, service, `{jobs: {a: {runs-on: {pool: ${pool}, executor: sandbox}, steps: [{run: x}]}}}`, { trust });
    const runner = await givenRunner(floor, { pool, trust: level as keyof typeof takes });
    expect(await runner.take(['host'])).toBeNull();
    const got: string[] = [];
    for (let job = await runner.take(['sandbox', 'host']); job !== null; job = await runner.take(['sandbox', 'host'])) {
      expect(job.plan.executor).toBe('sandbox');
      got.push(job.plan.trust);
      await runner.finish(job.holder);
    }
    expect(got.sort()).toEqual(expected);
  }
});

test('a registration makes one runner; its key ends when it is revoked', async () => {
  const admin = system(floor.org, 'test');
  const { registration } = await floor.db.tx(floor.org, (tx) =>
    createRegistration(tx, admin, { pool: 'default', trust: 'trusted', expiresInMinutes: 5 }),
  );
  const [one, two] = await Promise.allSettled([registerRunner(floor, registration, 'a'), registerRunner(floor, registration, 'b')]);
  const won = [one, two].flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(won).toHaveLength(1);
  const [runner] = won;
  if (runner === undefined) throw new Error('none');
  const login = (key: string) => floor.db.read('*', (tx) => runnerLogin(tx, key));
  expect(await login(runner.key)).toEqual({ kind: 'runner', id: runner.runner, org: floor.org });
  expect(await login(`${runner.key}x`)).toBeNull();
  const stored = await floor.db.read('*', (tx) =>
    tx.query(`select runner::text from runner union all select runner_registration::text from runner_registration`),
  );
  expect(JSON.stringify(stored)).not.toContain(runner.key);
  expect(JSON.stringify(stored)).not.toContain(registration);
  await floor.db.tx(floor.org, (tx) => revokeRunner(tx, admin, runner.runner));
  expect(await login(runner.key)).toBeNull();
  expect(
    await claimJob(
      floor,
      { kind: 'runner', id: runner.runner, org: floor.org },
      { executors: ['host'], waitMs: 0 },
      { secrets: { release: async () => ({}) } },
    ),
  ).toBeNull();

  const expired = await floor.db.tx(floor.org, (tx) =>
    createRegistration(tx, admin, { pool: 'default', trust: 'trusted', expiresInMinutes: 1 }),
  );
  await passTime(floor, 61_000);
  await expect(registerRunner(floor, expired.registration, 'late')).rejects.toMatchObject({ code: 'pipelines.bad-registration' });
});

test('the sweeper finds what nobody woke', async () => {
  await givenRun(floor, service, ONE);
  const runner = await givenRunner(floor);
  const job = await runner.taken();
  await beyondLease();
  await floor.db.tx('*', (tx) => lapseSweeper.sweep(tx));
  const woken = await floor.db.read('*', (tx) =>
    tx.query<{ key: string }>(`select key from graphile_worker.jobs where key = $1`, [`pipelines.lapse:${job.plan.job}`]),
  );
  expect(woken).toHaveLength(1);
});
