import { createHash, createHmac } from 'node:crypto';
import type { Actor } from '../kernel/actor.ts';
import { plus } from '../kernel/time.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { linkOver, personNeeded } from './comms.problems.ts';
import { insertLink, lockLink, orgOfLink, markOpened, type LinkRow } from './link.store.ts';
import { preferencesOf, savePreference } from './preference.store.ts';

/** How long a link of a mail leads anywhere. */
const LINK_MS = 14 * 86_400_000;

/**
 * The secret of a link: an HMAC-SHA256 of what it is for, under a key that is sealed. So every attempt to send a message
 * carries the same link, and the database never holds one.
 */
function secretOf(key: string, purpose: LinkRow['purpose'], notice: string): string {
  return `ym_go_${createHmac('sha256', key).update(`${purpose} ${notice}`).digest('hex')}`;
}

const digestOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Makes the link of a message for its receiver; made again, it is the same one. */
export async function makeLink(
  tx: Tx,
  key: string,
  link: { readonly purpose: LinkRow['purpose']; readonly notice: string; readonly person: string; readonly target: string },
): Promise<string> {
  const secret = secretOf(key, link.purpose, link.notice);
  const at = await tx.now();
  await insertLink(tx, digestOfSecret(secret), at, { ...link, expiresAt: plus(at, LINK_MS) });
  return secret;
}

/**
 * Where a link leads. It must be opened by the person for whom it was made, in a session of theirs; whether it is over,
 * of another or unknown is all one answer. The first time the form is prefilled. Nothing is decided by it.
 */
export async function openLink(tx: Tx, actor: Actor, secret: string): Promise<{ to: string; first: boolean }> {
  if (actor.kind !== 'person' || actor.credential.kind !== 'session') throw personNeeded({});
  const digest = digestOfSecret(secret);
  const link = await lockLink(tx, digest);
  const now = await tx.now();
  if (link === null || link.person !== actor.id || link.purpose !== 'decide' || link.expiresAt <= now) throw linkOver({});
  const first = link.openedAt === null;
  await markOpened(tx, digest, now);
  return { to: first ? `${link.target}${link.target.includes('?') ? '&' : '?'}ask=vote` : link.target, first };
}

/** No more digests for whom this link was made; unknown or over is answered alike, and changes nothing. */
export async function unsubscribe(floor: Floor, secret: string): Promise<void> {
  const digest = digestOfSecret(secret);
  const org = await floor.db.read('*', (tx) => orgOfLink(tx, digest));
  if (org === null) return;
  await floor.db.tx(org, async (tx) => {
    const link = await lockLink(tx, digest);
    const now = await tx.now();
    if (link === null || link.purpose !== 'unsubscribe' || link.expiresAt <= now) return;
    const preference = (await preferencesOf(tx, [link.person])).get(link.person);
    if (preference === undefined) return;
    const wants = Object.fromEntries(Object.entries(preference.wants).map(([kind, way]) => [kind, way === 'digest' ? 'off' : way]));
    await savePreference(tx, link.person, preference.version, { ...preference, wants: wants as typeof preference.wants });
    await markOpened(tx, digest, now);
  });
}
