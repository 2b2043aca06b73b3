import { generateKeyPairSync } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { testFloor } from '../../testing/database.ts';
import { callerFor } from '../connections/caller.http.ts';
import { addConnection } from '../connections/connection.commands.ts';
import { rowByName } from '../connections/connection.store.ts';
import { describedBy } from '../connections/described.fixture.ts';
import { startStub, type Heard, type Says } from '../connections/stub.fixture.ts';
import { forges } from '../forge-list.system.ts';
import { vendorOf, vendors } from '../vendors.ts';
import type { Forge, StatusWanted } from './forge.ts';

/**
 * Each forge's client against a stub. GitHub, Bitbucket Cloud and Gitea: every request must be one of the vendor's own
 * description (OpenAPI). GitLab's description there is of API v3, which is not spoken any more, and Azure and Bitbucket Server
 * have none: their requests are compared with recorded forms, which is weaker.
 */
const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const actor = system(floor.org, 'test');
const stubs: { close(): Promise<void> }[] = [];
afterAll(async () => void (await Promise.all(stubs.map((stub) => stub.close()))));

const SHA = 'a'.repeat(40);
const described: Readonly<Record<string, (heard: Heard) => string[]>> = {
  github: describedBy('github.com/api.github.com.json').wrong,
  bitbucket: describedBy('bitbucket.org.json', '/2.0').wrong,
  gitea: describedBy('gitea.io.json', '/api/v1').wrong,
};
const BASES: Readonly<Record<string, string>> = { gitlab: '/api/v4', bitbucket: '/2.0', gitea: '/api/v1', azure: '/org' };
/** For those without a description: what may be asked, by method and form of the path. */
const RECORDED: Readonly<Record<string, readonly RegExp[]>> = {
  gitlab: [
    /^GET \/api\/v4\/projects\/[^/]+(\/repository\/branches\/[^/]+|\/merge_requests(\/\d+(\/approvals|\/commits)?)?|\/releases\/[^/]+|\/hooks)?$/,
    /^POST \/api\/v4\/projects\/[^/]+\/(statuses\/[0-9a-f]+|releases|hooks)$/,
    /^PUT \/api\/v4\/projects\/[^/]+\/(releases\/[^/]+|hooks\/\d+)$/,
  ],
  'bitbucket-server': [
    /^GET \/rest\/api\/1\.0\/projects\/[^/]+\/repos\/[^/]+(\/branches\/default|\/pull-requests(\/\d+(\/commits)?)?|\/webhooks)?$/,
    /^GET \/rest\/branch-permissions\/2\.0\/projects\/[^/]+\/repos\/[^/]+\/restrictions$/,
    /^POST \/rest\/(build-status\/1\.0\/commits\/[0-9a-f]+|api\/1\.0\/projects\/[^/]+\/repos\/[^/]+\/webhooks)$/,
    /^PUT \/rest\/api\/1\.0\/projects\/[^/]+\/repos\/[^/]+\/webhooks\/\d+$/,
  ],
  azure: [
    /^GET \/org\/[^/]+\/_apis\/git\/(repositories\/[^/]+(\/pullrequests(\/\d+(\/commits)?)?)?|policy\/configurations)$/,
    /^GET \/org\/_apis\/hooks\/subscriptions$/,
    /^POST \/org\/([^/]+\/_apis\/git\/repositories\/[^/]+\/commits\/[0-9a-f]+\/statuses|_apis\/hooks\/subscriptions)$/,
  ],
};

let made = 0;
async function connected(
  vendor: string,
  answer: (heard: Heard, count: number) => Says,
  given: { settings?: Record<string, string>; credential?: Record<string, string> } = {},
) {
  const invalid: string[] = [];
  const stub = await startStub((heard, count) => {
    const line = `${heard.method} ${heard.path}`;
    const wrong =
      described[vendor]?.(heard) ?? (RECORDED[vendor]?.some((form) => form.test(line)) === true ? [] : [`${line} is no recorded form`]);
    // Bitbucket describes the body of a hook in words and not as a schema.
    const known = /hooks takes no JSON|hooks\/\{uid\} takes no JSON/;
    invalid.push(...wrong.filter((one) => !known.test(one)).map((one) => `${line}: ${one}`));
    return answer(heard, count);
  });
  stubs.push(stub);
  made += 1;
  const row = await addConnection(floor, actor, vendors, {
    name: `${vendor}-${made}`,
    vendor,
    url: `${stub.url}${BASES[vendor] ?? ''}`,
    settings: given.settings ?? {},
    credential: given.credential ?? { token: 'tok3n' },
  });
  const forge = forges.get(vendor) as Forge;
  const caller = await callerFor(floor, floor.org, row.id, vendorOf);
  const state = () => floor.db.read(floor.org, (tx) => rowByName(tx, row.name));
  return { stub, forge, caller, invalid, state };
}

