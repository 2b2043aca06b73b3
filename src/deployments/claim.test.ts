import { expect, test } from 'vitest';
import { whatRuns } from '../environments/environments.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { acquireLease, releaseLease } from '../platform/lease.store.ts';
import { testFloor } from '../testing/database.ts';
import { scripted, world } from '../testing/deployment-world.ts';
import { claim, finishAct, register, revokeAgent, takeBreakGlass, takeSamples } from './agents.commands.ts';
import { agentFor, agentLogin } from './agents.queries.ts';
import { requestDeployment } from './deploy.commands.ts';
import { leaseName } from './deployment.ts';
import { actsOf, deploymentById, samplesOf } from './deployments.queries.ts';
import { advance } from './engine.work.ts';

const floor = await testFloor();
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]): Promise<T> => floor.db.tx(floor.org, work);
const ada: Actor = {
  kind: 'person',
  id: 'per_ada',
  org: floor.org,
  credential: { kind: 'token', id: 'tok_1', actions: null, services: null },
};
const quiet = new AbortController().signal;

/** A place with an agent that does nothing by itself, and one deployment whose first act waits for it. */
async function waiting() {
  const { port } = scripted(new Map());
  const place = await world(floor, port, { kind: 'all-at-once' }, ada);
  const registration = await place.registration();
  const known = await tx((t) => register(t, { registration, name: `idle-${place.environmentId.slice(-8)}` }));
  await expect(tx((t) => register(t, { registration, name: 'again' }))).rejects.toMatchObject({ code: 'deployments.bad-registration' });
  const agent = (await tx((t) => agentLogin(t, known.key))) as Actor;
  const release = await place.release('1.0.0', digestOf('one'));
  const name = (await tx((t) => t.one<{ name: string }>(`select name from environment where id = $1`, [place.environmentId]))).name;
  const { id } = await tx((t) => requestDeployment(t, port, ada, { release, environment: name }));
  await place.close();
  const go = () => advance(floor, port, floor.org, id);
  await go();
  const ask = (session: string, doing: string[] = []) => claim(floor, port, agent, { session, doing, waitMs: 0 }, quiet);
  return { place, agent, id, ask, go, name, release, row: async () => (await tx((t) => deploymentById(t, id)))! };
}

test('an act whose lease somebody else has taken meanwhile is never given out', async () => {
  const w = await waiting();
  const row = await w.row();
  await tx((t) => releaseLease(t, leaseName(row), row.leaseToken ?? 0));
  expect(await tx((t) => acquireLease(t, floor.org, leaseName(row), 'dep_other', 60_000))).not.toBeNull();
  expect(await w.ask('a1')).toBeNull();
  expect((await tx((t) => actsOf(t, w.id))).map((act) => act.state)).toEqual(['withdrawn']);
  // Nor does the engine give another one while the other holds the place.
  await w.go();
  expect((await tx((t) => actsOf(t, w.id))).map((act) => act.state)).toEqual(['withdrawn']);
});

test('an act is given once; a lost session makes it unknown, the next one is given the same act again, and its end counts', async () => {
  const w = await waiting();
  const [one, two] = await Promise.all([w.ask('a1'), w.ask('a1')]);
  expect([one, two].filter((act) => act !== null)).toHaveLength(1);
  const act = one ?? two!;
  expect(await w.ask('a1', [act.act])).toBeNull();
  await tx((t) => t.write(`update deployment_act set claim_until = '2020-01-01T00:00:00Z' where id = $1`, [act.act]));
  await w.go();
  expect((await w.row()).state).toBe('unknown');
  await w.go();
  expect((await w.row()).state).toBe('unknown');
  const again = await w.ask('a2');
  expect(again).toEqual({ ...act, startWithinMs: expect.any(Number) });
  const result = { outcome: 'succeeded' as const, detail: 'ok', tookMs: 1, slot: null };
  const stranger: Actor = { kind: 'agent', id: 'agt_other', org: floor.org };
  expect(await tx((t) => finishAct(t, stranger, act.act, act.token, result))).toMatchObject({ problem: { code: 'deployments.stale-act' } });
  expect(await tx((t) => finishAct(t, w.agent, act.act, act.token + 1, result))).toMatchObject({
    problem: { code: 'deployments.stale-act' },
  });
  expect(await tx((t) => finishAct(t, w.agent, act.act, act.token, result))).toEqual({ accepted: true });
  await w.go();
  const moves = await tx((t) =>
    t.query<{ to: string }>(`select to_state as to from deployment_move where deployment_id = $1 order by seq`, [w.id]),
  );
  expect(moves.map((move) => move.to)).toEqual(['acting', 'unknown', 'acting']);
  expect((await tx((t) => actsOf(t, w.id))).map((one) => `${one.work.phase} ${one.state}`)).toEqual(['start succeeded', 'smoke queued']);
});

