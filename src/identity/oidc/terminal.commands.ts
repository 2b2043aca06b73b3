import { plus, type Instant } from '../../kernel/time.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import { freshness } from '../fresh.ts';
import { signInAgain } from '../identity.problems.ts';
import { activePerson } from '../identity.queries.ts';
import { credentialBySecret, credentialById } from '../identity.store.ts';
import { secretDigest } from '../password.system.ts';
import { personOf } from '../second-factor.commands.ts';
import { openSession, type SignedIn } from '../session.commands.ts';
import { markSession, providerOfSession, setAuthenticated } from './account.store.ts';
import { approveTerminal, insertTerminal, takeTerminal, waitingTerminal, type TerminalRow } from './flow.store.ts';
import { terminalApproved } from './oidc.events.ts';
import { terminalGone } from './oidc.problems.ts';

/** How long a terminal waits, and how often it may ask. */
const WAIT_MS = 600_000;
export const ASK_EVERY_S = 3;
/** Signs that are not taken for each other. Eight of them: 37 bits, for ten minutes, behind a sign-in and a rate limit. */
const SIGNS = 'BCDFGHJKLMNPQRSTVWXZ2456789';

/** A terminal asks to be signed in by somebody in a browser (the shape of RFC 8628, with this server as both ends). */
export async function askFromTerminal(
  tx: Tx,
  org: string,
  from: { readonly client: string | null; readonly address: string },
): Promise<{ secret: string; code: string; url: string; expiresAt: Instant; everyS: number }> {
  const at = await tx.now();
  const expiresAt = plus(at, WAIT_MS);
  const secret = tx.floor.randomHex(32);
  const bytes = Buffer.from(tx.floor.randomHex(32), 'hex');
  // 4 bytes a sign: what is left over by the division is nothing that anybody could use.
  const signs = Array.from({ length: 8 }, (_, at8) => SIGNS[bytes.readUInt32BE(at8 * 4) % SIGNS.length] ?? 'B');
  const code = `${signs.slice(0, 4).join('')}-${signs.slice(4).join('')}`;
  if (!(await insertTerminal(tx, { org, ...from, at, expiresAt, secretDigest: secretDigest(secret), codeDigest: digestOfCode(code) })))
    throw terminalGone({});
  return { secret, code, url: `${tx.floor.config.publicUrl.replace(/\/$/, '')}/sign-in/terminal`, expiresAt, everyS: ASK_EVERY_S };
}

/** Which terminal waits with a code. */
export async function lookAtTerminal(tx: Tx, code: string): Promise<TerminalRow> {
  const row = await waitingTerminal(tx, digestOfCode(code), await tx.now());
  if (row === null) throw terminalGone({});
  return row;
}

/** Throws where the person has not proved lately who they are: what follows is one more way in. */
export async function mustBeFreshNow(tx: Tx, actor: Actor): Promise<void> {
  const { freshMs } = tx.floor.config;
  if (freshness(actor, 'admin.tokens', await tx.now(), tx.floor.config) !== 'ok') throw signInAgain({ minutes: freshMs / 60_000 });
}

/** Lets a terminal sign in as the person who asks, who must have proved lately who they are: it is one more session. */
export async function letTerminalIn(tx: Tx, actor: Actor, code: string): Promise<void> {
  const { id, session } = personOf(actor);
  const at = await tx.now();
  await mustBeFreshNow(tx, actor);
  if (!(await approveTerminal(tx, digestOfCode(code), id, session, at))) throw terminalGone({});
  await tx.record(terminalApproved, { subject: id, actor, body: { person: id } });
}

/** What became of a terminal's question: null while nobody has said yes; the session once somebody has. */
export async function takeTerminalSession(tx: Tx, secret: string, client: string | null): Promise<SignedIn | null> {
  const row = await takeTerminal(tx, secretDigest(secret), await tx.now());
  if (row === null) throw terminalGone({});
  if (row.person === null || row.credential === null) return null;
  const person = await activePerson(tx, row.person);
  const approved = await credentialById(tx, row.credential);
  // Ended meanwhile, by them or by an admin: what it allowed ended with it.
  if (person === null || approved === null || approved.ended_at !== null) throw terminalGone({});
  const opened = await openSession(
    tx,
    { org: tx.org, person: person.id, name: person.name, secondFactor: false },
    { screen: false, client, holds: null },
  );
  const session = await credentialBySecret(tx, secretDigest(opened.token));
  const provider = await providerOfSession(tx, row.credential);
  const proved = approved.authenticated_at ?? approved.created_at;
  if (session !== null && provider !== null) await markSession(tx, session, provider, proved);
  else if (session !== null) await setAuthenticated(tx, session, proved);
  return opened;
}

function digestOfCode(code: string): string {
  return secretDigest(`terminal ${code.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')}`);
}
