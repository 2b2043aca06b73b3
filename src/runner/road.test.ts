import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { afterAll, expect, test } from 'vitest';
import * as contract from '../contract/pipelines.ts';
import { createClient } from '../host/client.http.ts';
import { pipelineResolvers } from '../pipelines/pipelines.queries.ts';
import { pipelineRoutes, pipelineSweepers, pipelineTasks } from '../pipelines/pipelines.routes.ts';
import { runnerLogin } from '../pipelines/runners/register.commands.ts';
import { serviceSecrets } from '../pipelines/secrets/secrets.commands.ts';
import { parseConfig } from '../platform/config.ts';
import { openFloor } from '../platform/floor.system.ts';
import type { AccessGate } from '../platform/http/gate.port.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { startWorker } from '../platform/jobs/worker.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { testDatabase } from '../testing/database.ts';
import { givenService } from '../testing/pipelines.ts';
import { runRunner } from './main.ts';

// This runner and the real server, real PostgreSQL, a real repository: the two sides of the contract meet.

const root = mkdtempSync(join(tmpdir(), 'ym-runner-road-'));
const database = await testDatabase();
const log = makeLog('silent', 'test');
const config = parseConfig({ YARDMASTER_STATE: join(root, 'server'), YARDMASTER_LOG_LEVEL: 'silent' }, false);
const open = await openFloor({ config, log, where: database.where, wiring: new Map(), migrations: null });
const { floor } = open;
const PERSON = 'a-person-of-the-test';
const credential = { kind: 'token', id: 'tok', actions: null, services: null } as const;
const person = { kind: 'person', id: floor.newId('per'), org: floor.org, credential } as const;
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
  artifacts: { accept: async (_: unknown, made: { name: string }) => void accepted.push(`artifact ${made.name}`) },
  reports: { accept: async (_: unknown, report: { name: string }) => void accepted.push(`report ${report.name}`) },
};
const app = buildApp(pipelineRoutes(parts), { floor, gate, stopping: new AbortController().signal, observe: () => undefined });
const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
const http = createServer((request, response) => void listener(request, response));
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
const worker = await startWorker(floor, open.pool, { tasks: pipelineTasks, sweepers: pipelineSweepers, reactions: [] });
const stop = new AbortController();
let running: Promise<void> = Promise.resolve();

afterAll(async () => {
  stop.abort();
  await running.catch(() => undefined);
  http.closeAllConnections();
  http.close();
  await worker.stop();
  await open.close();
  await database.drop();
  rmSync(root, { recursive: true, force: true });
  rmSync(`${root}.keys`, { recursive: true, force: true });
});

const PIPELINE = `
name: shop
on: { manual: }
jobs:
  build:
    secrets: [TOKEN]
    cache: [{ key: deps, paths: [.deps] }]
    steps:
      - { name: make, run: 'mkdir -p dist .deps; cp hello dist/; date +%N > .deps/x; echo "token $TOKEN äöü"; echo "word=hi" >> $YM_OUTPUT' }
      - { name: report, run: 'echo "<testsuite><testcase/></testsuite>" > j.xml' }
    outputs: [word]
    artifacts: [{ name: app, path: dist }]
    reports: [{ kind: junit, path: j.xml }]
  use:
    needs: [build]
    env: { WORD: '\${{ needs.build.outputs.word }}' }
    inputs: [{ artifact: app, path: in }]
    steps: [{ run: 'echo "$WORD from $(cat in/hello)"; for i in $(seq 300); do echo "line $i"; done' }]
  fails:
    needs: [build]
    steps: [{ run: 'exit 5' }]
`;

test(
  'a real run goes through: source, secret, cache, outputs, artifact to the next job, logs, reports, a failure with its cause',
  { timeout: 600_000 },
  async () => {
    const repo = join(root, 'repo');
    mkdirSync(join(repo, '.yardmaster'), { recursive: true });
    writeFileSync(join(repo, '.yardmaster/pipeline.yaml'), PIPELINE);
    writeFileSync(join(repo, 'hello'), 'the repository');
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', repo, '-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
        env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
      });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'feat: one');
    await givenService(floor, 'shop', { url: repo });

    const me = createClient({ url, credential: PERSON });
    await me.call(contract.putSecret, { params: { service: 'shop', name: 'TOKEN' }, body: { value: 'planted-token' } });
    const { registration } = await me.call(contract.createRegistration, { body: {} });
    const said: string[] = [];
    running = runRunner(
      { url, name: 'r1', registration, state: join(root, 'runner'), slots: 2, say: (line) => void said.push(line) },
      stop.signal,
    );
    running.catch((error: unknown) => said.push(String(error)));

    for (const round of [1, 2]) {
      let run = await me.call(contract.startRun, { body: { service: 'shop' } });
      while (!['succeeded', 'failed', 'cancelled'].includes(run.state))
        run = await me.call(contract.getRun, { params: { run: run.id }, query: { wait: 20, version: run.version } });
      const jobs = Object.fromEntries(run.jobs.map((job) => [job.name, job]));
      expect(jobs['build'], said.join('\n')).toMatchObject({ state: 'succeeded', artifacts: [{ name: 'app' }] });
      expect(jobs['use']).toMatchObject({ state: 'succeeded' });
      expect(jobs['fails']).toMatchObject({ state: 'failed' });
      expect(JSON.stringify(jobs['fails'])).toContain('failed with exit code 5');
      const text = async (job: string): Promise<string> =>
        (await me.call(contract.readLog, { params: { job: jobs[job]?.id ?? '' }, query: { wait: 1 } })).text;
      expect(await text('build')).toContain('token *** äöü');
      expect(await text('build')).toContain(round === 1 ? 'cache deps: stored' : 'cache deps: restored it');
      expect(await text('use')).toContain('hi from the repository');
      expect((await text('use')).split('\n').filter((line) => /^line \d+$/.test(line))).toHaveLength(300);
      expect(JSON.stringify(run) + (await text('build'))).not.toContain('planted');
    }
    expect(accepted).toEqual(['artifact app', 'report junit', 'artifact app', 'report junit']);
    expect(said.join('\n')).not.toContain(JSON.parse(readFileSync(join(root, 'runner/runner.json'), 'utf8')).key);
  },
);
