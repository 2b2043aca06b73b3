import {
  distinct,
  ended,
  JOBS_MOST,
  lineOrNull,
  oneLine,
  type Place,
  type SeenJob,
  type SeenJobState,
  type SeenRun,
  type SeenState,
} from '../ci/ci.ts';
import { at, count, instant, link, NAME, sha, text } from '../forges/loose.ts';

/** Pipelines, jobs and bridges of GitLab CI (REST API v4) in our words. GitLab's jobs have no steps in its API. */

const RUN_STATES: Readonly<Record<string, SeenState>> = {
  created: 'queued',
  waiting_for_resource: 'queued',
  waiting_for_callback: 'running',
  preparing: 'queued',
  pending: 'queued',
  scheduled: 'queued',
  running: 'running',
  // It stands still until somebody starts a job by hand.
  manual: 'running',
  canceling: 'running',
  success: 'succeeded',
  failed: 'failed',
  canceled: 'cancelled',
  skipped: 'cancelled',
};
const CAUSES: Readonly<Record<string, string>> = {
  manual: 'it waits for a job that somebody starts by hand',
  skipped: 'skipped',
  waiting_for_resource: 'it waits for a resource',
  scheduled: 'it is to start later',
};
const JOB_STATES: Readonly<Record<string, SeenJobState>> = {
  running: 'running',
  canceling: 'running',
  success: 'succeeded',
  failed: 'failed',
  canceled: 'cancelled',
  skipped: 'skipped',
};

/** A project; null where it is none. */
export function gitlabPlace(value: unknown): Place | null {
  const key = text(at(value, 'id'), 40);
  if (key === null || !/^\d+$/.test(key)) return null;
  return {
    key,
    name: oneLine(text(at(value, 'path_with_namespace'), 500), `project ${key}`),
    repository: link(at(value, 'http_url_to_repo')),
    url: link(at(value, 'web_url')),
    branch: text(at(value, 'default_branch'), NAME),
  };
}

/** A pipeline, from the listing or asked for itself; null where it is none. `parts`: its jobs and bridges. */
export function gitlabRun(
  value: unknown,
  parts: { readonly jobs: readonly unknown[]; readonly bridges: readonly unknown[] } | null,
): SeenRun | null {
  const id = text(at(value, 'id'), 40);
  if (id === null || !/^\d+$/.test(id)) return null;
  const status = text(at(value, 'status'), 40) ?? '';
  // A state that we do not know is not over, and is asked for again.
  const state = known(RUN_STATES, status) ?? 'running';
  const createdAt = instant(at(value, 'created_at'));
  const startedAt = instant(at(value, 'started_at'));
  const over = ended(state);
  return {
    id,
    external: id,
    attempt: 1,
    pipeline: { key: text(at(value, 'project_id'), 40) ?? '', name: 'pipeline', file: null, repository: null },
    title: lineOrNull(text(at(value, 'name'), 500)),
    url: link(at(value, 'web_url')),
    state,
    cause: lineOrNull(text(at(value, 'yaml_errors'), 500)) ?? known(CAUSES, status) ?? null,
    trigger: lineOrNull(text(at(value, 'source'), NAME)),
    commit: sha(at(value, 'sha')),
    ref: refOf(value),
    actor: lineOrNull(text(at(value, 'user', 'username'), NAME)),
    queuedAt: createdAt,
    startedAt: state === 'queued' ? null : (startedAt ?? (over ? createdAt : null)),
    finishedAt: over ? (instant(at(value, 'finished_at')) ?? instant(at(value, 'updated_at'))) : null,
    jobs:
      parts === null ? null : distinct([...parts.jobs, ...parts.bridges].slice(0, JOBS_MOST).flatMap((job) => gitlabJob(job, over) ?? [])),
  };
}

/** `refs/merge-requests/7/head` stands whole; branches and tags stand without a prefix, and only the pipeline itself says which it is. */
function refOf(value: unknown): string | null {
  const ref = lineOrNull(text(at(value, 'ref'), NAME));
  if (ref === null || ref.startsWith('refs/')) return ref;
  return at(value, 'tag') === true ? `refs/tags/${ref}` : `refs/heads/${ref}`;
}

/** A job or a bridge; `over`: its pipeline has ended, so what was never started by hand is skipped. null where it is none. */
export function gitlabJob(value: unknown, over: boolean): SeenJob | null {
  const id = text(at(value, 'id'), 40);
  if (id === null || !/^\d+$/.test(id)) return null;
  const status = text(at(value, 'status'), 40) ?? '';
  const reason = lineOrNull(text(at(value, 'failure_reason'), NAME));
  const timedOut = status === 'failed' && (reason === 'job_execution_timeout' || reason === 'stuck_or_timeout_failure');
  const state: SeenJobState = timedOut ? 'timed-out' : (known(JOB_STATES, status) ?? (over ? 'skipped' : 'waiting'));
  const bridge = at(value, 'downstream_pipeline') !== undefined;
  const stage = lineOrNull(text(at(value, 'stage'), 100));
  const name = oneLine(text(at(value, 'name'), 200), `job ${id}`);
  const allowed = state === 'failed' && at(value, 'allow_failure') === true ? 'it may fail' : null;
  return {
    id,
    name: stage === null || stage === name ? name : `${stage}: ${name}`,
    state,
    cause: reason ?? (status === 'manual' ? 'started by hand' : allowed),
    url: link(at(value, 'web_url')) ?? link(at(value, 'downstream_pipeline', 'web_url')),
    queuedAt: instant(at(value, 'created_at')),
    startedAt: instant(at(value, 'started_at')),
    finishedAt: ended(state) ? instant(at(value, 'finished_at')) : null,
    runner: lineOrNull(text(at(value, 'runner', 'description'), NAME)),
    steps: [],
    log: !bridge && count(at(value, 'id')) !== null && state !== 'waiting' && state !== 'skipped',
  };
}

function known<Value>(words: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
