import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import { isBytes, type RouteShape } from '../contract/route.ts';
import { openApi, REACHED, type Api } from './api.fixture.ts';
import { sampleOf, scalarsOf, withValue } from './samples.fixture.ts';

// What a stranger can try at every door of the API at once: the routes are taken from the program, not listed here.

const api: Api = await openApi();
const shapes: readonly RouteShape[] = api.routes.map((mounted) => mounted.route);
const closed = shapes.filter((route) => route.access.kind !== 'public' && route.access.kind !== 'signed');

/** The route's address with a sample of each parameter. */
function pathOf(route: RouteShape): string {
  const params = (route.params === undefined ? {} : sampleOf(route.params)) as Record<string, unknown>;
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name] ?? 'shop')));
}

/** What its query needs. */
function queryOf(route: RouteShape): string {
  if (route.query === undefined) return '';
  const given = sampleOf(route.query) as Record<string, string | number>;
  return `?${new URLSearchParams(Object.entries(given).map(([key, value]): [string, string] => [key, String(value)])).toString()}`;
}

function bodyOf(route: RouteShape): unknown {
  if (route.body === undefined) return undefined;
  return isBytes(route.body) ? 'bytes' : sampleOf(route.body);
}

type Tokens = { readonly expired: string; readonly ended: string; readonly runner: string; readonly agent: string };
let tokens: Tokens;

beforeAll(async () => {
  const made = async (name: string): Promise<{ id: string; token: string }> =>
    (await api.real('POST', '/v1/tokens', api.admin, { name })).json as { id: string; token: string };
  const [expired, ended] = [await made('expired'), await made('ended')];
  await api.floor.db.tx('*', (tx) =>
    tx.query(`update credential set expires_at = created_at + interval '1 millisecond' where id = $1`, [expired.id]),
  );
  expect((await api.real('DELETE', `/v1/tokens/${ended.id}`, api.admin)).status).toBe(200);
  const machine = async (kind: 'runners' | 'agents'): Promise<string> => {
    const { registration } = (await api.real('POST', `/v1/${kind}/registrations`, api.admin, {})).json;
    return String((await api.real('POST', `/v1/${kind}`, null, { registration, name: 'machine-1' })).json['key']);
  };
  tokens = { expired: expired.token, ended: ended.token, runner: await machine('runners'), agent: await machine('agents') };
});

beforeEach(() => void api.reached());

test('the samples are right: with the right credential every route gets past its schemas', async () => {
  const refused: string[] = [];
  for (const route of shapes) {
    const token = { runner: tokens.runner, agent: tokens.agent }[route.access.kind as 'runner'] ?? api.admin;
    const { status, text } = await api.counted(route.method, pathOf(route) + queryOf(route), token, bodyOf(route));
    // What the samples name is not there, so a route may say 404; it must not say that the request is malformed.
    if (![REACHED, 403, 404].includes(status)) refused.push(`${route.method} ${route.path}: ${status} ${text.slice(0, 300)}`);
  }
  expect(refused).toEqual([]);
  expect(api.reached().length).toBeGreaterThan(40);
});

test('no route opens for a wrong credential or an odd path, and no handler runs', async () => {
  const wrong: string[] = [];
  let asked = 0;
  const closedFor = async (what: string, route: RouteShape, path: string, token: string | null): Promise<void> => {
    asked += 1;
    const { status } = await api.counted(route.method, path, token, bodyOf(route));
    if (![401, 403, 404].includes(status)) wrong.push(`${what}: ${route.method} ${path.slice(0, 120)} was answered ${status}`);
  };
  for (const route of closed) {
    const path = pathOf(route) + queryOf(route);
    const strangers: [string, string | null][] = [
      ['no token', null],
      ['a token nobody made', `ym_tok_${'0'.repeat(64)}`],
      ['an expired token', tokens.expired],
      ['an ended token', tokens.ended],
      ...(route.access.kind === 'runner' ? [] : ([['a runner', tokens.runner]] as [string, string][])),
      ...(route.access.kind === 'agent' ? [] : ([['an agent', tokens.agent]] as [string, string][])),
      ...(['runner', 'agent'].includes(route.access.kind) ? ([['a person', api.admin]] as [string, string][]) : []),
    ];
    for (const [what, token] of strangers) await closedFor(what, route, path, token);
    for (const odd of oddPaths(pathOf(route))) await closedFor('an odd path', route, odd, null);
    for (const method of ['HEAD', 'OPTIONS', 'PROPFIND'] as const) {
      await closedFor(method, { ...route, method: method as 'GET', body: undefined }, path, null);
    }
  }
  expect(wrong).toEqual([]);
  expect(api.reached()).toEqual([]);
  expect(asked).toBeGreaterThan(1200);
}, 600_000);

