import { afterAll, expect, test } from 'vitest';
import { insertPerson } from '../../identity/identity.store.ts';
import { mapName } from '../../identity/mapping/mapping.commands.ts';
import { system } from '../../kernel/actor.ts';
import { forgeSources } from '../../pipelines/merge-requests/forge.api.ts';
import { protectionOf, viewMergeRequests } from '../../pipelines/merge-requests/merge-request.views.ts';
import { commitRange } from '../../pipelines/sources/commits.queries.ts';
import { ensureSource, insertCommits } from '../../pipelines/sources/source.store.ts';
import type { Tx } from '../../platform/floor.ts';
import { testFloor } from '../../testing/database.ts';
import { givenService } from '../../testing/pipelines.ts';
import { addConnection, changeConnection } from '../connections/connection.commands.ts';
import { startStub, type Heard, type Says } from '../connections/stub.fixture.ts';
import { vendors } from '../vendors.ts';
import { gitLogin } from './at.system.ts';
import { hookConnection } from './hook.commands.ts';
import { forgeTaker } from './hook.reactions.ts';
import { factOf, forgeLookTask } from './look.work.ts';
import type { MergeRequestNow } from './forge.ts';
import type { SaysPort } from './says.port.ts';
import { statusesAt } from './status.store.ts';
import { newsIsSaid, sayShownTask, sayTask, statusTask } from './status.work.ts';

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const actor = system(floor.org, 'test');
const SHA = (digit: string): string => digit.repeat(40);
const REPOSITORY = 'Codertocat/Hello-World';

/** A forge on this machine that says of every merge request what its number says: the truth, whatever webhooks tell. */
let broken = 0;
const statuses: { context: string; state: string }[] = [];
const stub = await startStub((heard: Heard): Says => {
  const number = Number(/\/pulls\/(\d+)/.exec(heard.path)?.[1] ?? 0);
  const repo = (id: number) => ({ full_name: REPOSITORY, id, html_url: 'https://forge.example/x' });
  if (heard.path.endsWith('/reviews'))
    return { json: [{ user: { login: 'rev', id: 5 }, state: 'APPROVED', commit_id: SHA('a'), submitted_at: '2026-01-01T00:00:00Z' }] };
  if (heard.path.endsWith('/commits'))
    return {
      json: [
        { sha: SHA('a'), author: { login: 'ada', id: 3 }, commit: { author: { name: 'Ada', email: 'Ada@Example.org' }, message: 'x' } },
      ],
    };
  if (number > 0)
    return {
      json: {
        number,
        title: `<b>${number}</b> $(touch x)`,
        state: number % 2 === 0 ? 'closed' : 'open',
        merged: number % 4 === 0,
        merge_commit_sha: number % 4 === 0 ? SHA('e') : null,
        commits: 1,
        user: { login: 'squash-bot', id: 9, type: 'Bot' },
        head: { ref: 'topic', sha: SHA('a'), repo: repo(number % 3 === 0 ? 2 : 1) },
        base: { ref: 'main', sha: SHA('b'), repo: repo(1) },
        updated_at: '2026-01-02T00:00:00Z',
      },
    };
  if (heard.path.endsWith('/pulls')) return { json: [{ number: 7 }, { number: 8 }] };
  if (/\/branches\/main$/.test(heard.path)) return { json: { name: 'main', protected: true } };
  if (/\/statuses\//.test(heard.path)) {
    if (broken > 0) return ((broken -= 1), { status: 502 });
    statuses.push(JSON.parse(heard.body) as { context: string; state: string });
    return { status: 201, json: {} };
  }
  if (/\/hooks$/.test(heard.path)) return heard.method === 'GET' ? { json: [] } : { status: 201, json: { id: 1 } };
  return { status: 404, json: {} };
});
afterAll(() => stub.close());

