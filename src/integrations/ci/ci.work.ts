import { Problem } from '../../kernel/problem.ts';
import { between, plus, type Instant } from '../../kernel/time.ts';
import type { Floor, Sweeper, Task, Tx } from '../../platform/floor.ts';
import { callerFor } from '../connections/caller.http.ts';
import type { Caller } from '../connections/vendor.ts';
import { vendorOf } from '../vendors.ts';
import type { CiReader, Place, SeenRun } from './ci.ts';
import {
  beginFill,
  dueConnections,
  duePlaces,
  keepPipeline,
  keepPlace,
  markGone,
  pipelinesAt,
  placeById,
  saveFailure,
  saveFill,
  saveListed,
  saveNext,
  savePoll,
  type PlaceRow,
} from './ci.store.ts';
import { BACKFILL_DAYS, FIRST_LOOK, JOBS_OF_PAST, nextLook, nextTry, OVERLAP } from './look.ts';
import { ciReaders } from './readers.system.ts';
import { serviceOf } from './repository.ts';
import type { CiPorts } from './runs.port.ts';

export const LIST_PLACES = 'ci.list';
export const LOOK = 'ci.look';
export const LOOK_AT_RUN = 'ci.look-at-run';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Runs that are asked for one by one in one look; the next look goes on. */
const ASKED_MOST = 25;
/** Pages of the newest runs that one look reads; what is behind them comes with the backfill or the next look. */
const PAGES_MOST = 10;
const PLACES_MOST = 5000;
/** While a past is read page by page, the newest runs are not asked for more often than this. */
const EAGER = 60_000;
/** Who was told that something ran asks at once, and no more often than this: what comes within it is asked together after it. */
const HEARD_EAGER = 5_000;

/** The durable work of reading CI servers: listing places, and looking at one place. Each only advances rows, and may run twice. */
export function ciTasks(ports: CiPorts): readonly Task[] {
  return [
    { name: LIST_PLACES, run: (floor, payload, org) => listPlaces(floor, org, String(payload['connection']), ports) },
    { name: LOOK, run: (floor, payload, org) => look(floor, org, String(payload['place']), ports, payload['heard'] === true) },
    { name: LOOK_AT_RUN, run: (floor, payload, org) => lookAtRun(floor, org, String(payload['place']), String(payload['run']), ports) },
  ];
}

/** Wakes what is due: connections whose places are to be listed, and places that are to be looked at. */
export const ciSweeper: Sweeper = {
  name: 'ci.due',
  async sweep(tx) {
    const now = await tx.now();
    for (const { id, org } of await dueConnections(tx, [...ciReaders.keys()], now, 20))
      await tx.wake(LIST_PLACES, id, { connection: id, org });
    for (const { id, org } of await duePlaces(tx, now, 50)) await tx.wake(LOOK, id, { place: id, org });
  },
};

async function listPlaces(floor: Floor, org: string, connection: string, ports: CiPorts): Promise<void> {
  try {
    const caller = await callerFor(floor, org, connection, vendorOf);
    const reader = ciReaders.get(caller.connection.vendor);
    if (reader === undefined) return;
    const places: Place[] = [];
    for await (const place of reader.places(caller)) {
      places.push(place);
      if (places.length === PLACES_MOST) break;
    }
    await floor.db.tx(org, async (tx) => {
      const now = await tx.now();
      const services = await ports.services.all(tx);
      for (const place of places) {
        // Of a place that does not say its repository, runs have to be seen first.
        const watched = place.repository === null || services.some((service) => serviceOf([service], place.repository) !== null);
        const id = await keepPlace(tx, connection, place, watched, now);
        if (watched) await beginFill(tx, id, plus(now, -BACKFILL_DAYS * DAY), now, false);
      }
      if (places.length < PLACES_MOST)
        await markGone(
          tx,
          connection,
          places.map(({ key }) => key),
          now,
        );
      await saveListed(tx, connection, { at: now, nextAt: plus(now, 6 * HOUR), error: null });
    });
  } catch (error) {
    const why = known(error);
    await floor.db.tx(org, async (tx) => saveListed(tx, connection, { at: null, nextAt: await laterOf(tx, error, 1), error: why }));
  }
}

