import { expect, test } from 'vitest';
import { whatRuns } from '../environments/environments.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { testFloor } from '../testing/database.ts';
import { scripted, world } from '../testing/deployment-world.ts';
import { claim, finishAct, register, takeBreakGlass } from './agents.commands.ts';
import { agentFor, agentLogin } from './agents.queries.ts';
import { requestDeployment, requestRollback } from './deploy.commands.ts';
import { actsOf, deploymentById } from './deployments.queries.ts';
import { advance } from './engine.work.ts';

/** What people and agents who may do something try beyond it. */

const floor = await testFloor();
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]): Promise<T> => floor.db.tx(floor.org, work);
const ada: Actor = {
  kind: 'person',
  id: 'per_ada',
  org: floor.org,
  credential: { kind: 'token', id: 'tok_1', actions: null, services: null },
};
const quiet = new AbortController().signal;

/** A place whose agent is played by hand: it takes every act and says that it went well. */
async function place() {
  const { port, say } = scripted(new Map());
  const made = await world(floor, port, { kind: 'all-at-once' }, ada);
  await made.close();
  const agentNamed = async (name: string): Promise<Actor> => {
    const registration = await made.registration();
    return (await tx(async (t) => agentLogin(t, (await register(t, { registration, name })).key))) as Actor;
  };
  const agent = await agentNamed(`hand-${made.environmentId.slice(-8)}`);
  const environment = (await tx((t) => t.one<{ name: string }>(`select name from environment where id = $1`, [made.environmentId]))).name;
  const service = (await tx((t) => t.one<{ name: string }>(`select name from service where id = $1`, [made.serviceId]))).name;
  const take = () => claim(floor, port, agent, { session: 'a1', doing: [], waitMs: 0 }, quiet);
  const walk = async (id: string): Promise<string> => {
    for (let count = 0; count < 30; count++) {
      await advance(floor, port, floor.org, id);
      const row = (await tx((t) => deploymentById(t, id)))!;
      if (row.finishedAt !== null) return row.state;
      const act = await take();
      if (act === null) return row.state;
      await tx((t) => finishAct(t, agent, act.act, act.token, { outcome: 'succeeded', detail: 'ok', tookMs: 1, slot: null }));
    }
    throw new Error('it never ends');
  };
  const deploy = async (release: string): Promise<string> =>
    (await tx((t) => requestDeployment(t, port, ada, { release, environment }))).id;
  const back = async (to: string | null): Promise<string> =>
    (await tx((t) => requestRollback(t, port, ada, { service, environment, reason: 'odd', to }))).id;
  return { ...made, port, say, agent, environment, service, take, walk, deploy, back };
}

test('the way back starts what was good as it was good, whatever the catalog says by now', async () => {
  const w = await place();
  const first = await w.release('1.0.0', digestOf('one'));
  expect(await w.walk(await w.deploy(first))).toBe('succeeded');
  const second = await w.release('2.0.0', digestOf('two'));
  expect(await w.walk(await w.deploy(second))).toBe('succeeded');
  const was = (
    await tx((t) => t.one<{ order: { run: unknown } }>(`select start_order as order from deployment where release_id = $1`, [first]))
  ).order;
  // Nobody approved this; a way back passes approvals, so it must not carry it.
  await tx((t) =>
    t.write(`update service set run = jsonb_set(run, '{command}', '["sh", "evil"]'), configuration = $2 where id = $1`, [
      w.serviceId,
      JSON.stringify({ [w.environment]: { DOOR: 'open' } }),
    ]),
  );
  for (const to of [null, second]) {
    const id = await w.back(to);
    expect(await w.walk(id)).toBe('succeeded');
    const [start] = (await tx((t) => actsOf(t, id))).filter((act) => act.work.phase === 'start');
    expect(start?.work).toMatchObject({ run: { command: ['node', 'main.mjs'] }, configuration: {} });
    expect(JSON.stringify((await tx((t) => actsOf(t, id))).map((act) => act.work))).not.toContain('evil');
    if (to === null) expect(start?.work).toMatchObject({ run: was.run });
  }
});

