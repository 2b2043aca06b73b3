import { addressesOf } from '../identity/identity.queries.ts';
import { plus } from '../kernel/time.ts';
import type { Floor, Task, Tx } from '../platform/floor.ts';
import type { RetentionRule } from '../platform/retention/retention.port.ts';
import { post } from './chat/channel.commands.ts';
import { channelById, type Channel } from './chat/channel.store.ts';
import type { Slack } from './chat/slack.port.ts';
import { makeLink } from './link.commands.ts';
import { digestOfMessages, mailOf, isAddress, type Mail } from './mail.ts';
import { deliver, readyToSend, type Ready } from './mail.commands.ts';
import { ATTEMPTS, pauseAfter, type Notice } from './notice.ts';
import * as store from './notice.store.ts';
import { preferencesOf } from './preference.store.ts';
import { nextAt } from './preference.ts';
import { DIGEST_TASK, SEND_TASK } from './tell.commands.ts';
import type { Sent } from './smtp.system.ts';

/** Sends one message. It is in one hand at a time; who dies with it in hand leaves it to the next after two minutes. */
export function sendTask(slack: Slack): Task {
  return {
    name: SEND_TASK,
    async run(floor, payload, org) {
      const id = payload['notice'];
      if (typeof id === 'string' && !floor.paused()) await sendNotice(floor, org, id, slack);
    },
  };
}

type Prepared =
  | { readonly notice: Notice; readonly ready: Ready; readonly mail: Mail }
  | { readonly notice: Notice; readonly channel: Channel }
  | { readonly notice: Notice; readonly never: string };

/** What `sendTask` does; answers how it went, null where there was nothing to do. */
export async function sendNotice(floor: Floor, org: string, id: string, slack: Slack): Promise<Sent['state'] | null> {
  const prepared = await floor.db.tx(org, (tx) => prepare(tx, id));
  if (prepared === null) return null;
  const { notice } = prepared;
  if ('never' in prepared) {
    await floor.db.tx(org, async (tx) => store.endNotice(tx, notice, 'parked', prepared.never, await tx.now()));
    return 'refused';
  }
  const sent =
    'channel' in prepared ? await post(floor, slack, prepared.channel, notice) : await deliver(floor, org, prepared.ready, prepared.mail);
  await floor.db.tx(org, (tx) => settle(tx, notice, sent));
  return sent.state;
}

async function settle(tx: Tx, notice: Notice, sent: Sent): Promise<void> {
  const now = await tx.now();
  const again = sent.state === 'failed' ? pauseAfter(notice.attempts, sent.askedMs) : null;
  if (sent.state === 'sent') await store.endNotice(tx, notice, 'sent', sent.said, now);
  else if (again === null) await store.endNotice(tx, notice, 'parked', sent.said, now);
  else {
    await store.failNotice(tx, notice, sent.said, plus(now, again));
    await tx.wake(SEND_TASK, notice.id, { notice: notice.id }, plus(now, again));
  }
}

async function prepare(tx: Tx, id: string): Promise<Prepared | null> {
  const now = await tx.now();
  const notice = await store.claimNotice(tx, id, now, plus(now, store.IN_HAND_MS));
  if (notice === null) return null;
  if (notice.attempts > ATTEMPTS) return { notice, never: 'it took the server down with it' };
  if (notice.road !== 'mail') {
    const channel = await channelById(tx, notice.receiver);
    return channel === null ? { notice, never: 'the channel is not there any more' } : { notice, channel };
  }
  const ready = await readyToSend(tx);
  if (ready === null) return { notice, never: 'nobody says how mail is sent any more' };
  const own = (await addressesOf(tx, [notice.receiver])).get(notice.receiver) ?? [];
  const chosen = (await preferencesOf(tx, [notice.receiver])).get(notice.receiver)?.address ?? null;
  // An address that was taken from a person gets nothing of theirs any more.
  const to = chosen !== null && own.includes(chosen) ? chosen : own[0];
  if (to === undefined || !isAddress(to)) return { notice, never: 'the person has no address, or is not active' };
  const publicUrl = tx.floor.config.publicUrl.replace(/\/$/, '');
  const person = { notice: notice.id, person: notice.receiver, target: notice.link };
  const decides = (notice.kind === 'asked' || notice.kind === 'reminder') && notice.release !== null;
  const link = decides
    ? `${publicUrl}/go#${await makeLink(tx, ready.linkKey, { ...person, purpose: 'decide' })}`
    : `${publicUrl}${notice.link}`;
  const ending = notice.kind === 'digest' ? await makeLink(tx, ready.linkKey, { ...person, purpose: 'unsubscribe' }) : null;
  const unsubscribe = ending === null ? null : `${publicUrl}/v1/notify/unsubscribe/${ending}`;
  return {
    notice,
    ready,
    mail: mailOf(notice, { publicUrl, sender: ready.setting.sender, to, link, unsubscribe, id: notice.id, at: now }),
  };
}

/** Gathers what waits for a person's digest into one message. */
export const digestTask: Task = {
  name: DIGEST_TASK,
  async run(floor, payload, org) {
    const person = payload['person'];
    if (typeof person === 'string' && !floor.paused()) await floor.db.tx(org, (tx) => gather(tx, person));
  },
};

/** What `digestTask` does, within a transaction. */
export async function gather(tx: Tx, person: string): Promise<void> {
  const now = await tx.now();
  const waiting = await store.lockDigest(tx, person, now);
  if (waiting.length === 0) return;
  const preference = (await preferencesOf(tx, [person])).get(person);
  const day = preference === undefined ? now : nextAt(preference.zone, preference.digestHour * 60, now);
  const id = tx.floor.newId('ntc');
  const message = digestOfMessages(waiting);
  const mark = `digest:${day}:${id}`;
  const row = { ...message, id, road: 'mail' as const, receiver: person, mark, release: null, environment: null, state: 'queued' as const };
  await store.insertNotice(tx, { ...row, dueAt: now, at: now });
  await store.markTold(
    tx,
    waiting.map((one) => one.id),
    `gathered in ${id}`,
    now,
  );
  await tx.wake(SEND_TASK, id, { notice: id });
}

/** What was told is kept for a while, so that admins can see what arrived. */
export const noticeRetention: RetentionRule = {
  what: 'notices',
  days: 90,
  means: 'Messages that were sent, gathered, dropped or parked, and the links in them. Facts of what they told stay.',
  due: store.dueOld,
  remove: async (tx, before, limit) => ({ things: await store.removeOld(tx, before, limit), digests: [] }),
};
