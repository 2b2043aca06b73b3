import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { slackApi } from '../integrations/slack/slack.http.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { trustAuthorities } from '../host/trust.system.ts';
import { insertEmail, insertPerson } from '../identity/identity.store.ts';
import { deleteEmail } from '../identity/session.store.ts';
import type { Actor } from '../kernel/actor.ts';
import { testFloor } from '../testing/database.ts';
import { endMail, mailColumn, setMail, testMail, type MailOrder } from './mail.commands.ts';
import { ATTEMPTS, type Notice } from './notice.ts';
import { NOTICE_COLUMNS } from './notice.store.ts';
import { openLink, unsubscribe } from './link.commands.ts';
import { preferencesOf, savePreference } from './preference.store.ts';
import { STANDARD } from './preference.ts';
import { gather, sendNotice } from './send.work.ts';
import { mailSetting } from './setting.store.ts';
import { tell } from './tell.commands.ts';
import { deploymentWords, incidentWords } from './words.ts';

// A real mail server on this machine: what is sent is what it took.

const folder = mkdtempSync(join(tmpdir(), 'ym-smtp-'));
const pem = { key: join(folder, 'k.pem'), cert: join(folder, 'c.pem') };
const floor = await testFloor({ config: { egressAllow: 'localhost, 127.0.0.1', publicUrl: 'https://yard.example.org' } });
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]): Promise<T> => floor.db.tx(floor.org, work);
let ann: Extract<Actor, { kind: 'person' }>;
let server: SMTPServer | null = null;
const taken: { from: string; to: string[]; raw: string; secure: boolean; user: unknown }[] = [];

beforeAll(async () => {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', [...args, '-addext', 'subjectAltName=DNS:localhost', '-keyout', pem.key, '-out', pem.cert], { stdio: 'ignore' });
  trustAuthorities(pem.cert);
  ann = await person('ann');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  taken.length = 0;
  if (server !== null) await new Promise<void>((done) => server?.close(() => done()));
  server = null;
});

async function person(name: string): Promise<Extract<Actor, { kind: 'person' }>> {
  const id = floor.newId('per');
  await tx(async (t) => {
    await insertPerson(t, { id, org: t.org, name, at: await t.now() });
    await insertEmail(t, t.org, id, `${name}@example.org`, await t.now());
  });
  return { kind: 'person', id, org: floor.org, credential: { kind: 'session', id: 'tok_x', authenticatedAt: '2026-01-01T00:00:00.000Z' } };
}

