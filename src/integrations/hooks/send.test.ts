import { createServer, type IncomingMessage } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { allowedPlaces } from '../../host/addresses.ts';
import { makeEgress } from '../../host/egress.http.ts';
import { system } from '../../kernel/actor.ts';
import { verifyHook } from '../../kernel/webhook.ts';
import { incidentDetected } from '../../environments/environments.events.ts';
import type { Floor } from '../../platform/floor.ts';
import { startSequencer } from '../../platform/ledger/sequencer.system.ts';
import { testFloor } from '../../testing/database.ts';
import { addOut, enableOut, removeOut, replayTelling, sendTest } from './out.commands.ts';
import { outEvents } from './out.events.ts';
import { BREAK_AFTER, PAUSES_MS, pauseAfter, quietFor, wants } from './out.ts';
import { outsOf, tellingsOf } from './out.store.ts';
import { readFacts, sendDue } from './send.work.ts';

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const sequencer = startSequencer(floor);
type Heard = { headers: IncomingMessage['headers']; body: string };
let heard: Heard[] = [];
let answer: (count: number) => number = () => 204;
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    heard.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(answer(heard.length)).end('x'.repeat(5000));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook`;
afterAll(async () => {
  await sequencer.stop();
  server.close();
});
const actor = system(floor.org, 'test');
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const types = [incidentDetected.type, 'policy.changed', ...outEvents.map(({ type }) => type)];
const make = (more: Partial<Parameters<typeof addOut>[3]> = {}, at: Floor = floor) =>
  addOut(at, actor, types, { name: 'ops', url, form: 'cdevents', types: [], filter: null, ...more });
const happens = (severity = 'major') =>
  tx(async (t) => {
    const now = await t.now();
    return t.record(incidentDetected, {
      subject: t.floor.newId('inc'),
      actor,
      body: { service: null, environment: null, severity, startedAt: now, detectedAt: now, source: 'test' },
    });
  });
const placed = async (fact: string) => {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await tx((t) => t.query(`select 1 from ledger_entry e join fact f on f.id = e.fact_row where f.fact_id = $1`, [fact]))).length > 0)
      return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('not placed');
};
const round = async () => {
  while ((await readFacts(floor)) > 0);
  await tx((t) => t.write(`update hook_out_delivery set due_at = yardmaster_now() where state = 'waiting'`));
  return sendDue(floor);
};
const log = (id: string | null = null) => tx((t) => tellingsOf(t, { id: null, hook: id, state: null, before: null, limit: 100 }));

test('a fact goes out as a CDEvent, signed so that the receiver can verify it, once', async () => {
  const { row, secret } = await make();
  const fact = await happens();
  await placed(fact);
  await round();
  await round();
  expect(heard).toHaveLength(1);
  const [{ headers, body }] = heard as [Heard];
  const header = (name: string) => (headers[name] as string | undefined) ?? null;
  const given = { header, body: Buffer.from(body), secret, schemes: ['standard'] as const, nowMs: Date.now(), encrypted: false };
  expect(verifyHook(given)).toMatchObject({ ok: true, delivery: headers['webhook-id'] });
  expect(verifyHook({ ...given, body: Buffer.from(`${body} `) })).toMatchObject({ ok: false });
  expect(headers['content-type']).toBe('application/cloudevents+json');
  expect(JSON.parse(body)).toMatchObject({ specversion: '1.0', id: fact, type: 'dev.cdevents.incident.detected.0.3.0' });
  const [told] = await log(row.id);
  expect(told).toMatchObject({ state: 'delivered', status: 204, attempts: 1 });
  await tx((t) => removeOut(t, actor, row.id));
});

test('what fails is sent again under the same id, the endpoint is left alone after some, and one that is gone is disabled', async () => {
  heard = [];
  answer = () => 500;
  const { row } = await make({ form: 'facts', types: [incidentDetected.type] });
  await placed(await happens());
  for (let attempt = 1; attempt <= BREAK_AFTER; attempt += 1) expect(await round(), `attempt ${attempt}`).toBe(1);
  expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(heard.map(({ headers }) => headers['webhook-signature'])).size).toBeGreaterThanOrEqual(1);
  const [failing] = await tx((t) => outsOf(t));
  expect(failing).toMatchObject({ failures: BREAK_AFTER, why: 'it answers 500' });
  expect(failing?.quietUntil).not.toBeNull();
  expect(await round(), 'it is left alone').toBe(0);
  expect((await log(row.id))[0]?.answer?.length).toBeLessThanOrEqual(2000);
  answer = () => 410;
  await tx((t) => enableOut(t, actor, row.id));
  await round();
  expect((await tx((t) => outsOf(t)))[0]).toMatchObject({ state: 'disabled' });
  expect((await log(row.id))[0]).toMatchObject({ state: 'parked', status: 410 });
  expect(await tx((t) => t.query(`select 1 from fact where type = 'hook.subscription-disabled'`))).toHaveLength(1);
  answer = () => 200;
  const again = (await log(row.id))[0];
  await tx((t) => enableOut(t, actor, row.id));
  await tx((t) => replayTelling(t, actor, again?.id ?? ''));
  await round();
  expect((await log(row.id))[0]).toMatchObject({ id: again?.id, state: 'delivered' });
  expect(heard.at(-1)?.headers['webhook-id']).toBe(again?.id);
  await tx((t) => removeOut(t, actor, row.id));
});

test('an attempt that a crash cut off is made again under its id', async () => {
  heard = [];
  const { row } = await make();
  await tx((t) => sendTest(t, row.id));
  // As if the server had ended after the call and before it wrote down the answer.
  answer = () => 200;
  await sendDue(floor);
  await tx((t) => t.write(`update hook_out_delivery set state = 'waiting', done_at = null where hook_id = $1`, [row.id]));
  await round();
  expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(heard).toHaveLength(2);
  await tx((t) => removeOut(t, actor, row.id));
});

test('an address that is not allowed is refused when it is saved, and when it is called', async () => {
  const allowed = allowedPlaces('');
  if (!('allowed' in allowed)) throw new Error('unreachable');
  const strict: Floor = { ...floor, egress: makeEgress(allowed.allowed) };
  await expect(make({}, strict)).rejects.toMatchObject({ code: 'egress.forbidden' });
  const { row } = await make();
  heard = [];
  await tx((t) => sendTest(t, row.id));
  await sendDue(strict);
  expect(heard).toHaveLength(0);
  expect((await log(row.id))[0]).toMatchObject({
    state: 'waiting',
    status: null,
    answer: expect.stringContaining('this machine') as string,
  });
  await tx((t) => removeOut(t, actor, row.id));
});

test('a filter chooses, and one that is wrong is refused when it is written', async () => {
  await expect(make({ filter: 'fact.body.severity ==' })).rejects.toMatchObject({ code: 'hooks.bad-filter' });
  await expect(make({ types: ['no.such'] })).rejects.toMatchObject({ code: 'hooks.no-such-type' });
  await expect(make({ types: ['policy.changed'] })).rejects.toMatchObject({ code: 'hooks.no-such-type' });
  const fact = { id: 'f', type: 'incident.detected', subject: 'inc', service: null, at: '', body: { severity: 'minor' } };
  const one = { types: [], form: 'facts', filter: `fact.body.severity == 'minor'` } as const;
  expect(wants(one, fact)).toBe(true);
  expect(wants({ ...one, filter: `fact.body.nothing == 'minor'` }, fact)).toBe(false);
  expect(wants({ ...one, types: ['incident.resolved'] }, fact)).toBe(false);
});

test('pauses grow to a stated end; a breaker grows too, and has one', () => {
  for (const [at, pause] of PAUSES_MS.entries()) {
    expect(pauseAfter(at + 1, 0)).toBeGreaterThanOrEqual(pause * 0.9 - 1);
    expect(pauseAfter(at + 1, 0.999)).toBeLessThanOrEqual(pause * 1.1 + 1);
  }
  expect(pauseAfter(PAUSES_MS.length + 1, 0)).toBeNull();
  expect(PAUSES_MS.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(24 * 3_600_000);
  expect(quietFor(BREAK_AFTER - 1)).toBeNull();
  expect(quietFor(1000)).toBe(15 * 60_000);
});

test('no secret of a webhook that goes out lies in a table in the clear', async () => {
  const { secret, row } = await make();
  expect(row.sealed.toString('latin1')).not.toContain(secret);
  expect(await tx((t) => t.query(`select 1 from fact where body::text like $1`, [`%${secret}%`]))).toEqual([]);
});