/** One run that somebody told of, whenever it was made. What can't be asked now comes with the next poll of its place. */
async function lookAtRun(floor: Floor, org: string, id: string, run: string, ports: CiPorts): Promise<void> {
  const place = await floor.db.read(org, (tx) => placeById(tx, id));
  if (place === null || !place.watched) return;
  try {
    const caller = await callerFor(floor, org, place.connection, vendorOf);
    const reader = ciReaders.get(caller.connection.vendor);
    if (reader !== undefined) await askFor({ floor, org, reader, place, ports }, run, caller);
  } catch (error) {
    const why = known(error);
    await floor.db.tx(org, async (tx) => saveFailure(tx, id, why, await laterOf(tx, error, place.failures + 1), await tx.now()));
  }
}

async function look(floor: Floor, org: string, id: string, ports: CiPorts, heard: boolean): Promise<void> {
  const place = await floor.db.read(org, (tx) => placeById(tx, id));
  if (place === null || !place.watched) return;
  try {
    const caller = await callerFor(floor, org, place.connection, vendorOf);
    const reader = ciReaders.get(caller.connection.vendor);
    if (reader === undefined) return;
    const scene = { floor, org, caller, reader, place, ports };
    const newest = await poll(scene, heard);
    const filling = await fill(scene);
    const { open, left } = await askOneByOne(scene);
    await floor.db.tx(org, async (tx) => {
      const now = await tx.now();
      const next = nextLook({ filling, open, left, newest: newest ?? place.readUntil }, now);
      await saveNext(tx, id, next);
      if (filling || left) await tx.wake(LOOK, id, { place: id, org });
    });
  } catch (error) {
    const why = known(error);
    await floor.db.tx(org, async (tx) => saveFailure(tx, id, why, await laterOf(tx, error, place.failures + 1), await tx.now()));
  }
}

type Scene = {
  readonly floor: Floor;
  readonly org: string;
  readonly caller: Caller;
  readonly reader: CiReader;
  readonly place: PlaceRow;
  readonly ports: CiPorts;
};

/** The newest runs, as far back as the last look; answers when the newest was made. `heard`: somebody says that there is something new. */
async function poll(scene: Scene, heard: boolean): Promise<Instant | null> {
  const { floor, org, caller, reader, place } = scene;
  const now = await floor.db.read(org, (tx) => tx.now());
  const since = place.readUntil === null ? Infinity : between(place.readUntil, now);
  if (heard && since < HEARD_EAGER) {
    await floor.db.tx(org, (tx) =>
      tx.wake(LOOK, `${place.id}:heard`, { place: place.id, heard: true }, plus(place.readUntil ?? now, HEARD_EAGER)),
    );
    return null;
  }
  if (!heard && since < EAGER) return null;
  const window = { since: place.readUntil === null ? plus(now, -FIRST_LOOK) : plus(place.readUntil, -OVERLAP), until: plus(now, 60_000) };
  let page: string | null = null;
  let newest: Instant | null = null;
  for (let pages = 0; pages < PAGES_MOST; pages += 1) {
    const found = await reader.page(caller, place.key, window, page);
    await floor.db.tx(org, (tx) => keep(tx, scene, found.runs));
    for (const { queuedAt } of found.runs) if (queuedAt !== null && (newest === null || queuedAt > newest)) newest = queuedAt;
    page = found.next;
    if (page === null) break;
  }
  await floor.db.tx(org, (tx) => savePoll(tx, place.id, now, now));
  return newest;
}