async function listen(options: SMTPServerOptions = {}): Promise<number> {
  server = new SMTPServer({
    key: readFileSync(pem.key),
    cert: readFileSync(pem.cert),
    authOptional: true,
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        taken.push({
          from,
          to: rcptTo.map((one) => one.address),
          raw: Buffer.concat(parts).toString(),
          secure: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return (server.server.address() as AddressInfo).port;
}

async function set(port: number, more: Partial<MailOrder> = {}): Promise<void> {
  const version = (await tx(mailSetting))?.version ?? 0;
  const standard = { host: 'localhost', port, tls: 'starttls' as const, username: null, password: null, sender: 'Yard <yard@example.org>' };
  await setMail(floor, ann, { ...standard, answerWithinMs: 86_400_000, remindBeforeMs: 3_600_000, version, ...more });
}

let marks = 0;
async function toldOf(subject = 'slow', receiver = ann): Promise<string> {
  const mark = `m${(marks += 1)}`;
  const message = incidentWords({ id: 'inc_1', title: subject, severity: 'major', service: 'shop', environment: 'prod', resolved: false });
  await tx((t) =>
    tell(t, { message, mark, persons: [receiver.id], place: { team: null, service: 'shop', environment: 'prod' }, release: null }),
  );
  return (await notice(mark)).id;
}
const notice = (mark: string): Promise<Notice> =>
  tx((t) => t.one<Notice & Record<string, unknown>>(`select ${NOTICE_COLUMNS} from notice where mark = $1`, [mark]));
const byId = (id: string): Promise<Notice> =>
  tx((t) => t.one<Notice & Record<string, unknown>>(`select ${NOTICE_COLUMNS} from notice where id = $1`, [id]));
/** As if its pause were over. */
const due = (id: string): Promise<number> => tx((t) => t.write(`update notice set due_at = yardmaster_now() where id = $1`, [id]));

test('a mail goes over STARTTLS with our password, once, plain text first, with a stable Message-ID', async () => {
  const port = await listen({
    authOptional: false,
    onAuth: (auth, _, done) =>
      auth.username === 'yard' && auth.password === 'secret one' ? done(null, { user: 'yard' }) : done(new Error('no')),
  });
  await set(port, { username: 'yard', password: 'secret one' });
  const id = await toldOf('Käse <b>&\r\nBcc: evil@example.org');
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('sent');
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBeNull();
  expect(taken).toHaveLength(1);
  const [mail] = taken;
  expect(mail).toMatchObject({ from: 'yard@example.org', to: ['ann@example.org'], secure: true, user: 'yard' });
  expect(mail?.raw).toContain(`Message-ID: <${id}@example.org>`);
  expect(mail?.raw).not.toMatch(/^Bcc:/im);
  const [head = '', ...parts] = (mail?.raw ?? '').split(/^--.*$/m);
  expect(head).toMatch(/multipart\/alternative/);
  expect(parts[0]).toContain('text/plain');
  expect(parts[1]).toContain('text/html');
  expect(mail?.raw).not.toContain('secret one');
  const row = await tx(mailSetting);
  expect(row?.state).toBe('working');
  expect(Buffer.from(row?.sealed ?? []).toString('latin1')).not.toContain('secret one');
  expect(await tx((t) => mailColumn.find(t, (row?.sealed ?? Buffer.alloc(0)).subarray(0, 8), 10))).not.toEqual([]);
  expect((await testMail(floor, ann)).to).toBe('ann@example.org');
});

test('a server that asks to come again is asked again, with the same Message-ID; after the last attempt a person must look', async () => {
  let refusals = 1;
  const port = await listen({
    onRcptTo: (_address, _session, done) =>
      (refusals -= 1) >= 0 ? done(Object.assign(new Error('greylisted, come again'), { responseCode: 451 })) : done(),
  });
  await set(port);
  const id = await toldOf();
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('failed');
  expect(await byId(id)).toMatchObject({ state: 'queued', attempts: 1, outcome: expect.stringContaining('greylisted') });
  expect(await sendNotice(floor, floor.org, id, slackApi), 'not before its pause is over').toBeNull();
  await due(id);
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('sent');
  expect(taken.map(({ raw }) => /^Message-ID: (.*)$/m.exec(raw)?.[1])).toEqual([`<${id}@example.org>`]);
  refusals = 1000;
  const other = await toldOf();
  for (let at = 0; at < ATTEMPTS + 3; at += 1) {
    await sendNotice(floor, floor.org, other, slackApi);
    await due(other);
  }
  expect(await byId(other)).toMatchObject({ state: 'parked', attempts: ATTEMPTS });
  expect(refusals).toBe(1000 - ATTEMPTS);
});

test('a recipient that is refused for good is parked at once; a wrong password is tried again and shown', async () => {
  const port = await listen({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such user'), { responseCode: 550 })),
    onAuth: (_auth, _session, done) => done(new Error('wrong')),
  });
  await set(port);
  const id = await toldOf();
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('refused');
  expect(await byId(id)).toMatchObject({ state: 'parked', attempts: 1, outcome: expect.stringContaining('no such user') });
  await set(port, { username: 'yard', password: 'wrong password' });
  const other = await toldOf();
  expect(await sendNotice(floor, floor.org, other, slackApi)).toBe('failed');
  expect((await byId(other)).outcome).toContain('it does not take our user and password');
  expect(await tx(mailSetting)).toMatchObject({ state: 'failing' });
  expect(JSON.stringify(await tx((t) => t.query(`select * from notice`)))).not.toContain('wrong password');
});

test('a connection that ends in the middle, and a server that speaks no TLS, are failures and not mails', async () => {
  const port = await listen({
    onMailFrom: (_address, session, done) => (
      done(),
      void (session as unknown as { socket?: unknown }),
      server?.connections.forEach((one) => (one as unknown as { _socket: { destroy(): void } })._socket.destroy())
    ),
  });
  await set(port);
  const id = await toldOf();
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('failed');
  expect(taken).toEqual([]);
  await new Promise<void>((done) => server?.close(() => done()));
  await set(await listen({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] }));
  const other = await toldOf();
  expect(await sendNotice(floor, floor.org, other, slackApi)).toBe('failed');
  expect(taken).toEqual([]);
  await new Promise<void>((done) => server?.close(() => done()));
  const third = await toldOf();
  expect(await sendNotice(floor, floor.org, third, slackApi), 'nobody listens').toBe('failed');
});

test('mail is no door into the network: hosts are judged when they are set and when they are used', async () => {
  for (const host of ['10.0.0.1', '169.254.169.254', '[::ffff:169.254.169.254]', '2852039166', 'x@127.0.0.1', 'a/../b'])
    await expect(set(25, { host }), host).rejects.toMatchObject({ code: expect.stringMatching(/^egress\./) });
  await expect(set(25, { host: '93.184.216.34', tls: 'none' })).rejects.toMatchObject({ code: 'comms.bad-mail-setting' });
  const port = await listen();
  for (const sender of ['Yard\r\nBcc: a@b.org <y@z.org>', 'nobody', 'a@b.org, c@d.org'])
    await expect(set(port, { sender })).rejects.toMatchObject({ code: 'comms.bad-mail-setting' });
  await expect(set(port, { tls: 'none', username: 'u', password: 'p' })).rejects.toMatchObject({ code: 'comms.bad-mail-setting' });
  await set(port);
  // As if the name led elsewhere by now.
  await tx((t) => t.write(`update mail_setting set host = '169.254.169.254'`));
  const id = await toldOf();
  expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('failed');
  expect((await byId(id)).outcome).toContain('is not called');
});

test('a kept password goes to no other server, user or way', async () => {
  const port = await listen();
  await set(port, { username: 'yard', password: 'kept' });
  await set(port, { username: 'yard', password: undefined, sender: 'other@example.org' });
  for (const change of [{ port: port + 1 }, { host: '127.0.0.1' }, { username: 'other' }])
    await expect(set(port, { username: 'yard', password: undefined, ...change })).rejects.toMatchObject({ code: 'comms.bad-mail-setting' });
});

test('what can wait is gathered into one digest, which its reader can end with one POST and no fetch', async () => {
  await set(await listen());
  for (const version of ['1.0', '1.1', '1.2']) {
    const message = deploymentWords({ id: 'rel_1', service: 'shop', version }, 'prod', 'succeeded', 'deploy', 'all is well');
    await tx((t) =>
      tell(t, { message, mark: version, persons: [ann.id], place: { team: null, service: null, environment: null }, release: null }),
    );
  }
  await tx((t) => gather(t, ann.id));
  expect((await notice('1.0')).state, 'not before its hour').toBe('digest');
  await tx((t) => t.write(`update notice set due_at = yardmaster_now() where state = 'digest'`));
  await tx((t) => gather(t, ann.id));
  await tx((t) => gather(t, ann.id));
  const digests = await tx((t) => t.query<{ id: string }>(`select id from notice where kind = 'digest'`));
  expect(digests).toHaveLength(1);
  expect(await sendNotice(floor, floor.org, digests[0]?.id ?? '', slackApi)).toBe('sent');
  const raw = taken[0]?.raw.replaceAll(/\r\n[ \t]/g, ' ') ?? '';
  const link = /^List-Unsubscribe: <https:\/\/yard\.example\.org\/v1\/notify\/unsubscribe\/(ym_go_[0-9a-f]{64})>$/m.exec(raw)?.[1] ?? '';
  expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
  expect(JSON.stringify(await tx((t) => t.query(`select * from notice_link`)))).not.toContain(link);
  // It is for this only: it opens nothing.
  await expect(tx((t) => openLink(t, ann, link))).rejects.toMatchObject({ code: 'comms.link-over' });
  await unsubscribe(floor, `ym_go_${'0'.repeat(64)}`);
  await unsubscribe(floor, link);
  await unsubscribe(floor, link);
  expect((await tx((t) => preferencesOf(t, [ann.id]))).get(ann.id)?.wants).toMatchObject({ deployment: 'off', waits: 'off', asked: 'now' });
});

test('who lost an address gets nothing there; who is not active gets nothing', async () => {
  await set(await listen());
  const bob = await person('bob');
  await tx(async (t) => insertEmail(t, t.org, bob.id, 'bob@old.example.org', await t.now()));
  await tx((t) => savePreference(t, bob.id, 0, { ...STANDARD, address: 'bob@old.example.org' }));
  await sendNotice(floor, floor.org, await toldOf('one', bob), slackApi);
  await tx((t) => deleteEmail(t, bob.id, 'bob@old.example.org'));
  await sendNotice(floor, floor.org, await toldOf('two', bob), slackApi);
  expect(taken.map(({ to }) => to)).toEqual([['bob@old.example.org'], ['bob@example.org']]);
  await tx((t) => t.write(`update person set active = false where id = $1`, [bob.id]));
  const last = await toldOf('three', bob);
  expect(await sendNotice(floor, floor.org, last, slackApi)).toBe('refused');
  expect(taken).toHaveLength(2);
  await tx((t) => endMail(t, ann));
  const before = await tx((t) => t.query(`select id from notice`));
  await tx((t) =>
    tell(t, {
      message: incidentWords({ id: 'i', title: 't', severity: 'major', service: null, environment: null, resolved: true }),
      mark: 'none',
      persons: [ann.id],
      place: { team: null, service: null, environment: null },
      release: null,
    }),
  );
  expect(await tx((t) => t.query(`select id from notice`)), 'nothing is piled up where nobody sends mail').toHaveLength(before.length);
});
