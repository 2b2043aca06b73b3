import { canonicalJson } from '../../kernel/canonical.ts';
import { digestOf } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus, type Millis } from '../../kernel/time.ts';
import type { Fact, Floor, Reaction, Sweeper, Task } from '../../platform/floor.ts';
import { connectionOf } from '../connections/caller.http.ts';
import { rowById } from '../connections/connection.store.ts';
import { forges } from '../forge-list.system.ts';
import { callerAt, placeOf } from './at.system.ts';
import type { SaysPort } from './says.port.ts';
import { claim, dueStatuses, notShown, releasesShown, shown, wish } from './status.store.ts';

/** A call is over by then, or it is somebody else's turn. */
const IN_HAND_MS: Millis = 90_000;
const PAUSE_MS: Millis = 30_000;
const ATTEMPTS = 8;
/** News that names no release (a freeze, a report, a policy) may concern every one that a forge shows: those of this time, and so many. */
const SHOWN_MS: Millis = 14 * 24 * 3_600_000;
const SHOWN_MOST = 100;
/** What happens within this time is asked about together. */
const TOGETHER_MS: Millis = 2_000;

/**
 * Finds out what is to be said of a run or a release now, and keeps it as a wish: one row for a connection, repository,
 * commit and context. What is said at the forge follows the wishes; the last one wins.
 */
export function sayTask(says: SaysPort): Task {
  return {
    name: 'forges.say',
    async run(floor, payload, org) {
      const run = payload['run'];
      const release = typeof run === 'string' ? null : String(payload['release']);
      const about = typeof run === 'string' ? { run } : { release: release ?? '' };
      for (const { repository, commit, wanted } of await floor.db.read(org, (tx) => says.of(tx, about))) {
        const place = await placeOf(floor, org, repository);
        if (place === null || place.connection.settings['statuses'] === 'off') continue;
        const digest = digestOf(canonicalJson(wanted));
        await floor.db.tx(org, async (tx) => {
          const id = await wish(tx, { connection: place.connection.id, path: place.path, commit, wanted, digest, about: release });
          if (id !== null) await tx.wake('forges.status', id, { id });
        });
      }
      if (release !== null) await giveRelease(floor, org, says, release);
    },
  };
}

/** A release that reached production becomes one at the forge, where the connection's setting asks for it. Its tag is its name there. */
async function giveRelease(floor: Floor, org: string, says: SaysPort, release: string): Promise<void> {
  const wanted = await floor.db.read(org, (tx) => says.release(tx, release));
  const place = wanted === null ? null : await placeOf(floor, org, wanted.repository);
  if (wanted === null || place === null || place.forge.release === null || place.connection.settings['releases'] !== 'on') return;
  await place.forge.release(await callerAt(floor, place), place.path, wanted);
}

/** Asks anew about every release of which a forge shows something lately. What did not change is not written again. */
export const sayShownTask: Task = {
  name: 'forges.say-shown',
  async run(floor, _payload, org) {
    await floor.db.tx(org, async (tx) => {
      for (const release of await releasesShown(tx, plus(await tx.now(), -SHOWN_MS), SHOWN_MOST))
        await tx.wake('forges.say', release, { release });
    });
  },
};

/** Writes one wish to its forge, outside any transaction. */
export const statusTask: Task = {
  name: 'forges.status',
  async run(floor, payload, org) {
    const id = String(payload['id']);
    const row = await floor.db.tx(org, async (tx) => {
      const now = await tx.now();
      return claim(tx, id, now, plus(now, IN_HAND_MS));
    });
    if (row === null) return;
    try {
      const connection = await floor.db.read(org, (tx) => rowById(tx, row.connection));
      const forge = connection === null ? undefined : forges.get(connection.vendor);
      // A connection that was ended is written to no more.
      if (connection === null || forge === undefined) return;
      const caller = await callerAt(floor, { connection: connectionOf(connection) });
      await forge.status(caller, row.path, row.commit, row.wanted);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const pause = PAUSE_MS * 2 ** Math.min(6, row.attempts);
      await floor.db.tx(org, async (tx) => notShown(tx, id, error.sentence, plus(await tx.now(), pause)));
      return;
    }
    await floor.db.tx(org, async (tx) => {
      if (await shown(tx, id, row.digest)) await tx.wake('forges.status', id, { id });
    });
  },
};

/** Wishes whose wake was lost, or that failed before. */
export const statusSweeper: Sweeper = {
  name: 'forges.statuses',
  async sweep(tx) {
    for (const { id, org } of await dueStatuses(tx, await tx.now(), ATTEMPTS)) await tx.wake('forges.status', id, { id, org });
  },
};

/** A run moved: what is said of its commit follows. */
export const runIsSaid: Reaction = {
  name: 'forges.run-is-said',
  run: (floor, fact) => wakeSay(floor, fact, { run: fact.subject }),
};

/** Something about a release changed: what is said of its commit follows. */
export const releaseIsSaid: Reaction = {
  name: 'forges.release-is-said',
  async run(floor, fact) {
    const release = fact.subject.startsWith('rel_') ? fact.subject : (fact.body as Record<string, unknown>)['release'];
    if (typeof release === 'string' && release.startsWith('rel_')) await wakeSay(floor, fact, { release });
  },
};

/**
 * Something happened that may change whether a release may ship: an approval, a report, a freeze. What its commit shows at
 * the forge is asked anew, of the release that the fact names, or of all that are shown.
 */
export const newsIsSaid: Reaction = {
  name: 'forges.news-is-said',
  async run(floor, fact) {
    const named = fact.subject.startsWith('rel_') ? fact.subject : (fact.body as Record<string, unknown>)['release'];
    if (typeof named === 'string' && named.startsWith('rel_')) return wakeSay(floor, fact, { release: named });
    await floor.db.tx(fact.org, async (tx) => {
      const now = await tx.now();
      if ((await releasesShown(tx, plus(now, -SHOWN_MS), 1)).length === 0) return;
      // One wake for each stretch of time: news without end must not put it off without end.
      const stretch = Math.floor(Date.parse(now) / TOGETHER_MS) + 1;
      await tx.wake(sayShownTask.name, `${fact.org}:${stretch}`, {}, new Date(stretch * TOGETHER_MS).toISOString());
    });
  },
};

async function wakeSay(floor: Floor, fact: Fact, about: Readonly<Record<string, string>>): Promise<void> {
  await floor.db.tx(fact.org, (tx) => tx.wake('forges.say', Object.values(about).join(), about));
}
