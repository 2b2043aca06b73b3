import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, type Api, type Json } from './api.ts';
import type { Instance } from './instance.ts';
import { LINES } from './repository.ts';
import { newStages, type Stages } from './stages.ts';

/** How long one stretch of the road may take while faults go on. */
const STRETCH_MS = 120_000;

/** One short road: a commit, its run, a release, dev by itself, an approval, prod. Answers what arrived. */
export async function ship(
  instance: Instance,
  mark: string,
  options: { readonly freezeMs?: number; readonly stages?: Stages } = {},
): Promise<{ release: string }> {
  const { ada, bob, repository, journal } = instance;
  const stages = options.stages ?? newStages();
  const commit = repository.commit(mark);
  journal.note('committed', { mark, commit, lines: LINES });
  stages.reach('committed');
  const run = await runOf(ada, commit, stages);
  const release = String((await ada.send('POST', '/v1/releases', { service: 'clock', run }))['id']);
  stages.reach('released');
  if (options.freezeMs !== undefined) await freeze(ada, options.freezeMs);
  await approve(bob, release);
  stages.reach('approved');
  await arrived(ada, release, 'dev', 'succeeded', stages);
  await arrived(ada, release, 'prod', 'succeeded', stages);
  await serving(ada, mark);
  journal.note('shipped', { mark, commit, run, release });
  return { release };
}

async function runOf(ada: Api, commit: string, stages: Stages): Promise<string> {
  const run = await until(`a run of ${commit.slice(0, 10)} to end`, async () => {
    const { items } = await ada.get(`/v1/runs?service=clock&commit=${commit}`);
    const [found] = items as Json[];
    if (found?.['state'] === 'running') stages.reach('running');
    return found?.['finishedAt'] == null ? null : found;
  });
  if (run['state'] !== 'succeeded') {
    const { jobs } = await ada.get(`/v1/runs/${String(run['id'])}`);
    throw new Error(`run ${String(run['id'])} is ${String(run['state'])}: ${JSON.stringify(run['cause'])} ${JSON.stringify(jobs)}`);
  }
  return String(run['id']);
}

/** Bob approves what he sees; what changed meanwhile he looks at again. */
async function approve(bob: Api, release: string): Promise<void> {
  await until('an approval', async () => {
    const { environments, votes } = await bob.get(`/v1/releases/${release}`);
    const mine = (votes as Json[]).find(
      (vote) => vote['environment'] === 'prod' && vote['verdict'] === 'approve' && vote['state'] !== 'void',
    );
    if (mine !== undefined) return mine;
    const target = (environments as Json[]).find((one) => one['environment'] === 'prod');
    if (target === undefined) throw new Error(`release ${release} is not meant for prod`);
    try {
      return await bob.send('POST', `/v1/releases/${release}/approvals`, {
        environment: 'prod',
        verdict: 'approve',
        reason: 'it is time',
        intent: target['intent'],
        version: target['version'],
      });
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) return null;
      throw error;
    }
  });
}

/** A freeze of prod that begins now and ends by itself. */
async function freeze(ada: Api, ms: number): Promise<void> {
  const from = new Date();
  const freeze = {
    kind: 'deny',
    scope: { environment: 'prod' },
    when: { kind: 'once', from: from.toISOString(), until: new Date(from.getTime() + ms).toISOString() },
    reason: 'nobody ships just now',
    ticket: 'OPS-1',
  };
  await ada.send('POST', '/v1/freezes', freeze).catch((error: unknown) => {
    // Asked again after its time, because the server was away for the whole of it: rightly refused.
    if (!(error instanceof Refusal && error.code === 'releases.window-over')) throw error;
  });
}

const OVER = ['succeeded', 'rolled-back', 'failed', 'cancelled'];

/** Waits until the newest deployment of a release to an environment is over, and throws where it ended otherwise. */
export async function arrived(ada: Api, release: string, environment: 'dev' | 'prod', wanted: string, stages: Stages): Promise<Json> {
  const deployment = await until(`the deployment of ${release} to ${environment} to end`, async () => {
    const { items } = await ada.get(`/v1/deployments?service=clock&environment=${environment}&release=${release}`);
    const [newest] = items as Json[];
    if (newest?.['startedAt'] != null) stages.reach(environment);
    return newest !== undefined && OVER.includes(String(newest['state'])) ? newest : null;
  });
  if (deployment['state'] !== wanted)
    throw new Error(
      `deployment ${String(deployment['id'])} to ${environment} is ${String(deployment['state'])}: ${String(deployment['cause'])}`,
    );
  return deployment;
}

/** Goes back to the release before, and waits for the end. */
export async function goBack(instance: Instance, mark: string): Promise<void> {
  const { ada } = instance;
  const asked = await ada.send('POST', '/v1/deployments/rollback', { service: 'clock', environment: 'prod', reason: 'it is late' });
  const { id, release } = asked['deployment'] as Json;
  await until(`the way back ${String(id)} to end`, async () => {
    const { deployment } = await ada.get(`/v1/deployments/${String(id)}`);
    const { state, cause } = deployment as Json;
    if (!OVER.includes(String(state))) return null;
    if (state !== 'succeeded') throw new Error(`the way back ${String(id)} is ${String(state)}: ${String(cause)}`);
    return deployment as Json;
  });
  await serving(ada, mark);
  instance.journal.note('went-back', { release, deployment: id, mark });
}

/** The address that users know answers with this version. */
async function serving(ada: Api, mark: string): Promise<void> {
  await until(`prod to serve ${mark}`, async () => {
    const { items } = await ada.get('/v1/environments/prod/services');
    const port = (items as Json[]).find((one) => one['service'] === 'clock')?.['frontPort'];
    if (typeof port !== 'number') return null;
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(3000) }).catch(() => null);
    return answer?.status === 200 && ((await answer.json()) as Json)['mark'] === mark ? answer : null;
  });
}

/** Asks until there is an answer; says what it waited for where none came. */
export async function until<Result>(what: string, look: () => Promise<Result | null>, ms = STRETCH_MS): Promise<Result> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}`);
    await sleep(60);
  }
}
