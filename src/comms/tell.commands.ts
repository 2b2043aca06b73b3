import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { listeners } from './chat/channel.store.ts';
import { KINDS, oneLine, type Kind, type Message, type Road } from './notice.ts';
import { insertNotice } from './notice.store.ts';
import { preferencesOf } from './preference.store.ts';
import { whenToSend } from './preference.ts';
import { mailSetting } from './setting.store.ts';

export const SEND_TASK = 'comms.send';
export const DIGEST_TASK = 'comms.digest';
/** More persons than this are not told of one thing: the inbox and the screens show it to everybody. */
export const MOST_TOLD = 200;

/** Where something happened, by name; for channels that want to hear of some places only. */
export type NewsPlace = { readonly team: string | null; readonly service: string | null; readonly environment: string | null };

export type News = {
  readonly message: Message;
  /** What it tells, in short: the same is told once to each receiver. */
  readonly mark: string;
  /** Persons whom it concerns, by id. */
  readonly persons: readonly string[];
  readonly place: NewsPlace;
  readonly release: string | null;
};

/** Keeps what is told for whom it concerns, as each of them wants it. Told again, it is nothing. */
export async function tell(tx: Tx, news: News): Promise<void> {
  const { kind } = news.message;
  if (!(KINDS as readonly string[]).includes(kind)) return;
  await tellChannels(tx, news);
  if ((await mailSetting(tx)) === null) return;
  const persons = [...new Set(news.persons)].slice(0, MOST_TOLD);
  const preferences = await preferencesOf(tx, persons);
  const now = await tx.now();
  for (const [person, preference] of preferences) {
    const when = whenToSend(preference, kind as Kind, now);
    if (when !== null) await keep(tx, news, 'mail', person, when, now);
  }
}

/** Of one release a Slack channel has one message that is edited in place: what else is told there is not about releases. */
async function tellChannels(tx: Tx, news: News): Promise<void> {
  const now = await tx.now();
  for (const channel of await listeners(tx, news.message.kind, news.place))
    if (channel.kind !== 'slack' || news.release === null)
      await keep(tx, news, channel.kind, channel.id, { state: 'queued', dueAt: now }, now);
}

async function keep(
  tx: Tx,
  { message, mark, release, place }: News,
  road: Road,
  receiver: string,
  when: { readonly state: 'queued' | 'digest'; readonly dueAt: Instant },
  at: Instant,
): Promise<void> {
  const id = tx.floor.newId('ntc');
  const inserted = await insertNotice(tx, {
    id,
    road,
    receiver,
    kind: message.kind,
    mark: mark.slice(0, 500),
    subject: oneLine(message.subject),
    lines: message.lines.slice(0, 30).map((line) => oneLine(line, 2000)),
    link: message.link,
    release,
    environment: place.environment,
    at,
    ...when,
  });
  if (!inserted) return;
  if (when.state === 'queued') await tx.wake(SEND_TASK, id, { notice: id, org: tx.org }, when.dueAt);
  else await tx.wake(DIGEST_TASK, receiver, { person: receiver, org: tx.org }, when.dueAt);
}