test('an act that ran out of its leave before it began is asked for anew, not failed', async () => {
  const w = await waiting();
  const act = (await w.ask('a1'))!;
  await tx((t) => finishAct(t, w.agent, act.act, act.token, { outcome: 'expired', detail: 'late', tookMs: 0, slot: null }));
  await w.go();
  expect((await w.row()).state).toBe('acting');
  expect((await tx((t) => actsOf(t, w.id))).map((one) => one.state)).toEqual(['withdrawn', 'queued']);
});

test('counts sent twice are kept once, and only from the agent of the deployment', async () => {
  const w = await waiting();
  const classes = { '2xx': 5, '3xx': 0, '4xx': 0, '5xx': 0, none: 0 };
  const sample = { instance: 'candidate-x', seq: 1, from: 0, to: 1, requests: 5, errors: 0, classes, latency: null };
  for (let count = 0; count < 2; count++) expect(await tx((t) => takeSamples(t, w.agent, w.id, [sample]))).toEqual({ observe: true });
  expect(await tx((t) => samplesOf(t, w.id, ['candidate-x']))).toHaveLength(1);
  const stranger: Actor = { kind: 'agent', id: 'agt_other', org: floor.org };
  await expect(tx((t) => takeSamples(t, stranger, w.id, [sample]))).rejects.toMatchObject({ code: 'deployments.not-found' });
});

test('the database itself refuses two deployments that act in one place', async () => {
  const w = await waiting();
  const second = `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, requested_by, strategy, start_order, plan, requested_at, holds)
    select 'dep_second', org_id, service_id, environment_id, release_id, version_name, digest, kind, 'acting', '', requested_by, strategy, start_order, plan, requested_at, true from deployment where id = $1`;
  await expect(tx((t) => t.write(second, [w.id]))).rejects.toThrow(/one_at_a_time/);
});

test('a break-glass rollback told by the agent is in the books once', async () => {
  const w = await waiting();
  await tx((t) =>
    t.write(`update deployment set state = 'succeeded', finished_at = requested_at, holds = false, recorded = true where id = $1`, [w.id]),
  );
  const service = await tx((t) => t.one<{ name: string }>(`select name from service where id = $1`, [w.place.serviceId]));
  const to = { digest: digestOf('one'), release: w.release };
  const instances = [{ instance: 'back-1', ...to, version: '1.0.0', state: 'up' as const, weight: 100, port: 9000, pid: 2 }];
  const slot = { service: service.name, environment: w.name, frontPort: 8000, router: 'builtin' as const, token: 1, instances };
  const report = {
    act: 'act_glass',
    service: service.name,
    environment: w.name,
    reason: 'fire',
    operator: 'ada',
    at: 0,
    from: null,
    to,
    slot,
  };
  for (let count = 0; count < 2; count++) expect(await tx((t) => takeBreakGlass(t, w.agent, report))).toEqual({ accepted: true });
  expect((await tx((t) => whatRuns(t, w.place.serviceId, w.place.environmentId)))?.releaseId).toBe(w.release);
  const facts = await tx((t) =>
    t.query(`select 1 from fact where type = 'deployment.break-glass-reported' and service_id = $1`, [w.place.serviceId]),
  );
  expect(facts).toHaveLength(1);
});

test('a revoked agent gets nothing more, and what it had not begun is taken back', async () => {
  const w = await waiting();
  const key = w.agent.id;
  await tx((t) => revokeAgent(t, ada, key));
  await expect(w.ask('a1')).rejects.toMatchObject({ code: 'identity.not-signed-in' });
  await expect(tx((t) => revokeAgent(t, ada, key))).rejects.toMatchObject({ code: 'deployments.unknown-name' });
  await w.go();
  expect((await tx((t) => actsOf(t, w.id))).map((one) => one.state)).toEqual(['withdrawn']);
  expect(await w.row()).toMatchObject({ state: 'failed', holds: false });
  // Its name is free for the machine's next registration, and no environment finds it any more.
  expect(await tx((t) => agentFor(t, `idle-${w.place.environmentId.slice(-8)}`))).toBeNull();
});

test('an act of a revoked agent is waited for while it may be under way, then given up as unknown, never as done', async () => {
  const w = await waiting();
  const act = (await w.ask('a1'))!;
  await tx((t) => revokeAgent(t, ada, w.agent.id));
  await w.go();
  expect((await w.row()).state).toBe('acting');
  await tx((t) => t.write(`update deployment_act set claim_until = '2020-01-01T00:00:00Z' where id = $1`, [act.act]));
  await w.go();
  expect(await w.row()).toMatchObject({ state: 'failed', holds: false, cause: expect.stringContaining('never told') });
  const [only] = await tx((t) => actsOf(t, w.id));
  expect(only).toMatchObject({ state: 'unknown', result: null });
  expect(only?.finishedAt).not.toBeNull();
  // Another agent may act in this place now.
  const row = await w.row();
  const lease = await tx((t) => acquireLease(t, floor.org, leaseName(row), 'dep_next', 60_000));
  expect(lease?.token).toBeGreaterThan(act.token);
});
