import { expect, test } from 'vitest';
import { connected } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import type { RunPage } from '../ci/ci.ts';
import { gitlabCi } from './ci.http.ts';
import { gitlabJob, gitlabRun } from './ci-translate.ts';

// GitLab has no description of its API v4 in the registries: shapes are those of its documentation.
const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const PIPELINE = {
  id: 47,
  iid: 12,
  project_id: 1,
  name: 'Build pipeline',
  status: 'success',
  source: 'push',
  ref: 'main',
  tag: false,
  sha: 'a91957a858320c0e17f3a0eca7cfacbff50ea29a',
  web_url: 'https://gitlab.example.com/foo/bar/pipelines/47',
  created_at: '2016-08-11T11:28:34.085Z',
  updated_at: '2016-08-11T11:32:35.169Z',
  started_at: '2016-08-11T11:29:00.000Z',
  finished_at: '2016-08-11T11:32:35.145Z',
  duration: 123.65,
  user: { id: 1, username: 'root', name: 'Administrator' },
};
const JOB = {
  id: 6,
  name: 'rspec:other',
  stage: 'test',
  status: 'failed',
  failure_reason: 'script_failure',
  allow_failure: false,
  created_at: '2016-01-11T10:13:33.506Z',
  started_at: '2016-01-11T10:14:09.526Z',
  finished_at: '2016-01-11T10:15:13.000Z',
  web_url: 'https://example.com/foo/bar/-/jobs/6',
  runner: { id: 32, description: 'runner-1' },
};

test('a pipeline with its jobs says what it says there', () => {
  const bridge = { ...JOB, id: 7, name: 'deploy', stage: 'deploy', status: 'manual', failure_reason: undefined, downstream_pipeline: null };
  expect(gitlabRun(PIPELINE, { jobs: [JOB], bridges: [bridge] })).toMatchObject({
    id: '47',
    state: 'succeeded',
    title: 'Build pipeline',
    trigger: 'push',
    ref: 'refs/heads/main',
    actor: 'root',
    startedAt: '2016-08-11T11:29:00.000Z',
    finishedAt: '2016-08-11T11:32:35.145Z',
    jobs: [
      { id: '6', name: 'test: rspec:other', state: 'failed', cause: 'script_failure', runner: 'runner-1', log: true },
      { id: '7', name: 'deploy', state: 'skipped', cause: 'started by hand', log: false },
    ],
  });
  expect(gitlabRun({ ...PIPELINE, ref: 'v1', tag: true }, null)).toMatchObject({ ref: 'refs/tags/v1', jobs: null });
  expect(gitlabRun({ ...PIPELINE, ref: 'refs/merge-requests/7/head' }, null)).toMatchObject({ ref: 'refs/merge-requests/7/head' });
});

test.each([
  ['manual', 'running'],
  ['waiting_for_resource', 'queued'],
  ['canceling', 'running'],
  ['canceled', 'cancelled'],
  ['a word of tomorrow', 'running'],
])('a pipeline that is %s is %s here', (status, state) => {
  expect(gitlabRun({ ...PIPELINE, status }, null)).toMatchObject({ state });
});

test('a job that took too long is timed out, and one that waits is not over', () => {
  expect(gitlabJob({ ...JOB, failure_reason: 'job_execution_timeout' }, true)).toMatchObject({ state: 'timed-out' });
  expect(gitlabJob({ ...JOB, status: 'manual' }, false)).toMatchObject({ state: 'waiting', log: false });
});

test('pipelines are listed by when they changed, page by page, and asked for with jobs and bridges', async () => {
  const gitlab = await connected(
    floor,
    'gitlab',
    (heard) => {
      const page = Number(heard.query.get('page'));
      if (heard.path === '/api/v4/projects/1/pipelines')
        return { json: Array.from({ length: page < 3 ? 100 : 7 }, (_, index) => ({ ...PIPELINE, id: page * 1000 + index })) };
      if (heard.path === '/api/v4/projects/1/pipelines/47') return { json: PIPELINE };
      if (heard.path === '/api/v4/projects/1/pipelines/47/jobs') return { json: [JOB] };
      if (heard.path === '/api/v4/projects/1/pipelines/47/bridges') return { json: [] };
      if (heard.path === '/api/v4/projects/1/jobs/6/trace') return { text: 'log' };
      return { status: 404, json: { message: '404 Not found' } };
    },
    { base: '/api/v4' },
  );
  const caller = await gitlab.caller();
  const window = { since: '2016-01-01T00:00:00.000Z', until: '2016-12-01T00:00:00.000Z' };
  const seen = [];
  let next: string | null = null;
  do {
    const page: RunPage = await gitlabCi.page(caller, '1', window, next);
    seen.push(...page.runs);
    next = page.next;
  } while (next !== null);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(207);
  expect(gitlab.heard[0]?.query.get('updated_after')).toBe(window.since);
  expect((await gitlabCi.run(caller, '1', '47'))?.jobs).toHaveLength(1);
  expect(await gitlabCi.run(caller, '1', '48')).toBeNull();
  expect(Buffer.from((await gitlabCi.log(caller, '1', '47', '6')) ?? []).toString()).toBe('log');
  expect(await gitlabCi.log(caller, '1', '47', '../../9')).toBeNull();
  expect(gitlab.heard.at(-1)?.path).toBe('/api/v4/projects/1/jobs/..%2F..%2F9/trace');
});

test('projects are those of the group that the connection names', async () => {
  const project = {
    id: 3,
    path_with_namespace: 'acme/shop',
    http_url_to_repo: 'https://gitlab.example.com/acme/shop.git',
    default_branch: 'main',
  };
  const gitlab = await connected(floor, 'gitlab', () => ({ json: [project] }), { base: '/api/v4', settings: { group: 'acme/inner' } });
  const found = [];
  for await (const place of gitlabCi.places(await gitlab.caller())) found.push(place);
  expect(found).toMatchObject([{ key: '3', name: 'acme/shop', branch: 'main' }]);
  expect(gitlab.heard[0]?.path).toBe('/api/v4/groups/acme%2Finner/projects');
});
