import { expect, test } from 'vitest';
import { applyCatalogFile, planCatalogFile } from '../catalog/apply.commands.ts';
import type { Actor } from '../kernel/actor.ts';
import { plus } from '../kernel/time.ts';
import { testFloor } from '../testing/database.ts';
import type { DeploymentLookup } from './deployment-lookup.port.ts';
import { environmentSweepers } from './environments.reactions.ts';
import { createHook, endHook, takeIncidentDelivery } from './hook.commands.ts';
import { signDelivery } from '../kernel/webhook.ts';
import { incidentViews } from './incident.views.ts';

const floor = await testFloor();
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const ada: Actor = {
  kind: 'person',
  id: 'per_ada',
  org: floor.org,
  credential: { kind: 'token', id: 'tok', actions: null, services: null },
};
const lookup: DeploymentLookup = { existing: async (_, ids) => new Set(ids) };
const file = { text: 'teams: {web: {}}\nservices: {shop: {team: web}}', file: 'f', prune: false };
const seen = await tx((t) => planCatalogFile(t, file));
await tx((t) => applyCatalogFile(t, ada, { ...file, plan: seen.plan.digest }));
const hook = await tx((t) => createHook(t, ada, 'monitoring'));
const deployment = `dep_${'1'.repeat(32)}`;

type Sent = { hook?: string; secret?: string; delivery?: string; seconds?: number; raw?: string; signature?: string };
let deliveries = 0;
async function send(body: object, sent: Sent = {}) {
  const seconds = sent.seconds ?? Math.floor(Date.parse(await tx((t) => t.now())) / 1000);
  const bytes = new TextEncoder().encode(sent.raw ?? JSON.stringify(body));
  const delivery = sent.delivery ?? `d${(deliveries += 1)}`;
  const signature = sent.signature ?? signDelivery(sent.secret ?? hook.secret, String(seconds), delivery, bytes);
  return takeIncidentDelivery(floor, lookup, {
    hook: sent.hook ?? hook.hook,
    headers: { timestamp: String(seconds), delivery, signature },
    body: bytes,
  });
}
const incidents = () =>
  tx((t) => incidentViews(t, { state: null, service: null, environment: null, services: null, after: null, limit: 100 }));
const byTitle = async (title: string) => (await incidents()).find((one) => one.title === title);
const refused = { code: 'environments.hook-refused', status: 401 };

test('a signed delivery opens an incident once, however often it is sent', async () => {
  const body = { action: 'open', id: 'once', title: 'Once', service: 'shop', deployments: [deployment] };
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(body, { delivery: 'same' })));
  expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(1);
  await send(body);
  expect((await incidents()).filter((one) => one.title === 'Once')).toHaveLength(1);
  expect(await byTitle('Once')).toMatchObject({ source: 'hook', service: 'shop', deployments: [deployment], state: 'open' });
});

test('what is not signed right, or not now, or by a hook that has ended, is refused alike and has no effect', async () => {
  const before = (await incidents()).length;
  const body = { action: 'open', id: 'x', title: 'X' };
  const now = Math.floor(Date.parse(await tx((t) => t.now())) / 1000);
  await expect(send(body, { secret: 'f'.repeat(64) })).rejects.toMatchObject(refused);
  await expect(send(body, { hook: `hok_${'0'.repeat(32)}` })).rejects.toMatchObject(refused);
  await expect(send(body, { seconds: now - 301 })).rejects.toMatchObject(refused);
  await expect(send(body, { seconds: now + 302 })).rejects.toMatchObject(refused);
  await expect(send(body, { signature: '' })).rejects.toMatchObject(refused);
  // A captured signature is good for its own delivery id and timestamp only.
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const captured = signDelivery(hook.secret, String(now), 'captured', bytes);
  await expect(send(body, { seconds: now, delivery: 'fresh', signature: captured })).rejects.toMatchObject(refused);
  await expect(send(body, { seconds: now - 1, delivery: 'captured', signature: captured })).rejects.toMatchObject(refused);
  const ended = await tx((t) => createHook(t, ada, 'ended'));
  await tx((t) => endHook(t, ada, ended.hook));
  await expect(send(body, { hook: ended.hook, secret: ended.secret })).rejects.toMatchObject(refused);
  expect((await incidents()).length).toBe(before);
});

