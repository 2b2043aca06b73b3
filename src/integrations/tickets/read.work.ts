import { system } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus } from '../../kernel/time.ts';
import type { Floor, Reaction, Sweeper, Task } from '../../platform/floor.ts';
import { callerFor, connectionOf } from '../connections/caller.http.ts';
import { listRows } from '../connections/connection.store.ts';
import type { Connection } from '../connections/vendor.ts';
import { githubTickets } from '../github/tickets.http.ts';
import { gitlabTickets } from '../gitlab/tickets.http.ts';
import { jiraTickets } from '../jira/tickets.http.ts';
import { vendorOf } from '../vendors.ts';
import type { TicketPlaces } from './tickets.port.ts';
import type { TicketSeen, Tracker } from './tracker.ts';

const trackers: ReadonlyMap<string, Tracker> = new Map([jiraTickets, githubTickets, gitlabTickets].map((one) => [one.vendor, one]));

export const READ_TASK = 'tickets.read';
/** Tickets of what waits are asked for again this often: half of how long a look is believed would be too seldom. */
const AGAIN_MS = 10 * 60_000;

/** Asks the trackers for the tickets of a release. */
export function readTicketsTask(places: TicketPlaces): Task {
  return {
    name: READ_TASK,
    async run(floor, payload, org) {
      const release = payload['release'];
      if (typeof release === 'string' && !floor.paused()) await readTickets(floor, places, org, release);
    },
  };
}

/** A release was made: its tickets are asked for at once. */
export const onReleaseForTickets: Reaction = {
  name: 'tickets.on-release',
  run: async (floor, fact) => floor.db.tx(fact.org, (tx) => tx.wake(READ_TASK, fact.subject, { release: fact.subject })),
};

export function ticketSweeper(places: TicketPlaces): Sweeper {
  return {
    name: 'tickets.again',
    async sweep(tx) {
      const now = await tx.now();
      for (const id of await places.due(tx, tx.floor.org, now, plus(now, -AGAIN_MS)))
        await tx.wake(READ_TASK, id, { release: id, org: tx.floor.org });
    },
  };
}

type Found = { readonly connection: Connection; readonly tracker: Tracker; readonly key: string; readonly name: string };

/**
 * What `readTicketsTask` does. A key that is nobody's and was not told of is no ticket (`UTF-8`). All is found out, or
 * the look failed: what was known before then stays, and grows old.
 */
export async function readTickets(floor: Floor, places: TicketPlaces, org: string, release: string): Promise<'read' | 'failed' | null> {
  const { about, connections } = await floor.db.read(org, async (tx) => ({
    about: await places.release(tx, release),
    connections: (await listRows(tx)).map(connectionOf),
  }));
  if (about === null) return null;
  const actor = system(org, 'tickets');
  const found = about.keys.flatMap((key) => whose(connections, key, about.repository) ?? []);
  const read: { of: Found; seen: TicketSeen | null }[] = [];
  try {
    for (const of of found) {
      const caller = await callerFor(floor, org, of.connection.id, vendorOf);
      read.push({ of, seen: await of.tracker.read(caller, of.name) });
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await floor.db.tx(org, (tx) => places.done(tx, actor, release, { failed: error.sentence }));
    return 'failed';
  }
  return floor.db.tx(org, async (tx) => {
    const now = await tx.now();
    for (const { of, seen } of read)
      if (seen !== null)
        await places.keep(tx, actor, { ...seen, system: of.connection.name, key: of.key, changedAt: seen.changedAt ?? now });
    if (!about.complete) {
      await places.done(tx, actor, release, {
        failed: 'some of its commits are not known here, so nobody can say which tickets they name',
      });
      return 'failed';
    }
    // A pull request has a number like an issue: what a forge knows no issue of is no ticket, unless it was one before. A tracker's own key is one.
    const absent = read.flatMap(({ of, seen }) =>
      seen === null && (!of.key.includes('#') || about.told.includes(of.key)) ? [of.key] : [],
    );
    const keys = about.keys.filter(
      (key) => about.told.includes(key) || absent.includes(key) || read.some(({ of, seen }) => of.key === key && seen !== null),
    );
    await places.done(tx, actor, release, { keys, absent });
    return 'read';
  });
}

/** The first connection, by name, whose ticket this is; one that can be asked before one that can't. */
function whose(connections: readonly Connection[], key: string, repository: string | null): Found | null {
  const all = connections.flatMap((connection) => {
    const tracker = trackers.get(connection.vendor);
    const name = tracker?.mine(connection, key, repository) ?? null;
    return tracker === undefined || name === null ? [] : [{ connection, tracker, key, name }];
  });
  return all.find(({ connection }) => connection.state !== 'refused') ?? all[0] ?? null;
}
