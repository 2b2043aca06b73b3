import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { afterAll, expect, test } from 'vitest';
import * as contract from '../contract/pipelines.ts';
import * as runner from '../contract/runner.ts';
import { createClient } from '../host/client.http.ts';
import { digestOf } from '../kernel/digest.ts';
import { openEnvelope } from '../kernel/dsse.ts';
import { parseConfig } from '../platform/config.ts';
import { openFloor } from '../platform/floor.system.ts';
import type { AccessGate } from '../platform/http/gate.port.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { doorRoutes } from '../platform/hooks/door.routes.ts';
import { startTaking } from '../platform/hooks/take.work.ts';
import { startWorker } from '../platform/jobs/worker.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { testDatabase } from '../testing/database.ts';
import { givenRunner, givenService } from '../testing/pipelines.ts';
import { pipelineResolvers } from './pipelines.queries.ts';
import { pipelineRoutes, pipelineSweepers, pipelineTasks } from './pipelines.routes.ts';
import { runnerLogin } from './runners/register.commands.ts';
import { repositoryTaker } from './sources/hook.commands.ts';
import { serviceSecrets } from './secrets/secrets.commands.ts';

// The whole way over HTTP: a push, its signed hook, a waiting runner, its log, its end. One server, real PostgreSQL, real git.

const root = mkdtempSync(join(tmpdir(), 'ym-road-'));
const database = await testDatabase();
const log = makeLog('silent', 'test');
const config = parseConfig({ YARDMASTER_STATE: root, YARDMASTER_LOG_LEVEL: 'silent' }, false);
const open = await openFloor({ config, log, where: database.where, wiring: new Map(), migrations: null });
const { floor } = open;
const PERSON = 'a-person-of-the-test';
const person = {
  kind: 'person',
  id: floor.newId('per'),
  org: floor.org,
  credential: { kind: 'token', id: 'tok', actions: null, services: null },
} as const;
const gate: AccessGate = {
  authenticate: async (_, authorization) => {
    const key = authorization?.replace(/^Bearer /, '') ?? '';
    return key === PERSON ? person : floor.db.read('*', (tx) => runnerLogin(tx, key));
  },
  authorise: async () => undefined,
  resolve: async (tx, kind, value) => (kind === 'run' || kind === 'job' ? pipelineResolvers[kind](tx, value) : {}),
  visible: async () => 'all',
  holdsAnywhere: async () => true,
};
const accepted: string[] = [];
const parts = {
  secrets: serviceSecrets,
  artifacts: { accept: async (_: unknown, made: { name: string }) => void accepted.push(made.name) },
  reports: { accept: async (_: unknown, report: { name: string }) => void accepted.push(report.name) },
};
const app = buildApp([...pipelineRoutes(parts), ...doorRoutes], {
  floor,
  gate,
  stopping: new AbortController().signal,
  observe: () => undefined,
});
const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
const http = createServer((request, response) => void listener(request, response));
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
const address = http.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
const worker = await startWorker(floor, open.pool, { tasks: pipelineTasks, sweepers: pipelineSweepers, reactions: [] });
const taking = startTaking(floor, [repositoryTaker]);
afterAll(async () => {
  http.closeAllConnections();
  http.close();
  await taking.stop();
  await worker.stop();
  await open.close();
  await database.drop();
  rmSync(root, { recursive: true, force: true });
  rmSync(`${root}.keys`, { recursive: true, force: true });
});

