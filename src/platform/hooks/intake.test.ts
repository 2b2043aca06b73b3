import { expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus } from '../../kernel/time.ts';
import { bodyFlips, headerFlips, SIGNERS, type SignedRequest } from '../../testing/hooks/flips.ts';
import { testFloor } from '../../testing/database.ts';
import { intakeOf } from './door.routes.ts';
import { endHook, makeHook } from './hook.commands.ts';
import { liveHook, saveSettings } from './hook.store.ts';
import { unreadable } from './hooks.problems.ts';
import { bodyOf, deliveriesOf, markAgain } from './delivery.store.ts';
import { hookRetention } from './keep.store.ts';
import { ATTEMPTS, takeDue, tellHints } from './take.work.ts';
import type { Hint, Taker } from './taker.port.ts';

const floor = await testFloor();
const actor = system(floor.org, 'test');
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
let parsed = 0;
const effects: string[] = [];
const hints: (readonly Hint[])[] = [];
const takers: Taker[] = [
  {
    name: 'test',
    async take(inner, delivery) {
      parsed += 1;
      const text = Buffer.from(delivery.body).toString();
      if (text === 'unreadable') throw unreadable({ why: 'it says so' });
      if (text === 'later') throw new Problem({ code: 'test.later', status: 503, sentence: 'Not now.', remedy: 'Wait.' });
      if (text === 'bug') throw new Error('a bug of the test');
      await inner.query(`insert into clock_offset (offset_ms) values (0)`);
      effects.push(text);
      return `took ${text}`;
    },
  },
  {
    name: 'hinted',
    hinted: 'told',
    async together(_, came) {
      hints.push(came);
    },
  },
];
const intake = intakeOf(floor);
const hook = (taker = 'test') =>
  tx((t) => makeHook(t, actor, { taker, name: 'test', subject: `about ${taker}`, schemes: ['hub', 'standard'] }));
const request = (secret: string, text: string, id = floor.randomHex(8), seconds = Math.floor(Date.now() / 1000)): SignedRequest => {
  const body = Buffer.from(text);
  return { headers: SIGNERS['standard']?.(secret, body, id, seconds) ?? {}, body };
};
const send = (id: string, { headers, body }: SignedRequest) => intake.take({ hook: id, headers, body, encrypted: false });
const rows = () =>
  tx((t) =>
    t.query<{ name: string; state: string; attempts: number; outcome: string | null; body: Buffer | null }>(
      `select d.*, b.body from delivery d left join delivery_body b on b.delivery_id = d.id order by d.at, d.id`,
    ),
  );
/** As if all pauses were over. */
const due = () =>
  tx((t) => t.write(`update delivery set due_at = yardmaster_now() - interval '1 second' where state in ('taken', 'failed')`));
const refused = { code: 'hooks.refused', status: 401 };

test('what is accepted is durable, whole, and taken exactly once however often it is sent', async () => {
  const { hook: id, secret } = await hook();
  const first = request(secret, '{"n":1}', 'same');
  const answers = await Promise.all([first, first, first, request(secret, '{"n":2}')].map((one) => send(id, one)));
  expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(2);
  expect((await rows()).map(({ state, body }) => [state, body?.toString()]).toSorted()).toEqual([
    ['taken', '{"n":1}'],
    ['taken', '{"n":2}'],
  ]);
  expect(parsed).toBe(0);
  expect(await takeDue(floor, takers)).toBe(2);
  expect(await send(id, first)).toMatchObject({ duplicate: true });
  expect(await takeDue(floor, takers)).toBe(0);
  expect(effects.toSorted()).toEqual(['{"n":1}', '{"n":2}']);
  expect((await rows()).map(({ state, outcome }) => [state, outcome]).toSorted()).toEqual([
    ['done', 'took {"n":1}'],
    ['done', 'took {"n":2}'],
  ]);
});

test('bytes that are no text, none at all, and many at once arrive as they are', async () => {
  const { hook: id, secret } = await hook();
  const before = (await rows()).length;
  const bodies = Array.from({ length: 300 }, (_, at) =>
    Buffer.from(Array.from({ length: at % 97 }, (_, place) => (place * 31 + at) % 256)),
  );
  await Promise.all(
    bodies.map((body, at) => {
      const headers = SIGNERS['standard']?.(secret, body, `n${at}`, Math.floor(Date.now() / 1000)) ?? {};
      return send(id, { headers, body });
    }),
  );
  const kept = new Map((await rows()).slice(before).map((row) => [row.name, row.body]));
  for (const [at, body] of bodies.entries()) expect(kept.get(`n${at}`)?.equals(body), `n${at}`).toBe(true);
  await tx((t) => t.write(`delete from delivery where hook_id = $1`, [id]));
});

