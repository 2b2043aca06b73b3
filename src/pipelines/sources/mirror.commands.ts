import { join } from 'node:path';
import { ALL_REFS, fetchMirror, fetchOne, listRemoteHeads } from '../../host/git-fetch.run.ts';
import type { Head } from '../../host/git.ts';
import { gitReach } from '../../platform/git-reach.system.ts';
import type { Floor } from '../../platform/floor.ts';

/** This server's own copies of the watched repositories. They can be thrown away: everything that counts is in the database. */
export function mirrorOf(floor: Floor, source: string): string {
  return join(floor.config.state, 'git', source);
}

const running = new Map<string, Promise<void>>();
const waiting = new Map<string, Promise<void>>();

/**
 * Fetches a repository into its mirror; one fetch at a time. Whoever asks while one runs shares the *next* one: the
 * running one may have looked before what the asker heard of was pushed.
 */
export function refresh(floor: Floor, org: string, source: string, url: string): Promise<void> {
  const dir = mirrorOf(floor, source);
  const queued = waiting.get(dir);
  if (queued !== undefined) return queued;
  const current = running.get(dir);
  if (current === undefined) return begin(floor, org, dir, url);
  const next = current
    .catch(() => undefined)
    .then(() => {
      waiting.delete(dir);
      return begin(floor, org, dir, url);
    });
  waiting.set(dir, next);
  return next;
}

function begin(floor: Floor, org: string, dir: string, url: string): Promise<void> {
  const fetching = fetchAll(floor, org, dir, url).finally(() => running.delete(dir));
  running.set(dir, fetching);
  return fetching;
}

async function fetchAll(floor: Floor, org: string, dir: string, url: string): Promise<void> {
  await fetchMirror(dir, url, ALL_REFS, { environment: await gitReach(floor, org, url), diskLimit: floor.config.gitMirrorLimit });
}

/** The heads of a repository as they are there, without fetching anything. */
export async function remoteHeads(floor: Floor, org: string, url: string): Promise<Head[]> {
  return listRemoteHeads(url, { timeoutMs: 30_000, environment: await gitReach(floor, org, url) });
}

/** Brings what is on no branch (the head of a merge request, a commit that was forced away) under a ref of ours. */
export async function refreshOne(floor: Floor, org: string, source: string, url: string, what: string, as: string): Promise<void> {
  const environment = await gitReach(floor, org, url);
  await fetchOne(mirrorOf(floor, source), url, what, as, { environment, diskLimit: floor.config.gitMirrorLimit });
}
