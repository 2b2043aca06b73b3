import type { Actor } from '../../kernel/actor.ts';
import { plus } from '../../kernel/time.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { callerFor } from '../connections/caller.http.ts';
import { rowByName, type ConnectionRow } from '../connections/connection.store.ts';
import { noSuchConnection } from '../connections/connections.problems.ts';
import { vendorOf } from '../vendors.ts';
import { backfillAsked, pipelineMapped } from './ci.events.ts';
import { noForeignLog, noSuchPipeline, noSuchService, notCi, notRead, stillRunning } from './ci.problems.ts';
import { beginFill, mapPipeline, pipelineById, placeById, placesOf, saveListed, type PipelineRow } from './ci.store.ts';
import { askFor, LIST_PLACES, LOOK } from './ci.work.ts';
import { ciReaders } from './readers.system.ts';
import type { CiPorts } from './runs.port.ts';

const DAY = 86_400_000;

/** The connection of this name, which must be of a vendor whose CI is read. */
export async function ciConnection(tx: Tx, name: string): Promise<ConnectionRow> {
  const row = await rowByName(tx, name);
  if (row === null) throw noSuchConnection({ name });
  if (!ciReaders.has(row.vendor)) throw notCi({ name, vendor: row.vendor });
  return row;
}

/** Begins to read the runs of the last days at every watched place, from the newest to the oldest. Places are listed anew first. */
export async function askBackfill(tx: Tx, actor: Actor, name: string, days: number): Promise<number> {
  const row = await ciConnection(tx, name);
  const now = await tx.now();
  let places = 0;
  for (const place of await placesOf(tx, row.id)) {
    if (!place.watched || !(await beginFill(tx, place.id, plus(now, -days * DAY), now, true))) continue;
    places += 1;
    await tx.wake(LOOK, place.id, { place: place.id, org: tx.org });
  }
  await saveListed(tx, row.id, { at: null, nextAt: now, error: null });
  await tx.wake(LIST_PLACES, row.id, { connection: row.id, org: tx.org });
  await tx.record(backfillAsked, { subject: row.id, actor, body: { name, days, places } });
  return places;
}

/** Says whose runs those of a pipeline are, and reads its past for that service. What was kept for another service stays there. */
export async function mapTo(
  tx: Tx,
  actor: Actor,
  input: { readonly connection: string; readonly pipeline: string; readonly service: string | null },
  ports: CiPorts,
): Promise<PipelineRow> {
  const row = await ciConnection(tx, input.connection);
  const pipeline = await pipelineById(tx, input.pipeline);
  if (pipeline?.connection !== row.id) throw noSuchPipeline({ pipeline: input.pipeline });
  const service = input.service === null ? null : (await ports.services.all(tx)).find(({ name }) => name === input.service);
  if (service === undefined) throw noSuchService({ service: input.service ?? '' });
  const now = await tx.now();
  await mapPipeline(tx, pipeline.id, service?.id ?? null);
  if (service !== null) {
    const place = await placeById(tx, pipeline.place, true);
    await beginFill(tx, pipeline.place, place?.fillSince ?? plus(now, -90 * DAY), now, true);
    await tx.wake(LOOK, pipeline.place, { place: pipeline.place, org: tx.org });
  }
  await tx.record(pipelineMapped, { subject: row.id, actor, body: { pipeline: pipeline.id, service: service?.id ?? null } });
  return { ...pipeline, service: service?.id ?? null, mappedBy: 'setting' };
}

/** Asks for one run as it is now. */
export async function readAgain(floor: Floor, org: string, run: string, ports: CiPorts): Promise<void> {
  const found = await floor.db.read(org, (tx) => ports.runs.origin(tx, run));
  if (found === null) throw notRead({ what: `The run ${run}` });
  const { scene, caller } = await sceneOf(floor, org, found.place, ports, `The run ${run}`);
  await askFor(scene, found.asked, caller);
}

/** Fetches the log of a job that has ended, and keeps it. Answers its bytes. */
export async function fetchLog(floor: Floor, org: string, job: string, ports: CiPorts): Promise<number> {
  const found = await floor.db.read(org, (tx) => ports.runs.job(tx, job));
  if (found === null) throw notRead({ what: `The job ${job}` });
  if (!found.over) throw stillRunning({ job });
  if (!found.seenJob.log) throw noForeignLog({ job });
  const { scene, caller } = await sceneOf(floor, org, found.place, ports, `The job ${job}`);
  const bytes = await scene.reader.log(caller, scene.place.key, found.asked, found.seenJob.id);
  if (bytes === null) throw noForeignLog({ job });
  await ports.runs.keepLog(floor, org, job, bytes);
  return bytes.length;
}

async function sceneOf(
  floor: Floor,
  org: string,
  id: string,
  ports: CiPorts,
  what: string,
): Promise<{ scene: Omit<Parameters<typeof askFor>[0], never>; caller: Awaited<ReturnType<typeof callerFor>> }> {
  const place = await floor.db.read(org, (tx) => placeById(tx, id));
  if (place === null) throw notRead({ what });
  const caller = await callerFor(floor, org, place.connection, vendorOf);
  const reader = ciReaders.get(caller.connection.vendor);
  if (reader === undefined) throw notRead({ what });
  return { scene: { floor, org, reader, place, ports }, caller };
}
