import { expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { testFloor } from '../../testing/database.ts';
import { factsOf, givenRun, givenRunner, givenService } from '../../testing/pipelines.ts';
import { viewRun } from '../run.views.ts';
import { cancelRun } from './runs.commands.ts';

const floor = await testFloor();
const service = await givenService(floor, 'shop');
const view = async (run: string) => {
  const found = await floor.db.read(floor.org, (tx) => viewRun(tx, run));
  if (found === null) throw new Error('no such run');
  return found;
};
const states = async (run: string) => Object.fromEntries((await view(run)).jobs.map((job) => [job.name, job.state]));
const cancel = (run: string) => floor.db.tx(floor.org, (tx) => cancelRun(tx, system(floor.org, 'test'), { run, reason: 'enough' }));

const ROAD = `
jobs:
  build:
    outputs: [version]
    artifacts: [{name: app, path: dist}]
    steps: [{run: make}]
  test:
    needs: build
    matrix: {node: [22, 24]}
    inputs: [{artifact: app, from: build, path: app}]
    env: {VERSION: "\${{ needs.build.outputs.version }}", NODE: "\${{ matrix.node }}"}
    reports: [{name: unit, kind: junit, path: junit.xml}]
    steps: [{run: make test}]
  clean: {needs: test, when: failed, steps: [{run: make clean}]}
  ship: {needs: test, steps: [{run: make ship}]}
`;

test('jobs run in the order of their needs, with outputs, artifacts and reports bound to what made them', async () => {
  const run = await givenRun(floor, service, ROAD);
  const runner = await givenRunner(floor);
  expect(await states(run.id)).toEqual({
    build: 'queued',
    'test (22)': 'waiting',
    'test (24)': 'waiting',
    clean: 'waiting',
    ship: 'waiting',
  });
  const build = await runner.taken();
  expect(build.plan).toMatchObject({
    run: run.id,
    name: 'build',
    attempt: 1,
    trust: 'protected',
    service: 'shop',
    source: { commit: 'c'.repeat(40) },
  });
  expect(await runner.take()).toBeNull();
  const app = await runner.upload(build.holder, 'the app');
  await runner.finish(build.holder, { outputs: { version: '1.2.3', stray: 'x' }, artifacts: [{ name: 'app', ...app }] });
  expect(runner.kept.artifacts).toMatchObject([
    { run: run.id, job: build.plan.job, name: 'app', digest: digestOf('the app'), size: 7, commit: 'c'.repeat(40), service: service.id },
  ]);

  const first = await runner.taken();
  const second = await runner.taken();
  expect(first.plan.env).toEqual({ VERSION: '1.2.3', NODE: '22' });
  expect(second.plan.env).toEqual({ VERSION: '1.2.3', NODE: '24' });
  expect(first.plan.inputs).toEqual([{ name: 'app', digest: app.digest, path: 'app' }]);
  const report = await runner.upload(first.holder, '<testsuites/>');
  await runner.finish(first.holder, { reports: [{ name: 'unit', kind: 'junit', path: 'junit.xml', digest: report.digest }] });
  expect((await states(run.id))['ship']).toBe('waiting');
  // The second says nothing of the report that it promised: it counts as missing, not as none.
  await runner.finish(second.holder);
  expect(runner.kept.reports.map(({ job, digest, artifacts }) => ({ job, digest, artifacts }))).toEqual([
    { job: first.plan.job, digest: report.digest, artifacts: [app.digest] },
    { job: second.plan.job, digest: null, artifacts: [app.digest] },
  ]);
  expect(await states(run.id)).toMatchObject({ clean: 'skipped', ship: 'queued' });
  await runner.finish((await runner.taken()).holder);
  const done = await view(run.id);
  expect(done).toMatchObject({ state: 'succeeded', cause: null });
  expect(done.jobs[0]).toMatchObject({ outputs: { version: '1.2.3' }, artifacts: [{ name: 'app', digest: app.digest }] });
  expect(await factsOf(floor, 'pipelinerun.finished', run.id)).toMatchObject([
    { body: { outcome: 'succeeded', artifacts: [{ name: 'app', digest: app.digest }] } },
  ]);
  expect(await factsOf(floor, 'pipelinerun.started', run.id)).toHaveLength(1);
  expect(await factsOf(floor, 'taskrun.started')).toHaveLength(4);
});

test('a failed job is tried again as often as its pipeline says; then its run fails and says why', async () => {
  const run = await givenRun(
    floor,
    service,
    `{jobs: {flaky: {retries: 1, steps: [{run: "false"}]}, after: {needs: flaky, steps: [{run: x}]}, mop: {needs: flaky, when: always, steps: [{run: x}]}}}`,
  );
  const runner = await givenRunner(floor);
  await runner.finish((await runner.taken()).holder, { result: 'failed', cause: 'exit code 1' });
  expect(await states(run.id)).toEqual({ flaky: 'queued', after: 'waiting', mop: 'waiting' });
  const again = await runner.taken();
  expect(again.plan.attempt).toBe(2);
  await runner.finish(again.holder, { result: 'failed', cause: 'exit code 1' });
  expect(await states(run.id)).toEqual({ flaky: 'failed', after: 'skipped', mop: 'queued' });
  await runner.finish((await runner.taken()).holder);
  expect(await view(run.id)).toMatchObject({ state: 'failed', cause: 'flaky: exit code 1' });
  expect((await factsOf(floor, 'taskrun.finished')).slice(-3).map((fact) => fact.body['retried'])).toEqual([true, false, false]);
});

test('a success without what the plan promised is a failure', async () => {
  const run = await givenRun(floor, service, `{jobs: {build: {artifacts: [{name: app, path: dist}], steps: [{run: x}]}}}`);
  const runner = await givenRunner(floor);
  await runner.finish((await runner.taken()).holder);
  expect((await view(run.id)).jobs[0]).toMatchObject({ state: 'failed', cause: 'it promised and did not deliver: app' });
  expect(runner.kept.artifacts).toEqual([]);
});

test('a job can name only what its own attempt uploaded', async () => {
  await givenRun(
    floor,
    service,
    `{jobs: {a: {artifacts: [{name: app, path: a}], steps: [{run: x}]}, b: {artifacts: [{name: app, path: a}], steps: [{run: x}]}}}`,
  );
  const runner = await givenRunner(floor);
  const a = await runner.taken();
  const b = await runner.taken();
  const app = await runner.upload(a.holder, 'made by a');
  await expect(runner.finish(b.holder, { artifacts: [{ name: 'app', ...app }] })).rejects.toMatchObject({ code: 'pipelines.foreign-blob' });
  await expect(runner.finish(a.holder, { artifacts: [{ name: 'app', digest: app.digest, size: 1 }] })).rejects.toMatchObject({
    code: 'pipelines.foreign-blob',
  });
  expect(runner.kept.artifacts).toEqual([]);
  await runner.finish(a.holder, { artifacts: [{ name: 'app', ...app }] });
  await runner.finish(b.holder, { result: 'failed' });
  expect(runner.kept.artifacts).toHaveLength(1);
});

test('where a port refuses, the finish did not happen', async () => {
  const run = await givenRun(floor, service, `{jobs: {build: {artifacts: [{name: app, path: dist}], steps: [{run: x}]}}}`);
  const runner = await givenRunner(floor);
  const job = await runner.taken();
  const app = await runner.upload(job.holder, 'bytes');
  runner.kept.artifacts.push = () => {
    throw new Error('disk full');
  };
  await expect(runner.finish(job.holder, { artifacts: [{ name: 'app', ...app }] })).rejects.toThrow('disk full');
  expect(await states(run.id)).toEqual({ build: 'running' });
  expect((await view(run.id)).jobs[0]?.artifacts).toEqual([]);
  await runner.finish(job.holder, { result: 'failed' });
});

test('a matrix that fails fast stops its other cells, and nothing else', async () => {
  const run = await givenRun(floor, service, `{jobs: {t: {matrix: {n: [1, 2, 3]}, steps: [{run: x}]}, other: {steps: [{run: x}]}}}`);
  const runner = await givenRunner(floor);
  const one = await runner.taken();
  const two = await runner.taken();
  await runner.finish(one.holder, { result: 'failed', cause: 'red' });
  expect(await states(run.id)).toEqual({ 't (1)': 'failed', 't (2)': 'running', 't (3)': 'cancelled', other: 'queued' });
  await runner.finish(two.holder, { result: 'cancelled' });
  await runner.finish((await runner.taken()).holder);
  expect(await view(run.id)).toMatchObject({ state: 'failed' });
});

test('a condition that can not be known fails the job, it never runs on a guess', async () => {
  const run = await givenRun(
    floor,
    service,
    `{jobs: {a: {outputs: [go], steps: [{run: x}]}, b: {needs: a, if: "needs.a.outputs.go == 'yes'", steps: [{run: x}]}}}`,
  );
  const runner = await givenRunner(floor);
  await runner.finish((await runner.taken()).holder);
  expect(await states(run.id)).toEqual({ a: 'succeeded', b: 'failed' });
  expect((await view(run.id)).state).toBe('failed');
});

test('cancel, in every state of a run', async () => {
  const yaml = `{jobs: {a: {steps: [{run: x}]}, b: {needs: a, steps: [{run: x}]}}}`;
  const runner = await givenRunner(floor);
  const queued = await givenRun(floor, service, yaml);
  expect((await cancel(queued.id)).state).toBe('cancelled');
  expect(await states(queued.id)).toEqual({ a: 'cancelled', b: 'cancelled' });
  expect(await runner.take()).toBeNull();

  const running = await givenRun(floor, service, yaml);
  const job = await runner.taken();
  expect((await cancel(running.id)).state).toBe('cancelling');
  expect((await cancel(running.id)).state).toBe('cancelling');
  expect(await states(running.id)).toEqual({ a: 'running', b: 'cancelled' });
  await runner.finish(job.holder, { result: 'failed', cause: 'killed' });
  expect(await view(running.id)).toMatchObject({ state: 'cancelled', cause: 'enough' });
  // People read the words on the run; what is kept for ever has none of them.
  const told = await floor.db.tx(floor.org, (tx) =>
    tx.query<{ leaf: Buffer }>(`select leaf from fact where type like '%run.finished' and (subject = $1 or body->>'run' = $1)`, [
      running.id,
    ]),
  );
  expect(told.length).toBeGreaterThan(0);
  for (const { leaf } of told) expect(leaf.toString()).not.toMatch(/enough|killed/);
  expect(await states(running.id)).toEqual({ a: 'cancelled', b: 'cancelled' });

  const late = await givenRun(floor, service, yaml);
  const winner = await runner.taken();
  await cancel(late.id);
  // It had succeeded before it heard: the job's end is the truth, and nothing new begins.
  await runner.finish(winner.holder);
  expect(await states(late.id)).toEqual({ a: 'succeeded', b: 'cancelled' });
  expect((await view(late.id)).state).toBe('cancelled');
  for (const over of [queued, running, late]) await expect(cancel(over.id)).rejects.toMatchObject({ code: 'pipelines.run-over' });
  expect(await factsOf(floor, 'pipelinerun.finished', running.id)).toHaveLength(1);
});

test('an edited stored plan is refused by its signature, before and after it is claimed', async () => {
  const yaml = `{jobs: {a: {steps: [{run: make}]}}}`;
  const runner = await givenRunner(floor);
  const run = await givenRun(floor, service, yaml);
  await floor.db.tx(floor.org, (tx) =>
    tx.query(`update job set planned = replace(planned, substr(planned, 100, 8), 'AAAAAAAA') where run_id = $1`, [run.id]),
  );
  expect(await runner.take()).toBeNull();
  expect((await view(run.id)).jobs[0]).toMatchObject({ state: 'failed', cause: expect.stringContaining('the stored plan was changed') });

  // The plan of another job, with a signature that is good: it is not this row's.
  const one = await givenRun(floor, service, yaml);
  const two = await givenRun(floor, service, `{jobs: {a: {steps: [{run: rm -rf /}]}}}`);
  await floor.db.tx(floor.org, (tx) =>
    tx.query(`update job set planned = (select planned from job where run_id = $2) where run_id = $1`, [one.id, two.id]),
  );
  const only = await runner.taken();
  expect(only.plan.run).toBe(two.id);
  expect((await view(one.id)).jobs[0]?.cause).toContain('another job');
  await runner.finish(only.holder);

  const raised = await givenRun(floor, service, yaml, { trust: 'trusted' });
  await floor.db.tx(floor.org, (tx) => tx.query(`update job set trust = 'protected' where run_id = $1`, [raised.id]));
  expect(await runner.take()).toBeNull();
  expect((await view(raised.id)).state).toBe('failed');

  const handed = await givenRun(floor, service, yaml);
  const job = await runner.taken();
  await floor.db.tx(floor.org, (tx) =>
    tx.query(`update job_attempt set plan = replace(plan, substr(plan, 100, 8), 'AAAAAAAA') where job_id = $1`, [job.plan.job]),
  );
  await runner.finish(job.holder);
  expect((await view(handed.id)).jobs[0]).toMatchObject({ state: 'refused' });
});
