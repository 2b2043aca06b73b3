import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Heard, Says } from '../integrations/connections/stub.fixture.ts';
import { forges } from '../integrations/forge-list.system.ts';
import { hookConnection } from '../integrations/forges/hook.commands.ts';
import { factOf } from '../integrations/forges/look.work.ts';
import { FORGE_BASES, speak } from '../integrations/forges/speak.fixture.ts';
import { system } from '../kernel/actor.ts';
import { forgeSources } from '../pipelines/merge-requests/forge.api.ts';
import { viewMergeRequests } from '../pipelines/merge-requests/merge-request.views.ts';
import { listRuns } from '../pipelines/run.views.ts';
import { mirrorOf, refreshOne, remoteHeads } from '../pipelines/sources/mirror.commands.ts';
import { ensureSource } from '../pipelines/sources/source.store.ts';
import { syncSource } from '../pipelines/sources/sync.reactions.ts';
import { intakeOf } from '../platform/hooks/door.routes.ts';
import { takeDue } from '../platform/hooks/take.work.ts';
import { connected } from '../testing/connected.ts';
import { testFloor } from '../testing/database.ts';
import { SENDERS } from '../testing/forges/senders.ts';
import { startGitServer } from '../testing/git-server.ts';
import { givenService } from '../testing/pipelines.ts';
import { takers } from './slices.ts';
import { Problem } from '../kernel/problem.ts';
import { hostile, orProblem, person, unfit } from '../testing/hostile.ts';

/** Hostile names through the forges: what is asked, read, kept, and brought by a webhook; and through git. */
const { bait, folder, names, patience, unharmed } = await hostile();
const floor = await testFloor({ config: { egressAllow: '127.0.0.1', publicUrl: 'https://yard.example.org' } });
const actor = system(floor.org, 'test');
const SHA = 'a'.repeat(40);

const pullRequest = (name: string) => ({
  title: name,
  state: 'open' as const,
  branch: name,
  target: name,
  head: SHA,
  fork: true,
  author: person(name),
  writer: person(name),
  reviewer: person(`${name}!`),
  review: 'approved' as const,
  labels: [name],
});

test.each(Object.keys(FORGE_BASES))(
  '%s: as repository, branch, tag, title, label and person',
  async (vendor) => {
    let name = '';
    const says = speak(vendor, { request: () => pullRequest(name), numbers: () => [7], protected: () => true });
    const forge = await connected(floor, vendor, (heard) => says(heard), { base: FORGE_BASES[vendor] ?? '' });
    const client = forges.get(vendor);
    const url = `${forge.url}/${vendor}/shop.git`;
    await givenService(floor, `at-${vendor}`, { url });
    const source = await floor.db.tx(floor.org, (tx) => ensureSource(tx, url));
    const hook = await hookConnection(floor, actor, forgeSources, forge.row.name, false);
    const caller = await forge.caller();
    if (client === undefined) throw new Error(vendor);
    // Each question by itself, as often and as deep in the API as with a name that nobody minds.
    const asks = (one: string): (readonly [string, () => Promise<unknown>])[] => {
      const path = `team/${one.replaceAll('/', '')}`;
      const wanted = { context: 'yardmaster/run', state: 'failure', description: one, summary: one, target: null } as const;
      return [
        ['repository', () => client.repository(caller, path)],
        ['protection', () => client.protection(caller, path, one)],
        ['recent', () => client.recent(caller, path)],
        ['status', () => client.status(caller, path, SHA, wanted)],
        ['status of it', () => client.status(caller, 'team/shop', one, wanted)],
        ['release', async () => client.release?.(caller, path, { tag: one, commit: one, title: one, notes: one })],
        ['hook', () => client.hook(caller, path, { url: bait, secret: one })],
      ];
    };
    const shapes = async (one: string): Promise<Map<string, string[]>> => {
      const found = new Map<string, string[]>();
      for (const [what, ask] of asks(one)) {
        const before = forge.heard.length;
        const said = await ask().then(
          () => null,
          (error: unknown) => error,
        );
        if (said !== null && !(said instanceof Problem)) throw said;
        const heard = forge.heard.slice(before);
        for (const { path } of heard) expect(path, JSON.stringify(one)).not.toMatch(/\/\.\.?(?:\/|$)/);
        // What is too long for an address is not asked for at all: a problem, and nothing sent.
        if (heard.length > 0 || one.length < 200)
          found.set(
            what,
            heard.map(({ method, path }) => `${method} ${path.split('/').length}`),
          );
      }
      return found;
    };
    const plain = await shapes('plain');
    for (const [index, one] of names.entries()) {
      name = one;
      // Without any name there is nothing to ask for.
      for (const [what, shape] of one.replaceAll('/', '') === '' ? [] : await shapes(one))
        // A name of which nothing is left is not found, and then there is no next question.
        expect([what, ...(plain.get(what) ?? []).slice(0, shape.length)], JSON.stringify(one)).toEqual([what, ...shape]);
      // What the forge says of it is kept, and read as a page reads it.
      const seen = await client.mergeRequest(caller, 'team/shop', 7);
      if (seen === null) throw new Error(`${vendor} does not read ${JSON.stringify(one)}`);
      await floor.db.tx(floor.org, async (tx) =>
        forgeSources.save(tx, source.id, 7, { ...factOf(seen), number: index + 1 }, await tx.now()),
      );
      const [view] = await floor.db.read(floor.org, (tx) => viewMergeRequests(tx, source.id, { number: index + 1 }));
      expect(view?.people.length, JSON.stringify(one)).toBeGreaterThan(0);
      expect(view?.title).toBe(seen.seen.title);
      expect(unfit(view)).toEqual([]);
      await delivered(vendor, hook, one, (await speakOf(says, vendor)) ?? {});
    }
    while ((await takeDue(floor, takers)) > 0);
    const bugs = await floor.db.tx('*', (tx) =>
      tx.query(`select outcome from delivery where hook_id = $1 and state <> 'done'`, [hook.hook]),
    );
    expect(bugs).toEqual([]);
    unharmed();
  },
  patience,
);

