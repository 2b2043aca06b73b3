import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { KINDS, oneLine, type Kind, type Message } from './notice.ts';
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
  if (!(KINDS as readonly string[]).includes(kind) || (await mailSetting(tx)) === null) return;
  const persons = [...new Set(news.persons)].slice(0, MOST_TOLD);
  const preferences = await preferencesOf(tx, persons);
  const now = await tx.now();
  for (const [person, preference] of preferences) {
    const when = whenToSend(preference, kind as Kind, now);
    if (when !== null) await keep(tx, news, person, when, now);
  }
}

async function keep(
  tx: Tx,
  { message, mark, release, place }: News,
  person: string,
  when: { readonly state: 'queued' | 'digest'; readonly dueAt: Instant },
  at: Instant,
): Promise<void> {
  const id = tx.floor.newId('ntc');
  const inserted = await insertNotice(tx, {
    id,
    road: 'mail',
    receiver: person,
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
  else await tx.wake(DIGEST_TASK, person, { person, org: tx.org }, when.dueAt);
}
