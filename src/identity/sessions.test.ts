import { expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { testFloor } from '../testing/database.ts';
import { makeGate } from './gate.api.ts';
import { identityRoutes } from './identity.routes.ts';
import { firstAdminLink } from './sign-in.commands.ts';
import { codeAt, stepAt } from './totp.ts';

const floor = await testFloor();
const gate = makeGate({ machines: [], resolvers: {}, servicesIn: async () => new Set(), isProduction: async (_, name) => name !== 'dev' });
const app = buildApp(identityRoutes, {
  floor,
  gate,
  stopping: new AbortController().signal,
  observe: () => undefined,
});
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const password = 'correct horse battery';
const SCREEN = { 'x-yardmaster-screen': '1', host: '127.0.0.1:1', 'sec-fetch-site': 'same-origin' };

type Reply = { status: number; json: Record<string, never> & Record<string, unknown>; cookie: string | null };
async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const init = { method, headers: { 'content-type': 'application/json', host: '127.0.0.1:1', ...headers } };
  const response = await app.request(path, { ...init, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? null;
  return { status: response.status, json: (await response.json()) as Reply['json'], cookie };
}
const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const signIn = (more: object = {}, headers: Record<string, string> = {}) =>
  call('POST', '/v1/sessions', { email: 'ada@example.org', password, ...more }, headers);
const later = (ms: number) => tx((t) => t.query(`insert into clock_offset (offset_ms) values ($1)`, [ms]));

const link = (await firstAdminLink(floor)) ?? '';
const setUp = await call('POST', '/v1/setup', { link, name: 'Ada', email: 'ada@example.org', password });
const ada = String(setUp.json['person']);

test('a link can be looked at before it is used, and not after', async () => {
  expect(await call('POST', '/v1/setup/look', { link })).toMatchObject({ status: 403, json: { code: 'identity.link-invalid' } });
  const { token } = (await signIn()).json as unknown as { token: string };
  const added = await call('POST', '/v1/people', { name: 'Bo', emails: ['bo@example.org'] }, as(token));
  const look = await call('POST', '/v1/setup/look', { link: added.json['invitation'] });
  expect(look).toMatchObject({ status: 200, json: { firstAdmin: false, name: 'Bo', secondFactor: false } });
  // A newer invitation ends the older one.
  const again = await call('POST', `/v1/people/${String(added.json['person'])}/invitation`, {}, as(token));
  expect(again.status).toBe(201);
  expect((await call('POST', '/v1/setup/look', { link: added.json['invitation'] })).status).toBe(403);
  expect((await call('POST', '/v1/setup/look', { link: again.json['invitation'] })).status).toBe(200);
});

test('signing in again in the same browser ends the session that it held', async () => {
  const first = await signIn({}, SCREEN);
  const second = await signIn({}, { ...SCREEN, cookie: first.cookie ?? '' });
  expect(first.cookie).not.toBe(second.cookie);
  expect((await call('GET', '/v1/me', undefined, { cookie: first.cookie ?? '' })).status).toBe(401);
  expect((await call('GET', '/v1/me', undefined, { cookie: second.cookie ?? '' })).status).toBe(200);
});

test('sessions are listed and ended one by one, or all others', async () => {
  const [one, two, three] = [await signIn(), await signIn({}, { 'user-agent': 'Second/1' }), await signIn()];
  const tokens = [one, two, three].map(({ json }) => String(json['token']));
  const list = await call('GET', '/v1/me/sessions', undefined, as(tokens[0] ?? ''));
  const items = list.json['items'] as unknown as { id: string; current: boolean; client: string | null }[];
  expect(items.filter(({ current }) => current)).toHaveLength(1);
  const second = items.find(({ client }) => client === 'Second/1');
  expect(await call('DELETE', `/v1/sessions/${second?.id ?? ''}`, undefined, as(tokens[0] ?? ''))).toMatchObject({ status: 200 });
  expect((await call('GET', '/v1/me', undefined, as(tokens[1] ?? ''))).status).toBe(401);
  expect((await call('GET', '/v1/me', undefined, as(tokens[2] ?? ''))).status).toBe(200);
  expect((await call('POST', '/v1/me/sessions/end-others', {}, as(tokens[0] ?? ''))).json['ended']).toBeGreaterThanOrEqual(1);
  expect((await call('GET', '/v1/me', undefined, as(tokens[2] ?? ''))).status).toBe(401);
  expect((await call('GET', '/v1/me', undefined, as(tokens[0] ?? ''))).status).toBe(200);
});

test('a new password ends the other sessions, and asks for the old one', async () => {
  const [mine, other] = [String((await signIn()).json['token']), String((await signIn()).json['token'])];
  const wrong = await call('PUT', '/v1/me/password', { password: 'something else', next: 'another good one' }, as(mine));
  expect(wrong).toMatchObject({ status: 401, json: { code: 'identity.wrong-password' } });
  expect((await call('GET', '/v1/me', undefined, as(other))).status).toBe(200);
  expect((await call('PUT', '/v1/me/password', { password, next: `${password}!` }, as(mine))).status).toBe(200);
  expect((await call('GET', '/v1/me', undefined, as(other))).status).toBe(401);
  expect((await signIn()).status).toBe(401);
  expect((await call('PUT', '/v1/me/password', { password: `${password}!`, next: password }, as(mine))).status).toBe(200);
});

test('a browser session that is not fresh gives no rights and approves nothing in production, until its person proves who they are', async () => {
  const { cookie } = await signIn({}, SCREEN);
  const held = { ...SCREEN, cookie: cookie ?? '' };
  await later(31 * 60_000);
  const stale = { status: 403, json: { code: 'identity.sign-in-again' } };
  expect(await call('POST', '/v1/people', { name: 'Cy', emails: ['cy@example.org'] }, held)).toMatchObject(stale);
  expect(await call('POST', '/v1/tokens', { name: 'long' }, held)).toMatchObject(stale);
  const actor = (await gate.authenticate(floor, `Bearer ${cookie?.split('=')[1] ?? ''}`)) as Actor;
  await expect(tx((t) => gate.authorise(t, actor, 'approval.give', { service: 's', environment: 'prod' }))).rejects.toMatchObject({
    code: 'identity.sign-in-again',
  });
  await expect(tx((t) => gate.authorise(t, actor, 'deployment.break-glass', {}))).rejects.toMatchObject({ code: 'identity.sign-in-again' });
  await tx((t) => gate.authorise(t, actor, 'approval.give', { service: 's', environment: 'dev' }));
  await tx((t) => gate.authorise(t, actor, 'deployment.rollback', { service: 's', environment: 'prod' }));
  expect((await call('POST', '/v1/sessions/current/confirm', { password: 'no such' }, held)).status).toBe(401);
  const proved = await call('POST', '/v1/sessions/current/confirm', { password }, held);
  expect(proved).toMatchObject({ status: 200, json: { token: '' } });
  // The secret is a new one: whoever had stolen the old one has nothing.
  expect((await call('GET', '/v1/me', undefined, held)).status).toBe(401);
  const renewed = { ...SCREEN, cookie: proved.cookie ?? '' };
  expect((await call('POST', '/v1/people', { name: 'Cy', emails: ['cy@example.org'] }, renewed)).status).toBe(201);
});

test('a session ends when nobody uses it', async () => {
  const token = String((await signIn()).json['token']);
  for (let round = 0; round < 3; round += 1) {
    await later(3 * 3_600_000);
    expect((await call('GET', '/v1/me', undefined, as(token))).status).toBe(200);
  }
  await later(3.5 * 3_600_000);
  // Twelve hours are over, however busy it was.
  expect((await call('GET', '/v1/me', undefined, as(token))).status).toBe(401);
  const idle = String((await signIn()).json['token']);
  await later(4 * 3_600_000 + 1000);
  expect((await call('GET', '/v1/me', undefined, as(idle))).status).toBe(401);
});

test('a second factor: asked for once it is confirmed, each code once, a recovery code once, and taken away by an admin', async () => {
  const token = String((await signIn()).json['token']);
  const begun = await call('POST', '/v1/me/second-factor', { password }, as(token));
  expect(begun.status).toBe(201);
  expect((await signIn()).status).toBe(201);
  const secret = fromBase32(String(begun.json['secret']));
  const now = async (): Promise<number> => stepAt(Date.parse(await tx((t) => t.now())));
  expect((await call('POST', '/v1/me/second-factor/confirm', { code: '000000' }, as(token))).json['code']).toBe('identity.wrong-code');
  const step = await now();
  const confirmed = await call('POST', '/v1/me/second-factor/confirm', { code: codeAt(secret, step) }, as(token));
  const [recovery] = confirmed.json['recoveryCodes'] as unknown as string[];
  expect(await signIn()).toMatchObject({ status: 401, json: { code: 'identity.code-needed' } });
  expect(await signIn({ code: codeAt(secret, step) })).toMatchObject({ status: 401, json: { code: 'identity.wrong-code' } });
  expect((await signIn({ code: codeAt(secret, step + 1) })).status).toBe(201);
  expect((await signIn({ code: recovery })).status).toBe(201);
  expect((await signIn({ code: recovery })).json['code']).toBe('identity.wrong-code');
  expect((await call('GET', '/v1/me/second-factor', undefined, as(token))).json).toMatchObject({ codesLeft: 9 });
  expect((await call('POST', `/v1/people/${ada}/second-factor/end`, { reason: 'lost the phone' }, as(token))).status).toBe(200);
  expect((await call('GET', '/v1/me', undefined, as(token))).status).toBe(401);
  expect((await signIn()).status).toBe(201);
});

test('the kill-switch ends every session and token but the one that asks', async () => {
  const token = String((await signIn()).json['token']);
  const other = String((await signIn()).json['token']);
  const made = String((await call('POST', '/v1/tokens', { name: 'ci' }, as(token))).json['token']);
  expect(
    (await call('POST', '/v1/admin/end-everybody', { reason: 'a laptop was stolen' }, as(token))).json['ended'],
  ).toBeGreaterThanOrEqual(2);
  for (const dead of [other, made]) expect((await call('GET', '/v1/me', undefined, as(dead))).status).toBe(401);
  expect((await call('GET', '/v1/me', undefined, as(token))).status).toBe(200);
});

function fromBase32(text: string): Buffer {
  const bits = [...text].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
