import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { isBytes, type RouteShape } from '../contract/route.ts';
import { allowedPlaces } from '../host/addresses.ts';
import { makeEgress } from '../host/egress.http.ts';
import { sendDue } from '../integrations/hooks/send.work.ts';
import { takeDue } from '../platform/hooks/take.work.ts';
import { SIGNERS } from '../testing/hooks/flips.ts';
import { hostileNames } from '../testing/hooks/names.ts';
import { forbiddenUrls } from '../testing/hooks/urls.ts';
import { openApi } from './api.fixture.ts';
import { takers } from './slices.ts';
import { URL_SETTINGS } from './url-settings.ts';

// Settings that take an address lead nowhere but where they may, and what strangers name is text.

const api = await openApi();
let hits = 0;
const listener = createServer((_, response) => {
  hits += 1;
  response.writeHead(200).end('{}');
});
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
afterAll(() => listener.close());
const address = listener.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;

type Def = {
  shape?: Record<string, z.ZodType>;
  innerType?: z.ZodType;
  element?: z.ZodType;
  valueType?: z.ZodType;
  options?: z.ZodType[];
  in?: z.ZodType;
};
function fieldsOf(schema: z.ZodType, path: string): string[] {
  const def = (schema as unknown as { def: Def }).def;
  if (def.shape !== undefined)
    return Object.entries(def.shape).flatMap(([name, field]) => fieldsOf(field, path === '' ? name : `${path}.${name}`));
  if (def.options !== undefined) return [...new Set(def.options.flatMap((option) => fieldsOf(option, path)))];
  const inner = def.innerType ?? def.element ?? def.in ?? def.valueType;
  return inner === undefined ? [path] : fieldsOf(inner, path);
}
const looksLikeOne = (field: string): boolean =>
  /(?:url|uri|issuer|endpoint|address|server|host|repository|jwks|reference|link|webhook)s?$/i.test(field);

/** Everything on everything: CAMPAIGN_FULL=1 npx vitest run src/app/ssrf.test.ts. Else a part of it, another one each day. */
const FULL = process.env['CAMPAIGN_FULL'] === '1';
const turn = Math.floor(Date.now() / 86_400_000);

test('every field of the contract that takes an address is on the list, with what is done with it', () => {
  const found = api.routes.flatMap(({ route }: { route: RouteShape }) => {
    const bodies = [route.body, route.query].filter((one) => one !== undefined && !isBytes(one)) as z.ZodType[];
    return bodies.flatMap((schema) => fieldsOf(schema, '').filter(looksLikeOne)).map((field) => `${route.method} ${route.path} ${field}`);
  });
  expect([...new Set(found)].filter((one) => !(one in URL_SETTINGS)).sort(), 'say in src/app/url-settings.ts what is done with it').toEqual(
    [],
  );
  expect(Object.keys(URL_SETTINGS).filter((one) => !found.includes(one))).toEqual([]);
});

/** What is changed must be there: one of each, at an address that may be called. */
async function made(key: string): Promise<string> {
  const real = async (path: string, body: object) => (await api.real('POST', path, api.admin, body)).json;
  const url = 'https://203.0.114.1/';
  const one = key.includes('{connection}')
    ? await real('/v1/connections', { name: 'there', vendor: 'gitea', url, credential: { token: 'x'.repeat(40) } })
    : await real('/v1/sign-in-providers', { name: 'there', title: 'X', issuer: url, clientId: 'x' });
  return String(one['name']);
}

/** The host as it stands in a URL, however odd; where there is none, all of it. */
const hostIn = (url: string): string => /^[a-z+-]+:[\\/]*([^/\\]*?)(?::\d+)?[/\\]*$/i.exec(url)?.[1] ?? url;

test('150 ways to name what may not be called reach nothing through any setting that is called', async () => {
  const urls = forbiddenUrls(port);
  expect(urls.length).toBeGreaterThanOrEqual(150);
  const settings = Object.entries(URL_SETTINGS).flatMap(([key, one]) => (one.done === 'word' ? [] : [[key, one] as const]));
  expect(settings.length).toBeGreaterThanOrEqual(8);
  let tries = 0;
  for (const [key, one] of settings) {
    const [method = '', shape = ''] = key.split(' ');
    const path = /\{\w+\}/.test(shape) ? shape.replace(/\{\w+\}/, await made(key)) : shape;
    const send = (url: string) => api.real(method, path, api.admin, one.done === 'host' ? one.sample(hostIn(url), port) : one.sample(url));
    // The sample is right in everything but its address: nothing else may be why it is refused.
    expect((await send(`https://127.0.0.1:${port}/`)).json['code'], key).toBe('egress.forbidden');
    // Over a few days each setting meets each of them; all on each: CAMPAIGN_FULL=1
    for (const url of urls.filter((_, at) => FULL || (at + turn) % 4 === 0)) {
      tries += 1;
      const reply = await send(url);
      expect(reply.status, `${key} ${JSON.stringify(url)}: ${reply.text}`).toBeGreaterThanOrEqual(400);
      expect(reply.status, `${key} ${JSON.stringify(url)}: ${reply.text}`).not.toBe(500);
    }
  }
  while ((await sendDue(api.floor)) > 0);
  expect(tries).toBeGreaterThanOrEqual(settings.length * Math.floor(urls.length / (FULL ? 1 : 4)));
  if (FULL) process.stdout.write(`${urls.length} forms on ${settings.length} settings: ${tries} tries, ${hits} hits\n`);
  expect(hits).toBe(0);
}, 600_000);

