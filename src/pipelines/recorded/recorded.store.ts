import type { Trust } from '../../contract/runner.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { findRun, type RunRow } from '../engine/run.store.ts';
import type { JobRow } from '../engine/job.store.ts';
import type { External, RunStanding, Word } from './recorded.ts';

type NewRecorded = {
  readonly service: string;
  readonly source: string | null;
  readonly repository: string | null;
  readonly commit: string;
  readonly ref: string | null;
  readonly external: External;
  readonly url: string | null;
  readonly trust: Trust;
  readonly at: Instant;
};

/** The recorded run of this external reference, made where it is new, and locked. */
export async function keepRecordedRun(tx: Tx, actor: Actor, run: NewRecorded): Promise<RunRow> {
  const { system, id, attempt } = run.external;
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 22))`, [[tx.org, run.service, system, id, attempt].join('\n')]);
  const before = await tx.maybe<RunRow>(
    `select * from run where org_id = $1 and service_id = $2 and external_system = $3 and external_id = $4 and external_attempt = $5 for update`,
    [tx.org, run.service, system, id, attempt],
  );
  if (before?.origin === 'read')
    // It was read before its CI told of it: from now on it stands as it is told, and what was read says the rest.
    return tx.one<RunRow>(`update run set origin = 'recorded', trigger = 'recorded', trust = $2 where id = $1 returning *`, [
      before.id,
      run.trust,
    ]);
  if (before !== null) return before;
  return tx.one<RunRow>(
    `insert into run (id, org_id, service_id, source_id, repository, ref, commit_id, trigger, trust, state, inputs, requested_by, heard_at, queued_at,
       origin, external_system, external_id, external_attempt, external_url)
     values ($1, $2, $3, $4, $5, $6, $7, 'recorded', $8, 'running', '{}', $9, $10, $10, 'recorded', $11, $12, $13, $14) returning *`,
    [
      tx.floor.newId('run'),
      tx.org,
      run.service,
      run.source,
      run.repository,
      run.ref,
      run.commit,
      run.trust,
      actorLabel(actor),
      run.at,
      system,
      id,
      attempt,
      run.url,
    ],
  );
}

export type Kept = 'new' | 'same' | 'otherwise';

/** Keeps a word; `same` where it was told before, `otherwise` where another was told in its place. */
export async function insertWord(tx: Tx, run: RunRow, word: Word, meaning: string): Promise<Kept> {
  const made = await tx.write(
    `insert into recorded_word (id, org_id, run_id, service_id, kind, job, name, phase, meaning, body, told, trust, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (run_id, kind, job, name, phase) do nothing`,
    [
      tx.floor.newId('wrd'),
      tx.org,
      run.id,
      run.service_id,
      word.kind,
      word.job,
      word.name,
      word.phase,
      meaning,
      JSON.stringify(word.body),
      JSON.stringify(word.told),
      word.trust,
      word.at,
    ],
  );
  if (made === 1) return 'new';
  const before = await tx.one<{ meaning: string }>(
    `select meaning from recorded_word where run_id = $1 and kind = $2 and job = $3 and name = $4 and phase = $5`,
    [run.id, word.kind, word.job, word.name, word.phase],
  );
  return before.meaning === meaning ? 'same' : 'otherwise';
}

/** Everything that was told of a run, oldest first. */
export async function wordsOf(tx: Tx, run: string): Promise<Word[]> {
  return tx.query<Word>(
    `select kind, job, name, phase, body, told, trust, at from recorded_word where run_id = $1 order by at, kind, job, name, phase`,
    [run],
  );
}

/** Writes down what the words make of a run and its jobs. The run's row is locked. */
export async function saveStanding(tx: Tx, run: RunRow, standing: RunStanding): Promise<RunRow> {
  const { state, trust, ref, url, startedAt, finishedAt, jobs } = standing;
  await tx.write(
    // What a connection read says the end where none was told.
    `update run set state = case when $2 = 'running' then coalesce(nullif(nullif(seen_state, 'queued'), 'running'), $2) else $2 end, trust = $3, ref = coalesce($4, ref),
       external_url = coalesce($5, external_url), started_at = $6, finished_at = coalesce($7, seen_finished_at), version = version + 1 where id = $1`,
    [run.id, state, trust, ref, url, startedAt, finishedAt],
  );
  for (const [position, job] of jobs.entries()) {
    await tx.write(
      `insert into job (id, org_id, run_id, service_id, position, name, declared, needs, planned, timeout_ms, pool, executor, trust, state, attempt, max_attempts, started_at, finished_at)
       values ($1, $2, $3, $4, $5, $6, $6, '{}', '', 0, 'recorded', 'any', $7, $8, 1, 1, $9, $10)
       on conflict (run_id, name) do update set position = excluded.position, trust = excluded.trust, state = excluded.state,
         started_at = excluded.started_at, finished_at = excluded.finished_at, version = job.version + 1`,
      [tx.floor.newId('job'), tx.org, run.id, run.service_id, position, job.name, trust, job.state, job.startedAt, job.finishedAt],
    );
  }
  const saved = await findRun(tx, run.id);
  if (saved === null) throw new Error(`the run ${run.id} is gone under its lock`);
  return saved;
}

export function recordedJob(tx: Tx, run: string, name: string): Promise<JobRow> {
  return tx.one<JobRow>(`select * from job where run_id = $1 and name = $2`, [run, name]);
}

/** Names what a job made; the same name and bytes again change nothing. */
export async function keepArtifactName(
  tx: Tx,
  made: { readonly job: string; readonly run: string; readonly name: string; readonly digest: string; readonly size: number },
): Promise<void> {
  await tx.write(
    `insert into job_artifact (job_id, name, org_id, run_id, digest, size) values ($1, $2, $3, $4, $5, $6)
     on conflict (job_id, name) do update set size = greatest(job_artifact.size, excluded.size)`,
    [made.job, made.name, tx.org, made.run, made.digest, made.size],
  );
}
