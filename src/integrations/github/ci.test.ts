import { beforeEach, expect, test } from 'vitest';
import { connected } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import type { RunPage, Window } from '../ci/ci.ts';
import { describedBy } from '../connections/described.fixture.ts';
import type { Heard, Says } from '../connections/stub.fixture.ts';
import { githubActions } from './ci.http.ts';
import { githubJob, githubRun } from './ci-translate.ts';

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const api = describedBy('github.com/api.github.com.json');
const RUNS = '/repos/{owner}/{repo}/actions/runs';
const JOBS = '/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs';
const WINDOW: Window = { since: '2026-06-01T00:00:00.000Z', until: '2026-06-20T00:00:00.000Z' };

type Listed = { id: number; created_at: string };
/** A GitHub with these runs: it lists as the vendor does, by creation, 1,000 of one question at most. */
function listing(all: readonly Listed[]): (heard: Heard) => Says {
  return (heard) => {
    const [from = '', to = ''] = (heard.query.get('created') ?? '').split('..');
    const [page, size] = [Number(heard.query.get('page') ?? 1), Number(heard.query.get('per_page') ?? 30)];
    const found = all.filter((run) => run.created_at >= from && run.created_at < to).sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
    return { json: { total_count: found.length, workflow_runs: found.slice(0, 1000).slice((page - 1) * size, page * size) } };
  };
}

const github = await connected(floor, 'github', () => ({ json: {} }));
const wrong: string[] = [];
const answers = (says: (heard: Heard) => Says): void =>
  github.answer((heard) => {
    wrong.push(...api.wrong(heard));
    return says(heard);
  });
beforeEach(() => void wrong.splice(0));

async function everything(window: Window): Promise<RunPage['runs'][number][]> {
  const runs = [];
  const caller = await github.caller();
  let next: string | null = null;
  do {
    const page: RunPage = await githubActions.page(caller, 'acme/shop', window, next);
    runs.push(...page.runs);
    next = page.next;
  } while (next !== null);
  return runs;
}

test('the description’s own example of a run and a job says what it says there', () => {
  const runs = api.example(RUNS) as { workflow_runs: unknown[] };
  const run = githubRun(runs.workflow_runs[0], null);
  expect(run).toMatchObject({
    id: '30433642',
    attempt: 1,
    pipeline: { key: '159038', name: 'Build', repository: 'https://github.com/octocat/Hello-World' },
    state: 'queued',
    trigger: 'push',
    commit: 'acb5820ced9479c074f688cc328bf03f341a511d',
    ref: 'refs/heads/master',
    actor: 'octocat',
    finishedAt: null,
  });
  const job = githubJob((api.example(JOBS) as { jobs: unknown[] }).jobs[0]);
  expect(job).toMatchObject({ id: '399444496', name: 'build', state: 'succeeded', runner: 'my runner', log: true });
  expect(job?.steps.map(({ name, state, durationMs }) => ({ name, state, durationMs }))[0]).toEqual({
    name: 'Set up job',
    state: 'succeeded',
    durationMs: 0,
  });
});

test.each([
  ['completed', 'success', 'succeeded', null],
  ['completed', 'timed_out', 'failed', 'timed_out'],
  ['completed', 'action_required', 'cancelled', 'action_required'],
  ['completed', 'a word of tomorrow', 'failed', 'a word of tomorrow'],
  ['completed', null, 'failed', 'it ended without a conclusion'],
  ['waiting', null, 'queued', 'waiting'],
  ['in_progress', null, 'running', null],
])('a run that is %s with %s is %s', (status, conclusion, state, cause) => {
  expect(githubRun({ id: 1, status, conclusion }, null)).toMatchObject({ state, cause });
});

test('every run of a window is read once, also where GitHub lists only the first thousand', async () => {
  const [example] = (api.example(RUNS) as { workflow_runs: Listed[] }).workflow_runs;
  const all = Array.from({ length: 2750 }, (_, index) => ({
    ...(example as Listed),
    id: index + 1,
    // Most of them on one busy day.
    created_at: new Date(Date.parse('2026-06-19T00:00:00Z') - (index < 2400 ? index * 20_000 : index * 500_000)).toISOString(),
  }));
  answers(listing(all));
  const ids = (await everything(WINDOW)).map((run) => Number(run.id));
  const wanted = all.filter((run) => run.created_at >= WINDOW.since).map((run) => run.id);
  expect(ids.toSorted((a, b) => a - b)).toEqual(wanted);
  expect(wrong).toEqual([]);
  // A question for each hundred, one for each window that was too wide, one for each that was empty.
  expect(github.heard.length).toBeLessThan(60);
});