test('a name that leads elsewhere at the second look, and a redirect, reach nothing', async () => {
  const none = allowedPlaces('');
  if (!('allowed' in none)) throw new Error('unreachable');
  let looks = 0;
  const rebinding = makeEgress(none.allowed, async () => ((looks += 1) % 2 === 1 ? ['203.0.114.1'] : ['127.0.0.1']));
  await rebinding.check(`https://rebind.example.org:${port}/`);
  await expect(rebinding.call({ url: `https://rebind.example.org:${port}/`, timeoutMs: 300 })).rejects.toMatchObject({
    code: 'egress.forbidden',
  });
  const both = makeEgress(none.allowed, async () => ['203.0.114.1', '127.0.0.1']);
  await expect(both.check('https://both.example.org/')).rejects.toMatchObject({ code: 'egress.forbidden' });
  rebinding.close();
  both.close();
  expect(hits).toBe(0);
});

test('hostile names through hooks, CDEvents and records are text: nothing runs', async () => {
  const canary = `/tmp/ym-canary-${process.pid}`;
  const all = hostileNames(canary);
  expect(all.length).toBe(1000);
  const names = all.filter((_, at) => FULL || at === 0 || at % 20 === turn % 20);
  const catalog = 'teams: {crew: {title: Crew}}\nenvironments: {prod: {kind: production}}\nservices: {shop: {team: crew, tier: 3}}\n';
  const plan = (await api.real('POST', '/v1/catalog/plan', api.admin, { text: catalog })).json;
  await api.real('POST', '/v1/catalog/apply', api.admin, { text: catalog, plan: plan['digest'] });
  const fields = { service: `'shop'`, environment: `'prod'`, system: `'pager'`, id: 'delivery', title: 'body.name' };
  const hook = (
    await api.real('POST', '/v1/hooks', api.admin, { name: 'x', takes: 'mapping', mapping: { rules: [{ input: 'incident', fields }] } })
  ).json as {
    hook: string;
    path: string;
    secret: string;
  };
  const events = (await api.real('POST', '/v1/hooks', api.admin, { name: 'y', takes: 'cdevents' })).json as typeof hook;
  const send = async ({ path, secret }: typeof hook, payload: unknown, id: string) => {
    const text = JSON.stringify(payload);
    const reply = await api.real(
      'POST',
      path,
      null,
      text,
      SIGNERS['standard']?.(secret, Buffer.from(text), id, Math.floor(Date.now() / 1000)),
    );
    expect(reply.status, text.slice(0, 200)).toBe(202);
  };
  for (let at = 0; at < names.length; at += 50) {
    await Promise.all(
      names.slice(at, at + 50).flatMap((name, place) => [
        send(hook, { name }, `n${at + place}`),
        send(
          events,
          {
            context: { id: 'i', source: name, type: 'dev.cdevents.incident.detected.0.3.0', timestamp: '2026-01-01T00:00:00Z' },
            subject: { id: name, content: { environment: { id: 'prod' }, service: { id: name }, description: name } },
          },
          `e${at + place}`,
        ),
      ]),
    );
  }
  while ((await takeDue(api.floor, takers)) > 0);
  const states = await api.floor.db.read('*', (tx) =>
    tx.query<{ state: string; n: number }>(`select state, count(*) as n from delivery group by 1`),
  );
  const count = Object.fromEntries(states.map(({ state, n }) => [state, n]));
  expect((count['done'] ?? 0) + (count['parked'] ?? 0)).toBe(2 * names.length);
  expect(count['done'] ?? 0).toBeGreaterThan(names.length / 10);
  const titles = await api.floor.db.read('*', (tx) => tx.query<{ title: string }>(`select title from incident`));
  expect(titles.map(({ title }) => title)).toEqual(expect.arrayContaining([`$(touch ${canary})`]));
  expect(existsSync(canary), 'something ran').toBe(false);
}, 600_000);
