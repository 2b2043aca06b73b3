import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { intakeOf } from '../../platform/hooks/door.routes.ts';
import { takeDue } from '../../platform/hooks/take.work.ts';
import { testFloor } from '../../testing/database.ts';
import { factsOf, givenService, passTime } from '../../testing/pipelines.ts';
import { listRuns, viewRun } from '../run.views.ts';
import { commitsBetween } from './commits.queries.ts';
import { createHook, repositoryTaker } from './hook.commands.ts';
import { ensureSource, findSource } from './source.store.ts';
import { startRun } from './start.commands.ts';
import { sourceSweeper, syncSource, syncTask } from './sync.reactions.ts';

const floor = await testFloor();
const actor = system(floor.org, 'test');
const root = mkdtempSync(join(tmpdir(), 'ym-sources-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const PIPELINE = 'jobs: {build: {steps: [{run: make}]}}\n';

/** A repository that somebody pushes to. */
function repository(name: string) {
  const dir = join(root, name);
  execFileSync('git', ['init', '-q', '-b', 'main', dir]);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=Ada', '-c', 'user.email=Ada@Example.org', ...args], {
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
    })
      .toString()
      .trim();
  return {
    url: `file://${dir}`,
    git,
    push(files: Record<string, string>, message = 'feat: x', ...more: string[]): string {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), text);
      }
      git('add', '.');
      git('commit', '-qm', message, '--allow-empty', ...more);
      return git('rev-parse', 'HEAD');
    },
  };
}
const sourceOf = (url: string) => floor.db.tx(floor.org, (tx) => ensureSource(tx, url));
const sync = async (url: string, poll = false) => syncSource(floor, floor.org, (await sourceOf(url)).id, { poll, heardAt: null });
const runsOf = async (service: string) =>
  (await floor.db.read(floor.org, (tx) => listRuns(tx, { service, limit: 100, visible: 'all' }))).items;

test('a push is seen from the heads: once, whatever was missed, repeated or out of order', async () => {
  const repo = repository('shop');
  const first = repo.push({ '.yardmaster/pipeline.yaml': PIPELINE, 'a.txt': '1' });
  repo.git('branch', 'old');
  const shop = await givenService(floor, 'shop', { url: repo.url });
  await sync(repo.url);
  expect(await runsOf('shop')).toMatchObject([
    { commit: first, ref: 'refs/heads/main', trust: 'protected', trigger: 'push', state: 'queued' },
  ]);

  repo.push({ 'a.txt': '2' });
  const head = repo.push({ 'a.txt': '3' });
  await Promise.all([sync(repo.url), sync(repo.url), sync(repo.url, true)]);
  await sync(repo.url, true);
  expect((await runsOf('shop')).map((run) => run.commit)).toEqual([head, first]);
  const facts = await factsOf(floor, 'change.merged');
  expect(facts.at(-1)?.body).toMatchObject({ repository: repo.url, ref: 'refs/heads/main', before: first, commit: head, more: 0 });
  expect(facts.at(-1)?.body['commits']).toHaveLength(2);
  expect(JSON.stringify(facts).toLowerCase()).not.toContain('ada');

  repo.git('checkout', '-qb', 'topic');
  const topic = repo.push({ 'a.txt': '4' });
  repo.git('branch', '-D', 'old');
  await sync(repo.url, true);
  expect((await runsOf('shop'))[0]).toMatchObject({ commit: topic, ref: 'refs/heads/topic', trust: 'trusted' });

  // A forced push is a new head like any other.
  repo.git('reset', '-q', '--hard', first);
  const forced = repo.push({ 'a.txt': '5' });
  await sync(repo.url);
  expect((await runsOf('shop')).map((run) => run.commit)).toEqual([forced, topic, head, first]);
  const run = await floor.db.read(floor.org, async (tx) => viewRun(tx, (await runsOf('shop'))[0]?.id ?? ''));
  expect(run?.jobs).toMatchObject([{ name: 'build', state: 'queued' }]);
  expect(run?.service).toBe(shop.name);
});