/** One page of the past, kept in one transaction with where to go on; answers whether there is more. */
async function fill({ floor, org, caller, reader, place, ...rest }: Scene): Promise<boolean> {
  const { fillSince: since, fillUntil: until, fillDoneAt } = place;
  if (since === null || until === null || fillDoneAt !== null) return false;
  const { runs, next } = await reader.page(caller, place.key, { since, until }, place.fillPage);
  const oldest = runs.reduce<Instant | null>(
    (least, { queuedAt }) => (queuedAt !== null && (least === null || queuedAt < least) ? queuedAt : least),
    null,
  );
  return floor.db.tx(org, async (tx) => {
    const kept = await keep(tx, { floor, org, caller, reader, place, ...rest }, runs);
    const saved = await saveFill(tx, place, { next, runs: kept, reached: oldest, now: await tx.now() });
    return saved && next !== null;
  });
}

/** Runs under way, and those whose jobs are not known, each asked for by itself. */
async function askOneByOne(scene: Scene): Promise<{ open: number; left: boolean }> {
  const { floor, org, caller, reader, place, ports } = scene;
  const { due, whole } = await floor.db.read(org, async (tx) => ({
    due: await ports.runs.unfinished(tx, place.id, ASKED_MOST + 1),
    whole: await ports.runs.whole(tx, place.id),
  }));
  const enough = reader.listing === 'whole' ? Math.max(0, JOBS_OF_PAST - whole) : ASKED_MOST;
  const open = due.filter((one) => one.open);
  const asked = [...open, ...due.filter((one) => !one.open).slice(0, enough)].slice(0, ASKED_MOST);
  for (const one of asked) await askFor(scene, one.asked, caller);
  const more = due.length > ASKED_MOST && (reader.listing === 'part' || enough > ASKED_MOST);
  return { open: open.length, left: more && due.some((one) => !one.open) };
}

/** One run as it is now, with its jobs. Gone there, it is closed here. */
export async function askFor(scene: Omit<Scene, 'caller'>, asked: string, caller: Caller): Promise<void> {
  const { floor, org, reader, place, ports } = scene;
  const run = await reader.run(caller, place.key, asked);
  await floor.db.tx(org, async (tx) => {
    if (run === null) return ports.runs.gone(tx, place.id, asked, 'it is gone at its CI server', await tx.now());
    await keep(tx, { ...scene, caller }, [run]);
  });
}

/** Keeps the runs that belong to a service; answers how many. Pipelines that were not known are known from now on. */
async function keep(tx: Tx, { caller, reader, place, ports }: Scene, runs: readonly SeenRun[]): Promise<number> {
  if (runs.length === 0) return 0;
  const now = await tx.now();
  const services = await ports.services.all(tx);
  const pipelines = new Map((await pipelinesAt(tx, place.id)).map((one) => [one.key, one]));
  let kept = 0;
  for (const [key, own] of Map.groupBy(runs, ({ pipeline }) => pipeline.key)) {
    const [first] = own;
    if (first === undefined) continue;
    const repository = place.repository ?? first.pipeline.repository;
    const mine = serviceOf(services, repository)?.id ?? null;
    const before = pipelines.get(key);
    const fresh =
      before === undefined ||
      before.name !== first.pipeline.name ||
      (before.mappedBy !== 'setting' && before.service !== mine && mine !== null);
    const pipeline = fresh ? await keepPipeline(tx, place.id, first.pipeline, mine, now) : before;
    if (pipeline.service === null || !services.some(({ id }) => id === pipeline.service)) continue;
    const from = { connection: caller.connection.id, place: place.id, system: reader.system };
    const whole = own.map((run) => ({ ...run, pipeline: { ...run.pipeline, repository: run.pipeline.repository ?? repository } }));
    kept += (await ports.runs.keep(tx, pipeline.service, from, whole)).kept;
  }
  return kept;
}

/** The sentence of a problem; anything else is a bug and fails the job, so that it is seen. */
function known(error: unknown): string {
  if (!(error instanceof Problem)) throw error;
  return error.sentence.slice(0, 500);
}

async function laterOf(tx: Tx, error: unknown, failures: number): Promise<Instant> {
  const until = error instanceof Problem && error.code === 'connections.quiet' ? error.data['until'] : undefined;
  return typeof until === 'string' ? until : nextTry(failures, await tx.now());
}