const wanted: StatusWanted = {
  context: 'yardmaster/run',
  state: 'failure',
  description: 'gates: 2 tests failed',
  summary: '- gates: 2 tests failed',
  target: 'https://yardmaster.example/runs/run_1',
};

/** A forge that has nothing: every listing is empty, every single thing is not there. */
const empty = (heard: Heard): Says => {
  if (heard.method !== 'GET') return { status: heard.method === 'POST' ? 201 : 200, json: { id: 1 } };
  if (/\/(hooks|webhooks|subscriptions)$/.test(heard.path))
    return { json: /2\.0|rest\/|subscriptions/.test(heard.path) ? { values: [], value: [], isLastPage: true } : [] };
  if (heard.path.endsWith('/check-runs')) return { json: { total_count: 0, check_runs: [] } };
  if (/\/(pulls|merge_requests)$/.test(heard.path)) return { json: [] };
  if (/\/(pull-requests|pullrequests)$/.test(heard.path)) return { json: { values: [], value: [], isLastPage: true } };
  if (/^\/org\/[^/]+\/_apis\/git\/repositories\/[^/]+$/.test(heard.path))
    return { json: { id: 'r1', name: 'n', project: { id: 'p1', name: 'p' } } };
  return { status: 404, json: { message: 'Not Found' } };
};

async function everything(
  forge: Forge,
  caller: Parameters<Forge['repository']>[0],
  path: string,
  branch: string,
  tag: string,
): Promise<void> {
  await forge.repository(caller, path);
  await forge.protection(caller, path, branch);
  await forge.mergeRequest(caller, path, 7);
  await forge.recent(caller, path);
  await forge.status(caller, path, SHA, wanted);
  await forge.release?.(caller, path, { tag, commit: SHA, title: `Release ${tag}`, notes: 'What changed' });
  await forge.hook(caller, path, { url: 'https://yardmaster.example/v1/hooks/in/hok_1', secret: 's'.repeat(32) });
}

test.each(['github', 'gitlab', 'bitbucket', 'bitbucket-server', 'gitea', 'azure'])(
  '%s: no request that is not one of its API',
  async (vendor) => {
    const { forge, caller, invalid, stub, state } = await connected(vendor, empty);
    await everything(forge, caller, 'team/shop', 'main', 'v1.2.3');
    expect(invalid).toEqual([]);
    expect(stub.heard.length).toBeGreaterThan(6);
    expect(stub.heard.every(({ headers }) => /tok3n|OnRvazNu/.test(headers.authorization ?? ''))).toBe(true);
    expect(await state()).toMatchObject({ state: 'working' });
    // A status is one request, and never twice for one answer.
    expect(stub.heard.filter(({ method, path }) => method === 'POST' && /status/.test(path))).toHaveLength(1);
  },
);

test('GitHub as an App: checks with the reasons, and a token that ended is renewed once', async () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  let given = 0;
  const { forge, caller, invalid, stub, state } = await connected(
    'github',
    (heard) => {
      if (heard.path.endsWith('/access_tokens')) {
        given += 1;
        return { status: 201, json: { token: `inst-${given}`, expires_at: new Date(Date.now() + 3_600_000).toISOString() } };
      }
      // The first token ends early.
      if (heard.headers.authorization === 'Bearer inst-1' && stubHeard() > 3) return { status: 401, json: {} };
      return empty(heard);
    },
    { settings: { app: '5', installation: '77' }, credential: { privateKey } },
  );
  const stubHeard = (): number => stub.heard.length;
  await forge.status(caller, 'team/shop', SHA, wanted);
  await forge.status(caller, 'team/shop', SHA, wanted);
  expect(given).toBe(2);
  expect(invalid).toEqual([]);
  const runs = stub.heard
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/check-runs'))
    .map(({ body }) => JSON.parse(body) as object);
  expect(runs[0]).toMatchObject({
    name: 'yardmaster/run',
    head_sha: SHA,
    status: 'completed',
    conclusion: 'failure',
    output: { summary: '- gates: 2 tests failed' },
  });
  expect(await caller.gitPassword()).toBe('inst-2');
  expect(await state()).toMatchObject({ state: 'working' });
  const asked = stub.heard.find(({ path }) => path.endsWith('/access_tokens'))?.headers.authorization ?? '';
  expect(JSON.parse(Buffer.from(asked.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ iss: '5' });
});