test('commits between two releases, with everybody who had a hand in them', async () => {
  const repo = repository('hands');
  const base = repo.push({ '.yardmaster/pipeline.yaml': PIPELINE });
  const service = await givenService(floor, 'hands', { url: repo.url });
  await sync(repo.url);
  const one = repo.push({ x: '1' }, 'feat: one\n\nCo-authored-by: Bo <BO@example.org>', '--author', 'Cy <cy@example.org>');
  repo.git('checkout', '-qb', 'side', base);
  const side = repo.push({ y: '1' }, 'fix: side', '--author', 'Dee <dee@example.org>');
  repo.git('checkout', '-q', 'main');
  repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
  const merge = repo.git('rev-parse', 'HEAD');
  await sync(repo.url);
  const between = (from: string | null, to: string) => floor.db.read(floor.org, (tx) => commitsBetween(tx, service.id, from, to));
  const range = await between(base, merge);
  expect(range.complete).toBe(true);
  expect(new Set(range.commits.map((commit) => commit.id))).toEqual(new Set([merge, one, side]));
  expect(range.commits.find((commit) => commit.id === one)).toMatchObject({
    author: 'cy@example.org',
    committer: 'ada@example.org',
    coAuthors: ['bo@example.org'],
  });
  expect((await between(null, merge)).commits).toHaveLength(4);
  expect((await between(one, merge)).commits.map((commit) => commit.id).sort()).toEqual([merge, side].sort());
  expect(await between(merge, merge)).toEqual({ complete: true, commits: [] });
  // What is not known is said, never passed over.
  expect((await between(base, 'f'.repeat(40))).complete).toBe(false);
  expect((await between('f'.repeat(40), merge)).complete).toBe(false);
  await floor.db.tx(floor.org, (tx) => tx.query('delete from source_commit where id = $1', [side]));
  expect((await between(base, merge)).complete).toBe(false);
});

test('a signed hook is a hint: verified, taken once, and only ever a look at the heads', async () => {
  const repo = repository('hooked');
  repo.push({ '.yardmaster/pipeline.yaml': PIPELINE });
  await givenService(floor, 'hooked', { url: repo.url });
  const { hook, secret } = await floor.db.tx(floor.org, (tx) => createHook(tx, actor, 'hooked'));
  const source = await sourceOf(repo.url);
  const send = (body: string, id: string, key = secret) => {
    const headers: Record<string, string> = {
      'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
      'x-github-delivery': id,
    };
    return intakeOf(floor).take({ hook, headers, body: Buffer.from(body), encrypted: false });
  };
  const wakes = () =>
    floor.db.read('*', (tx) => tx.query(`select key from graphile_worker.jobs where key = $1`, [`pipelines.sync:${source.id}`]));
  await expect(send('{}', 'd0', 'another')).rejects.toMatchObject({ code: 'hooks.refused', status: 401 });
  expect(await wakes()).toHaveLength(0);
  expect(await send('not even json {"ref":"$(touch /tmp/x)"}', 'd1')).toMatchObject({ accepted: true, duplicate: false });
  await takeDue(floor, [repositoryTaker]);
  expect(await wakes()).toHaveLength(1);
  expect(await send('again', 'd1')).toMatchObject({ accepted: true, duplicate: true });
  const many = await Promise.all(Array.from({ length: 5 }, () => send('{}', 'd2')));
  expect(many.filter((one) => !one.duplicate)).toHaveLength(1);
  await expect(
    intakeOf(floor).take({ hook: floor.newId('hok'), headers: {}, body: Buffer.from('{}'), encrypted: false }),
  ).rejects.toMatchObject({ code: 'hooks.refused' });
  await syncTask.run(floor, { source: source.id, poll: false, heardAt: null }, floor.org);
  await passTime(floor, 600_000);
  await send('{}', 'd3');
  await syncTask.run(floor, { source: source.id, poll: false, heardAt: null }, floor.org);
  expect(await runsOf('hooked')).toHaveLength(1);
  // A renewed hook ends the old one.
  await floor.db.tx(floor.org, (tx) => createHook(tx, actor, 'hooked'));
  await expect(send('{}', 'd4')).rejects.toMatchObject({ code: 'hooks.refused' });
});

