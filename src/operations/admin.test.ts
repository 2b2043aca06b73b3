import { expect, test } from 'vitest';
import { openApi } from '../app/api.fixture.ts';
import { auditKind, holdersIn, labelsOf } from './audit.ts';

const api = await openApi();
const { floor } = api;
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
type Items = { items: Record<string, unknown>[]; next?: string | null };
const get = async (path: string): Promise<Items & Record<string, unknown>> => (await api.real('GET', path, api.admin)).json as never;

test('administrative acts are told with names, reasons and filters, page by page', async () => {
  const added = await api.real('POST', '/v1/people', api.admin, { name: 'Bo Builder', emails: ['bo@example.org'] });
  const bo = String(added.json['person']);
  await api.real('POST', '/v1/roles', api.admin, { holder: bo, role: 'approver', on: { environment: 'prod' } });
  await api.real('POST', `/v1/people/${bo}/end-sessions`, api.admin, { reason: 'left the laptop on a train' });
  const all = await get('/v1/admin/audit');
  expect(all.items[0]).toMatchObject({
    type: 'session.ended',
    kind: 'sign-in',
    by: { name: 'Ada Admin' },
    subject: { id: bo, name: 'Bo Builder' },
    reason: 'left the laptop on a train',
  });
  const roles = await get(`/v1/admin/audit?type=role.given&about=${bo}`);
  expect(roles.items).toHaveLength(1);
  expect(roles.items[0]).toMatchObject({ body: { role: 'approver' }, names: { [bo]: 'Bo Builder' } });
  const me = (await api.real('GET', '/v1/me', api.admin)).json['id'];
  expect((await get(`/v1/admin/audit?by=${String(me)}&kind=people`)).items.length).toBeGreaterThanOrEqual(2);
  expect((await get(`/v1/admin/audit?by=${bo}`)).items).toEqual([]);
  const first = await get('/v1/admin/audit?limit=2');
  const second = await get(`/v1/admin/audit?limit=2&cursor=${first.next ?? ''}`);
  const ids = [...first.items, ...second.items].map(({ fact }) => fact);
  expect(new Set(ids).size).toBe(4);
  expect(ids).toEqual(all.items.slice(0, 4).map(({ fact }) => fact));
  const csv = await api.real('GET', '/v1/admin/audit.csv?type=role.given', api.admin);
  expect(csv.text).toContain('Bo Builder');
});

test('work that failed for good waits for a person: it is listed, tried again, or given up with a reason', async () => {
  const fact = (await tx((t) => t.one<{ id: string }>(`select fact_id as id from fact order by id limit 1`))).id;
  await tx(async (t) => {
    await t.wake('reaction', 'poison', { fact, reaction: 'no.such-reaction' });
    await t.wake('spoiled', 'two', {});
    await t.query(`update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'it broke' where key = any($1)`, [
      ['reaction:poison', 'spoiled:two'],
    ]);
  });
  const listed = await get('/v1/admin/parked?state=parked');
  expect(listed).toMatchObject({ parked: 2, failing: 0 });
  expect(listed.items).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        task: 'no.such-reaction',
        error: 'it broke',
        about: [fact],
        nextAt: null,
        fact: expect.objectContaining({ id: fact }),
      }),
    ]),
  );
  const [spoiled, poison] = ['spoiled', 'no.such-reaction'].map((task) => String(listed.items.find((one) => one['task'] === task)?.['id']));
  expect((await api.real('POST', `/v1/admin/parked/${spoiled}/drop`, api.admin, {})).status).toBe(400);
  expect((await api.real('POST', `/v1/admin/parked/${spoiled}/drop`, api.admin, { reason: 'the thing is gone' })).status).toBe(200);
  expect((await api.real('POST', `/v1/admin/parked/${spoiled}/drop`, api.admin, { reason: 'again' })).status).toBe(404);
  expect((await api.real('POST', `/v1/admin/parked/${poison}/retry`, api.admin, {})).json).toEqual({ retried: 1 });
  expect(await get('/v1/admin/parked')).toMatchObject({ items: [], parked: 0 });
  const attempts = await tx((t) =>
    t.query<{ attempts: number }>(`select attempts from graphile_worker.jobs where key = 'reaction:poison'`),
  );
  expect(attempts).toEqual([{ attempts: 0 }]);
  const told = await get('/v1/admin/audit?kind=work');
  expect(told.items.map(({ type }) => type)).toEqual(['work.retried', 'work.dropped']);
  expect(told.items[1]).toMatchObject({ reason: 'the thing is gone', body: { task: 'spoiled' } });
  expect(JSON.stringify(told.items[1]?.['body'])).not.toContain('gone');
});

test('the instance is described without a secret', async () => {
  const reply = await api.real('GET', '/v1/admin/instance', api.admin);
  expect(reply.status).toBe(200);
  expect(reply.json).toMatchObject({ ledger: { size: expect.any(Number) }, signingKeys: [{ current: true }] });
  const hidden = await tx((t) => t.query<{ secret_digest: string }>(`select secret_digest from credential`));
  for (const { secret_digest: digest } of hidden) expect(reply.text).not.toContain(digest);
  expect(reply.text).not.toMatch(/password=|:[^/\s"@]+@/);
});

test('what is an administrative act, and who is in it', () => {
  expect(['role.given', 'session.ended', 'agent.revoked', 'secret.changed', 'policy.changed', 'hook.made'].map(auditKind)).toEqual([
    'people',
    'sign-in',
    'machines',
    'keys',
    'policies',
    'hooks',
  ]);
  expect(['service.deployed', 'approval.given', 'pipelinerun.started', 'incident.detected'].map(auditKind)).toEqual([
    null,
    null,
    null,
    null,
  ]);
  const per = `per_${'0'.repeat(32)}`;
  expect(holdersIn({ a: per, b: [{ c: per }], d: 'x' })).toEqual([per, per]);
  expect(labelsOf(per)).toContain(`person:${per}`);
  expect(labelsOf('system:deployments')).toEqual(['system:deployments']);
});