test('an agent tells of a break-glass only where it is the agent', async () => {
  const [mine, theirs] = [await place(), await place()];
  const release = await theirs.release('1.0.0', digestOf('one'));
  expect(await theirs.walk(await theirs.deploy(release))).toBe('succeeded');
  const second = await theirs.release('2.0.0', digestOf('two'));
  expect(await theirs.walk(await theirs.deploy(second))).toBe('succeeded');
  const to = { digest: digestOf('one'), release };
  const instances = [{ instance: 'back-1', ...to, version: '1.0.0', state: 'up' as const, weight: 100, port: 9000, pid: 2 }];
  const { service, environment } = theirs;
  const slot = { service, environment, frontPort: 8000, router: 'builtin' as const, token: 1, instances };
  const report = { act: 'act_lie', service, environment, reason: 'fire', operator: 'eve', at: 0, from: null, to, slot };
  await expect(tx((t) => takeBreakGlass(t, mine.agent, report))).rejects.toMatchObject({ code: 'deployments.not-its-agent' });
  expect((await tx((t) => whatRuns(t, theirs.serviceId, theirs.environmentId)))?.releaseId).toBe(second);
  expect(await tx((t) => takeBreakGlass(t, theirs.agent, report))).toEqual({ accepted: true });
  expect((await tx((t) => whatRuns(t, theirs.serviceId, theirs.environmentId)))?.releaseId).toBe(release);
});

test('a way back that waits for its turn is not put aside by a newer deployment', async () => {
  const w = await place();
  const first = await w.release('1.0.0', digestOf('one'));
  await w.walk(await w.deploy(first));
  const second = await w.release('2.0.0', digestOf('two'));
  await w.walk(await w.deploy(second));
  const back = await w.back(null);
  const third = await w.release('3.0.0', digestOf('three'));
  const next = await w.deploy(third);
  expect((await tx((t) => deploymentById(t, back)))?.state).toBe('requested');
  expect(await w.walk(back)).toBe('succeeded');
  expect(await w.walk(next)).toBe('succeeded');
});

test('leave that ended between the decision and the taking of its act is no leave', async () => {
  const w = await place();
  const release = await w.release('1.0.0', digestOf('one'));
  const id = await w.deploy(release);
  await advance(floor, w.port, floor.org, id);
  // The line is stopped while the agent is away; the decision alone would hold for half a minute more.
  w.say.verdict = 'wait';
  expect(await w.take()).toBeNull();
  expect((await tx((t) => actsOf(t, id))).map((act) => act.state)).toEqual(['withdrawn']);
  await advance(floor, w.port, floor.org, id);
  expect((await tx((t) => deploymentById(t, id)))?.state).toBe('waiting');
  w.say.verdict = 'allow';
  expect(await w.walk(id)).toBe('succeeded');
});

test('a machine does not become the agent of an environment by taking its label for a name', async () => {
  const mine = await place();
  const registration = await mine.registration();
  const theirs = await place();
  const wanted = (await tx((t) => t.one<{ agent: string }>(`select agent from environment where id = $1`, [theirs.environmentId]))).agent;
  const rogue = await tx((t) => register(t, { registration, name: wanted }));
  expect(rogue.labels).not.toContain(wanted);
  expect((await tx((t) => agentFor(t, wanted)))?.id).toBe(theirs.agent.id);
  // By its own name it is found where no label says so.
  expect((await tx((t) => agentFor(t, `hand-${mine.environmentId.slice(-8)}`)))?.id).toBe(mine.agent.id);
});

test('a release goes to the environments that it is meant for, and to no other', async () => {
  const w = await place();
  const release = await w.release('1.0.0', digestOf('one'));
  await tx((t) => t.write(`update release set targets = '{elsewhere}' where id = $1`, [release]));
  await expect(w.deploy(release)).rejects.toMatchObject({ code: 'deployments.not-a-target' });
});
