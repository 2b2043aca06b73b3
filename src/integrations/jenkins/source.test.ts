import { expect, test } from 'vitest';
import { connected } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { system } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Heard, Says } from '../connections/stub.fixture.ts';
import { inventoryRoutes } from '../inventory/inventory.routes.ts';
import { presetAsks } from '../inventory/preset-policy.ts';
import { newestInventory, repositoriesIn } from '../inventory/inventory.store.ts';
import { inventoryTask, takeInventory } from '../inventory/take.work.ts';
import { mainBranch } from './source-translate.ts';
import { jenkinsSource } from './source.http.ts';

// Jenkins publishes no description of its API: what may be asked is written down here after its documentation, which is weaker.
const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const WORKFLOW = 'org.jenkinsci.plugins.workflow';
const FOLDER = 'com.cloudbees.hudson.plugins.folder.Folder';
const MULTI = `${WORKFLOW}.multibranch.WorkflowMultiBranchProject`;
const HOSTILE = '<img src=x onerror=alert(1)> $(id) `id`; --';
const AT = Date.parse('2026-06-01T08:00:00Z');
const build = (cause: string, rest: object = {}) => ({
  number: 7,
  timestamp: AT,
  building: false,
  result: 'SUCCESS',
  builtOn: 'linux-1',
  actions: [
    { causes: [{ _class: cause }] },
    {},
    { lastBuiltRevision: { SHA1: 'a'.repeat(40) }, remoteUrls: ['https://bot:hunter2@git.example.com/acme/shop.git'] },
  ],
  ...rest,
});
const STAGES = {
  stages: [
    { name: 'Build', status: 'SUCCESS' },
    { name: 'Deploy to staging', status: 'SUCCESS' },
    { name: 'Deploy prod\u001b[31m\nnow', status: 'PAUSED_PENDING_INPUT' },
  ],
};
const BRANCHES = [
  { name: 'PR-9', lastBuild: build('hudson.model.Cause$UserIdCause', { timestamp: AT + 5 }) },
  { name: 'feature%2Fcart', lastBuild: build('hudson.model.Cause$UserIdCause', { timestamp: AT + 3 }) },
  { name: 'main', lastBuild: build('jenkins.branch.BranchEventCause') },
];
const JOBS: Readonly<Record<string, unknown>> = {
  '': {
    jobs: [
      { _class: FOLDER, name: 'team' },
      { _class: FOLDER, name: 'closed' },
      { _class: 'hudson.model.FreeStyleProject', name: HOSTILE, lastBuild: null },
      ...['..', '.', 'a/b', 'x\u0000y', 'x\ny', '', 7, null, { $ne: 1 }].map((name) => ({ _class: FOLDER, name })),
    ],
  },
  team: {
    jobs: [
      { _class: MULTI, name: 'shop' },
      { _class: `${WORKFLOW}.job.WorkflowJob`, name: 'old', lastBuild: build('x') },
    ],
  },
  'team/shop': { buildable: true, jobs: BRANCHES },
  'team/old': {
    color: 'disabled',
    property: [{ parameterDefinitions: [{ name: 'WHERE' }] }],
    lastBuild: build('hudson.triggers.TimerTrigger$TimerTriggerCause', { result: 'FAILURE', builtOn: '' }),
  },
  [HOSTILE]: { buildable: true, disabled: false, lastBuild: null },
};
const COMPUTERS = {
  computer: [
    { displayName: 'Built-In Node', offline: true, numExecutors: 0, assignedLabels: [{ name: 'built-in' }] },
    { displayName: 'linux-1', offline: false, numExecutors: 4, assignedLabels: [{ name: 'linux-1' }, { name: HOSTILE }] },
    { displayName: 7, offline: 'no' },
  ],
};
const wrong: string[] = [];
type Asks = { handle(call: { readonly tx: Tx }): Promise<unknown> };

function jenkins(heard: Heard): Says {
  const form = /^(?:\/job\/[^/]+)*\/api\/json$|^(?:\/job\/[^/]+)+\/\d+\/wfapi\/describe$|^\/computer\/api\/json$/;
  if (heard.method !== 'GET' || !form.test(heard.path)) wrong.push(`${heard.method} ${heard.path}`);
  // Without a tree Jenkins sends everything that it knows.
  if (heard.path.endsWith('/api/json') && !heard.query.has('tree')) wrong.push(`${heard.path} without a tree`);
  if (heard.path === '/computer/api/json') return { json: COMPUTERS };
  if (heard.path.endsWith('/wfapi/describe')) {
    // The stages of the main branch; a job that is switched off has some of before.
    return /^\/job\/team\/job\/(?:shop\/job\/main|old)\/7\//.test(heard.path) ? { json: STAGES } : { status: 404, text: '<html>' };
  }
  const names = heard.path.split('/').filter((_, index) => index > 0 && index % 2 === 0);
  const name = names
    .slice(0, heard.path.startsWith('/job/') ? undefined : 0)
    .map(decodeURIComponent)
    .join('/')
    .replace(/\/?json$/, '');
  if (name === 'closed') return { status: 403, json: {} };
  return Object.hasOwn(JOBS, name) ? { json: JOBS[name] } : { status: 404, text: '<html>Not found</html>' };
}

