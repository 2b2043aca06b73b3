import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { expect, test } from 'vitest';
import { livingMessage } from '../comms/chat/living.ts';
import { slackPost, teamsPost } from '../comms/chat/post.ts';
import { mailOf } from '../comms/mail.ts';
import { sendMail } from '../comms/smtp.system.ts';
import { slackApi } from '../integrations/slack/slack.http.ts';
import { connected } from '../testing/connected.ts';
import { testFloor } from '../testing/database.ts';
import { hostile, texts } from '../testing/hostile.ts';

/** Hostile names in what is told onward: chat and mail. */
const { names, patience, unharmed } = await hostile();
const floor = await testFloor({ config: { egressAllow: '127.0.0.1', publicUrl: 'https://yard.example.org' } });

test(
  'Slack and Teams: as anything that is told, without a mention, a link or a mark-up of its own',
  async () => {
    const heard: unknown[] = [];
    const slack = await connected(
      floor,
      'slack',
      ({ body }) => {
        heard.push(Object.fromEntries(new URLSearchParams(body)));
        return { json: { ok: true, channel: 'C1', ts: '1.1' } };
      },
      { base: '/api/' },
    );
    for (const name of [...names, '<!channel> <@U1> <http://x|y>', '*b* @everyone [x](http://y)']) {
      const message = { kind: 'incident', subject: name, lines: [name, name], link: '/releases/x' } as const;
      const place = {
        environment: name,
        headline: name,
        missing: [name],
        deployment: { state: 'failed', cause: name },
        runs: false,
        vote: { intent: name, version: 1 },
      };
      const living = {
        release: 'rel_1',
        service: name,
        version: name,
        requestedBy: name,
        held: null,
        abandoned: false,
        places: [place],
        seen: 1,
      };
      for (const post of [slackPost(message, 'https://yard.example.org'), livingMessage(living, 'https://yard.example.org')]) {
        expect(post.text, JSON.stringify(name)).not.toMatch(/[<>]/);
        const marked = JSON.stringify(post.blocks).match(/"type":"mrkdwn"|"emoji":true/);
        expect(marked).toBeNull();
        for (const text of texts(post.blocks)) expect(text.isWellFormed(), JSON.stringify(text)).toBe(true);
        await slackApi.call(floor, floor.org, slack.row.id, 'chat.postMessage', {
          channel: 'C1',
          text: post.text,
          blocks: JSON.stringify(post.blocks),
        });
        expect(heard.at(-1)).toMatchObject({ channel: 'C1', text: post.text });
      }
      const card = JSON.stringify(teamsPost(message, 'https://yard.example.org'));
      expect(card.match(/"type":"(?!message|AdaptiveCard|RichTextBlock|TextRun|Action\.OpenUrl)/)).toBeNull();
      expect(card.match(/"url":"(?!https:\/\/yard\.example\.org\/)/)).toBeNull();
    }
    unharmed();
  },
  patience,
);

test(
  'mail: as anything that is told, to a real server: one recipient, one subject, no header of theirs',
  async () => {
    const taken: { to: string[]; raw: string }[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      onData(stream, session, done) {
        const parts: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => parts.push(chunk));
        stream.on('end', () => {
          taken.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(parts).toString('utf8') });
          done();
        });
      },
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.server.address() as AddressInfo;
    const around = {
      publicUrl: 'https://yard.example.org',
      sender: 'Yard <yard@example.org>',
      to: 'ann@example.org',
      link: 'https://yard.example.org/go#x',
      unsubscribe: null,
      id: 'ntc_1',
      at: new Date(0).toISOString(),
    };
    const heads = (raw: string): string[] =>
      (raw.split('\r\n\r\n')[0] ?? '').split(/\r\n(?![ \t])/).map((line) => (line.split(':')[0] ?? '').toLowerCase());
    const place = { host: '127.0.0.1', port, tls: 'none', auth: null } as const;
    await sendMail(floor.egress, place, mailOf({ kind: 'incident', subject: 'plain', lines: ['plain'], link: '/x' }, around));
    const wanted = heads(taken[0]?.raw ?? '').sort();
    for (const name of names) {
      const mail = mailOf({ kind: 'incident', subject: name, lines: [name], link: '/x' }, around);
      expect(await sendMail(floor.egress, place, mail), JSON.stringify(name)).toMatchObject({ state: 'sent' });
      const last = taken.at(-1);
      expect(last?.to).toEqual(['ann@example.org']);
      expect(heads(last?.raw ?? '').sort(), JSON.stringify(name)).toEqual(wanted);
    }
    await new Promise<void>((done) => server.close(done));
    unharmed();
  },
  patience,
);
