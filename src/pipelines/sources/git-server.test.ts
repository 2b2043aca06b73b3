import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { runGit } from '../../host/git.run.ts';
import { testFloor } from '../../testing/database.ts';
import { startGitServer } from '../../testing/git-server.ts';
import { givenService } from '../../testing/pipelines.ts';
import { mirrorWith } from '../mirror.api.ts';
import { listRuns } from '../run.views.ts';
import { mirrorOf, remoteHeads } from './mirror.commands.ts';
import { ensureSource, findSource } from './source.store.ts';
import { startRun } from './start.commands.ts';
import { syncSource, syncTask } from './sync.reactions.ts';

/** A real server: git's http-backend, private repositories, everything that happens to them while we watch. */
const SECRET = 'pat-s3cret-value';
const root = mkdtempSync(join(tmpdir(), 'ym-git-server-'));
const moved = new Map<string, string>();
const wanted = `Basic ${Buffer.from(`yardmaster:${SECRET}`).toString('base64')}`;
const server = await startGitServer(root, {
  open: ({ path, authorization }) => path.startsWith('/public/') || authorization === wanted,
  moved,
});
let password = SECRET;
const floor = await testFloor({
  config: { egressAllow: '127.0.0.1', gitMirrorLimit: 3_000_000 },
  gitLogin: async (_floor, _org, url) => (url.startsWith(`${server.url}/team/`) ? { user: 'yardmaster', password } : null),
});
const actor = system(floor.org, 'test');
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const PIPELINE = 'on: {push: {branches: ["**"]}, manual: {}}\njobs: {build: {steps: [{run: make}]}}\n';
let made = 0;

function repository(folder = 'team') {
  made += 1;
  const name = `${folder}/shop-${made}.git`;
  const bare = join(root, name);
  mkdirSync(dirname(bare), { recursive: true });
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  const work = join(root, `work-${made}`);
  execFileSync('git', ['init', '-q', '-b', 'main', work]);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', work, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
    })
      .toString()
      .trim();
  git('remote', 'add', 'origin', bare);
  const commit = (files: Record<string, string | Buffer>): string => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
    git('add', '.');
    git('commit', '-qm', 'feat: x', '--allow-empty');
    return git('rev-parse', 'HEAD');
  };
  return {
    name,
    bare,
    git,
    commit,
    url: `${server.url}/${name}`,
    push: (...refs: string[]) => git('push', '-q', '--force', 'origin', ...refs),
  };
}

async function watched(repo: { readonly url: string }, name: string) {
  await givenService(floor, name, { url: repo.url });
  const source = await floor.db.tx(floor.org, (tx) => ensureSource(tx, repo.url));
  const sync = (poll = false) => syncSource(floor, floor.org, source.id, { poll, heardAt: null });
  const runs = async () => (await floor.db.read(floor.org, (tx) => listRuns(tx, { service: name, limit: 50, visible: 'all' }))).items;
  const row = () => floor.db.read(floor.org, (tx) => findSource(tx, source.id));
  return { source, sync, runs, row, mirror: mirrorOf(floor, source.id) };
}

test('a private repository is read with a login that nobody else sees', async () => {
  const repo = repository();
  const head = repo.commit({ '.yardmaster/pipeline.yaml': PIPELINE });
  repo.push('main');
  const shop = await watched(repo, 'private');
  await shop.sync();
  expect(await shop.runs()).toMatchObject([{ commit: head, trust: 'protected' }]);
  expect(server.heard.some(({ authorization }) => authorization === wanted)).toBe(true);
  // Not in the mirror's configuration, not in the row, not in what git may be asked about itself.
  const config = (await runGit(shop.mirror, ['config', '--list'])).toString();
  expect(config).not.toContain(SECRET);
  expect(config).not.toContain(Buffer.from(`yardmaster:${SECRET}`).toString('base64'));
  expect(JSON.stringify(await shop.row())).not.toContain(SECRET);

  // A login that is taken away: a problem that says what to do, and nothing of the secret; then it goes on by itself.
  password = 'ended';
  repo.commit({ 'a.txt': '2' });
  repo.push('main');
  await syncTask.run(floor, { source: shop.source.id, poll: true }, floor.org);
  expect(await shop.row()).toMatchObject({ failures: 1, last_error: expect.stringContaining('does not let us read') });
  password = SECRET;
  await shop.sync(true);
  expect(await shop.row()).toMatchObject({ failures: 0, last_error: null });
  expect(await shop.runs()).toHaveLength(2);
});