const server = await connected(floor, 'jenkins', jenkins);

test('jobs in folders are found with their repository, without what signs in there; what could not be read is said', async () => {
  const found: unknown[] = [];
  const all = async () => {
    for await (const one of jenkinsSource.repositories(await server.caller())) found.push(one);
  };
  await expect(all()).rejects.toMatchObject({ code: 'inventory.folders-left', sentence: expect.stringContaining('(1 not)') as string });
  const url = 'https://git.example.com/acme/shop.git';
  expect(found).toEqual([
    { key: `job\n${HOSTILE}`, name: HOSTILE, url: null, branch: null },
    { key: 'multibranch\nteam/shop', name: 'team/shop', url, branch: null },
    { key: 'pipeline\nteam/old', name: 'team/old', url, branch: null },
  ]);
  expect(wrong).toEqual([]);
});

test('stages, last run, agent and cause of the main branch; a job that is switched off counts for nothing', async () => {
  const look = async (key: string) => {
    const name = key.split('\n')[1] ?? '';
    return (await jenkinsSource.look(await server.caller(), { key, name, url: null, branch: null })).pipelines?.[0];
  };
  expect(await look('multibranch\nteam/shop')).toMatchObject({
    triggers: ['push'],
    environments: ['prod', 'staging'],
    jobs: [
      { name: 'Build', deploys: false },
      { name: 'Deploy to staging', environment: 'staging', approval: null },
      { name: 'Deploy prod [31m now', environment: 'prod', approval: 'an input step' },
    ],
    unseen: ['what the stages of team/shop call'],
    live: { disabled: false, lastRun: { at: '2026-06-01T08:00:00.000Z', result: 'success' }, agent: 'linux-1' },
  });
  expect(await look('pipeline\nteam/old')).toMatchObject({
    triggers: ['schedule', 'manual'],
    jobs: [],
    unseen: [],
    live: { disabled: true, lastRun: { result: 'failure' }, agent: null },
  });
  expect(await look(`job\n${HOSTILE}`)).toMatchObject({ fault: null, jobs: [], live: { disabled: false, lastRun: null } });
  expect(await look('job\ngone')).toMatchObject({ fault: 'Jenkins does not let it be read' });
  expect(mainBranch(BRANCHES.slice(0, 2)), 'no pull request while there is a branch').toMatchObject({ name: 'feature%2Fcart' });
  expect(mainBranch([])).toBeUndefined();
  expect(wrong).toEqual([]);
});

test('an inventory holds jobs and agents, and judges the repository once', async () => {
  const id = await floor.db.tx(floor.org, (tx) => takeInventory(tx, system(floor.org, 'test')));
  for (let round = 0; round < 3; round += 1) await inventoryTask.run(floor, { inventory: id }, floor.org);
  const whole = await floor.db.read(floor.org, (tx) => newestInventory(tx, true));
  expect(whole).toMatchObject({ id, faults: [{ why: expect.stringContaining('Not every folder') as string }] });
  expect(whole?.agents.map(({ name, online, executors, labels }) => [name, online, executors, labels])).toEqual([
    ['Built-In Node', false, 0, ['built-in']],
    ['linux-1', true, 4, [HOSTILE]],
    ['7', null, null, []],
  ]);
  expect(await floor.db.read(floor.org, (tx) => repositoriesIn(tx, id))).toHaveLength(3);
  const of = { policy: 'standard', tier: 2 } as const;
  const service = { name: 'shop', ...of, repository: 'git@git.example.com:acme/shop.git', asks: presetAsks(of) };
  const [get] = inventoryRoutes({ services: async () => [service], otherwise: async () => presetAsks(of) });
  const answer = await floor.db.read(floor.org, (tx) => (get as Asks).handle({ tx }));
  expect(answer).toMatchObject({
    report: {
      totals: { repositories: 2, services: 1 },
      judged: [{ repository: HOSTILE }, { service: 'shop', repository: 'team/old' }],
    },
  });
  const { markdown } = answer as { markdown: string };
  expect(markdown).toContain('switched off; last run 2026-06-01T08:00:00.000Z: failure');
  expect(markdown).not.toMatch(/[^\\]<img/);
  expect(JSON.stringify(answer)).not.toContain('hunter2');
});

test('agents that may not be read are not known, which is not none', async () => {
  const closed = await connected(floor, 'jenkins', () => ({ status: 403, json: {} }));
  expect(await jenkinsSource.agents?.(await closed.caller())).toBeNull();
});