// A Gitea at an address of its own: its git addresses lie at the same host as its API.
const url = `${stub.url}/${REPOSITORY}.git`;
const END = { branch: 'topic', commit: SHA('a'), repository: null };
const NOW: MergeRequestNow = {
  seen: {
    number: 1,
    title: '',
    body: '',
    state: 'open',
    draft: false,
    source: END,
    target: END,
    headRef: null,
    author: { id: '3', login: 'ada', name: 'Ada', email: null, bot: false },
    reviewers: [],
    labels: [],
    mergeCommit: null,
    link: null,
    createdAt: null,
    updatedAt: null,
  },
  reviews: [],
  authors: [],
  complete: true,
  fork: false,
};
const connection = await addConnection(floor, actor, vendors, {
  name: 'forge',
  vendor: 'gitea',
  url: `${stub.url}/api/v1`,
  settings: {},
  credential: { token: 'tok3n' },
});
await givenService(floor, 'shop', { url });
const source = await floor.db.tx(floor.org, (tx) => ensureSource(tx, url));
const look = forgeLookTask(forgeSources);
const view = () => floor.db.read(floor.org, (tx) => viewMergeRequests(tx, source.id, {}));

/** Takes a delivery and answers what it wakes. */
async function taken(kind: string, payload: unknown, id: string): Promise<{ outcome: string; wakes: [string, unknown][] }> {
  const wakes: [string, unknown][] = [];
  const outcome = await floor.db.tx(floor.org, (tx) => {
    const watching: Tx = { ...tx, wake: async (task, _key, data) => void wakes.push([task, data]) };
    const hook = { id: 'hok_x', org: floor.org, subject: connection.id, settings: {} };
    const delivery = {
      id,
      hook,
      name: id,
      headers: { 'x-gitea-event': kind },
      body: Buffer.from(JSON.stringify(payload)),
      at: new Date(0).toISOString(),
    };
    const taker = forgeTaker(forgeSources);
    return 'take' in taker && taker.take !== undefined ? taker.take(watching, delivery) : Promise.resolve('');
  });
  return { outcome, wakes };
}

test('git signs in with the credential of the connection at whose host the repository lies', async () => {
  expect(await gitLogin(floor, floor.org, url)).toEqual({ user: 'oauth2', password: 'tok3n' });
  expect(await gitLogin(floor, floor.org, 'https://elsewhere.example/a/b.git')).toBeNull();
  expect(await gitLogin(floor, floor.org, '/srv/git/a.git')).toBeNull();
});

test('a webhook is a hint: what is kept is what the forge says', async () => {
  const claimed = {
    number: 3,
    title: 'claimed',
    state: 'closed',
    merged: true,
    head: { ref: 'x', sha: SHA('9') },
    base: { ref: 'main' },
    user: { login: 'eve' },
  };
  const { outcome, wakes } = await taken(
    'pull_request',
    { action: 'closed', pull_request: claimed, repository: { full_name: REPOSITORY.toLowerCase() } },
    'one',
  );
  expect(outcome).toBe('pull_request.closed: looked at');
  for (const [task, data] of wakes) if (task === 'forges.look') await look.run(floor, data as Record<string, unknown>, floor.org);
  const [one] = (await view()).filter(({ number }) => number === 3);
  expect(one).toMatchObject({ state: 'open', title: '<b>3</b> $(touch x)', fork: true, head: SHA('a') });
  expect(one?.people).toMatchObject([
    { role: 'opened', login: 'squash-bot', bot: true },
    { role: 'wrote', login: 'ada' },
    { role: 'reviewed', login: 'rev', review: 'approved', current: true },
  ]);
  expect((await taken('pull_request', { action: 'opened', repository: { full_name: 'other/repo' } }, 'two')).wakes).toEqual([]);
  expect((await taken('push', { ref: 'refs/heads/main', repository: { full_name: REPOSITORY } }, 'three')).wakes[0]?.[0]).toBe(
    'pipelines.sync',
  );
});

test('a poll finds what no webhook told, and whether the branch is protected', async () => {
  await look.run(floor, { source: source.id, number: null }, floor.org);
  expect((await view()).map(({ number, state }) => [number, state])).toEqual([
    [8, 'merged'],
    [7, 'open'],
    [3, 'open'],
  ]);
});

