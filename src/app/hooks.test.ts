import { expect, test } from 'vitest';
import { SIGNERS } from '../testing/hooks/flips.ts';
import { takeDue } from '../platform/hooks/take.work.ts';
import { openApi } from './api.fixture.ts';
import { takers } from './slices.ts';

// What others send, by the whole road: a signed delivery, a mapping or a CDEvent, and what is told of it here.

const api = await openApi();
const CATALOG =
  'teams: {crew: {title: Crew}}\nenvironments: {dev: {kind: development}, prod: {kind: production, after: dev}}\nservices: {shop: {team: crew, tier: 3}}\n';
const ok = async (method: string, path: string, body?: unknown) => {
  const reply = await api.real(method, path, api.admin, body);
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
  return reply.json;
};
const plan = await ok('POST', '/v1/catalog/plan', { text: CATALOG });
await ok('POST', '/v1/catalog/apply', { text: CATALOG, plan: plan['digest'] });

type Made = { hook: string; path: string; secret: string };
const make = async (body: object): Promise<Made> => (await ok('POST', '/v1/hooks', { name: 'monitoring', ...body })) as Made;
const send = async ({ path, secret }: Made, payload: unknown, id: string, more: Record<string, string> = {}) => {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const headers = SIGNERS['standard']?.(secret, Buffer.from(text), id, Math.floor(Date.now() / 1000)) ?? {};
  return api.real('POST', path, null, text, { ...headers, ...more });
};
const drain = async () => {
  while ((await takeDue(api.floor, takers)) > 0);
};
const incidents = async () => (await ok('GET', '/v1/incidents'))['items'] as { title: string; state: string; service: string }[];
const deliveries = async (hook: string) =>
  (await ok('GET', `/v1/deliveries?hook=${hook}`))['items'] as { id: string; name: string; state: string; outcome: string }[];

const MAPPING = {
  rules: [
    {
      when: `has(body.alert)`,
      input: 'incident',
      fields: {
        service: 'body.alert.service',
        environment: `'prod'`,
        system: `'pager'`,
        id: 'body.alert.id',
        title: 'body.alert.title',
        state: `body.alert.over ? 'resolved' : 'open'`,
      },
    },
  ],
};

test('a mapping turns what a pager sends into an incident, told twice once, and back again', async () => {
  const hook = await make({ takes: 'mapping', mapping: MAPPING });
  const alert = { service: 'shop', id: 'p-1', title: '$(touch /tmp/x) down', over: false };
  expect((await send(hook, { alert }, 'd1')).status).toBe(202);
  expect((await send(hook, { alert }, 'd1')).json).toMatchObject({ duplicate: true });
  expect((await send(hook, { alert }, 'd2')).json).toMatchObject({ duplicate: false });
  await drain();
  expect((await incidents()).map(({ title, state, service }) => [title, state, service])).toEqual([
    ['$(touch /tmp/x) down', 'open', 'shop'],
  ]);
  await send(hook, { alert: { ...alert, over: true } }, 'd3');
  await send(hook, { other: 1 }, 'd4');
  await send(hook, { alert: { ...alert, id: 'p-2', service: 'nobody' } }, 'd5');
  await send(hook, '{', 'd6');
  await drain();
  expect((await incidents()).map(({ state }) => state)).toEqual(['resolved']);
  const states = Object.fromEntries((await deliveries(hook.hook)).map(({ name, state }) => [name, state]));
  expect(states).toEqual({ d1: 'done', d2: 'done', d3: 'done', d4: 'done', d5: 'parked', d6: 'parked' });
});

test('a parked delivery shows why, and is taken again with the mapping of now', async () => {
  const hook = await make({ takes: 'mapping', mapping: MAPPING });
  await send(hook, { alert: { service: 'shop', id: 'p-9', title: 'No word of over' } }, 'd1');
  await drain();
  const [parked] = await deliveries(hook.hook);
  expect(parked).toMatchObject({ state: 'parked', outcome: expect.stringContaining('state') as string });
  const shown = await ok('GET', `/v1/deliveries/${parked?.id}`);
  expect(shown['body']).toContain('No word of over');
  const items = (await ok('GET', '/v1/hooks'))['items'] as { id: string; version: number }[];
  const version = items.find(({ id }) => id === hook.hook)?.version;
  const [rule] = MAPPING.rules;
  const mapping = {
    rules: [{ ...rule, fields: { ...rule?.fields, state: `has(body.alert.over) && body.alert.over ? 'resolved' : 'open'` } }],
  };
  await ok('PUT', `/v1/hooks/${hook.hook}/mapping`, { mapping, version });
  await ok('POST', `/v1/deliveries/${parked?.id}/replay`, {});
  await drain();
  expect((await incidents()).map(({ title }) => title)).toContain('No word of over');
});

test('a mapping is tried before it is kept, and refused with its mistakes', async () => {
  const tried = await ok('POST', '/v1/hooks/try', {
    mapping: MAPPING,
    body: JSON.stringify({ alert: { service: 'shop', id: '1', title: 't', over: true } }),
  });
  expect(tried).toMatchObject({ rule: 1, input: 'incident', wrong: [], fields: { state: 'resolved' } });
  const bad = await api.real('POST', '/v1/hooks', api.admin, {
    name: 'x',
    takes: 'mapping',
    mapping: { rules: [{ input: 'incident', fields: { service: 'body.' } }] },
  });
  expect(bad.status).toBe(400);
  expect(bad.text).toContain('needs environment');
  const weak = await api.real('POST', '/v1/hooks', api.admin, { name: 'x', takes: 'cdevents', secret: 'aaaaaaaaaaaaaaaaaaaaaaaa' });
  expect(weak.json['code']).toBe('hooks.weak-secret');
});

test('CDEvents come in with a signature or a token, as incidents of ours', async () => {
  const event = (id: string, type: string, description: string) => ({
    specversion: '1.0',
    id,
    source: 'https://watch.example.org',
    type,
    data: {
      context: { specversion: '0.4.1', id, source: 'https://watch.example.org', type, timestamp: '2026-01-01T00:00:00Z' },
      subject: { id: `i-${description}`, content: { environment: { id: 'prod' }, service: { id: 'shop' }, description } },
    },
  });
  const hook = await make({ takes: 'cdevents' });
  await send(hook, event('1', 'dev.cdevents.incident.detected.0.2.0', 'signed'), 'e1', { 'content-type': 'application/cloudevents+json' });
  await drain();
  expect((await deliveries(hook.hook))[0]).toMatchObject({ state: 'done' });
  const answer = await api.real('POST', '/v1/cdevents', api.admin, event('2', 'dev.cdevents.incident.detected.0.2.0', 'by token'));
  expect(answer.status, answer.text).toBe(202);
  expect((await incidents()).map(({ title }) => title)).toEqual(expect.arrayContaining(['signed', 'by token']));
  expect((await api.real('POST', '/v1/cdevents', null, event('3', 'dev.cdevents.incident.detected.0.2.0', 'x'))).status).toBe(401);
  expect((await api.real('POST', '/v1/cdevents', api.admin, { nothing: true })).status).toBe(422);
});