test('without a login it is a clear problem, and the login of one host goes to no other', async () => {
  const open = repository('public');
  open.commit({ '.yardmaster/pipeline.yaml': PIPELINE });
  open.push('main');
  const before = server.heard.length;
  expect(await remoteHeads(floor, floor.org, open.url)).toHaveLength(1);
  expect(server.heard.slice(before).every(({ authorization }) => authorization === null)).toBe(true);
  const closed = repository('secret');
  closed.commit({ a: '1' });
  closed.push('main');
  await expect(remoteHeads(floor, floor.org, closed.url)).rejects.toMatchObject({ code: 'git.not-allowed' });
  await expect(remoteHeads(floor, floor.org, `${server.url}/public/nothing.git`)).rejects.toMatchObject({ code: 'git.no-such-repository' });
  for (const [url, code] of [
    ['http://169.254.169.254/x.git', 'egress.forbidden'],
    ['https://192.168.1.1/x.git', 'egress.forbidden'],
    ['https://[fd00::1]:1/x.git', 'egress.forbidden'],
    ['ssh://git@10.0.0.1/x.git', 'egress.forbidden'],
    ['ssh://git@$(touch x)/x.git', 'egress.failed'],
  ] as const)
    await expect(remoteHeads(floor, floor.org, url), url).rejects.toMatchObject({
      code: expect.stringMatching(new RegExp(`${code}|git.bad-url`)),
    });
});

test('a forced push, a deleted branch: runs keep their commits, and what is gone is still read', async () => {
  const repo = repository();
  const first = repo.commit({ '.yardmaster/pipeline.yaml': PIPELINE });
  const lost = repo.commit({ 'a.txt': 'lost' });
  repo.push('main');
  const shop = await watched(repo, 'forced');
  await shop.sync();
  repo.git('reset', '-q', '--hard', first);
  const forced = repo.commit({ 'a.txt': 'forced' });
  repo.git('checkout', '-qb', 'topic');
  const topic = repo.commit({ 'b.txt': 'topic' });
  repo.push('main', 'topic');
  await shop.sync(true);
  expect((await shop.runs()).map((run) => run.commit).sort()).toEqual([topic, forced, lost].sort());
  execFileSync('git', ['-C', repo.bare, 'branch', '-D', 'topic']);
  await shop.sync(true);
  // What no branch holds any more survives a garbage collection of the mirror, because a run was made of it.
  await runGit(shop.mirror, ['-c', 'gc.pruneExpire=now', '-c', 'gc.reflogExpire=now', 'gc', '--quiet', '--prune=now']);
  for (const commit of [lost, topic, forced])
    expect((await runGit(shop.mirror, ['cat-file', '-t', commit])).toString().trim()).toBe('commit');
  expect((await runGit(shop.mirror, ['for-each-ref', 'refs/heads'])).toString()).not.toContain('topic');

  // A mirror that was thrown away: the commit is asked for by its id, and a run of it is a stranger's.
  rmSync(shop.mirror, { recursive: true });
  expect(await floor.db.read(floor.org, (tx) => mirrorWith(tx, repo.url, lost))).toBe(shop.mirror);
  const again = await startRun(floor, actor, { service: 'forced', commit: topic, inputs: {}, key: null });
  expect(again).toMatchObject({ commit_id: topic, trust: 'untrusted' });
  await expect(startRun(floor, actor, { service: 'forced', commit: 'd'.repeat(40), inputs: {}, key: null })).rejects.toMatchObject({
    code: 'git.no-such-ref',
  });
});

test('a renamed repository is not followed by git: a problem that says so', async () => {
  const repo = repository();
  repo.commit({ '.yardmaster/pipeline.yaml': PIPELINE });
  repo.push('main');
  moved.set('team/old.git', `${server.url}/${repo.name}`);
  await expect(remoteHeads(floor, floor.org, `${server.url}/team/old.git`)).rejects.toMatchObject({ code: 'git.moved' });
  // Sent on to another host, our login would go along: it is not.
  moved.set('team/away.git', 'http://127.0.0.1:1/x.git');
  await expect(remoteHeads(floor, floor.org, `${server.url}/team/away.git`)).rejects.toMatchObject({ code: 'git.moved' });
});

test('a history that is larger than a mirror may be ends with a problem and an empty disk', async () => {
  const repo = repository();
  repo.commit({ '.yardmaster/pipeline.yaml': PIPELINE, 'noise.bin': randomBytes(6_000_000) });
  repo.push('main');
  const shop = await watched(repo, 'large');
  await expect(shop.sync()).rejects.toMatchObject({ code: 'git.mirror-too-large' });
  await expect(runGit(shop.mirror, ['rev-parse', 'HEAD'])).rejects.toThrow();
});
