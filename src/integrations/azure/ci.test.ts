import { expect, test } from 'vitest';
import { connected } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { azurePipelines } from './ci.http.ts';
import { azureRun } from './ci-translate.ts';

// Azure DevOps has no description of this API in the registries: shapes are those of its documentation, version 7.1.
const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const BUILD = {
  _links: { web: { href: 'https://dev.azure.com/acme/shop/_build/results?buildId=390' } },
  id: 390,
  buildNumber: '20260601.1',
  status: 'completed',
  result: 'succeeded',
  queueTime: '2026-06-01T08:00:00.1234567Z',
  startTime: '2026-06-01T08:00:10Z',
  finishTime: '2026-06-01T08:04:10Z',
  definition: { id: 12, name: 'shop-ci', path: '\\' },
  sourceBranch: 'refs/heads/main',
  sourceVersion: 'CDA9BFFA9AA0D8B4CAE1CB7CB0D0A0CDA9BFFA9A',
  reason: 'individualCI',
  requestedFor: { displayName: 'Ada', uniqueName: 'ada@example.com' },
  repository: { id: 'acme/shop', type: 'GitHub' },
};
const record = (id: string, parentId: string | null, type: string, rest: object = {}) => ({
  id,
  parentId,
  type,
  name: id,
  state: 'completed',
  result: 'succeeded',
  order: 1,
  startTime: '2026-06-01T08:00:10Z',
  finishTime: '2026-06-01T08:01:10Z',
  ...rest,
});
const TIMELINE = {
  records: [
    record('compile', 'job', 'Task', { order: 2, result: 'failed', log: { id: 9 } }),
    record('checkout', 'job', 'Task', { order: 1, log: { id: 8 } }),
    record('job', 'phase', 'Job', {
      name: 'Linux',
      result: 'failed',
      workerName: 'agent 3',
      log: { id: 7 },
      issues: [{ type: 'error', message: 'exit 1' }],
    }),
    record('phase', 'build', 'Phase'),
    record('build', null, 'Stage', { order: 1 }),
    record('prod', null, 'Stage', { order: 2, state: 'pending', result: null }),
    record('checkpoint', 'prod', 'Checkpoint', { state: 'inProgress', result: null }),
    record('ask', 'checkpoint', 'Checkpoint.Approval', { state: 'inProgress', result: null, finishTime: null }),
  ],
};

test('a build with its timeline says what it says there', () => {
  expect(azureRun(BUILD, { of: TIMELINE })).toMatchObject({
    id: '390',
    pipeline: { key: '12', name: 'shop-ci', repository: 'https://github.com/acme/shop' },
    state: 'succeeded',
    commit: 'cda9bffa9aa0d8b4cae1cb7cb0d0a0cda9bffa9a',
    ref: 'refs/heads/main',
    actor: 'ada@example.com',
    queuedAt: '2026-06-01T08:00:00.123Z',
    jobs: [
      {
        id: '7',
        name: 'build: Linux',
        state: 'failed',
        cause: 'exit 1',
        runner: 'agent 3',
        log: true,
        steps: [
          { name: 'checkout', state: 'succeeded', durationMs: 60_000 },
          { name: 'compile', state: 'failed', durationMs: 60_000 },
        ],
      },
      { name: 'prod: approval', state: 'waiting', cause: 'it waits for an approval there', log: false },
    ],
  });
});

test.each([
  ['inProgress', undefined, 'running'],
  ['postponed', undefined, 'queued'],
  ['completed', 'partiallySucceeded', 'failed'],
  ['completed', 'canceled', 'cancelled'],
  ['completed', 'none', 'failed'],
])('a build that is %s, %s, is %s here', (status, result, state) => {
  expect(azureRun({ ...BUILD, status, result }, null)).toMatchObject({ state });
});

test('builds are listed with continuation tokens, and asked for with their timeline', async () => {
  const azure = await connected(
    floor,
    'azure',
    (heard) => {
      if (heard.path === '/acme/_apis/projects') return { json: { value: [{ id: '6ce954b1', name: 'shop' }] } };
      if (heard.path === '/acme/6ce954b1/_apis/build/builds') {
        const more = heard.query.get('continuationToken') === null;
        return { json: { value: [BUILD] }, headers: { 'x-ms-continuationtoken': more ? '2026-06-01T00:00:00Z' : '' } };
      }
      if (heard.path === '/acme/6ce954b1/_apis/build/builds/390') return { json: BUILD };
      if (heard.path === '/acme/6ce954b1/_apis/build/builds/390/timeline') return { status: 204 };
      if (heard.path === '/acme/6ce954b1/_apis/build/builds/390/logs/7') return { text: 'line' };
      return { status: 404, json: {} };
    },
    { base: '/acme' },
  );
  const caller = await azure.caller();
  const places = [];
  for await (const place of azurePipelines.places(caller)) places.push(place);
  expect(places).toMatchObject([{ key: '6ce954b1', name: 'shop' }]);
  const window = { since: '2026-01-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z' };
  const first = await azurePipelines.page(caller, '6ce954b1', window, null);
  expect(first).toMatchObject({ runs: [{ id: '390' }], next: '2026-06-01T00:00:00Z' });
  expect(await azurePipelines.page(caller, '6ce954b1', window, first.next)).toMatchObject({ next: null });
  expect(await azurePipelines.run(caller, '6ce954b1', '390')).toMatchObject({ state: 'succeeded', jobs: [] });
  expect(await azurePipelines.run(caller, '6ce954b1', '391')).toBeNull();
  expect(Buffer.from((await azurePipelines.log(caller, '6ce954b1', '390', '7')) ?? []).toString()).toBe('line');
  expect(azure.heard.every((heard) => heard.query.get('api-version') === '7.1')).toBe(true);
  expect(azure.heard[0]?.headers.authorization).toBe(`Basic ${Buffer.from(':azure-test').toString('base64')}`);
});
