import { setTimeout as sleep } from 'node:timers/promises';
import { makeInstance, type Instance } from '../bench/support/instance.ts';
import { startStub, type Heard, type Says } from '../src/integrations/connections/stub.fixture.ts';
import { randomOf, type Random } from './road/random.ts';

/**
 * A server that reads the runs of 90 days from GitHub Actions is killed (SIGKILL) three times in the middle of it, at moments
 * of the seed, and started again. In the end every run of that time is there, once, as it ended there.
 */
const RUNS = 900;
const KILLS = 3;
const DAY = 86_400_000;
const WAIT_MS = 240_000;

type Run = { readonly id: number; readonly at: number; readonly failed: boolean };

let instance: Instance | null = null;

export const campaign = {
  name: 'ci-backfill',
  async run(seed: number): Promise<void> {
    const here = (instance ??= await makeInstance({ YARDMASTER_EGRESS_ALLOW: '127.0.0.1', YARDMASTER_SWEEP_MS: '1000' }));
    const random = randomOf(seed);
    const name = `shop-${seed}`;
    const now = Date.now();
    const runs = Array.from({ length: RUNS }, (_, at): Run => ({
      id: seed * 100_000 + at,
      at: now - 3_600_000 - Math.floor((at * 88 * DAY) / RUNS),
      failed: at % 7 === 0,
    }));
    const stub = await startStub((heard) => sleep(random.pick(30)).then(() => github(name, runs, heard)));
    try {
      const repository = `https://github.com/acme/${name}.git`;
      const text = `teams: {crew: {title: Crew}}\nservices: {${name}: {team: crew, tier: 3, repository: {url: '${repository}', branch: main}}}\n`;
      const plan = await here.call('POST', '/v1/catalog/plan', { text });
      await here.call('POST', '/v1/catalog/apply', { text, plan: plan['digest'] });
      await here.call('POST', '/v1/connections', { name, vendor: 'github', url: stub.url, credential: { token: 'tok3n' } });
      await here.call('POST', `/v1/connections/${name}/check`, {});
      await here.call('POST', `/v1/connections/${name}/backfill`, { days: 90 });
      const killedAt: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) killedAt.push(await killed(here, name, random));
      await filled(here, name);
      await compare(here, name, runs);
      process.stdout.write(`  ${RUNS} runs, killed when ${killedAt.join(', ')} of them were kept; ${stub.heard.length} questions\n`);
      if (killedAt.every((kept) => kept === RUNS)) throw new Error('no kill fell into the backfill: the seed shows nothing');
    } finally {
      await stub.close();
    }
  },
  async end(): Promise<void> {
    await instance?.close();
    instance = null;
  },
};

/** Kills the server a moment after the backfill moved on, and starts it again; answers how many runs were kept before. */
async function killed(here: Instance, name: string, random: Random): Promise<number> {
  const before = await kept(here, name);
  const end = performance.now() + 20_000;
  while ((await kept(here, name)) === before && performance.now() < end) await sleep(50);
  await sleep(random.pick(400));
  const now = await kept(here, name);
  here.server().child.kill('SIGKILL');
  await here.startServer();
  return now;
}

async function kept(here: Instance, name: string): Promise<number> {
  const { backfill } = await here.call('GET', `/v1/connections/${name}/pipelines`);
  return (backfill as { runs: number }).runs;
}

async function filled(here: Instance, name: string): Promise<void> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const { backfill } = await here.call('GET', `/v1/connections/${name}/pipelines`);
    const { places, done } = backfill as { places: number; done: number };
    if (places === 1 && done === 1) return;
    if (performance.now() > end) throw new Error(`the backfill stands at ${JSON.stringify(backfill)} after ${WAIT_MS} ms`);
    await sleep(300);
  }
}

async function compare(here: Instance, name: string, runs: readonly Run[]): Promise<void> {
  const seen = new Map<string, string>();
  for (let cursor: string | null = null; ;) {
    const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await here.call('GET', `/v1/runs?service=${name}&limit=200${more}`);
    for (const { recorded, state } of page['items'] as { recorded: { id: string; attempt: number }; state: string }[]) {
      if (seen.has(recorded.id)) throw new Error(`the run ${recorded.id} is there twice`);
      seen.set(recorded.id, state);
    }
    cursor = page['next'] as string | null;
    if (cursor === null) break;
  }
  const lost = runs.filter(({ id }) => !seen.has(String(id)));
  if (lost.length > 0) throw new Error(`${lost.length} of ${runs.length} runs are lost, such as ${lost[0]?.id}`);
  if (seen.size !== runs.length) throw new Error(`${seen.size - runs.length} runs are there that never were`);
  const wrong = runs.filter(({ id, failed }) => seen.get(String(id)) !== (failed ? 'failed' : 'succeeded'));
  if (wrong.length > 0) throw new Error(`${wrong.length} runs did not end so, such as ${wrong[0]?.id}`);
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** GitHub Actions with these runs of one repository, after its REST API 2022-11-28. */
function github(name: string, runs: readonly Run[], heard: Heard): Says {
  const says = ({ id, at, failed }: Run) => ({
    id,
    name: 'ci',
    workflow_id: 1,
    path: '.github/workflows/ci.yml',
    display_title: `change ${id}`,
    head_sha: id.toString(16).padStart(40, 'a'),
    head_branch: 'main',
    event: 'push',
    status: 'completed',
    conclusion: failed ? 'failure' : 'success',
    run_attempt: 1,
    created_at: iso(at),
    run_started_at: iso(at),
    updated_at: iso(at + 60_000),
    actor: { login: 'ada' },
  });
  if (heard.path === '/installation/repositories') return { status: 403, json: {} };
  if (heard.path === '/user/repos')
    return { json: [{ id: 1, full_name: `acme/${name}`, clone_url: `https://github.com/acme/${name}.git`, default_branch: 'main' }] };
  const [, id, jobs] = new RegExp(`^/repos/acme/${name}/actions/runs(?:/(\\d+))?(/attempts/\\d+/jobs)?$`).exec(heard.path) ?? [];
  const one = runs.find((run) => String(run.id) === id);
  if (jobs !== undefined && one !== undefined) {
    const job = {
      status: 'completed',
      conclusion: one.failed ? 'failure' : 'success',
      started_at: iso(one.at),
      completed_at: iso(one.at + 60_000),
    };
    return { json: { total_count: 1, jobs: [{ ...job, id: one.id * 10, name: 'build', created_at: iso(one.at), steps: [] }] } };
  }
  if (one !== undefined) return { json: says(one) };
  if (!heard.path.endsWith('/actions/runs')) return { status: heard.path === '/user' ? 200 : 404, json: { login: 'ada' } };
  const [from = '', to = ''] = (heard.query.get('created') ?? '').split('..');
  const page = Number(heard.query.get('page') ?? 1);
  const found = runs.filter(({ at }) => iso(at) >= from && iso(at) < to).sort((a, b) => b.at - a.at);
  return { json: { total_count: found.length, workflow_runs: found.slice((page - 1) * 100, page * 100).map(says) } };
}
