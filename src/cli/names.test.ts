import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createClient, type Client } from '../host/client.http.ts';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { Problem } from '../kernel/problem.ts';
import { followRelease } from './commands/release-follow.ts';
import { pointingAt, summary } from './point.ts';
import { commitOf, digestOf, findDeployment, findPerson, findRelease, findRun, keyValues, namesOf, oneOf, wholeNumber } from './refs.ts';
import type { Shell } from './shell.ts';

const id = (prefix: string, digit = '0') => `${prefix}_${digit.repeat(32)}`;
const digest = `sha256:${'a'.repeat(64)}`;
const at = '2026-11-23T10:00:00.000Z';
const release = {
  id: id('rel'),
  service: 'shop',
  version: '1.0.0',
  type: 'standard',
  state: 'open',
  commit: 'c'.repeat(40),
  run: id('run'),
  digests: [digest],
  change: id('chg'),
  plan: 'continuous',
  schemaChange: 'none',
  targets: ['dev', 'prod'],
  requestedBy: null,
  createdAt: at,
  rowVersion: 1,
};
const deployment = (environment: string, state: string, digit = '1') => ({
  id: id('dep', digit),
  service: 'shop',
  environment,
  release: release.id,
  version: '1.0.0',
  digest,
  kind: 'deploy',
  state,
  cause: state,
  strategy: 'all-at-once',
  step: 0,
  steps: 1,
  requestedBy: 'person:x',
  requestedAt: at,
  startedAt: null,
  finishedAt: null,
  earliest: null,
  previous: null,
});
const person = {
  id: id('per', 'b'),
  name: 'Bo Other',
  emails: ['bo@example.org'],
  accounts: [],
  active: true,
  delegate: null,
  roles: [],
  bots: [],
  sessions: 0,
  tokens: 0,
  secondFactor: false,
  hasPassword: true,
  lastSeenAt: null,
};

let server: Server;
let client: Client;
let asked: string[] = [];
let answer: (path: string, query: URLSearchParams) => unknown = () => null;

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(`${url.pathname}?${url.searchParams}`);
    const body = answer(url.pathname, url.searchParams);
    const status = body instanceof Problem ? body.status : body === null ? 404 : 200;
    const problem =
      body instanceof Problem
        ? { type: 'x', title: 'no', status, code: body.code, remedy: 'r' }
        : { type: 'x', title: 'no', status, code: 'test.none', remedy: 'r' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(status === 200 ? body : problem));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, retries: 0 });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

test('a release is an id, SERVICE@VERSION, or SERVICE for its newest; what can be none is not even asked for', async () => {
  answer = (path, query) => (path === '/v1/releases' ? { items: query.get('version') === '2.0.0' ? [] : [release], next: null } : null);
  expect((await findRelease(client, 'shop@1.0.0')).id).toBe(release.id);
  expect((await findRelease(client, 'shop')).id).toBe(release.id);
  expect(asked).toEqual(['/v1/releases?service=shop&limit=1&version=1.0.0', '/v1/releases?service=shop&limit=1']);
  await expect(findRelease(client, 'shop@2.0.0')).rejects.toMatchObject({ code: 'cli.no-such-release' });
  asked = [];
  for (const bad of ['', '@1', 'shop@', 'Shop', '../x', 'a'.repeat(64), `shop@${'1'.repeat(101)}`])
    await expect(findRelease(client, bad), bad).rejects.toMatchObject({ code: 'cli.no-such-release' });
  expect(asked).toEqual([]);
});

test('a deployment is an id or the newest of RELEASE/ENVIRONMENT, a run an id or the newest of SERVICE', async () => {
  answer = (path) => {
    if (path === '/v1/releases') return { items: [release], next: null };
    if (path === '/v1/deployments') return { items: [deployment('prod', 'succeeded')], next: null };
    return path === '/v1/runs' ? { items: [], next: null } : null;
  };
  expect(await findDeployment(client, id('dep', '7'))).toBe(id('dep', '7'));
  expect(asked).toEqual([]);
  expect(await findDeployment(client, 'shop/prod')).toBe(id('dep', '1'));
  expect(await findDeployment(client, 'shop@1.0.0/prod')).toBe(id('dep', '1'));
  expect(asked.filter((one) => one.startsWith('/v1/deployments'))).toEqual([
    '/v1/deployments?service=shop&environment=prod&limit=1',
    `/v1/deployments?release=${release.id}&environment=prod&limit=1`,
  ]);
  for (const bad of ['shop', 'shop/', 'shop/../x', '/prod'])
    await expect(findDeployment(client, bad), bad).rejects.toMatchObject({ status: 404 });
  await expect(findRun(client, 'shop')).rejects.toMatchObject({ code: 'cli.not-found' });
});

test('persons are found by address and told by name; who may not see them gets ids, other failures are not hidden', async () => {
  answer = (path) => (path === '/v1/people' ? { items: [person] } : null);
  expect(await findPerson(client, 'BO@example.org')).toBe(person.id);
  await expect(findPerson(client, 'bo')).rejects.toMatchObject({ code: 'cli.not-found' });
  expect((await namesOf(client))(`by ${person.id} and ${id('per', 'c')}`)).toBe(`by Bo Other and ${id('per', 'c')}`);
  answer = () => new Problem({ code: 'identity.not-allowed', status: 403, sentence: '', remedy: '' });
  expect((await namesOf(client))(person.id)).toBe(person.id);
  answer = () => new Problem({ code: 'platform.x', status: 409, sentence: '', remedy: '' });
  await expect(namesOf(client)).rejects.toMatchObject({ code: 'platform.x' });
});