test('a run by hand: at a branch, a tag or a commit, trusted by where that stands', async () => {
  const repo = repository('manual');
  const main = repo.push({
    '.yardmaster/pipeline.yaml': `on: {manual: {inputs: {level: {default: info, choices: [info, debug]}}}}\n${PIPELINE}`,
  });
  repo.git('tag', 'v1');
  repo.git('checkout', '-qb', 'topic');
  const topic = repo.push({ x: '1' });
  await givenService(floor, 'manual', { url: repo.url });
  const start = (input: { ref?: string; commit?: string; inputs?: Record<string, string>; key?: string }) =>
    startRun(floor, actor, { service: 'manual', inputs: {}, key: null, ...input });
  expect(await start({})).toMatchObject({ commit_id: main, ref: 'refs/heads/main', trust: 'protected', inputs: { level: 'info' } });
  expect(await start({ ref: 'topic', inputs: { level: 'debug' } })).toMatchObject({
    commit_id: topic,
    ref: 'refs/heads/topic',
    trust: 'trusted',
    inputs: { level: 'debug' },
  });
  expect(await start({ ref: 'v1' })).toMatchObject({ commit_id: main, ref: 'refs/tags/v1', trust: 'trusted' });
  expect(await start({ commit: main })).toMatchObject({ ref: null, trust: 'protected' });
  // Claiming the protected branch for a commit that is not on it helps nobody.
  expect(await start({ commit: topic, ref: 'main' })).toMatchObject({ trust: 'trusted' });
  repo.git('checkout', '-q', 'main');
  repo.git('branch', '-D', 'topic');
  expect(await start({ commit: topic })).toMatchObject({ trust: 'untrusted' });
  expect(await start({ commit: topic, ref: 'main' })).toMatchObject({ trust: 'untrusted' });

  const once = await start({ key: 'k1' });
  expect((await start({ key: 'k1' })).id).toBe(once.id);
  expect((await start({ key: 'k2' })).id).not.toBe(once.id);
  await expect(start({ inputs: { level: 'loud' } })).rejects.toMatchObject({ code: 'pipelines.bad-inputs' });
  await expect(start({ ref: 'nowhere' })).rejects.toMatchObject({ code: 'git.no-such-ref' });
  await expect(start({ ref: '--upload-pack=touch /tmp/x' })).rejects.toMatchObject({ code: 'git.bad-ref' });
  repo.push({ '.yardmaster/pipeline.yaml': 'jobs: {build: {steps: []}}' });
  await expect(start({})).rejects.toMatchObject({
    code: 'pipelines.bad-pipeline',
    sentence: expect.stringContaining('.yardmaster/pipeline.yaml'),
  });
});

test('a push with a bad pipeline is a failed run that shows its errors; without one it is nothing', async () => {
  const repo = repository('bad');
  repo.push({ 'README.md': 'no pipeline yet' });
  await givenService(floor, 'bad', { url: repo.url });
  await sync(repo.url);
  expect(await runsOf('bad')).toEqual([]);
  repo.push({ '.yardmaster/pipeline.yaml': 'jobs:\n  build:\n    neds: x\n    steps: [{run: make}]\n' });
  await sync(repo.url);
  expect(await runsOf('bad')).toMatchObject([{ state: 'failed', cause: expect.stringContaining('neds') }]);
});

test('of several services in one repository a push runs those whose folder it touches', async () => {
  const repo = repository('mono');
  repo.push({ 'a/.yardmaster/pipeline.yaml': PIPELINE, 'b/.yardmaster/pipeline.yaml': PIPELINE });
  await givenService(floor, 'mono-a', { url: repo.url, path: 'a' });
  await givenService(floor, 'mono-b', { url: repo.url, path: 'b' });
  await sync(repo.url);
  expect([(await runsOf('mono-a')).length, (await runsOf('mono-b')).length]).toEqual([1, 1]);
  repo.push({ 'b/x': '1' });
  await sync(repo.url);
  expect([(await runsOf('mono-a')).length, (await runsOf('mono-b')).length]).toEqual([1, 2]);
  repo.push({ 'README.md': '1' });
  await sync(repo.url);
  expect([(await runsOf('mono-a')).length, (await runsOf('mono-b')).length]).toEqual([1, 2]);
});

test('a repository that can not be reached is noted, and looked at again later each time', async () => {
  const url = `file://${join(root, 'nowhere')}`;
  await givenService(floor, 'lost', { url });
  const { id } = await sourceOf(url);
  for (const failures of [1, 2]) {
    await syncTask.run(floor, { source: id, poll: false, heardAt: null }, floor.org);
    const source = await floor.db.read(floor.org, (tx) => findSource(tx, id));
    expect(source).toMatchObject({ failures, checked_at: null, last_error: expect.stringContaining('no such repository') });
  }
  await passTime(floor, 3_600_000);
  await floor.db.tx('*', (tx) => sourceSweeper.sweep(tx));
  expect(
    await floor.db.read('*', (tx) => tx.query(`select key from graphile_worker.jobs where key = $1`, [`pipelines.sync:${id}`])),
  ).toHaveLength(1);
});