test('no flipped bit of signature, its headers or the body comes in, and nothing of it is read', async () => {
  const { hook: id, secret } = await hook();
  const before = (await rows()).length;
  const [read, good] = [parsed, request(secret, '{"ref":"refs/heads/main"}')];
  let turned = 0;
  for (const flips of [headerFlips(good), bodyFlips(good)]) {
    for (const flip of flips) {
      await expect(send(id, flip)).rejects.toMatchObject(refused);
      turned += 1;
    }
  }
  await expect(send(floor.newId('hok'), good)).rejects.toMatchObject(refused);
  expect(turned).toBeGreaterThan(1000);
  expect(await takeDue(floor, takers)).toBe(0);
  expect(parsed - read).toBe(0);
  expect((await rows()).length).toBe(before);
  expect(await send(id, good)).toMatchObject({ accepted: true, duplicate: false });
  await takeDue(floor, takers);
});

test('a bad delivery is parked, one that fails is tried again and parked in the end, and none stops the others', async () => {
  const { hook: id, secret } = await hook();
  for (const text of ['unreadable', 'bug', 'later', 'good']) await send(id, request(secret, text, text));
  const states = async () => Object.fromEntries((await rows()).map(({ name, state }) => [name, state]));
  await takeDue(floor, takers);
  expect(await states()).toMatchObject({ unreadable: 'parked', bug: 'failed', later: 'failed', good: 'done' });
  for (let round = 1; round < ATTEMPTS; round += 1) {
    expect(await takeDue(floor, takers), 'not before its pause is over').toBe(0);
    await due();
    await takeDue(floor, takers);
  }
  expect(await states()).toMatchObject({ unreadable: 'parked', bug: 'parked', later: 'parked', good: 'done' });
  await due();
  expect(await takeDue(floor, takers)).toBe(0);
  const told = Object.fromEntries((await rows()).map(({ name, outcome }) => [name, outcome]));
  expect(told['unreadable']).toContain('it says so');
  expect(told['bug']).not.toContain('a bug of the test');
});

test('one that takes the server down with it is parked without being read again', async () => {
  const { hook: id, secret } = await hook();
  await send(id, request(secret, 'kills', 'kills'));
  // As if the server had ended in each attempt, after it had counted it.
  await tx((t) => t.write(`update delivery set attempts = $1 where name = 'kills'`, [ATTEMPTS]));
  const before = parsed;
  await takeDue(floor, takers);
  expect((await rows()).find(({ name }) => name === 'kills')).toMatchObject({ state: 'parked' });
  expect(parsed).toBe(before);
});

test('a hook that ended or changed takes nothing, whatever a server remembers of it', async () => {
  const { hook: id, secret } = await hook();
  await send(id, request(secret, 'before'));
  await tx((t) => endHook(t, id));
  await expect(send(id, request(secret, 'after'))).rejects.toMatchObject(refused);
  const other = await hook();
  await send(other.hook, request(other.secret, 'before'));
  const row = await tx((t) => liveHook(t, other.hook));
  // No word of it on the bus: what is remembered is of an older version now.
  await tx((t) => saveSettings(t, other.hook, row?.version ?? 0, { changed: true }));
  await expect(send(other.hook, request(other.secret, 'old'))).rejects.toMatchObject(refused);
  expect(await send(other.hook, request(other.secret, 'new'))).toMatchObject({ accepted: true });
  await takeDue(floor, takers);
});

test('who needs only that something came takes all of it together', async () => {
  const { hook: id, secret } = await hook('hinted');
  await Promise.all(Array.from({ length: 20 }, (_, at) => send(id, request(secret, `h${at}`))));
  expect(await takeDue(floor, takers)).toBe(20);
  expect(hints.map((batch) => batch.length)).toEqual([20]);
  expect(hints[0]?.every((one) => one.hook.subject === 'about hinted')).toBe(true);
  expect(await takeDue(floor, takers)).toBe(0);
});