const repo = join(root, 'repo');
const git = (...args: string[]) =>
  execFileSync('git', ['-C', repo, '-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  })
    .toString()
    .trim();
mkdirSync(join(repo, '.yardmaster'), { recursive: true });
execFileSync('git', ['init', '-q', '-b', 'main', repo]);
const push = (pipeline: string): string => {
  writeFileSync(join(repo, '.yardmaster', 'pipeline.yaml'), pipeline);
  writeFileSync(join(repo, 'count'), String(Math.random()));
  git('add', '.');
  git('commit', '-qm', 'x');
  return git('rev-parse', 'HEAD');
};
const PIPELINE =
  'jobs: {build: {secrets: [TOKEN], artifacts: [{name: app, path: dist}], reports: [{kind: junit, path: j.xml}], steps: [{run: make}]}}';

const me = createClient({ url, credential: PERSON });

async function registered() {
  const { registration } = await me.call(contract.createRegistration, { body: {} });
  const made = await createClient({ url }).call(runner.registerRunner, { body: { registration, name: 'r1' } });
  return { ...made, client: createClient({ url, credential: made.key }) };
}

test('a push, its hook, a job, its log, its artifact and its end', async () => {
  push(PIPELINE);
  await givenService(floor, 'shop', { url: repo });
  const { secret, path } = await me.call(contract.createHook, { params: { service: 'shop' } });
  await me.call(contract.putSecret, { params: { service: 'shop', name: 'TOKEN' }, body: { value: 'planted-token' } });
  const { client, planKeys } = await registered();
  const claim = () => client.call(runner.claimJob, { body: { executors: ['host'], waitMs: 20_000 } });
  const hook = async () => {
    const body = JSON.stringify({ any: 'thing' });
    const id = `d${Math.random()}`;
    const seconds = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(`${id}.${seconds}.${body}`)
      .digest('base64');
    const answer = await fetch(url + path, {
      method: 'POST',
      body,
      headers: { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` },
    });
    expect(answer.status).toBe(202);
  };
  const latencies: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const commit = push(PIPELINE);
    const waiting = claim();
    const started = performance.now();
    await hook();
    const { job } = await waiting;
    if (job === null) throw new Error('no job came');
    const opened = openEnvelope(job.plan, runner.JOB_PLAN_TYPE, planKeys);
    if (!opened.ok) throw new Error(opened.why);
    const plan = runner.jobPlanSchema.parse(JSON.parse(Buffer.from(opened.payload).toString()));
    expect(plan.source).toMatchObject({ commit, ref: 'refs/heads/main', repository: repo });
    expect(job.secrets).toEqual({ TOKEN: 'planted-token' });
    const at = { params: { job: plan.job, attempt: plan.attempt } };
    const { token } = job.lease;
    await client.call(runner.stepChanged, { ...at, body: { token, step: 0, state: 'running', exitCode: null, durationMs: null } });
    latencies.push(performance.now() - started);

    const source = await client.call(runner.getJobBlob, { params: { ...at.params, digest: plan.source.archive ?? '' }, query: { token } });
    const bytes: Uint8Array[] = [];
    for await (const chunk of source.stream) bytes.push(chunk);
    expect(digestOf(Buffer.concat(bytes))).toBe(plan.source.archive);
    const text = `made ${round}\n`;
    expect(await client.call(runner.appendLog, { ...at, body: { token, offset: 0, text } })).toEqual({ stored: text.length });
    const artifact = Buffer.from(`bytes ${round}`);
    const digest = digestOf(artifact);
    await client.call(runner.putJobBlob, { params: { ...at.params, digest }, query: { token }, body: artifact });
    await client.call(runner.stepChanged, { ...at, body: { token, step: 0, state: 'succeeded', exitCode: 0, durationMs: 5 } });
    const body = {
      token,
      result: 'succeeded' as const,
      cause: null,
      executor: 'host' as const,
      isolation: [],
      outputs: {},
      artifacts: [{ name: 'app', digest, size: artifact.length }],
      reports: [],
      materials: [],
      log: { bytes: text.length, digest: digestOf(text) },
    };
    await client.call(runner.finishJob, { ...at, body }, { idempotencyKey: `finish-${round}` });
    await client.call(runner.finishJob, { ...at, body }, { idempotencyKey: `finish-${round}` });
    await expect(client.call(runner.finishJob, { ...at, body: { ...body, result: 'failed' } })).rejects.toMatchObject({
      code: 'pipelines.lease-lost',
      status: 409,
    });

    const run = await me.call(contract.getRun, { params: { run: plan.run } });
    expect(run).toMatchObject({
      state: 'succeeded',
      commit,
      trust: 'protected',
      jobs: [{ name: 'build', artifacts: [{ name: 'app', digest }], steps: [{ state: 'succeeded', exitCode: 0 }] }],
    });
    expect(run.timings.toFirstStepMs).not.toBeNull();
    expect(await me.call(contract.readLog, { params: { job: plan.job }, query: { wait: 1 } })).toMatchObject({ text, end: true });
    expect(JSON.stringify(run)).not.toContain('planted');
  }
  expect(accepted).toEqual(Array.from({ length: 6 }, () => ['app', 'junit']).flat());
  latencies.sort((a, b) => a - b);
  // Far above the goal, which the bench holds on a quiet machine; but a poll in the path (seconds) shows here.
  expect(latencies[3], `push to first step, ms: ${latencies.map(Math.round).join(' ')}`).toBeLessThan(4000);
  if (process.env['SHOW_LATENCY'] !== undefined) console.log(latencies.map(Math.round).join(' '));
}, 600_000);

test('runs are listed by page, followed, and cancelled over HTTP', async () => {
  const all = await me.call(contract.listRuns, { query: { service: 'shop', limit: 4 } });
  expect(all.items).toHaveLength(4);
  const rest = await me.call(contract.listRuns, { query: { service: 'shop', limit: 100, cursor: all.next ?? '' } });
  const ids = [...all.items, ...rest.items].map((item) => item.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(rest.next).toBeNull();
  const run = await me.call(contract.startRun, { body: { service: 'shop' } }, { idempotencyKey: 'start-1' });
  expect((await me.call(contract.startRun, { body: { service: 'shop' } }, { idempotencyKey: 'start-1' })).id).toBe(run.id);
  const following = me.call(contract.getRun, { params: { run: run.id }, query: { wait: 20, version: run.version } });
  const cancelled = await me.call(contract.cancelRun, { params: { run: run.id }, body: {} });
  expect(cancelled.state).toBe('cancelled');
  expect((await following).version).toBeGreaterThan(run.version);
  await expect(me.call(contract.cancelRun, { params: { run: run.id }, body: {} })).rejects.toMatchObject({ code: 'pipelines.run-over' });
  await expect(me.call(contract.getRun, { params: { run: floor.newId('run') } })).rejects.toMatchObject({ code: 'pipelines.no-such-run' });
});

test('an ended run is run again: the same commit, pipeline and reason; one that goes on is not', async () => {
  const commit = push('jobs: {build: {steps: [{run: "true"}]}}');
  const run = await me.call(contract.startRun, { body: { service: 'shop' } });
  expect(run.commit).toBe(commit);
  await expect(me.call(contract.retryRun, { params: { run: run.id }, body: {} })).rejects.toMatchObject({ code: 'pipelines.run-not-over' });
  await me.call(contract.cancelRun, { params: { run: run.id }, body: {} });
  push('jobs: {other: {steps: [{run: "true"}]}}');
  const again = await me.call(contract.retryRun, { params: { run: run.id }, body: {} }, { idempotencyKey: 'again-1' });
  expect(again).toMatchObject({ commit, ref: run.ref, trigger: 'manual', trust: run.trust, service: 'shop' });
  expect(again.id).not.toBe(run.id);
  expect(again.jobs.map(({ declared }) => declared)).toEqual(['build']);
  const repeated = await me.call(contract.retryRun, { params: { run: run.id }, body: {} }, { idempotencyKey: 'again-1' });
  expect(repeated.id).toBe(again.id);
  await me.call(contract.cancelRun, { params: { run: again.id }, body: {} });
});

test('a run is run again elsewhere: never on a runner that ran anything of it, and not at all where there is no other', async () => {
  push('{on: manual, jobs: {build: {runs-on: {pool: far}, steps: [{run: "true"}]}}}');
  const run = await me.call(contract.startRun, { body: { service: 'shop' } });
  const first = await givenRunner(floor, { pool: 'far' });
  await first.finish((await first.taken()).holder);
  const elsewhere = () => me.call(contract.retryRun, { params: { run: run.id }, body: { elsewhere: true } });
  await expect(elsewhere()).rejects.toMatchObject({ code: 'pipelines.no-other-runner', data: { run: run.id, pool: 'far' } });
  await givenRunner(floor, { pool: 'far', trust: 'untrusted' });
  await expect(elsewhere(), 'one for strangers takes no such job').rejects.toMatchObject({ code: 'pipelines.no-other-runner' });
  const second = await givenRunner(floor, { pool: 'far' });
  const again = await elsewhere();
  expect(await first.take()).toBeNull();
  const taken = await second.taken();
  expect(again.jobs.map(({ id }) => id)).toEqual([taken.plan.job]);
  await second.finish(taken.holder);
  // Asked for without the word, whoever comes first takes it.
  await me.call(contract.retryRun, { params: { run: run.id }, body: {} });
  await first.finish((await first.taken()).holder);
});

test('runs are filtered by branch, trigger and person, and say who asked and what the commit is about', async () => {
  const list = async (query: object) => (await me.call(contract.listRuns, { query: { service: 'shop', limit: 100, ...query } })).items;
  const all = await list({});
  expect(await list({ ref: 'main' })).toEqual(all.filter(({ ref }) => ref === 'refs/heads/main'));
  expect(await list({ ref: 'refs/heads/main' })).toEqual(await list({ ref: 'main' }));
  expect(await list({ ref: 'elsewhere' })).toEqual([]);
  const manual = await list({ trigger: 'manual' });
  expect(manual).toEqual(all.filter(({ trigger }) => trigger === 'manual'));
  expect(manual.length).toBeGreaterThan(0);
  expect(await list({ trigger: 'push' })).toEqual(all.filter(({ trigger }) => trigger === 'push'));
  expect(await list({ person: floor.newId('per') })).toEqual([]);
  expect(manual[0]?.subject).toBe('x');
});

test('a credential of one kind opens no route of another, and none opens none', async () => {
  const { client } = await registered();
  await expect(client.call(contract.listRuns, {})).rejects.toMatchObject({ status: 401 });
  await expect(me.call(runner.claimJob, { body: { executors: ['host'], waitMs: 0 } })).rejects.toMatchObject({ status: 401 });
  await expect(createClient({ url }).call(contract.listRuns, {})).rejects.toMatchObject({ status: 401 });
});

test('no credential that was shown once is kept where answers are kept', async () => {
  const rows = await floor.db.read('*', (tx) => tx.query<{ row: string }>(`select idempotency::text as row from idempotency`));
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.some(({ row }) => /ym_reg_|ym_rnr_|whsec_|planted/.test(row))).toBe(false);
});
