import { expect, test } from 'vitest';
import { connected } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { jenkinsCi } from './ci.http.ts';
import { jenkinsFixture } from './jenkins.fixture.ts';
import { jenkins } from './index.ts';

// Jenkins publishes no description of its API: the other side is a fixture after the shapes that it answers.
const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const SHA = '5f2c9b7d6e8a4c3b2a1f0e9d8c7b6a5f4e3d2c1b';
const build = (number: number, rest: object = {}) => ({
  number,
  url: `https://ci.example.com/job/x/${number}/`,
  result: 'SUCCESS',
  building: false,
  timestamp: Date.parse('2026-06-01T08:00:00Z') + number * 3_600_000,
  duration: 65_000,
  displayName: `#${number}`,
  actions: [
    { _class: 'hudson.model.CauseAction', causes: [{ shortDescription: 'Started by user Ada', userId: 'ada' }] },
    {},
    {
      _class: 'hudson.plugins.git.util.BuildData',
      lastBuiltRevision: { SHA1: SHA, branch: [{ SHA1: SHA, name: 'refs/remotes/origin/main' }] },
      remoteUrls: ['https://git.example.com/acme/shop.git'],
    },
  ],
  ...rest,
});
const STAGES = {
  id: '2',
  status: 'FAILED',
  stages: [
    { id: '6', name: 'Build', status: 'SUCCESS', startTimeMillis: Date.parse('2026-06-01T09:00:01Z'), durationMillis: 12_000 },
    { id: '9', name: 'Test', status: 'FAILED', startTimeMillis: Date.parse('2026-06-01T09:00:13Z'), durationMillis: 40_000 },
    { id: '11', name: 'Approve', status: 'PAUSED_PENDING_INPUT', startTimeMillis: Date.parse('2026-06-01T09:01:13Z'), durationMillis: 0 },
  ],
};
const server = await connected(
  floor,
  'jenkins',
  jenkinsFixture({
    team: {
      kind: 'folder',
      jobs: {
        shop: {
          kind: 'multibranch',
          jobs: {
            main: {
              kind: 'pipeline',
              builds: [build(1, { result: 'FAILURE' })],
              stages: { 1: STAGES },
              console: 'Started <b>by</b> Ada\n',
            },
            'feature%2Fcart': { kind: 'pipeline', builds: [build(1, { actions: [] })] },
            'PR-7': { kind: 'pipeline', builds: [build(2, { building: true, result: null, duration: 0, actions: [] })] },
          },
        },
      },
    },
    'nightly $(id)': { kind: 'freestyle', builds: Array.from({ length: 230 }, (_, index) => build(230 - index)) },
  }),
);

test('jobs are found in folders and multibranch projects', async () => {
  const places = [];
  for await (const place of jenkinsCi.places(await server.caller())) places.push(place.name);
  expect(places.sort()).toEqual(['nightly $(id)', 'team/shop/PR-7', 'team/shop/feature%2Fcart', 'team/shop/main']);
});

test('a pipeline build has its stages as steps, its revision, and the console as its log', async () => {
  const caller = await server.caller();
  const place = 'team/shop/main\nteam/shop';
  expect(await jenkinsCi.run(caller, place, '1')).toMatchObject({
    id: '1',
    pipeline: { key: 'team/shop', name: 'team/shop', repository: 'https://git.example.com/acme/shop.git' },
    state: 'failed',
    commit: SHA,
    ref: 'refs/heads/main',
    actor: 'ada',
    startedAt: '2026-06-01T09:00:00.000Z',
    finishedAt: '2026-06-01T09:01:05.000Z',
    jobs: [
      {
        state: 'failed',
        steps: [
          { name: 'Build', state: 'succeeded', durationMs: 12_000 },
          { name: 'Test', state: 'failed', durationMs: 40_000 },
          { name: 'Approve', state: 'waiting' },
        ],
      },
    ],
  });
  expect(Buffer.from((await jenkinsCi.log(caller, place, '1', '1')) ?? []).toString()).toBe('Started <b>by</b> Ada\n');
  expect(await jenkinsCi.run(caller, place, '99')).toBeNull();
});

test('a branch and a pull request are known by the name of their job where no checkout says it', async () => {
  const caller = await server.caller();
  expect(await jenkinsCi.run(caller, 'team/shop/feature%2Fcart\nteam/shop', '1')).toMatchObject({
    ref: 'refs/heads/feature/cart',
    commit: null,
  });
  expect(await jenkinsCi.run(caller, 'team/shop/PR-7\nteam/shop', '2')).toMatchObject({
    ref: 'refs/pull/7/head',
    state: 'running',
    finishedAt: null,
  });
});

test('builds come by pages until they are older than what is asked for; a classic job has one job without steps', async () => {
  const caller = await server.caller();
  const window = { since: '2026-06-02T08:00:00.000Z', until: '2026-12-01T00:00:00.000Z' };
  const pages = [];
  let next: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof jenkinsCi.page>> = await jenkinsCi.page(caller, 'nightly $(id)', window, next);
    pages.push(page.runs.length);
    next = page.next;
  } while (next !== null);
  expect(pages).toEqual([100, 100, 7]);
  expect(await jenkinsCi.run(caller, 'nightly $(id)', '7')).toMatchObject({ ref: 'refs/heads/main', jobs: [{ name: 'build', steps: [] }] });
});

test('the connection says as whom Jenkins knows us', async () => {
  expect(await jenkins.check(await server.caller())).toMatchObject({ as: 'ada', found: [{ ok: true }, { ok: true }] });
});