/** Ways to write a path that another reader of URLs might take for the same, or for one that needs no credential. */
function oddPaths(path: string): string[] {
  const [, first = '', ...rest] = path.split('/');
  const tail = rest.join('/');
  return [
    `${path};.x`,
    `${path};jsessionid=1`,
    `${path}/..;/x`,
    `/${first}/%2e%2e/${first}/${tail}`,
    `/v1/trust/..%2f${tail}`,
    `/v1/trust/%2e%2e/${tail}`,
    `/v1/trust/../${tail}`,
    `/${path}`,
    `/${first}//${tail}`,
    `${path}/`,
    `${path}/.`,
    path.toUpperCase(),
    `${path}?jsp=.jsp`,
    `${path}?/v1/trust`,
    `${path}%3f/v1/trust`,
    `${path}%00`,
    `${path}.json`,
    `http://127.0.0.1${path}`,
  ];
}

test('every scalar of every body, replaced by another kind or by far too much, is refused before any handler', async () => {
  const wrong: string[] = [];
  let asked = 0;
  for (const route of shapes) {
    if (route.body === undefined || isBytes(route.body)) continue;
    const token = { runner: tokens.runner, agent: tokens.agent }[route.access.kind as 'runner'] ?? api.admin;
    const right = sampleOf(route.body);
    const path = pathOf(route) + queryOf(route);
    for (const { path: place, nullable } of scalarsOf(route.body)) {
      for (const other of confusions(valueAt(right, place), nullable)) {
        asked += 1;
        const { status } = await api.counted(route.method, path, token, withValue(right, place, other));
        if (status !== 400) wrong.push(`${route.method} ${route.path} body.${place.join('.')} = ${brief(other)}: ${status}`);
      }
    }
    for (const [what, body] of [
      ['an unknown field', { ...(right as object), surprise: 1 }],
      ['a list', [right]],
      ['a text', 'text'],
      ['cut JSON', JSON.stringify(right).slice(0, -1)],
    ] as const) {
      if (what === 'an unknown field' && (typeof right !== 'object' || right === null)) continue;
      const { status } = await api.counted(route.method, path, token, body);
      if (status !== 400) wrong.push(`${route.method} ${route.path} body is ${what}: ${status}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(api.reached()).toEqual([]);
  expect(asked).toBeGreaterThan(700);
}, 600_000);

function valueAt(value: unknown, place: readonly (string | number)[]): unknown {
  return place.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], value);
}

/** Values of every other kind than `right`, and one that is far too large. */
function confusions(right: unknown, nullable: boolean): unknown[] {
  const others = [['shop'], [], { a: 1 }, {}, ...(nullable ? [] : [null])];
  if (typeof right === 'string') return [...others, 7, true, 'x'.repeat(3_000_000)];
  if (typeof right === 'number') return [...others, '7', true, 1e300];
  return [...others, 'true', 1];
}

function brief(value: unknown): string {
  return JSON.stringify(value).slice(0, 40);
}

test('every value of a query and every parameter is of its form, given once, and short', async () => {
  const wrong: string[] = [];
  const check = async (route: RouteShape, what: string, path: string): Promise<void> => {
    const token = { runner: tokens.runner, agent: tokens.agent }[route.access.kind as 'runner'] ?? api.admin;
    const { status } = await api.counted(route.method, path, token, bodyOf(route));
    if (status !== 400 && status !== 404 && status !== 431) wrong.push(`${route.method} ${route.path} ${what}: ${status}`);
  };
  for (const route of shapes) {
    for (const [name, schema] of Object.entries((route.query as z.ZodObject | undefined)?.def.shape ?? {})) {
      const given = new URLSearchParams(queryOf(route));
      const query = (change: (query: URLSearchParams) => void): string => {
        const changed = new URLSearchParams(given);
        change(changed);
        return `${pathOf(route)}?${changed.toString()}`;
      };
      await check(
        route,
        `query ${name} twice`,
        query((all) => all.append(name, given.get(name) ?? '')),
      );
      await check(
        route,
        `query ${name} huge`,
        query((all) => all.set(name, 'x'.repeat(9000))),
      );
      await check(
        route,
        `query ${name}[]`,
        query((all) => all.append(`${name}[]`, 'x')),
      );
      if (typeof sampleOf(schema as z.ZodType) === 'number') {
        for (const odd of ['1e400', 'NaN', '-1', '1.5', 'Infinity', '9007199254740993'])
          await check(
            route,
            `query ${name}=${odd}`,
            query((all) => all.set(name, odd)),
          );
      }
    }
    for (const { 1: name = '' } of route.path.matchAll(/\{(\w+)\}/g)) {
      const others = { ...((route.params === undefined ? {} : sampleOf(route.params)) as Record<string, string>) };
      for (const odd of ['x'.repeat(3000), '..%2f..', '%00', '%20', 'a%0ab', "'%20or%201=1", '%7b%7d', '__proto__']) {
        const path = route.path.replaceAll(/\{(\w+)\}/g, (_, one: string) =>
          one === name ? odd : encodeURIComponent(String(others[one])),
        );
        await check(route, `parameter ${name}=${odd.slice(0, 20)}`, path + queryOf(route));
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(api.reached()).toEqual([]);
}, 600_000);