test('a run is asked for with the jobs of its newest attempt, page by page', async () => {
  const example = (api.example(RUNS) as { workflow_runs: object[] }).workflow_runs[0];
  const job = (api.example(JOBS) as { jobs: object[] }).jobs[0];
  answers((heard) => {
    if (heard.path.endsWith('/runs/5')) return { json: { ...example, id: 5, run_attempt: 3, status: 'completed', conclusion: 'failure' } };
    if (!heard.path.endsWith('/runs/5/attempts/3/jobs')) return { status: 404, json: {} };
    const page = Number(heard.query.get('page'));
    const jobs = Array.from({ length: page === 1 ? 100 : 20 }, (_, index) => ({
      ...job,
      id: page * 1000 + index,
      name: `unit (${index % 60})`,
    }));
    return { json: { total_count: 120, jobs } };
  });
  const caller = await github.caller();
  const run = await githubActions.run(caller, 'acme/shop', '5');
  expect(run).toMatchObject({ id: '5', attempt: 3, state: 'failed' });
  expect(run?.jobs).toHaveLength(120);
  expect(new Set(run?.jobs?.map(({ name }) => name)).size).toBe(120);
  expect(await githubActions.run(caller, 'acme/shop', '6')).toBeNull();
  expect(wrong).toEqual([]);
});

test('repositories are those of the installation, or of the person whose token it is', async () => {
  const repository = {
    id: 1,
    full_name: 'acme/shop',
    clone_url: 'https://github.com/acme/shop.git',
    default_branch: 'main',
    archived: false,
  };
  const all = async () => {
    const found = [];
    for await (const place of githubActions.places(await github.caller())) found.push(place);
    return found;
  };
  answers((heard) =>
    heard.path === '/installation/repositories' ? { json: { total_count: 1, repositories: [repository] } } : { status: 500 },
  );
  expect(await all()).toMatchObject([{ key: 'acme/shop', repository: 'https://github.com/acme/shop.git', branch: 'main' }]);
  answers((heard) =>
    heard.path === '/user/repos'
      ? { json: [repository, { ...repository, full_name: 'acme/old', archived: true }] }
      : { status: 403, json: {} },
  );
  expect((await all()).map(({ key }) => key)).toEqual(['acme/shop']);
  expect(wrong).toEqual([]);
});

test('a log comes by a link to another host, which is not told who we are', async () => {
  const store = await connected(floor, 'github', () => ({ text: '2026-01-01T00:00:00Z hello\n<script>alert(1)</script>' }));
  answers((heard) =>
    heard.path.endsWith('/jobs/7/logs') ? { status: 302, headers: { location: `${store.url}/logs?sig=x` } } : { status: 410, json: {} },
  );
  const caller = await github.caller();
  expect(Buffer.from((await githubActions.log(caller, 'acme/shop', '1', '7')) ?? []).toString()).toContain('<script>');
  expect(store.heard[0]?.headers.authorization).toBeUndefined();
  expect(await githubActions.log(caller, 'acme/shop', '1', '8')).toBeNull();
  expect(wrong).toEqual([]);
});

test('a secondary limit is quiet, though no header says how long', async () => {
  answers(() => ({ status: 403, json: { message: 'You have exceeded a secondary rate limit. Please wait.' } }));
  await expect(everything(WINDOW)).rejects.toMatchObject({ code: 'connections.quiet' });
});

test('a stub that follows the description says what is no request of GitHub', () => {
  const heard = (path: string, query = ''): Heard => ({ method: 'GET', path, query: new URLSearchParams(query), headers: {}, body: '' });
  expect(api.wrong(heard('/repos/a/b/actions/runs', 'per_page=100&created=x'))).toEqual([]);
  expect(api.wrong(heard('/repos/a/b/actions/runs', 'since=x'))).not.toEqual([]);
  expect(api.wrong(heard('/repos/a/b/actions/runs/x'))).not.toEqual([]);
  expect(api.wrong(heard('/repos/a/b/actions/jogs'))).not.toEqual([]);
});
