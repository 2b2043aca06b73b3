import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { StrategySpec } from '../catalog/environment.ts';
import { whatRuns, wasVerified } from '../environments/environments.queries.ts';
import { runAgent } from '../agent/agent.run.ts';
import { loadJson } from '../agent/files.disk.ts';
import { endGroup } from '../agent/proc.linux.ts';
import { builtinRouter } from '../agent/router/builtin.process.ts';
import { openSlots } from '../agent/slots.disk.ts';
import { folder, logLines, packService, traffic } from '../agent/testing.fixture.ts';
import type { Actor } from '../kernel/actor.ts';
import { testFloor } from '../testing/database.ts';
import { cancelDeployment, requestDeployment, requestRollback } from './deploy.commands.ts';
import { actsOf, deploymentById, slotOf } from './deployments.queries.ts';
import { detailOf } from './deployments.views.ts';
import { finishAct } from './agents.commands.ts';
import { scripted, world, type World } from '../testing/deployment-world.ts';
import { isOver } from './states.ts';

const floor = await testFloor();
const root = folder();
const [v1, v2, v3] = [await packService(root.path, 'one'), await packService(root.path, 'two'), await packService(root.path, 'three')];
const files = new Map([v1, v2, v3].map((one) => [one.digest as string, one.file]));
const ada: Actor = {
  kind: 'person',
  id: 'per_ada',
  org: floor.org,
  credential: { kind: 'token', id: 'tok_1', actions: null, services: null },
};
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]): Promise<T> => floor.db.tx(floor.org, work);

const CANARY: StrategySpec = {
  kind: 'canary',
  baseline: true,
  steps: [
    { weight: 20, forMs: 1000 },
    { weight: 40, forMs: 1000 },
  ],
  maxErrorRateWorse: 200,
  minRequests: 20,
};

type Set = {
  place: World;
  state: string;
  stop(): Promise<void>;
  say: ReturnType<typeof scripted>['say'];
  asked: ReturnType<typeof scripted>['asked'];
  port: ReturnType<typeof scripted>['port'];
};
const sets: Set[] = [];

async function set(strategy: StrategySpec, name: string, agentHere = true): Promise<Set> {
  const { port, say, asked } = scripted(files);
  const place = await world(floor, port, strategy, ada);
  const state = join(root.path, name);
  const ended = new AbortController();
  const registration = await place.registration();
  const agent = agentHere
    ? runAgent({ url: place.url, name: `agent-${name}`, registration, state, router: 'builtin', sampleMs: 200 }, ended.signal)
    : Promise.resolve();
  const made: Set = {
    place,
    state,
    say,
    asked,
    port,
    stop: async () => {
      ended.abort();
      await agent;
      await place.close();
      for (const slot of openSlots(join(state, 'slots')).all())
        for (const one of slot.instances) if (one.process !== null) await endGroup(one.process, 500);
      await builtinRouter(join(state, 'router')).stop();
    },
  };
  sets.push(made);
  // The agent is registered before anything is asked of it.
  if (agentHere) await until(async () => (loadJson(join(state, 'identity.json')) as object | null) !== null);
  return made;
}

afterAll(async () => {
  for (const one of sets) await one.stop();
  root.remove();
});

async function until(ready: () => Promise<boolean>, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await ready())) {
    if (performance.now() > end)
      throw new Error(
        `it did not happen in time: ${JSON.stringify(await tx((t) => t.query('select state, cause, step, last_answer from deployment')))}`,
      );
    await new Promise((wake) => setTimeout(wake, 30));
  }
}

async function over(id: string): Promise<NonNullable<Awaited<ReturnType<typeof detailOf>>>['deployment']> {
  await until(async () => isOver((await tx((t) => deploymentById(t, id)))?.state ?? 'requested'));
  return (await tx((t) => detailOf(t, id)))!.deployment;
}

const deploy = async (s: Set, release: string): Promise<string> => {
  const place = await tx((t) => t.one<{ name: string }>(`select name from environment where id = $1`, [s.place.environmentId]));
  return (await tx((t) => requestDeployment(t, s.port, ada, { release, environment: place.name }))).id;
};
const frontOf = async (s: Set): Promise<number> =>
  (await tx((t) => slotOf(t, s.place.serviceId, s.place.environmentId)))?.picture?.frontPort ?? 0;