test('who wrote a merge request had a hand in the commit that a bot squashed it to', async () => {
  const bot = { name: 'bot', email: 'bot@forge.example' };
  const commit = {
    id: SHA('e'),
    parents: [],
    author: bot,
    committer: bot,
    coAuthors: [],
    at: new Date(0).toISOString(),
    subject: 's',
    body: '',
  };
  await floor.db.tx(floor.org, (tx) => insertCommits(tx, source.id, [commit]));
  const range = await floor.db.read(floor.org, (tx) => commitRange(tx, source.id, null, SHA('e')));
  expect(range.commits).toMatchObject([{ author: 'bot@forge.example', coAuthors: ['ada@example.org'] }]);
});

test('what is said at the forge follows what is wanted: once each, the last one wins, trouble is waited out', async () => {
  let state: 'pending' | 'success' | 'failure' = 'pending';
  const says: SaysPort = {
    of: async () => [
      { repository: url, commit: SHA('a'), wanted: { context: 'yardmaster/run', state, description: 'd', summary: 's', target: null } },
    ],
    release: async () => null,
  };
  const say = sayTask(says);
  const rows = () => floor.db.read(floor.org, (tx) => statusesAt(tx, connection.id));
  const write = async () =>
    void (await Promise.all((await rows()).flatMap(({ id }) => [1, 2, 3].map(() => statusTask.run(floor, { id }, floor.org)))));
  await say.run(floor, { run: 'run_1' }, floor.org);
  await say.run(floor, { run: 'run_1' }, floor.org);
  await write();
  await write();
  expect(statuses.map((one) => one.state)).toEqual(['pending']);
  // Wanted twice before it was written: the second is what is shown.
  state = 'failure';
  await say.run(floor, { run: 'run_1' }, floor.org);
  state = 'success';
  await say.run(floor, { run: 'run_1' }, floor.org);
  await write();
  expect(statuses.map((one) => one.state)).toEqual(['pending', 'success']);
  state = 'failure';
  broken = 3;
  await say.run(floor, { run: 'run_1' }, floor.org);
  await write();
  expect(statuses).toHaveLength(2);
  expect((await rows())[0]).toMatchObject({ attempts: 1 });
  // A connection that says no statuses gets none.
  await changeConnection(floor, actor, vendors, 'forge', { settings: { statuses: 'off' } });
  state = 'success';
  await say.run(floor, { run: 'run_2' }, floor.org);
  expect((await rows())[0]?.wanted.state).toBe('failure');
  await changeConnection(floor, actor, vendors, 'forge', { settings: {} });
});

test('news of a release asks anew about it, news of everything about all that forges show, once for what comes together', async () => {
  const release = `rel_${'1'.repeat(32)}`;
  let state: 'pending' | 'success' = 'pending';
  const says: SaysPort = {
    of: async (_tx, about) =>
      'release' in about && about.release === release
        ? [
            {
              repository: url,
              commit: SHA('d'),
              wanted: { context: 'yardmaster/prod', state, description: 'd', summary: 's', target: null },
            },
          ]
        : [],
    release: async () => null,
  };
  const fact = (subject: string, body: object = {}) =>
    ({ subject, body, org: floor.org }) as unknown as Parameters<typeof newsIsSaid.run>[1];
  const jobs = async () => {
    const rows = await floor.db.tx('*', async (tx) => {
      const found = await tx.query<{ task: string; payload: Record<string, unknown> }>(
        `select t.identifier as task, j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
         where t.identifier like 'forges.say%' order by 1`,
      );
      await tx.write(`delete from graphile_worker._private_jobs`);
      return found;
    });
    return rows.map(({ task, payload }) => [task, payload['release'] ?? null]);
  };
  await jobs();
  // Nothing is shown of a release yet: a freeze has nobody to ask about.
  await newsIsSaid.run(floor, fact('frz_1'));
  expect(await jobs()).toEqual([]);
  await sayTask(says).run(floor, { release }, floor.org);
  await jobs();
  await newsIsSaid.run(floor, fact('apr_1', { release }));
  expect(await jobs()).toEqual([['forges.say', release]]);
  await newsIsSaid.run(floor, fact('frz_1'));
  await newsIsSaid.run(floor, fact('rep_1'));
  expect((await jobs()).length).toBeLessThanOrEqual(2);
  await sayShownTask.run(floor, {}, floor.org);
  expect(await jobs()).toEqual([['forges.say', release]]);
  // The answer changed: it is shown; asked again without a change nothing is written.
  const written = () => statuses.filter(({ context }) => context === 'yardmaster/prod').map((one) => one.state);
  const write = async () => {
    for (const { id } of await floor.db.read(floor.org, (tx) => statusesAt(tx, connection.id)))
      await statusTask.run(floor, { id }, floor.org);
  };
  await write();
  state = 'success';
  for (let time = 0; time < 3; time += 1) await sayTask(says).run(floor, { release }, floor.org).then(write);
  expect(written()).toEqual(['pending', 'success']);
});

