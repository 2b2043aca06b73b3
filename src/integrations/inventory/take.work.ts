import { actorLabel, system, type Actor } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus } from '../../kernel/time.ts';
import type { Floor, Sweeper, Task, Tx } from '../../platform/floor.ts';
import { azureSource } from '../azure/source.http.ts';
import { callerFor } from '../connections/caller.http.ts';
import { listRows } from '../connections/connection.store.ts';
import { githubSource } from '../github/source.http.ts';
import { gitlabSource } from '../gitlab/source.http.ts';
import { jenkinsSource } from '../jenkins/source.http.ts';
import { vendorOf } from '../vendors.ts';
import type { FoundAgent } from './found.ts';
import { inventoryTaken } from './inventory.events.ts';
import {
  dueRepositories,
  insertInventory,
  inventoryById,
  keepListed,
  markDone,
  markListed,
  openInventories,
  saveFound,
  type Found,
  type RepositoryRow,
} from './inventory.store.ts';
import { readPipelineFile } from './read-file.ts';
import type { SourceReader, SourceRepository } from './source.ts';

export const TAKE = 'inventory.take';
/** Repositories that are looked at in one piece of work, and of one connection at most. */
const AT_ONCE = 10;
const REPOSITORIES_MOST = 2000;
const LOST_MS = 120_000;

const SOURCES: ReadonlyMap<string, SourceReader> = new Map([
  ['github', githubSource],
  ['gitlab', gitlabSource],
  ['azure', azureSource],
  ['jenkins', jenkinsSource],
]);

/** Begins an inventory of everything that is connected; it is taken by durable work. */
export async function takeInventory(tx: Tx, actor: Actor): Promise<string> {
  const id = await insertInventory(tx, actorLabel(actor), await tx.now());
  await tx.wake(TAKE, id, { inventory: id, org: tx.org });
  return id;
}

export const inventoryTask: Task = { name: TAKE, run: (floor, payload, org) => take(floor, org, String(payload['inventory'])) };

/** Wakes inventories whose wake was lost, or that were asked to wait. */
export const inventorySweeper: Sweeper = {
  name: TAKE,
  async sweep(tx) {
    for (const { id, org } of await openInventories(tx, plus(await tx.now(), -LOST_MS))) await tx.wake(TAKE, id, { inventory: id, org });
  },
};

async function take(floor: Floor, org: string, id: string): Promise<void> {
  const row = await floor.db.read(org, (tx) => inventoryById(tx, id));
  if (row === null || row.doneAt !== null) return;
  if (row.listedAt === null) await listAll(floor, org, id);
  const due = await floor.db.read(org, (tx) => dueRepositories(tx, id, AT_ONCE));
  for (const repository of due) {
    const found = await lookAt(floor, org, repository);
    // Asked to be left alone: the sweeper comes back when that is over.
    if (found === 'later') return;
    await floor.db.tx(org, (tx) => saveFound(tx, id, repository, found));
  }
  await floor.db.tx(org, async (tx) => {
    if (due.length === AT_ONCE) return tx.wake(TAKE, id, { inventory: id, org });
    const now = await tx.now();
    if (await markDone(tx, id, now)) await tx.record(inventoryTaken, { subject: id, actor: system(org, 'inventory'), body: {} });
  });
}

async function listAll(floor: Floor, org: string, id: string): Promise<void> {
  const rows = (await floor.db.read(org, (tx) => listRows(tx))).filter(({ vendor }) => SOURCES.has(vendor));
  const faults: { where: string; why: string }[] = [];
  const agents: FoundAgent[] = [];
  for (const { id: connection, name, vendor } of rows) {
    const repositories: SourceRepository[] = [];
    try {
      const caller = await callerFor(floor, org, connection, vendorOf);
      const source = SOURCES.get(vendor);
      if (source?.agents !== undefined) {
        const told = await source.agents(caller);
        if (told === null) faults.push({ where: name, why: 'its agents may not be read by the user of the connection' });
        agents.push(...(told ?? []));
      }
      for await (const repository of source?.repositories(caller) ?? []) {
        repositories.push(repository);
        if (repositories.length < REPOSITORIES_MOST) continue;
        faults.push({ where: name, why: `only its first ${REPOSITORIES_MOST} repositories were looked at` });
        break;
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      faults.push({ where: name, why: error.sentence.slice(0, 500) });
    }
    await floor.db.tx(org, (tx) => keepListed(tx, id, connection, repositories));
  }
  await floor.db.tx(org, async (tx) => markListed(tx, id, { faults, agents }, await tx.now()));
}

async function lookAt(floor: Floor, org: string, repository: RepositoryRow): Promise<Found | 'later'> {
  const nothing = { pipelines: [], environments: null, branchProtected: null, server: false };
  let server = false;
  try {
    const caller = await callerFor(floor, org, repository.connection, vendorOf);
    const source = SOURCES.get(caller.connection.vendor);
    server = source?.server === true;
    if (source === undefined) return { ...nothing, fault: 'its connection can not be looked at any more' };
    const { files, pipelines = [], environments, branchProtected } = await source.look(caller, repository);
    return {
      pipelines: [...files.flatMap(({ path, source: text }) => readPipelineFile(path, text) ?? []), ...pipelines],
      environments,
      branchProtected,
      server,
      fault: null,
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'connections.quiet') return 'later';
    return { ...nothing, server, fault: error.sentence.slice(0, 500) };
  }
}
