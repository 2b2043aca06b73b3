import { setTimeout as sleep } from 'node:timers/promises';
import { bindingsOf, endedCredentials } from '../../identity/identity.queries.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { eventBytes } from '../../platform/http/event-stream.system.ts';
import { CHECKPOINT_TOPIC } from '../../platform/ledger/ledger.queries.ts';
import { logHead, placedFrom, type PlacedFact } from '../../platform/ledger/placed.queries.ts';
import { beginning, writeCursor, type Cursor } from './cursor.ts';
import { changesRights, hears, rightsOf, type Rights } from './hearing.ts';
import type { Viewer } from './viewer.ts';

/** Without news: how late the end of a session, or a lost notification, may be noticed. */
const ROUND_MS = 600;
/** With news: rounds are at least this far apart, so that a busy ledger costs a bounded number of reads. */
const PAUSE_MS = 40;
const BEAT_MS = 10_000;
const BATCH = 500;
/** Further back than this a viewer is told to ask everything again: that is cheaper than so many events. */
export const MOST_MISSED = 1000;

/** What one look at the database found. Nothing is sent before its transaction is over. */
type Look = {
  readonly at: string;
  readonly head: Cursor;
  readonly facts: readonly PlacedFact[];
  readonly ended: ReadonlySet<string>;
  readonly rights: ReadonlyMap<Viewer, Rights | null>;
  readonly missed: ReadonlyMap<Viewer, readonly PlacedFact[] | null>;
};

export type Hub = { readonly viewers: ReadonlySet<Viewer>; join(viewer: Viewer): void; leave(viewer: Viewer): void };

const hubs = new WeakMap<Floor, Hub>();

/** The one reader of the ledger for all viewers of this process. It reads only while somebody looks. */
export function hubOf(floor: Floor): Hub {
  let hub = hubs.get(floor);
  if (hub === undefined) hubs.set(floor, (hub = makeHub(floor)));
  return hub;
}

function makeHub(floor: Floor): Hub {
  const viewers = new Set<Viewer>();
  let running = false;
  let come: () => void = () => undefined;
  const follow = async (): Promise<void> => {
    const watch = floor.bus.watch([CHECKPOINT_TOPIC]);
    let state: State = { head: null, beatAt: 0, failedSince: null };
    try {
      while (viewers.size > 0) {
        const began = performance.now();
        state = await round(floor, viewers, state);
        const arrived = new Promise<void>((resolve) => (come = resolve));
        const waiting = [...viewers].some((viewer) => viewer.rights === null);
        if (state.more !== true && !waiting) await Promise.race([watch.next(ROUND_MS), arrived]);
        await sleep(Math.max(0, PAUSE_MS - (performance.now() - began)));
      }
    } finally {
      watch.close();
      running = false;
    }
  };
  return {
    viewers,
    join(viewer) {
      viewers.add(viewer);
      come();
      if (running) return;
      running = true;
      follow().catch((error: unknown) => {
        floor.log.error({ err: error }, 'a bug: the reader of live pages ended');
        for (const one of viewers) one.end();
      });
    },
    leave: (viewer) => void viewers.delete(viewer),
  };
}

/** `head`: what every viewer that has begun was told; null before the first look. */
type State = { readonly head: Cursor | null; readonly beatAt: number; readonly failedSince: string | null; readonly more?: boolean };

async function round(floor: Floor, all: ReadonlySet<Viewer>, state: State): Promise<State> {
  const viewers = [...all];
  const due = performance.now() >= state.beatAt;
  const beatAt = due ? performance.now() + BEAT_MS : state.beatAt;
  let found: Look;
  try {
    found = await floor.db.read('*', (tx) => look(tx, viewers, state.head));
  } catch (error) {
    floor.log.debug({ err: error }, 'live pages can not be told what is new');
    const failedSince = state.failedSince ?? new Date().toISOString();
    if (due || state.failedSince === null) tell(viewers, eventBytes('behind', { since: failedSince }));
    await sleep(ROUND_MS);
    return { ...state, beatAt, failedSince };
  }
  deliver(viewers, found, state.head);
  const { head, at, facts } = found;
  if (due || state.failedSince !== null) tell(viewers, eventBytes('beat', { at, head: head.seen }, writeCursor(head)));
  return { head, beatAt, failedSince: null, more: facts.length === BATCH };
}

