import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimJob, type Executor as ExecutorName } from '../contract/runner.ts';
import { createClient } from '../host/client.http.ts';
import { retryDelay } from '../host/client-request.ts';
import { Problem } from '../kernel/problem.ts';
import type { Executor } from './executor.ts';
import { hostExecutor } from './host.executor.ts';
import { serveJob, type Hands } from './job.work.ts';
import { isPassing } from './lease.work.ts';
import { clearLeftovers } from './place.disk.ts';
import { keyRefused, noExecutor } from './runner.problems.ts';
import { probeSandbox } from './sandbox.executor.ts';
import { identify, takeState, type Identity } from './state.disk.ts';

export type RunnerOptions = {
  readonly url: string;
  readonly name: string;
  /** Single-use token of the first start; null when the state folder holds a key already. */
  readonly registration: string | null;
  /** Folder of the runner's key and of the jobs' folders; nobody else's. */
  readonly state: string;
  /** Jobs at once; 1 by default. */
  readonly slots?: number;
  /** Which executors to offer, where they work. By default both; a runner of untrusted jobs offers the host only when told to. */
  readonly executors?: readonly ExecutorName[];
  /** How long the server may be out of reach before a running job is given up; 5 minutes by default. */
  readonly offlineMs?: number;
  readonly say?: (line: string) => void;
};

/**
 * Runs a runner until `signal` aborts: clears what an earlier life left, registers once, and claims jobs for ever,
 * whether the server is there or not. Throws a Problem where it can never work: no registration, a refused key, no executor.
 */
export async function runRunner(options: RunnerOptions, signal: AbortSignal): Promise<void> {
  const say = options.say ?? (() => undefined);
  const release = await takeState(options.state);
  try {
    const jobs = join(options.state, 'jobs');
    const left = await clearLeftovers(jobs);
    if (left > 0) say(`cleared what ${left} job(s) of an earlier life had left`);
    const identity = await identify(options, signal);
    const executors = await findExecutors(options, identity, say);
    const client = createClient({ url: options.url, credential: identity.key });
    const self = { pool: identity.pool, trust: identity.trust, planKeys: identity.planKeys, executors: [...executors.keys()] };
    // One slot that can't go on ends them all.
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const hands: Hands = {
      client,
      self,
      name: options.name,
      key: identity.key,
      executors,
      jobs,
      offlineMs: options.offlineMs ?? 300_000,
      say,
      stop,
    };
    say(`runner ${options.name} is ready in pool ${identity.pool} (${[...executors.keys()].join(', ')})`);
    const slots = Array.from({ length: options.slots ?? 1 }, () => slot(hands).catch((error: unknown) => failed.abort(error)));
    await Promise.all(slots);
    if (failed.signal.aborted) throw failed.signal.reason;
  } finally {
    await release();
  }
}

async function slot(hands: Hands): Promise<void> {
  for (let failures = 0; !hands.stop.aborted;) {
    try {
      const body = { executors: [...hands.self.executors], waitMs: 20_000, slots: 1 };
      const how = { retries: 0, timeoutMs: 45_000, idempotencyKey: null, signal: hands.stop };
      const { job } = await hands.client.call(claimJob, { body }, how);
      if (failures > 0) hands.say('the server is there again');
      failures = 0;
      if (job !== null) await serveJob(hands, job);
    } catch (error) {
      if (hands.stop.aborted) return;
      if (error instanceof Problem && (error.status === 401 || error.status === 403))
        throw keyRefused({ url: hands.client.url, code: error.code });
      if (!(error instanceof Problem) || !(isPassing(error) || error.code.startsWith('client.'))) throw error;
      if (failures++ === 0) hands.say(`${error.sentence} Trying on.`);
      await sleep(retryDelay(failures, Math.random()), undefined, { signal: hands.stop }).catch(() => undefined);
    }
  }
}

async function findExecutors(
  options: RunnerOptions,
  identity: Identity,
  say: (line: string) => void,
): Promise<ReadonlyMap<ExecutorName, Executor>> {
  const wanted = options.executors ?? (identity.trust === 'untrusted' ? ['sandbox'] : ['host', 'sandbox']);
  const found = new Map<ExecutorName, Executor>();
  if (wanted.includes('host')) found.set('host', hostExecutor());
  const probe = wanted.includes('sandbox') ? await probeSandbox() : { why: 'it is not wanted' };
  if ('executor' in probe) found.set('sandbox', probe.executor);
  else if (wanted.includes('sandbox')) say(`no sandbox here: ${probe.why}`);
  if (found.size === 0) throw noExecutor({ why: 'why' in probe ? probe.why : 'none is wanted' });
  return found;
}
