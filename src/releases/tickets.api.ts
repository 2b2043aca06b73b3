import { withoutTickets } from '../artifacts/notes/notes.ts';
import { serviceById } from '../catalog/catalog.queries.ts';
import { namedBy } from '../changes/ticket-keys.ts';
import { ticketsByKey } from '../changes/tickets.queries.ts';
import type { TicketFact } from '../gates/policy/facts.ts';
import type { Actor } from '../kernel/actor.ts';
import { between, type Instant, type Millis } from '../kernel/time.ts';
import { commitsBetween } from '../pipelines/pipelines.queries.ts';
import { mergeTexts } from '../pipelines/sources/change-texts.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { ticketsRead } from './releases.events.ts';
import { commitBefore, type ReleaseRow } from './releases.queries.ts';
import { saveFailedLook, saveLook, ticketLook, type TicketLook } from './ticket.store.ts';

/** What was found out this long ago says nothing any more about how a ticket stands. */
export const FRESH_MS: Millis = 3_600_000;

/** Everything that the commits of a release since the one before could name as tickets: key to commits. `complete` false: some commits are not known here. */
export async function keysOfRelease(
  tx: Tx,
  release: Pick<ReleaseRow, 'id' | 'serviceId' | 'commit' | 'notes'>,
): Promise<{ readonly named: ReadonlyMap<string, readonly string[]>; readonly complete: boolean }> {
  const { commits, complete } = await commitsBetween(tx, release.serviceId, await commitBefore(tx, release.id), release.commit);
  const merged = await mergeTexts(
    tx,
    release.serviceId,
    commits.map(({ id }) => id),
  );
  const changes = commits.map(({ id, subject }) => {
    const { title, branch } = merged.get(id) ?? { title: null, branch: null };
    return { commit: id, subject, title, branch };
  });
  // Trailers are in no row of ours; the notes name what they close.
  const notes = withoutTickets(release.notes);
  return { named: namedBy([...changes, { commit: release.commit, subject: notes, title: null, branch: null }]), complete };
}

/** The address of the repository of a release's service, for keys such as `#12`; null: there is none. */
export async function repositoryOf(tx: Tx, release: Pick<ReleaseRow, 'serviceId'>): Promise<string | null> {
  return (await serviceById(tx, release.serviceId))?.repository?.url ?? null;
}

/** Keeps what the trackers said of a release's tickets: who waits for it asks again. */
export async function keepLook(
  tx: Tx,
  actor: Actor,
  release: Pick<ReleaseRow, 'id' | 'serviceId'>,
  found: { readonly keys: readonly string[]; readonly absent: readonly string[] } | { readonly failed: string },
): Promise<void> {
  const before = await ticketLook(tx, release.id);
  const now = await tx.now();
  if ('failed' in found) return saveFailedLook(tx, release.id, found.failed.slice(0, 1000), now);
  await saveLook(tx, release.id, found.keys, found.absent, now);
  const same =
    before !== null && isFresh(before, now) && String(before.keys) === String(found.keys) && String(before.absent) === String(found.absent);
  if (same) return;
  const body = { tickets: found.keys.length, absent: found.absent.length };
  await tx.record(ticketsRead, { subject: release.id, actor, service: release.serviceId, body });
}

function isFresh(look: TicketLook, now: Instant): boolean {
  return look.knownAt !== null && between(look.knownAt, now) < FRESH_MS;
}

/** The tickets of a release as rules see them; null: they could not be found out, or not lately enough. */
export async function ticketFacts(tx: Tx, release: string, now: Instant): Promise<readonly TicketFact[] | null> {
  const look = await ticketLook(tx, release);
  if (look === null || !isFresh(look, now)) return null;
  const rows = await ticketsByKey(tx, look.keys);
  const facts: TicketFact[] = [];
  for (const key of look.keys) {
    // What its tracker does not know (any more) is not done, whatever it said before; what has no row was never found out.
    const absent = look.absent.includes(key);
    const mine = absent ? [] : rows.filter((row) => row.key === key);
    if (mine.length === 0 && !absent) return null;
    if (absent) facts.push({ key, system: '', type: '', state: 'absent', done: false, fixVersion: '' });
    for (const { system, type, state, fixVersion } of mine)
      facts.push({ key, system, type: type ?? '', state, done: state === 'done', fixVersion: fixVersion ?? '' });
  }
  return facts;
}
