import { actorLabel, type Actor } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { channelAdded, channelRemoved } from '../comms.events.ts';
import { badChannel, channelTaken, noSuchChannel, notSent } from '../comms.problems.ts';
import { oneLine, type Kind, type Message } from '../notice.ts';
import type { Sent } from '../smtp.system.ts';
import * as store from './channel.store.ts';
import type { Channel } from './channel.store.ts';
import { slackPost, teamsPost } from './post.ts';
import type { Slack } from './slack.port.ts';

/** One data key for the addresses of webhooks. */
const SCOPE = 'chat';
const place = (org: string, id: string): string => `chat:${org}:${id}`;

export type ChannelOrder = {
  readonly name: string;
  readonly kind: Channel['kind'];
  readonly connection: string | undefined;
  readonly target: string | undefined;
  readonly webhook: string | undefined;
  readonly kinds: readonly Kind[];
  readonly team: string | null;
  readonly service: string | null;
  readonly environment: string | null;
};

/** Adds a channel. The address of a webhook is judged first, then sealed: who knows it can write there. */
export async function addChannel(floor: Floor, actor: Actor, slack: Slack, order: ChannelOrder): Promise<Channel> {
  const { kind, webhook, target } = order;
  if (
    kind === 'slack'
      ? webhook !== undefined || target === undefined
      : webhook === undefined || target !== undefined || order.connection !== undefined
  )
    throw badChannel({
      wrong:
        kind === 'slack' ? 'a Slack channel needs a connection and the id of the channel' : 'a webhook needs its address, and nothing else',
    });
  if (target !== undefined && !/^[A-Z0-9]{5,30}$/.test(target))
    throw badChannel({ wrong: 'the id of a Slack channel looks like C0123456789' });
  if (webhook !== undefined) await floor.egress.check(webhook);
  return floor.db.tx(actor.org, async (tx) => {
    const id = tx.floor.newId('chn');
    const connectionId = kind === 'slack' ? await slack.connection(tx, order.connection ?? '') : null;
    if (kind === 'slack' && connectionId === null)
      throw badChannel({ wrong: `there is no Slack connection ${oneLine(order.connection ?? '', 63)}` });
    const sealed = webhook === undefined ? null : await tx.floor.secrets.seal(tx, SCOPE, webhook, place(tx.org, id));
    const row = { ...order, id, connectionId, target: target ?? null, sealed, by: actorLabel(actor), createdAt: await tx.now() };
    if (!(await store.insertChannel(tx, row))) throw channelTaken({ name: order.name });
    await tx.record(channelAdded, { subject: id, actor, body: { name: order.name, kind } });
    const made = await store.channelById(tx, id);
    if (made === null) throw noSuchChannel({ name: order.name });
    return made;
  });
}

/** Ends a channel. */
export async function endChannel(tx: Tx, actor: Actor, name: string): Promise<void> {
  const channel = await store.channelByName(tx, name);
  if (channel === null) throw noSuchChannel({ name });
  await store.removeChannel(tx, channel.id, await tx.now());
  await tx.record(channelRemoved, { subject: channel.id, actor, body: { name, kind: channel.kind } });
}

/** Posts a test, now. */
export async function testChannel(floor: Floor, actor: Actor, slack: Slack, name: string): Promise<{ said: string }> {
  const channel = await floor.db.tx(actor.org, (tx) => store.channelByName(tx, name));
  if (channel === null) throw noSuchChannel({ name });
  const sent = await post(floor, slack, channel, {
    kind: 'test',
    subject: 'A test from Yardmaster',
    lines: ['News arrive here.'],
    link: '/',
  });
  if (sent.state !== 'sent') throw notSent({ why: sent.said });
  return { said: sent.said };
}

/** Posts one message to a channel and keeps with it how that went. Never within a transaction. */
export async function post(floor: Floor, slack: Slack, channel: Channel, message: Message): Promise<Sent> {
  const sent = await once(floor, slack, channel, message);
  await floor.db.tx(channel.org, async (tx) => store.noteChannel(tx, channel.id, sent.state === 'sent' ? null : sent.said, await tx.now()));
  return sent;
}

async function once(floor: Floor, slack: Slack, channel: Channel, message: Message): Promise<Sent> {
  const publicUrl = floor.config.publicUrl.replace(/\/$/, '');
  try {
    if (channel.kind === 'slack') {
      const { text, blocks } = slackPost(message, publicUrl);
      const fields = { channel: channel.target ?? '', text, blocks: JSON.stringify(blocks) };
      const answer = await slack.call(floor, channel.org, channel.connectionId ?? '', 'chat.postMessage', fields);
      return answer.ok
        ? { state: 'sent', said: 'posted' }
        : { state: answer.how === 'refused' ? 'refused' : 'failed', said: oneLine(answer.error) };
    }
    const { sealed } = channel;
    if (sealed === null) return { state: 'refused', said: 'its address is not kept any more' };
    const url = await floor.db.read(channel.org, (tx) => floor.secrets.open(tx, sealed, place(channel.org, channel.id)));
    const body = JSON.stringify(channel.kind === 'teams' ? teamsPost(message, publicUrl) : slackPost(message, publicUrl));
    const { status, headers } = await floor.egress.call({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body,
      limit: 65_536,
    });
    return webhookSaid(status, headers['retry-after']);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const forGood = error.code === 'egress.forbidden' || error.code === 'egress.bad-url';
    const until = error.data['until'];
    const askedMs = typeof until === 'string' ? Math.max(0, Date.parse(until) - Date.now()) : undefined;
    return { state: forGood ? 'refused' : 'failed', said: oneLine(error.sentence), ...(askedMs === undefined ? {} : { askedMs }) };
  }
}

/** What a webhook answers: its body is a stranger's and may repeat what was sent, so that only the status is kept. */
function webhookSaid(status: number, after: string | undefined): Sent {
  if (status >= 200 && status < 300) return { state: 'sent', said: `it answered ${status}` };
  const askedMs = after !== undefined && /^\d{1,6}$/.test(after) ? Number(after) * 1000 : undefined;
  const later = status === 429 || status === 408 || status >= 500;
  return { state: later ? 'failed' : 'refused', said: `it answered ${status}`, ...(askedMs === undefined ? {} : { askedMs }) };
}

/** Where the addresses of webhooks lie, for the rotation of their keys. */
export const channelColumn: SealedColumn = {
  name: 'chat_channel.sealed',
  count: store.countSealed,
  async find(tx, head, limit) {
    return (await store.lockSealed(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row.id),
      scope: SCOPE,
      save: (inner, sealed) => store.reseal(inner, row.id, sealed),
    }));
  },
};
