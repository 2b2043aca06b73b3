import { addressesOf } from '../identity/identity.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import type { SealedColumn } from '../platform/keys/sealed.port.ts';
import { stale } from '../platform/platform.problems.ts';
import { mailChanged } from './comms.events.ts';
import { badMail, noMail, notSent, personNeeded } from './comms.problems.ts';
import { mailOf, senderOf, type Mail } from './mail.ts';
import type { Message } from './notice.ts';
import {
  countSealed,
  lockSealed,
  mailSetting,
  noteMail,
  removeMailSetting,
  reseal,
  saveMailSetting,
  type MailSetting,
} from './setting.store.ts';
import { sendMail, type Sent, type Server } from './smtp.system.ts';

/** One data key for what mail needs. */
const SCOPE = 'mail';
const place = (org: string, column: 'sealed' | 'link_key'): string => `mail:${org}:${column}`;

export type MailOrder = Pick<MailSetting, 'host' | 'port' | 'tls' | 'username' | 'sender' | 'answerWithinMs' | 'remindBeforeMs'> & {
  /** undefined: the one that is kept stays. */
  readonly password: string | null | undefined;
  /** The version that was seen; 0: there was none. */
  readonly version: number;
};

/** Says how mail is sent. The server's address is judged first; nothing is kept that could not be used. */
export async function setMail(floor: Floor, actor: Actor, order: MailOrder): Promise<void> {
  const wrong = wrongIn(order);
  if (wrong.length > 0) throw badMail({ wrong });
  const { allowed } = await floor.egress.place(order.host, order.port);
  if (order.tls === 'none' && !allowed)
    throw badMail({ wrong: ['without TLS it is sent only to places that the operator named in YARDMASTER_EGRESS_ALLOW'] });
  await floor.db.tx(actor.org, async (tx) => {
    const now = await mailSetting(tx);
    const sealed = await passwordFor(tx, now, order);
    if (sealed !== null && order.username === null) throw badMail({ wrong: ['a password needs a user'] });
    const linkKey = now?.linkKey ?? (await floor.secrets.seal(tx, SCOPE, floor.randomHex(32), place(tx.org, 'link_key')));
    if (!(await saveMailSetting(tx, order.version, { ...order, sealed, linkKey, changedAt: await tx.now() })))
      throw stale({ what: 'How mail is sent' });
    const body = { host: order.host, port: order.port, tls: order.tls, withPassword: sealed !== null };
    await tx.record(mailChanged, { subject: tx.org, actor, body });
  });
}

function wrongIn(order: MailOrder): string[] {
  return [
    ...(senderOf(order.sender) === null ? ['the sender is no address such as Yard <yard@example.org>'] : []),
    ...(order.username !== null && /\p{C}/u.test(order.username) ? ['the user holds a control character'] : []),
    ...(order.password != null && order.tls === 'none' ? ['a password is not sent in the clear: choose tls or starttls'] : []),
    ...(order.remindBeforeMs >= order.answerWithinMs ? ['the reminder has to come after the question'] : []),
  ];
}

/** A kept password goes only to the server and the user that it was given for. */
async function passwordFor(tx: Tx, now: MailSetting | null, order: MailOrder): Promise<Uint8Array | null> {
  if (order.password === null) return null;
  if (order.password !== undefined) return tx.floor.secrets.seal(tx, SCOPE, order.password, place(tx.org, 'sealed'));
  if (now === null || now.sealed === null) return null;
  if (now.host !== order.host || now.port !== order.port || now.username !== order.username || order.tls === 'none')
    throw badMail({ wrong: ['another server, user or way needs the password given anew'] });
  return now.sealed;
}

/** Sends no mail any more. */
export async function endMail(tx: Tx, actor: Actor): Promise<void> {
  if (!(await removeMailSetting(tx))) throw noMail({});
  await tx.record(mailChanged, { subject: tx.org, actor, body: { host: null, port: null, tls: null, withPassword: false } });
}

export type Ready = { readonly setting: MailSetting; readonly server: Server; readonly linkKey: string };

/** What is needed to send: the settings with their secrets opened for this use. Null: nobody has said how mail is sent. */
export async function readyToSend(tx: Tx): Promise<Ready | null> {
  const setting = await mailSetting(tx);
  if (setting === null) return null;
  const { host, port, tls, username, sealed } = setting;
  const auth =
    username === null || sealed === null
      ? null
      : { user: username, pass: await tx.floor.secrets.open(tx, sealed, place(tx.org, 'sealed')) };
  const linkKey = await tx.floor.secrets.open(tx, setting.linkKey, place(tx.org, 'link_key'));
  return { setting, server: { host, port, tls, auth }, linkKey };
}

/** Sends one mail and keeps with the settings how it went. Never within a transaction. */
export async function deliver(floor: Floor, org: string, ready: Ready, mail: Mail): Promise<Sent> {
  const sent = await sendMail(floor.egress, ready.server, mail);
  await floor.db.tx(org, async (tx) =>
    noteMail(tx, sent.state === 'failed' ? 'failing' : 'working', sent.state === 'failed' ? sent.said : null, await tx.now()),
  );
  return sent;
}

/** Sends a mail to who asks, now, and answers what the server said. */
export async function testMail(floor: Floor, actor: Actor): Promise<{ to: string; said: string }> {
  if (actor.kind !== 'person') throw personNeeded({});
  const { ready, to, at } = await floor.db.read(actor.org, async (tx) => ({
    ready: await readyToSend(tx),
    to: (await addressesOf(tx, [actor.id])).get(actor.id)?.[0],
    at: await tx.now(),
  }));
  if (ready === null) throw noMail({});
  if (to === undefined) throw personNeeded({});
  const publicUrl = floor.config.publicUrl.replace(/\/$/, '');
  const message: Message = { kind: 'test', subject: 'A test from Yardmaster', lines: ['Mail arrives.'], link: '/' };
  const around = { publicUrl, sender: ready.setting.sender, to, link: `${publicUrl}/`, unsubscribe: null, id: floor.newId('ntc'), at };
  const sent = await deliver(floor, actor.org, ready, mailOf(message, around));
  if (sent.state !== 'sent') throw notSent({ why: sent.said });
  return { to, said: sent.said };
}

/** Where the secrets of mail lie, for the rotation of their keys. */
export const mailColumn: SealedColumn = {
  name: 'mail_setting.sealed',
  count: countSealed,
  async find(tx, head, limit) {
    return (await lockSealed(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row.column),
      scope: SCOPE,
      save: (inner, sealed) => reseal(inner, row, sealed),
    }));
  },
};