test('every flipped bit of body and signature is refused', async () => {
  const now = Math.floor(Date.parse(await tx((t) => t.now())) / 1000);
  const raw = JSON.stringify({ action: 'resolve', id: 'flip' });
  const signature = signDelivery(hook.secret, String(now), 'flip', new TextEncoder().encode(raw));
  const flip = (text: string, at: number) => text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
  for (let at = 0; at < raw.length; at += 3)
    await expect(send({}, { seconds: now, delivery: 'flip', raw: flip(raw, at), signature })).rejects.toMatchObject(refused);
  for (let at = 0; at < signature.length; at += 5)
    await expect(send({}, { seconds: now, delivery: 'flip', raw, signature: flip(signature, at) })).rejects.toMatchObject(refused);
  await expect(send({}, { seconds: now, delivery: 'flip', raw, signature })).resolves.toMatchObject({ duplicate: false });
});

test('deliveries in any order end in the same state', async () => {
  const started = plus(await tx((t) => t.now()), -60_000);
  const resolved = plus(started, 30_000);
  const story = (id: string) => [
    { action: 'open', id, title: id, startedAt: started },
    { action: 'link', id, deployments: [deployment] },
    { action: 'resolve', id, resolvedAt: resolved },
  ];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const order of orders) {
    const id = `order-${order.join('')}`;
    for (const at of order) await send(story(id)[at] ?? {});
    expect(await byTitle(id)).toMatchObject({ state: 'resolved', startedAt: started, resolvedAt: resolved, deployments: [deployment] });
  }
});

test('a body that can not be read is told, and may be sent again corrected under the same id', async () => {
  await expect(send({ action: 'explode', id: 'y' }, { delivery: 'retry' })).rejects.toMatchObject({
    code: 'environments.hook-body',
    status: 422,
  });
  await expect(send({}, { raw: '{"action":', delivery: 'retry' })).rejects.toMatchObject({ code: 'environments.hook-body' });
  await expect(send({ action: 'open', id: 'y', title: 'Y', service: 'shop' }, { delivery: 'retry' })).resolves.toMatchObject({
    duplicate: false,
  });
});

test('a service that the catalog does not know loses no incident', async () => {
  const { incident } = await send({ action: 'open', id: 'z', title: 'Z', service: 'Shop (prod)' });
  const row = await tx((t) =>
    t.one<{ description: string; service_id: string | null }>(`select description, service_id from incident where id = $1`, [incident]),
  );
  expect(row).toMatchObject({ service_id: null, description: expect.stringContaining('Shop (prod)') as string });
});

test('a clock that runs ahead is taken for now, and old deliveries are forgotten', async () => {
  await send({ action: 'open', id: 'ahead', title: 'Ahead', startedAt: plus(await tx((t) => t.now()), 240_000) });
  const ahead = await byTitle('Ahead');
  expect(ahead!.startedAt <= ahead!.detectedAt).toBe(true);
  const count = async () => Number((await tx((t) => t.one<{ n: number }>(`select count(*) as n from incident_hook_delivery`))).n);
  const before = await count();
  await floor.db.tx('*', (t) => environmentSweepers[0]!.sweep(t));
  expect(await count()).toBe(before);
  await tx((t) => t.write(`update incident_hook_delivery set at = $1`, [plus('2020-01-01T00:00:00.000Z', 0)]));
  await floor.db.tx('*', (t) => environmentSweepers[0]!.sweep(t));
  expect(await count()).toBe(0);
});

test('the secret of a hook is in no table in the clear', async () => {
  const rows = await tx((t) => t.query<{ secret: Buffer }>(`select secret from incident_hook`));
  expect(rows.every((row) => !row.secret.toString('latin1').includes(hook.secret))).toBe(true);
  expect(await tx((t) => t.query(`select 1 from fact where body::text like $1`, [`%${hook.secret}%`]))).toEqual([]);
});
