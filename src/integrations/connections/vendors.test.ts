import { expect, test } from 'vitest';
import { connected, openConnectionAgain } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { vendors } from '../vendors.ts';
import { rowById } from './connection.store.ts';
import type { Heard, Says } from './stub.fixture.ts';
import type { Caller } from './vendor.ts';

// The same trouble for every vendor, in its own words. What a client does with what it was answered stands beside the client.

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
type Trouble = {
  readonly settings?: Readonly<Record<string, string>>;
  /** How it asks to be left alone for 600 s. */
  readonly limited: readonly Says[];
  /** How it refuses a token that ended. */
  readonly ended: readonly Says[];
  /** Page `page` of three; absent: its answers here have no pages, or the client asks for them itself and its own test shows it. */
  readonly page?: (page: number, heard: Heard) => Says;
  readonly at?: 'page' | 'start';
};
const html: Says = { text: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } };
const after: Says = { status: 429, headers: { 'retry-after': '600' } };
const reset = (): Record<string, string> => ({
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 600),
});
const unsigned: Says = { status: 401, json: { message: 'Bad credentials' } };
const byLink = (page: number, heard: Heard): Says => ({
  json: [page],
  headers: page === 3 ? {} : { link: `<http://${heard.headers.host}${heard.path}?page=${page + 1}>; rel="next"` },
});
const TROUBLES: Readonly<Record<string, Trouble>> = {
  github: {
    limited: [after, { status: 403, headers: reset() }, { status: 403, headers: { 'retry-after': '600' } }],
    ended: [unsigned],
    page: byLink,
  },
  gitlab: {
    limited: [
      after,
      { status: 429, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 600) } },
    ],
    ended: [unsigned],
    page: byLink,
  },
  gitea: { limited: [after], ended: [unsigned], page: byLink },
  bitbucket: {
    limited: [after],
    ended: [unsigned],
    page: (page, heard) => ({
      json: { values: [page], ...(page === 3 ? {} : { next: `http://${heard.headers.host}${heard.path}?page=${page + 1}` }) },
    }),
  },
  'bitbucket-server': {
    limited: [after],
    ended: [unsigned],
    page: (page) => ({ json: page === 3 ? { values: [3], isLastPage: true } : { values: [page], isLastPage: false, nextPageStart: page } }),
    at: 'start',
  },
  // Azure: Retry-After also with 503 (docs: rate limits), and a page to sign in on for a token that ended.
  azure: {
    limited: [after, { status: 503, headers: { 'retry-after': '600' } }],
    ended: [unsigned, { ...html, status: 203 }],
  },
  jenkins: { limited: [after, { status: 503, headers: { 'retry-after': '600' } }], ended: [unsigned] },
  jira: { settings: { projects: 'SHOP' }, limited: [after], ended: [unsigned] },
  opa: { limited: [after], ended: [unsigned] },
  slack: { limited: [after], ended: [unsigned] },
};

async function there(vendor: string, says: (heard: Heard, count: number) => Says) {
  const one = await connected(floor, vendor, says, { settings: TROUBLES[vendor]?.settings ?? {} });
  const row = () => floor.db.read(floor.org, (tx) => rowById(tx, one.row.id));
  return { ...one, id: one.row.id, row, ask: async () => (await one.caller()).ask({ path: 'x', expect: [404] }) };
}
async function pagesOf(caller: Caller): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const page of caller.pages({ path: 'x' })) all.push(page);
  return all;
}
const nothingMore = async (code: string, one: { heard: unknown[]; ask(): Promise<unknown> }) => {
  const before = one.heard.length;
  await expect(one.ask()).rejects.toMatchObject({ code });
  expect(one.heard).toHaveLength(before);
};

test('every vendor is in the table, but for registries', () => {
  expect(Object.keys(TROUBLES).toSorted()).toEqual(
    [...vendors.values()].flatMap(({ name, offers }) => (offers.includes('registry') ? [] : [name])).toSorted(),
  );
});

test.concurrent.each(Object.keys(TROUBLES))('%s: limits, 5xx, ended tokens and pages', async (vendor) => {
  const trouble = TROUBLES[vendor] as Trouble;
  const limits = trouble.limited.map(async (says) => {
    const one = await there(vendor, () => says);
    await expect(one.ask()).rejects.toMatchObject({ code: 'connections.quiet' });
    const left = Date.parse((await one.row())?.quietUntil ?? '') - Date.now();
    expect(left, 'as long as it asked for').toSatisfy((ms: number) => ms > 560_000 && ms < 640_000);
    await nothingMore('connections.quiet', one);
    expect(one.heard, 'asked once').toHaveLength(1);
    one.answer(() => ({ json: { right: true } }));
    await openConnectionAgain(floor, one.id);
    expect((await one.ask()).json).toEqual({ right: true });
    expect(await one.row()).toMatchObject({ state: 'working', lastError: null });
  });
  const ends = trouble.ended.map(async (says) => {
    const one = await there(vendor, () => says);
    await expect(one.ask()).rejects.toMatchObject({ code: 'connections.refused' });
    expect(one.heard.length, 'once more with a fresh token').toBe(2);
    expect(await one.row()).toMatchObject({ state: 'refused' });
    await nothingMore('connections.refused', one);
  });
  const short = async (): Promise<void> => {
    const one = await there(vendor, (_heard, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': '0' } } : { json: { right: true } },
    );
    expect((await one.ask()).json).toEqual({ right: true });
  };
  const down = async (): Promise<void> => {
    const one = await there(vendor, () => ({ status: 502 }));
    await expect(one.ask()).rejects.toMatchObject({ code: 'connections.answered-badly' });
    expect(one.heard, 'three times and no more').toHaveLength(3);
    one.answer((_heard, count) => (count < 6 ? { status: 500 } : { json: { right: true } }));
    expect((await one.ask()).json).toEqual({ right: true });
    expect(await one.row()).toMatchObject({ state: 'working', failures: 0 });
  };
  const pages = async (): Promise<void> => {
    const { page, at = 'page' } = trouble;
    if (page === undefined) return;
    const of = (heard: Heard) => Number(heard.query.get(at) ?? (at === 'start' ? 0 : 1)) + (at === 'start' ? 1 : 0);
    const one = await there(vendor, (heard) => page(of(heard), heard));
    expect(JSON.stringify(await pagesOf(await one.caller()))).toMatch(/1.*2.*3/);
    expect(one.heard).toHaveLength(3);
    // A page that fails in the middle is no end of the list.
    one.answer((heard) => (of(heard) === 2 ? { status: 500 } : page(of(heard), heard)));
    await expect(pagesOf(await one.caller())).rejects.toMatchObject({ code: 'connections.answered-badly' });
  };
  await Promise.all([...limits, ...ends, short(), down(), pages()]);
});
