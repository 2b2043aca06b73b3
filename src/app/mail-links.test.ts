import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { slackApi } from '../integrations/slack/slack.http.ts';
import { afterAll, expect, test } from 'vitest';
import { insertNotice } from '../comms/notice.store.ts';
import { sendNotice } from '../comms/send.work.ts';
import { openApi } from './api.fixture.ts';

// Programs that look into mails before people do fetch every link in them. Nothing may come of it.

const api = await openApi({ egressAllow: 'localhost', publicUrl: 'https://yard.example.org' });
const { floor } = api;
const mails: string[] = [];
const server = new SMTPServer({
  authOptional: true,
  hideSTARTTLS: true,
  onData(stream, _session, done) {
    let raw = '';
    stream.on('data', (part: Buffer) => void (raw += part.toString()));
    stream.on('end', () => (mails.push(raw), done()));
  },
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
afterAll(() => new Promise<void>((done) => server.close(() => done())));

/** Everything that a fetch could have changed. */
async function world(): Promise<string> {
  const tables = ['notice_link', 'approval', 'notice_preference', 'credential', 'invitation', 'release_target'];
  const rows = await floor.db.read(floor.org, async (tx) => {
    const found: unknown[] = [await tx.query(`select count(*) from fact`)];
    for (const table of tables) found.push(await tx.query(`select * from ${table} order by 1`));
    return found;
  });
  return JSON.stringify(rows, (key, value: unknown) => (key === 'seen_at' ? null : value));
}

test('every link of a mail, fetched 100 times with GET and HEAD and posted to without a session, changes nothing', async () => {
  const set = {
    host: 'localhost',
    port: (server.server.address() as AddressInfo).port,
    tls: 'none',
    sender: 'yard@example.org',
    version: 0,
  };
  expect((await api.real('PUT', '/v1/notify/mail', api.admin, set)).status).toBe(200);
  const { person } = (await api.real('GET', '/v1/me', api.admin)).json;
  const ids = await floor.db.tx(floor.org, async (tx) => {
    const at = await tx.now();
    const made: string[] = [];
    for (const kind of ['asked', 'reminder', 'digest', 'deployment'] as const) {
      const id = floor.newId('ntc');
      const row = {
        id,
        road: 'mail' as const,
        receiver: String(person),
        kind,
        mark: id,
        subject: kind,
        lines: ['a line'],
        link: '/releases/rel_1?environment=prod',
      };
      await insertNotice(tx, { ...row, release: 'rel_1', environment: 'prod', state: 'queued', dueAt: at, at });
      made.push(id);
    }
    return made;
  });
  for (const id of ids) expect(await sendNotice(floor, floor.org, id, slackApi)).toBe('sent');
  const text = mails
    .map((raw) =>
      raw
        .replaceAll(/=\r\n/g, '')
        .replaceAll(/\r\n[ \t]/g, ' ')
        .replaceAll('=3D', '='),
    )
    .join('\n');
  const links = [...new Set(text.match(/https:\/\/yard\.example\.org[^\s"<>]*/g) ?? [])].map((link) => new URL(link));
  const secrets = [...new Set(text.match(/ym_go_[0-9a-f]{64}/g) ?? [])];
  expect(links.length).toBeGreaterThanOrEqual(5);
  expect(secrets).toHaveLength(3);
  // What leads to a decision stands behind `#`, which no fetch sends.
  expect(links.filter((link) => link.pathname === '/go').every((link) => /^#ym_go_/.test(link.hash) && link.search === '')).toBe(true);
  const before = await world();
  for (let round = 0; round < 100; round += 1)
    await Promise.all(links.flatMap(({ pathname, search }) => ['GET', 'HEAD'].map((method) => api.real(method, `${pathname}${search}`))));
  for (const link of secrets) {
    expect((await api.real('POST', '/v1/notify/open', null, { link })).status).toBe(401);
    for (const method of ['GET', 'HEAD']) {
      expect((await api.real(method, `/v1/notify/open?link=${link}`)).status).toBe(404);
      expect((await api.real(method, `/v1/notify/unsubscribe/${link}`)).status).toBe(404);
    }
  }
  expect(await world()).toBe(before);
  // Its person opens it, in a session: it leads to the page with the form, and has still decided nothing.
  const opened = await api.real('POST', '/v1/notify/open', api.admin, { link: secrets[0] });
  expect(opened.json).toEqual({ to: '/releases/rel_1?environment=prod&ask=vote', first: true });
  expect(await floor.db.read(floor.org, (tx) => tx.query(`select * from approval`))).toEqual([]);
});
