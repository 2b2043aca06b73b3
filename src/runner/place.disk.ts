import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { killMarked, signalGroup, startTicks } from '../host/process.run.ts';
import type { Place } from './executor.ts';
import { MARK, markOf } from './host.executor.ts';

/** Makes the folders of one job afresh under `jobs`; what a job of the same name left there is gone first. */
export async function makePlace(jobs: string, name: string): Promise<Place> {
  const root = join(jobs, name);
  await clearPlace(root);
  const place: Place = {
    root,
    workspace: join(root, 'workspace'),
    home: join(root, 'home'),
    tmp: join(root, 'tmp'),
    control: join(root, 'control'),
    out: join(root, 'out'),
    transfer: join(root, 'transfer'),
    log: join(root, 'log'),
  };
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folders = [place.workspace, place.home, place.tmp, place.control, place.out, place.transfer];
  await Promise.all(folders.map((folder) => mkdir(folder, { mode: 0o700 })));
  return place;
}

/** Notes a process group before anything else can happen, so that a runner that comes back after `kill -9` finds it. */
export async function noteGroup(root: string, group: number): Promise<void> {
  await appendFile(join(root, 'groups'), `${group} ${(await startTicks(group)) ?? '?'}\n`);
}

/** Ends every process that a job left and removes its folders. */
export async function clearPlace(root: string): Promise<void> {
  if (!existsSync(root)) return;
  const noted = await readFile(join(root, 'groups'), 'utf8').catch(() => '');
  for (const line of noted.split('\n').filter((text) => text !== '')) {
    const [group = '', ticks = ''] = line.split(' ');
    // The leader's start time tells whether the number still means the same process; without leader the mark finds the rest.
    if (/^\d+$/.test(group) && (await startTicks(Number(group))) === ticks) signalGroup(Number(group), 'SIGKILL');
  }
  // Also without a note: the runner may have died between start and note.
  await killMarked(`${MARK}=${markOf(root)}`);
  await wipe(root);
}

/** Clears what earlier lives of this runner left under `jobs`; answers how many jobs. */
export async function clearLeftovers(jobs: string): Promise<number> {
  await mkdir(jobs, { recursive: true, mode: 0o700 });
  const names = await readdir(jobs);
  for (const name of names) await clearPlace(join(jobs, name));
  return names.length;
}

/** Removes a tree also where a job took away its own write permission. */
async function wipe(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await openUp(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openUp(path: string): Promise<void> {
  await chmod(path, 0o700).catch(() => undefined);
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await openUp(join(path, entry.name));
  }
}