test('the webhook of a connection: made, renewed, registered where the forge lets us', async () => {
  const made = await hookConnection(floor, actor, forgeSources, 'forge', true);
  expect(made).toMatchObject({ schemes: ['hub'], registered: [{ repository: REPOSITORY, ok: true }] });
  expect(made.url).toContain(`/v1/hooks/in/${made.hook}`);
  const set = stub.heard.filter(({ method, path }) => method === 'POST' && path.endsWith('/hooks')).at(-1);
  expect(JSON.parse(set?.body ?? '{}')).toMatchObject({ config: { url: made.url, secret: made.secret } });
  expect((await hookConnection(floor, actor, forgeSources, 'forge', false)).hook).not.toBe(made.hook);
});

test('who is nobody here is listed for an admin, and who was mapped by a login is that person', async () => {
  const names = () =>
    floor.db.read(floor.org, (tx) => tx.query<{ host: string; value: string }>(`select host, value from unmapped_name order by value`));
  const listed = await names();
  expect(listed).toContainEqual(expect.objectContaining({ host: '127.0.0.1', value: 'rev' }));
  expect(listed).toContainEqual(expect.objectContaining({ host: '', value: 'ada@example.org' }));
  // Programs answer for nothing, and an address is better than a login.
  expect(listed.filter(({ value }) => value === 'squash-bot' || value === 'ada')).toEqual([]);
  const person = await floor.db.tx(floor.org, async (tx) => {
    const id = tx.floor.newId('per');
    await insertPerson(tx, { id, org: tx.org, name: 'Rev Iewer', at: await tx.now() });
    await mapName(tx, actor, { host: '127.0.0.1', value: 'Rev' }, { person: id });
    return id;
  });
  const [one] = (await view()).filter(({ number }) => number === 3);
  expect(one?.people.find(({ role }) => role === 'reviewed')).toMatchObject({ person: { id: person, name: 'Rev Iewer' } });
});

test('of two answers under way the one to the later question stays', async () => {
  const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
  const fact = (title: string) => ({ ...factOf(NOW), number: 900, title });
  const save = (seen: ReturnType<typeof fact> | null, at: string) =>
    floor.db.tx(floor.org, (tx) => forgeSources.save(tx, source.id, 900, seen, at));
  const is = async () => (await view()).find(({ number }) => number === 900);
  await save(fact('later'), late);
  await save(fact('earlier'), early);
  await save(null, early);
  expect(await is()).toMatchObject({ title: 'later', state: 'open', people: [{ login: 'ada' }] });
  await save(null, '2026-01-01T00:00:02.000Z');
  expect(await is()).toMatchObject({ state: 'closed' });
  const protect = (state: string, at: string) =>
    floor.db.tx(floor.org, (tx) => forgeSources.protection(tx, source.id, 'other', { state, detail: '' }, at));
  await protect('protected', late);
  await protect('open', early);
  expect(await floor.db.read(floor.org, (tx) => protectionOf(tx, source.id, 'other'))).toMatchObject({ state: 'protected' });
});