test('first all at once, then a good canary without one failed request, then a bad one that goes back by itself', async () => {
  const s = await set(CANARY, 'road');
  const first = await s.place.release('1.0.0', v1.digest);
  const done = await over(await deploy(s, first));
  expect(done).toMatchObject({ state: 'succeeded', previous: null });
  expect(await tx((t) => wasVerified(t, s.place.serviceId, s.place.environmentId, first))).toBe(true);

  const front = await frontOf(s);
  const load = traffic(front, 4);
  const second = await s.place.release('2.0.0', v2.digest);
  const canary = await over(await deploy(s, second));
  expect(canary, canary.cause).toMatchObject({ state: 'succeeded', previous: { version: '1.0.0' } });
  expect(canary.verdicts.at(-1)?.answer).toBe('not-worse');
  const hits = await load.stop();
  expect(hits.filter((hit) => hit.status !== 200)).toEqual([]);
  expect(new Set(hits.map((hit) => hit.body))).toEqual(new Set(['1.0.0', '2.0.0']));
  // Every act that shipped something was allowed by a decision of its own.
  const shipping = canary.acts.filter(
    (act) => act.order.phase === 'weigh' || (act.order.phase === 'start' && act.order.instance.startsWith('candidate')),
  );
  expect(shipping.map((act) => act.decision)).not.toContain(null);

  const again = traffic(front, 4);
  const third = await s.place.release('3.0.0', v3.digest, 60);
  const bad = await over(await deploy(s, third));
  expect(bad.state).toBe('rolled-back');
  expect(bad.cause).toContain('worse');
  const after = await again.stop();
  expect(after.at(-1)).toMatchObject({ status: 200, body: '2.0.0' });
  const failed = after.filter((hit) => hit.status !== 200).length;
  expect(failed).toBeGreaterThan(0);
  expect(failed / after.length).toBeLessThan(0.25);
  expect((await tx((t) => whatRuns(t, s.place.serviceId, s.place.environmentId)))?.releaseId).toBe(second);
  expect(bad.moves.map((move) => move.seq)).toEqual(bad.moves.map((_, at) => at + 1));
  expect(s.asked).toContainEqual({ purpose: 'rollback', record: true, release: second });
  const facts = await tx((t) =>
    t.query<{ type: string }>(`select type from fact where subject = $1 and type = 'service.rolledback'`, [s.place.serviceId]),
  );
  expect(facts).toHaveLength(1);

  // A person goes back further, by hand.
  await s.place.play('1.0.0');
  const place = await tx((t) =>
    t.one<{ service: string; environment: string }>(
      `select service.name as service, environment.name as environment from service, environment where service.id = $1 and environment.id = $2`,
      [s.place.serviceId, s.place.environmentId],
    ),
  );
  const back = await tx((t) => requestRollback(t, s.port, ada, { ...place, reason: 'the numbers look odd', to: null }));
  expect(await over(back.id)).toMatchObject({ state: 'succeeded', kind: 'rollback', version: '1.0.0' });
  expect((await tx((t) => whatRuns(t, s.place.serviceId, s.place.environmentId)))?.releaseId).toBe(first);
  await expect(deploy(s, first)).resolves.toBeDefined();
}, 600_000);

test('waits until it is allowed and goes on by itself; denied it ends; a newer request supersedes one that waits', async () => {
  const s = await set({ kind: 'all-at-once' }, 'wait');
  const first = await s.place.release('1.0.0', v1.digest);
  s.say.verdict = 'wait';
  const waiting = await deploy(s, first);
  await until(async () => (await tx((t) => deploymentById(t, waiting)))?.state === 'waiting');
  const second = await s.place.release('1.1.0', v2.digest);
  const newer = await deploy(s, second);
  expect((await over(waiting)).cause).toContain('superseded');
  await until(async () => (await tx((t) => deploymentById(t, newer)))?.state === 'waiting');
  expect((await tx((t) => actsOf(t, newer))).length).toBe(0);
  s.say.verdict = 'allow';
  expect(await over(newer)).toMatchObject({ state: 'succeeded' });
  s.say.verdict = 'deny';
  const third = await s.place.release('1.2.0', v3.digest);
  expect(await over(await deploy(s, third))).toMatchObject({ state: 'failed', cause: 'denied: the test says deny.' });
  await expect(deploy(s, first)).rejects.toMatchObject({ code: 'deployments.older-release' });
}, 600_000);