test('secondary limits, 5xx and pages: bounded, and right after', async () => {
  const limited = await connected('github', () => ({ status: 403, json: { message: 'You have exceeded a secondary rate limit' } }));
  await expect(limited.forge.repository(limited.caller, 'a/b')).rejects.toMatchObject({ code: 'connections.quiet' });
  expect(limited.stub.heard).toHaveLength(1);
  const flaky = await connected('gitea', (heard, count) => (count < 3 ? { status: 502 } : empty(heard)));
  expect(await flaky.forge.repository(flaky.caller, 'a/b')).toBeNull();
  expect(flaky.stub.heard).toHaveLength(3);
  expect(await flaky.state()).toMatchObject({ state: 'working', failures: 0 });

  const person = (n: number) => ({ login: `p${n}`, id: n });
  const paged = await connected('github', (heard) => {
    const page = Number(heard.query.get('page') ?? 1);
    const base = `http://${heard.headers.host}${heard.path}`;
    const more = (json: unknown): Says =>
      page < 3 ? { json, headers: { link: `<${base}?per_page=100&page=${page + 1}>; rel="next"` } } : { json };
    const commit = {
      sha: SHA,
      author: person(page),
      commit: { author: { name: 'A', email: `p${page}@example.org` }, message: 'x\n\nCo-authored-by: Bo <bo@example.org>' },
    };
    if (heard.path.endsWith('/commits')) return more([commit]);
    if (heard.path.endsWith('/reviews'))
      return { json: [{ user: person(9), state: 'APPROVED', commit_id: SHA, submitted_at: '2026-01-01T00:00:00Z' }] };
    const repo = (id: number) => ({ full_name: `o/${id}`, id });
    return {
      json: {
        number: 7,
        title: 'T',
        state: 'closed',
        merged: true,
        merge_commit_sha: 'b'.repeat(40),
        commits: 3,
        user: { login: 'squash-bot', type: 'Bot' },
        head: { ref: 'x', sha: SHA, repo: repo(1) },
        base: { ref: 'main', sha: SHA, repo: repo(2) },
      },
    };
  });
  const merged = await paged.forge.mergeRequest(paged.caller, 'o/2', 7);
  expect(merged).toMatchObject({
    fork: true,
    complete: true,
    seen: { state: 'merged', mergeCommit: 'b'.repeat(40), author: { bot: true } },
  });
  expect(merged?.authors.map(({ email }) => email).sort()).toEqual([
    'bo@example.org',
    'p1@example.org',
    'p2@example.org',
    'p3@example.org',
  ]);
  expect(merged?.reviews).toMatchObject([{ reviewer: { login: 'p9' }, state: 'approved', commit: SHA }]);
  expect(paged.invalid).toEqual([]);
});

test('addresses of git find their connection, and no other', () => {
  const at = (vendor: string, url: string, git: string) =>
    forges.get(vendor)?.pathOf({ id: 'c', org: 'o', vendor, name: 'n', url, settings: {}, state: 'new', quietUntil: null }, git);
  expect(at('github', 'https://api.github.com', 'https://github.com/a/b.git')).toBe('a/b');
  expect(at('github', 'https://api.github.com', 'ssh://git@github.com/a/b.git')).toBe('a/b');
  expect(at('github', 'https://ghe.example/api/v3', 'https://ghe.example/a/b')).toBe('a/b');
  expect(at('github', 'https://api.github.com', 'https://github.com.evil.example/a/b')).toBeNull();
  expect(at('github', 'https://api.github.com', 'http://github.com/a/b')).toBeNull();
  expect(at('gitlab', 'https://gitlab.com/api/v4', 'https://gitlab.com/g/s/p.git')).toBe('g/s/p');
  expect(at('gitlab', 'https://corp.example/gitlab/api/v4', 'https://corp.example/gitlab/g/p.git')).toBe('g/p');
  expect(at('gitlab', 'https://corp.example/gitlab/api/v4', 'https://corp.example/other/p.git')).toBeNull();
  expect(at('bitbucket', 'https://api.bitbucket.org/2.0', 'https://bitbucket.org/w/r.git')).toBe('w/r');
  expect(at('bitbucket-server', 'https://bb.example', 'https://bb.example/scm/KEY/r.git')).toBe('KEY/r');
  expect(at('gitea', 'https://git.example/api/v1', 'https://git.example/a/b.git')).toBe('a/b');
  expect(at('azure', 'https://dev.azure.com/org', 'https://dev.azure.com/org/Proj/_git/Repo')).toBe('Proj/Repo');
  expect(at('azure', 'https://dev.azure.com/org', 'https://org@dev.azure.com/org/Proj/_git/Repo')).toBe('Proj/Repo');
  expect(at('azure', 'https://dev.azure.com/org', 'https://dev.azure.com/other/Proj/_git/Repo')).toBeNull();
});