function tell(viewers: readonly Viewer[], bytes: Uint8Array): void {
  for (const viewer of viewers) viewer.send(bytes);
}

/** Reads what is new, who may not look any more, and what newcomers need, in one transaction. */
async function look(tx: Tx, viewers: readonly Viewer[], told: Cursor | null): Promise<Look> {
  const ended = await endedCredentials(tx, [...new Set(viewers.map(({ actor }) => actor.credential.id))]);
  const { epoch, size } = await logHead(tx);
  const same = told !== null && told.epoch === epoch && told.seen <= size;
  const facts = same && told.seen < size ? await placedFrom(tx, told.seen, BATCH) : [];
  const head = { epoch, seen: same ? told.seen + facts.length : size };
  const changed = changesRights(facts);
  const stale = viewers.filter(({ rights }) => rights === null || changed === 'all' || (changed === 'narrow' && rights.services !== 'all'));
  const missed = new Map<Viewer, readonly PlacedFact[] | null>();
  for (const viewer of viewers) if (viewer.rights === null) missed.set(viewer, await whatWasMissed(tx, viewer, head));
  return { at: await tx.now(), head, facts, ended, rights: await rightsFor(tx, stale), missed };
}

/** What a newcomer missed; null where it has to ask everything again or asks for the first time. */
async function whatWasMissed(tx: Tx, { wanted }: Viewer, head: Cursor): Promise<readonly PlacedFact[] | null> {
  if (wanted === null || beginning(wanted, head, MOST_MISSED) !== 'resume') return null;
  return wanted.seen === head.seen ? [] : placedFrom(tx, wanted.seen, head.seen - wanted.seen);
}

/** Rights of these viewers; streams of one credential share one question. */
async function rightsFor(tx: Tx, viewers: readonly Viewer[]): Promise<Map<Viewer, Rights | null>> {
  const known = new Map<string, Rights | null>();
  const rights = new Map<Viewer, Rights | null>();
  for (const viewer of viewers) {
    const { id } = viewer.actor.credential;
    if (!known.has(id)) known.set(id, rightsOf(viewer.actor, await bindingsOf(tx, viewer.actor.id), await viewer.visible(tx)));
    rights.set(viewer, known.get(id) ?? null);
  }
  return rights;
}

function deliver(viewers: readonly Viewer[], { at, head, facts, ended, rights, missed }: Look, told: Cursor | null): void {
  const encoded = new Map<number, Uint8Array>();
  const bytesOf = (fact: PlacedFact): Uint8Array => {
    let bytes = encoded.get(fact.seq);
    if (bytes === undefined) encoded.set(fact.seq, (bytes = factBytes(head.epoch, fact)));
    return bytes;
  };
  const rewound = told !== null && (told.epoch !== head.epoch || head.seen < told.seen);
  for (const viewer of viewers) {
    const begun = viewer.rights !== null;
    if (rights.has(viewer)) viewer.rights = rights.get(viewer) ?? null;
    if (viewer.rights === null || ended.has(viewer.actor.credential.id)) {
      viewer.send(eventBytes('ended', {}));
      viewer.end();
      continue;
    }
    if (!begun) begin(viewer, missed.get(viewer) ?? null, at, head);
    else if (rewound) viewer.send(eventBytes('reset', {}, writeCursor(head)));
    const heard = (begun ? facts : (missed.get(viewer) ?? [])).filter((fact) => hears(viewer.actor, viewer.rights as Rights, fact));
    if (heard.length > 0) viewer.send(Buffer.concat(heard.map(bytesOf)));
  }
}

/** The first event of a stream, and whether what follows continues what the viewer knows. */
function begin(viewer: Viewer, missed: readonly PlacedFact[] | null, at: string, head: Cursor): void {
  const resumed = missed !== null;
  if (!resumed && viewer.wanted !== null) viewer.send(eventBytes('reset', {}));
  // Before what was missed is sent, the cursor must not move: a cut in between would lose it.
  viewer.send(eventBytes('hello', { at, head: head.seen, resumed }, resumed && missed.length > 0 ? null : writeCursor(head)));
}

function factBytes(epoch: number, { seq, type, subject, service }: PlacedFact): Uint8Array {
  return eventBytes('fact', { seq, type, subject, service }, writeCursor({ epoch, seen: seq + 1 }));
}