test('a hint is done once it is durable and told; its bytes lie together with others, and can be seen and taken again', async () => {
  const { hook: id, secret } = await hook('hinted');
  intake.know(takers);
  const before = hints.length;
  const same = request(secret, 'same', 'same');
  const sent = [same, same, ...Array.from({ length: 40 }, (_, at) => request(secret, `b${at}`.repeat(at), `b${at}`))];
  const answers = await Promise.all(sent.map((one) => send(id, one)));
  expect(answers.filter(({ duplicate }) => duplicate)).toHaveLength(1);
  const mine = () => tx((t) => deliveriesOf(t, { id: null, hook: id, state: null, before: null, limit: 100 }));
  expect(new Set((await mine()).map(({ state, outcome, doneAt }) => `${state} ${outcome} ${doneAt}`))).toEqual(
    new Set(['taken null null']),
  );
  const taken = (state: string) => tx((t) => deliveriesOf(t, { id: null, hook: id, state, before: null, limit: 100 }));
  expect([(await taken('taken')).length, (await taken('done')).length]).toEqual([41, 0]);

  expect(await tellHints(floor, takers, [id])).toEqual(new Map());
  const told = await tellHints(floor, takers, []);
  expect([...told.keys()]).toEqual([id]);
  expect(
    hints
      .slice(before)
      .flat()
      .every((one) => one.hook.id === id && one.at !== undefined),
  ).toBe(true);
  expect(await tellHints(floor, takers, [])).toEqual(new Map());
  expect(new Set((await mine()).map(({ state, outcome }) => `${state} ${outcome}`))).toEqual(new Set(['done told']));
  expect(await send(id, same)).toMatchObject({ duplicate: true });
  expect(await tellHints(floor, takers, [])).toEqual(new Map());

  const [one] = (await mine()).filter(({ name }) => name === 'b7');
  const kept = await tx((t) => bodyOf(t, one?.id ?? ''));
  expect(kept?.body.toString()).toBe('b7'.repeat(7));
  expect(kept?.headers).toMatchObject({ 'webhook-id': 'b7' });
  expect(await tx((t) => markAgain(t, one?.id ?? ''))).toBe('taken');
  expect(await takeDue(floor, takers)).toBe(1);
  expect((await mine()).filter(({ name }) => name === 'b7')).toMatchObject([{ state: 'done', outcome: 'told' }]);
});

test('a hint whose telling failed is told again, and those of a hook that ended are refused', async () => {
  const { hook: id, secret } = await hook('hinted');
  intake.know(takers);
  await send(id, request(secret, 'x'));
  const broken: Taker[] = [{ name: 'hinted', hinted: 'told', together: () => Promise.reject(new Error('a bug of the test')) }];
  await expect(tellHints(floor, broken, [])).rejects.toThrow('a bug of the test');
  expect([...(await tellHints(floor, takers, [])).keys()]).toEqual([id]);
  await tx((t) => endHook(t, id));
  await expect(send(id, request(secret, 'y'))).rejects.toMatchObject(refused);
  expect(await tellHints(floor, takers, [])).toEqual(new Map());
});

test('bytes of hints go when they were kept long enough, and that they came stays', async () => {
  const { hook: id, secret } = await hook('hinted');
  intake.know(takers);
  await Promise.all(Array.from({ length: 5 }, (_, at) => send(id, request(secret, `kept${at}`))));
  const [bodies] = hookRetention;
  const later = plus(await tx((t) => t.now()), 1000);
  const due = await tx(async (t) => bodies?.due(t, later));
  expect(due?.things).toBeGreaterThanOrEqual(5);
  let gone = 0;
  for (let swept = -1; swept !== 0; gone += swept) swept = (await tx(async (t) => bodies?.remove(t, later, 2)))?.things ?? 0;
  expect(gone).toBe(due?.things);
  const [row] = await tx((t) => deliveriesOf(t, { id: null, hook: id, state: null, before: null, limit: 1 }));
  expect(await tx((t) => bodyOf(t, row?.id ?? ''))).toBeNull();
  expect(await tx((t) => markAgain(t, row?.id ?? ''))).toBe('no-body');
  await tellHints(floor, takers, []);
});

test('its owner sees that something came and was refused; no secret and no credential is kept in the clear', async () => {
  const { hook: id, secret } = await hook();
  await expect(send(id, request(`whsec_AAAA${secret.slice(10)}`, 'x'))).rejects.toMatchObject(refused);
  await send(id, {
    ...request(secret, 'kept', 'kept'),
    headers: { ...request(secret, 'kept', 'kept').headers, authorization: 'Bearer planted-credential', cookie: 'c=planted-credential' },
  });
  await new Promise((resolve) => setTimeout(resolve, 2300));
  const row = await tx((t) => liveHook(t, id));
  expect(row).toMatchObject({ refused: 1, refusedWhy: 'wrong-signature' });
  expect(row?.sealed.toString('latin1')).not.toContain(secret);
  const kept = await tx((t) => t.query<{ headers: object }>(`select headers from delivery_body`));
  expect(JSON.stringify(kept)).not.toContain('planted-credential');
});
