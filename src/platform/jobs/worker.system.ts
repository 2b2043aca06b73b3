import { EventEmitter } from 'node:events';
import { Logger as WorkerLogger, run, type Runner, type TaskList, type WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import { within } from '../log-context.system.ts';
import type { Fact, Floor, Reaction, Sweeper, Task } from '../floor.ts';
import { patientPool } from './patient-pool.system.ts';
import { REACTION_TASK } from '../postgres/transaction.system.ts';

export type Work = { readonly tasks: readonly Task[]; readonly reactions: readonly Reaction[]; readonly sweepers: readonly Sweeper[] };
export type Worker = { stop(): Promise<void> };

/** A pool that has not been seen for this long is dead, and its jobs are unlocked. They are wakes: a zombie harms nothing. */
const DEAD_AFTER_MS = 15_000;
const BEAT_MS = 3_000;

/**
 * Runs durable work on this server: tasks and reactions as graphile-worker jobs, plus a heartbeat of the job pool, and
 * the sweepers that wake rows whose wake was lost.
 */
export async function startWorker(floor: Floor, pool: pg.Pool, work: Work): Promise<Worker> {
  const events: WorkerEvents = new EventEmitter() as WorkerEvents;
  const pools = new Set<string>();
  events.on('pool:create', ({ workerPool }) => void pools.add(workerPool.id));
  const runner = await run({
    pgPool: patientPool(pool),
    taskList: taskList(floor, work),
    concurrency: floor.config.jobConcurrency,
    noHandleSignals: true,
    pollInterval: 2000,
    events,
    parsedCronItems: [],
    logger: quiet(floor.log),
  });
  runner.promise.catch((error: unknown) => floor.log.error({ err: error }, 'the job runner ended with an error'));
  const beat = repeat(BEAT_MS, floor.log, 'job pool heartbeat', () => heartbeat(floor, pools));
  const sweep = repeat(floor.config.sweepMs, floor.log, 'sweep', () => sweepAll(floor, work.sweepers));
  return {
    async stop() {
      beat.stop();
      sweep.stop();
      await stopRunner(runner);
    },
  };
}

function taskList(floor: Floor, work: Work): TaskList {
  const reactions = new Map(work.reactions.map((reaction) => [reaction.name, reaction]));
  const list: TaskList = {
    [REACTION_TASK]: async (payload) => {
      const { fact: id, reaction: name, org } = payload as { fact: string; reaction: string; org: string };
      const reaction = reactions.get(name);
      if (reaction === undefined) throw new Error(`no reaction is called ${name}`);
      const fact = await loadFact(floor, org, id);
      if (fact !== null) await within({ job: `${name} of ${id}`, facts: [] }, () => reaction.run(floor, fact));
    },
  };
  for (const task of work.tasks) {
    list[task.name] = async (payload) => {
      const data = payload as Record<string, unknown>;
      const org = typeof data['org'] === 'string' ? data['org'] : floor.org;
      await within({ job: task.name, facts: [] }, () => task.run(floor, data, org));
    };
  }
  return list;
}

/** The fact with this id, or null. */
export async function loadFact(floor: Floor, org: string, id: string): Promise<Fact | null> {
  return floor.db.read(org, (tx) =>
    tx.maybe<Fact & Record<string, unknown>>(
      `select fact_id as id, type, org_id as org, subject, service_id as service, actor, at, body from fact where fact_id = $1`,
      [id],
    ),
  );
}

async function heartbeat(floor: Floor, pools: ReadonlySet<string>): Promise<void> {
  await floor.db.tx('*', async (tx) => {
    const now = await tx.now();
    for (const id of pools) {
      await tx.query(`insert into worker_pool (id, seen_at) values ($1, $2) on conflict (id) do update set seen_at = excluded.seen_at`, [
        id,
        now,
      ]);
    }
    const dead = await tx.query<{ id: string }>(
      `delete from worker_pool where seen_at < $1::timestamptz - $2 * interval '1 millisecond' returning id`,
      [now, DEAD_AFTER_MS],
    );
    if (dead.length > 0) await tx.query(`select graphile_worker.force_unlock_workers($1)`, [dead.map((row) => row.id)]);
  });
}

async function sweepAll(floor: Floor, sweepers: readonly Sweeper[]): Promise<void> {
  for (const sweeper of sweepers) {
    try {
      await floor.db.tx('*', async (tx) => {
        // One server at a time is enough; the next round catches what this one misses.
        const mine = await tx.one<{ mine: boolean }>(`select pg_try_advisory_xact_lock(hashtext($1)) as mine`, [`sweep:${sweeper.name}`]);
        if (mine.mine) await sweeper.sweep(tx);
      });
    } catch (error) {
      floor.log.warn({ err: error, sweeper: sweeper.name }, 'a sweep failed and will be repeated');
    }
  }
}

/** Runs `work` every `ms`, never twice at once, until stopped. */
export function repeat(ms: number, log: Logger, what: string, work: () => Promise<void>): { stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const round = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.warn({ err: error }, `${what} failed and will be repeated`);
    }
    if (!stopped) timer = setTimeout(() => void round(), ms);
  };
  void round();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function stopRunner(runner: Runner): Promise<void> {
  try {
    await runner.stop();
  } catch {
    // Already stopping: graphile-worker throws where stop is called twice.
  }
}

function quiet(log: Logger): WorkerLogger {
  return new WorkerLogger(() => (level, message, meta) => {
    if (level === 'error') log.error({ meta: describe(meta) }, message);
    else if (level === 'warning') log.warn({ meta: describe(meta) }, message);
    else log.trace(message);
  });
}

/** Payloads stay out of our logs; the error's words are enough to find the job. */
function describe(meta: unknown): unknown {
  if (typeof meta !== 'object' || meta === null || !('error' in meta)) return undefined;
  return meta.error instanceof Error ? { error: meta.error.message, stack: meta.error.stack } : undefined;
}
