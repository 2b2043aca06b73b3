import pg from 'pg';
import { expect, test } from 'vitest';
import { firstAdminLink } from '../identity/sign-in.commands.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { makeLimiter } from '../platform/http/limiter.system.ts';
import { acquireLease } from '../platform/lease.store.ts';
import { onceResumed } from '../platform/pause.system.ts';
import { clientOptions } from '../platform/postgres/pool.system.ts';
import { testDatabase, testFloor } from '../testing/database.ts';
import { wiringOf } from './flow.ts';
import { wire } from './wire.ts';

/** An instance as a restore leaves it, with one agent that something serves on. */
async function pausedInstance() {
  const database = await testDatabase();
  const client = new pg.Client(clientOptions(database.where, 'paused'));
  await client.connect();
  await client.query(`select set_config('yardmaster.org', '*', false)`);
  const at = '2026-01-01T00:00:00.000Z';
  await client.query(`insert into organisation (id, name, created_at) values ('org_1', 'o', $1)`, [at]);
  await client.query(
    `insert into restore (id, org_id, state, manifest_digest, snapshot_at, restored_at, origin) values ($1, 'org_1', 'paused', 'sha256:x', $2, $2, 'o')`,
    [`res_${'a'.repeat(32)}`, at],
  );
  await client.query(
    `insert into agent (id, org_id, name, labels, key_digest, created_at) values ($1, 'org_1', 'yard', '{}', encode(sha256('ym_agt_1234567890'::bytea), 'hex'), $2)`,
    [`agt_${'b'.repeat(32)}`, at],
  );
  await client.query(
    `insert into deployment_slot (service_id, environment_id, org_id, agent_id, instance) values ('svc_1', 'env_1', 'org_1', $1, 'candidate-1')`,
    [`agt_${'b'.repeat(32)}`],
  );
  await client.query(`insert into lease (name, org_id, holder, token, until) values ('deploy:a:b', 'org_1', 'dep_1', 5, '2100-01-01')`);
  await client.end();
  const floor = await testFloor({ database, wiring: wiringOf() });
  const { routes, gate } = wire();
  const app = buildApp(routes, {
    floor,
    gate,
    stopping: new AbortController().signal,
    observe: () => undefined,
    limiter: makeLimiter(floor.config.rates),
  });
  const send = async (method: string, path: string, token: string | null, body?: unknown) => {
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      host: '127.0.0.1',
    };
    const response = await app.request(`http://127.0.0.1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  return { floor, send };
}

test('a paused instance is read and resumed, and does nothing else; tokens begin above all that agents have seen', async () => {
  const { floor, send } = await pausedInstance();
  expect(floor.paused()).toBe(true);
  let started = false;
  const worker = onceResumed(floor, async () => {
    started = true;
    return { stop: async () => undefined };
  });
  const person = { link: await firstAdminLink(floor), name: 'Ada', email: 'ada@example.org', password: 'a long enough password' };
  const admin = String((await send('POST', '/v1/setup', null, person)).json['token']);

  const refused = await send('POST', '/v1/people', admin, { name: 'Bob', emails: ['bob@example.org'], roles: [] });
  expect([refused.status, refused.json['code']]).toEqual([503, 'platform.paused']);
  expect((await send('GET', '/v1/people', admin)).status).toBe(200);
  expect((await send('GET', '/v1/admin/restore', admin)).json).toMatchObject({
    restore: { state: 'paused' },
    agents: [{ name: 'yard', needed: true, reportedAt: null }],
  });

  const claimed = await send('POST', '/v1/agent/claim', 'ym_agt_1234567890', { session: 'a'.repeat(16), doing: [], waitMs: 0 });
  expect(claimed.json).toMatchObject({ act: null, tell: { restore: `res_${'a'.repeat(32)}`, acts: [] } });
  const unheard = await send('POST', '/v1/admin/restore/resume', admin, { reason: 'a drill' });
  expect([unheard.status, unheard.json['code']]).toEqual([409, 'operations.agents-unheard']);
  const report = { slots: [], highestToken: 4711, acts: [], cut: false };
  expect((await send('POST', `/v1/agent/restored/res_${'c'.repeat(32)}`, 'ym_agt_1234567890', report)).json).toEqual({ taken: false });
  expect((await send('POST', `/v1/agent/restored/res_${'a'.repeat(32)}`, 'ym_agt_1234567890', report)).json).toEqual({ taken: true });
  expect(started).toBe(false);

  expect((await send('POST', '/v1/admin/restore/resume', admin, { reason: 'a drill' })).json).toMatchObject({
    restore: { state: 'resumed', reason: 'a drill' },
  });
  expect((await send('POST', '/v1/admin/restore/resume', admin, { reason: 'again' })).json['code']).toMatch(/not-paused|paused/);
  await expect.poll(() => floor.paused(), { timeout: 5000 }).toBe(false);
  await expect.poll(() => started, { timeout: 5000 }).toBe(true);
  expect((await send('POST', '/v1/people', admin, { name: 'Bob', emails: ['bob@example.org'], roles: [] })).status).toBeLessThan(300);
  const tokens = await floor.db.tx(floor.org, async (tx) => [
    (await acquireLease(tx, tx.org, 'deploy:a:b', 'dep_2', 1000))?.token ?? 0,
    (await acquireLease(tx, tx.org, 'deploy:new:place', 'dep_3', 1000))?.token ?? 0,
  ]);
  for (const token of tokens) expect(token).toBeGreaterThan(1_000_000 + 4711);
  await worker.stop();
});

test('an agent that will never come is named, and only one that there is', async () => {
  const { floor, send } = await pausedInstance();
  const person = { link: await firstAdminLink(floor), name: 'Ada', email: 'ada@example.org', password: 'a long enough password' };
  const admin = String((await send('POST', '/v1/setup', null, person)).json['token']);
  expect((await send('POST', '/v1/admin/restore/resume', admin, { reason: 'a drill', without: ['nobody'] })).json['code']).toBe(
    'operations.no-such-agent',
  );
  expect((await send('POST', '/v1/admin/restore/resume', admin, { reason: 'a drill', without: ['yard'] })).status).toBe(200);
});

test('a client that is too old is told so, and every answer says what the server speaks', async () => {
  const floor = await testFloor({ wiring: wiringOf() });
  const { routes, gate } = wire();
  const app = buildApp(routes, {
    floor,
    gate,
    stopping: new AbortController().signal,
    observe: () => undefined,
    limiter: makeLimiter(floor.config.rates),
  });
  const response = await app.request('http://127.0.0.1/v1/people', { headers: { 'yardmaster-protocol': '0', host: '127.0.0.1' } });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([426, 'platform.client-too-old']);
  expect(Number(response.headers.get('yardmaster-protocol'))).toBeGreaterThan(1);
});