test('values of options are held to what they may be, with a remedy that says it', () => {
  expect(wholeNumber('--n', '20', 1, 100)).toBe(20);
  for (const bad of ['', '0', '101', '1.5', '-1', '1e1', 'x', ' 1', '9'.repeat(30)])
    expect(() => wholeNumber('--n', bad, 1, 100), bad).toThrow('--n');
  expect(oneOf('--s', 'a', ['a', 'b'])).toBe('a');
  expect(() => oneOf('--s', 'toString', ['a', 'b'])).toThrow('--s');
  expect(() => digestOf('sha256:abc')).toThrow('digest');
  expect(() => commitOf('abc123')).toThrow('commit');
  expect(commitOf(undefined)).toBeUndefined();
  expect(keyValues(['a=b=c', 'd='])).toEqual({ a: 'b=c', d: '' });
  expect(() => keyValues(['=x'])).toThrow('KEY=VALUE');
});

test('what the server finds wrong in a file is shown in its place; code and data stay; other problems pass', async () => {
  const text = 'policy: standrd\nteams: 3\n';
  const found = (offset: number, line: number, column: number, length: number, message: string): Diagnostic => ({
    code: 'yaml.x',
    severity: 'error',
    message,
    remedy: 'Mend it.',
    file: 'y.yaml',
    range: { start: { line, column, offset }, end: { line, column: column + length, offset: offset + length } },
  });
  const diagnostics = [found(23, 2, 8, 1, 'a map is expected'), found(8, 1, 9, 7, 'no such policy')];
  const raised = new Problem({ code: 'catalog.invalid-file', status: 422, sentence: 's', remedy: 'r', data: { diagnostics } });
  const shown = await pointingAt(text, () => Promise.reject(raised)).catch((error: unknown) => error as Problem);
  expect(shown).toMatchObject({ code: 'catalog.invalid-file', status: 422, data: { diagnostics } });
  expect((shown as Problem).sentence).toMatch(
    /y\.yaml:1:9: error: no such policy.*\n.*\n1 \| policy: standrd\n {2}\| {9}\^{7}\n[\s\S]*y\.yaml:2:8: [\s\S]*2 errors\.$/,
  );
  const other = new Problem({ code: 'a.b', status: 409, sentence: 's', remedy: 'r', data: { diagnostics: 'none' } });
  await expect(pointingAt(text, () => Promise.reject(other))).rejects.toBe(other);
  expect(summary([])).toBe('No errors.');
  expect(summary([{ severity: 'error' }, { severity: 'warning' }, { severity: 'warning' }])).toBe('1 error and 2 warnings.');
});

function shellOf(): { shell: Shell; printed: string[]; told: string[] } {
  const printed: string[] = [];
  const told: string[] = [];
  const shell: Shell = {
    client: () => client,
    url: '',
    json: false,
    paint: (_, text) => text,
    signal: new AbortController().signal,
    print: (text) => void printed.push(text),
    progress: (text) => void told.push(text),
    raw: () => undefined,
  };
  return { shell, printed, told };
}

const mayShip = (verdict: string, what: string, earliest: string | null = null) => ({
  decision: null,
  release: release.id,
  environment: 'prod',
  purpose: 'deploy',
  verdict,
  intent: digest,
  rules: [],
  missing: [{ what, who: [], givers: { persons: [], count: 0, roles: [], others: [] } }],
  words: { headline: '', missing: [`${what}: Ada can give it`], when: '', rules: [] },
  earliest,
  notAfter: at,
  at,
  policy: { name: 'startup', version: 1, digest },
  inputs: {},
  digest,
});

test.each([
  ['runs where it was to go', [deployment('prod', 'succeeded', '2'), deployment('dev', 'succeeded')], 0, /runs in prod/],
  ['ends badly on the way', [deployment('dev', 'rolled-back')], 1, /to dev: rolled-back/],
  [
    'waits for somebody',
    [deployment('prod', 'waiting', '2'), deployment('dev', 'succeeded')],
    4,
    /waits in front of prod[\s\S]*an approval: Ada can give it[\s\S]*Whoever can give the approval types: ym approve shop@/,
  ],
])('a release that is followed and %s ends with its exit code', async (_, items, code, says) => {
  answer = (path) => {
    if (path === '/v1/releases') return { items: [release], next: null };
    if (path === '/v1/deployments') return { items, next: null };
    return path.endsWith('/may-ship') ? mayShip('wait', 'an approval') : null;
  };
  const { shell, printed } = shellOf();
  expect(await followRelease(shell, 'shop', undefined, 30)).toBe(code);
  expect(printed).toHaveLength(1);
  expect(printed[0]).toMatch(says);
});

test('a wait that ends by itself is waited for; the watching ends with its time, and where it can never arrive it is told at once', async () => {
  let polls = 0;
  answer = (path) => {
    if (path === '/v1/releases') return { items: [release], next: null };
    if (path === '/v1/deployments') return { items: [deployment('prod', ++polls < 3 ? 'waiting' : 'succeeded', '2')], next: null };
    return path.endsWith('/may-ship') ? mayShip('wait', 'the end of the soak', at) : null;
  };
  const { shell, told } = shellOf();
  expect(await followRelease(shell, 'shop', 'prod', 30)).toBe(0);
  expect(polls).toBe(3);
  expect(told).toEqual(['shop@1.0.0 -> prod: waiting', 'shop@1.0.0 -> prod: succeeded']);
  polls = -1000;
  expect(await followRelease(shellOf().shell, 'shop', 'prod', 1)).toBe(4);
  await expect(followRelease(shell, 'shop', 'moon', 1)).rejects.toMatchObject({ code: 'cli.usage' });
});