/** The merge request in the words of the vendor's API. */
async function speakOf(says: (heard: Heard) => Says, vendor: string): Promise<unknown> {
  const path: Readonly<Record<string, string>> = {
    github: '/api/v3/repos/team/shop/pulls/7',
    gitea: '/api/v1/repos/team/shop/pulls/7',
    gitlab: '/api/v4/projects/team%2Fshop/merge_requests/7',
    bitbucket: '/2.0/repositories/team/shop/pullrequests/7',
    'bitbucket-server': '/rest/api/1.0/projects/team/repos/shop/pull-requests/7',
    azure: '/org/team/_apis/git/repositories/shop/pullrequests/7',
  };
  const said = says({ method: 'GET', path: path[vendor] ?? '', query: new URLSearchParams(), headers: {}, body: '' });
  return said === 'hang up' ? null : said.json;
}

/** A webhook in which everything is the name: it is taken, whatever it says. */
async function delivered(vendor: string, hook: { hook: string; secret: string }, name: string, pull: unknown): Promise<void> {
  const payload = {
    action: name,
    object_kind: 'merge_request',
    eventType: 'git.pullrequest.created',
    resource: pull,
    pull_request: pull,
    pullrequest: pull,
    pullRequest: pull,
    object_attributes: pull,
    number: 7,
    ref: name,
    ref_type: name,
    ...(vendor === 'bitbucket-server' ? { eventKey: 'pr:opened' } : {}),
    repository: { full_name: `${vendor}/shop`, name, html_url: bait, clone_url: name, uuid: name, slug: 'shop', project: { key: vendor } },
    project: { path_with_namespace: `${vendor}/shop`, name, web_url: bait },
    sender: person(name),
    user: person(name),
    actor: person(name),
    commits: [{ id: SHA, message: name, author: person(name) }],
  };
  const body = Buffer.from(JSON.stringify(payload));
  const id = floor.randomHex(8);
  const headers = SENDERS[vendor]?.(hook.secret, { id, kind: vendor === 'bitbucket' ? 'pullrequest:created' : 'pull_request', body }) ?? {};
  await intakeOf(floor).take({ hook: hook.hook, headers, body, encrypted: true });
}

test(
  'git: as address, ref, branch, author and message of a real repository',
  async () => {
    const root = join(folder, 'git');
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(root, 'shop.git')]);
    const env = {
      PATH: process.env['PATH'],
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_COMMITTER_NAME: 'Bo',
      GIT_COMMITTER_EMAIL: 'b@example.org',
    };
    const git = (args: readonly string[], more: { input?: string; env?: Record<string, string> } = {}): string =>
      execFileSync('git', ['-C', join(root, 'shop.git'), ...args], {
        ...more,
        env: { ...env, ...more.env },
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      }).trim();
    const blob = git(['hash-object', '-w', '--stdin'], {
      input: 'on: {push: {branches: ["**"]}}\njobs: {build: {steps: [{run: "true"}]}}\n',
    });
    const inner = git(['mktree'], { input: `100644 blob ${blob}\tpipeline.yaml\n` });
    const tree = git(['mktree'], { input: `040000 tree ${inner}\t.yardmaster\n` });
    const refs: string[] = [];
    for (const name of names) {
      const author = name
        .replaceAll(/[\0\n<>]/g, '')
        .slice(0, 200)
        .trim();
      const who = /[\p{L}\p{N}]/u.test(author) ? author : 'Ada';
      const commit = git(['commit-tree', tree], {
        input: name.replaceAll('\0', '') || 'x',
        env: { GIT_AUTHOR_NAME: who, GIT_AUTHOR_EMAIL: `${who}@example.org`.replaceAll(' ', '') },
      });
      if (refs.length === 0) git(['update-ref', 'refs/heads/main', commit]);
      // What git itself refuses can't be a branch of anybody.
      const ref = `refs/heads/${name.slice(0, 150)}`;
      if (name !== '' && !name.includes('\0') && tried(() => git(['update-ref', ref, commit]))) refs.push(ref);
    }
    const server = await startGitServer(root, { open: () => true });
    afterAll(() => server.close());
    const url = `${server.url}/shop.git`;
    const service = await givenService(floor, 'hostile-git', { url });
    const source = await floor.db.tx(floor.org, (tx) => ensureSource(tx, url));
    await syncSource(floor, floor.org, source.id, { poll: false, heardAt: null });
    const mirrored = execFileSync('git', ['-C', mirrorOf(floor, source.id), 'for-each-ref', '--format=%(refname)', 'refs/heads'], {
      encoding: 'utf8',
    });
    expect(mirrored.trim().split('\n').length).toBe(new Set([...refs, 'refs/heads/main']).size);
    const { items } = await floor.db.read(floor.org, (tx) => listRuns(tx, { service: service.name, limit: 50, visible: 'all' }));
    expect(items.length).toBeGreaterThan(0);
    for (const name of names) {
      expect(await orProblem(remoteHeads(floor, floor.org, name)), JSON.stringify(name)).toBeNull();
      expect((await orProblem(remoteHeads(floor, floor.org, `${server.url}/${name}`))) ?? []).toEqual([]);
      await orProblem(refreshOne(floor, floor.org, source.id, url, name, 'hostile'));
      await orProblem(refreshOne(floor, floor.org, source.id, url, 'refs/heads/main', name));
    }
    unharmed();
  },
  patience,
);

function tried(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