test('a release whose smoke test fails never gets a request', async () => {
  const s = await set({ kind: 'all-at-once' }, 'smoke');
  await over(await deploy(s, await s.place.release('1.0.0', v1.digest)));
  const load = traffic(await frontOf(s), 10);
  const bad = await over(await deploy(s, await s.place.release('2.0.0', v2.digest, 100)));
  expect(bad).toMatchObject({ state: 'rolled-back' });
  expect(bad.cause).toContain('smoke test failed');
  const hits = await load.stop();
  expect(new Set(hits.map((hit) => hit.body))).toEqual(new Set(['1.0.0']));
}, 600_000);

test('a yes that turns to wait between two waves holds the canary, and a cancel takes it back', async () => {
  const s = await set(CANARY, 'hold');
  await over(await deploy(s, await s.place.release('1.0.0', v1.digest)));
  const load = traffic(await frontOf(s), 5);
  const coming = await deploy(s, await s.place.release('2.0.0', v2.digest));
  await until(async () => (await tx((t) => deploymentById(t, coming)))?.state === 'observing');
  s.say.verdict = 'wait';
  await until(async () => (await tx((t) => deploymentById(t, coming)))?.state === 'waiting');
  const held = await tx((t) => deploymentById(t, coming));
  expect(held?.holdUntil).not.toBeNull();
  await tx((t) => cancelDeployment(t, s.port, ada, { deployment: coming, reason: 'not today' }));
  expect(await over(coming)).toMatchObject({ state: 'rolled-back' });
  const hits = await load.stop();
  expect(hits.filter((hit) => hit.status !== 200)).toEqual([]);
}, 600_000);

test('an agent killed while it acts: the deployment is unknown or waits, the next agent process ends it, services never stop', async () => {
  const s = await set({ kind: 'all-at-once' }, 'kill', false);
  const program = join(root.path, 'agent.ts');
  const at = join(import.meta.dirname, '../agent/agent.run.ts');
  writeFileSync(
    program,
    `import { runAgent } from ${JSON.stringify(at)};\nawait runAgent(JSON.parse(process.argv[2] ?? ''), new AbortController().signal);\n`,
  );
  let registration: string | null = await s.place.registration();
  const start = (): ChildProcess => {
    const options = { url: s.place.url, name: 'agent-kill', registration, state: s.state, router: 'builtin', sampleMs: 200 };
    registration = null;
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, JSON.stringify(options)], { stdio: 'inherit' });
  };
  let agent = start();
  await until(async () => (loadJson(join(s.state, 'identity.json')) as object | null) !== null);
  await over(await deploy(s, await s.place.release('1.0.0', v1.digest)));
  const load = traffic(await frontOf(s), 10);
  const second = await deploy(s, await s.place.release('2.0.0', v2.digest));
  await until(async () => (await tx((t) => actsOf(t, second))).some((act) => act.state === 'claimed'));
  agent.kill('SIGKILL');
  await new Promise((gone) => agent.once('exit', gone));
  agent = start();
  const done = await over(second);
  expect(done.state).toBe('succeeded');
  const hits = await load.stop();
  expect(hits.filter((hit) => hit.status !== 200)).toEqual([]);
  // The agent's own log: every act ended at most once.
  const ends = logLines(s.state)
    .filter((line) => line['event'] === 'end')
    .map((line) => line['act']);
  expect(new Set(ends).size).toBe(ends.length);
  agent.kill('SIGKILL');
}, 600_000);

test('the end of an act that is not its own is refused and recorded; the true end told twice is taken once', async () => {
  const s = await set({ kind: 'all-at-once' }, 'stale');
  const done = await over(await deploy(s, await s.place.release('1.0.0', v1.digest)));
  const act = done.acts[0]!;
  const agent: Actor = { kind: 'agent', id: done.agent?.id ?? '', org: floor.org };
  const result = { outcome: 'failed' as const, detail: 'late', tookMs: 1, slot: null };
  expect(await tx((t) => finishAct(t, agent, act.act, act.token, result))).toEqual({ accepted: true });
  const stranger: Actor = { kind: 'agent', id: 'agt_other', org: floor.org };
  for (const [who, token] of [
    [agent, act.token + 1],
    [stranger, act.token],
  ] as const) {
    expect(await tx((t) => finishAct(t, who, act.act, token, result))).toMatchObject({ problem: { code: 'deployments.stale-act' } });
  }
  const refused = await tx((t) => t.query(`select 1 from fact where subject = $1 and type = 'deployment.stale-act-refused'`, [done.id]));
  expect(refused).toHaveLength(2);
  expect((await tx((t) => detailOf(t, done.id)))?.deployment.acts[0]?.result?.outcome).toBe('succeeded');
}, 600_000);
