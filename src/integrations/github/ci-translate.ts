import {
  distinct,
  ended,
  JOBS_MOST,
  lasted,
  lineOrNull,
  oneLine,
  STEPS_MOST,
  type Place,
  type SeenJob,
  type SeenJobState,
  type SeenRun,
  type SeenState,
  type SeenStep,
} from '../ci/ci.ts';
import { at, count, instant, link, list, NAME, sha, text } from '../forges/loose.ts';

/** Runs, jobs and steps of GitHub Actions (REST API 2022-11-28, `actions/runs` and `jobs`) in our words. */

const RUN_STATES: Readonly<Record<string, SeenState>> = {
  success: 'succeeded',
  neutral: 'succeeded',
  failure: 'failed',
  timed_out: 'failed',
  startup_failure: 'failed',
  cancelled: 'cancelled',
  skipped: 'cancelled',
  stale: 'cancelled',
  // It ended without running: somebody has to approve it first. Approved, it comes again as changed.
  action_required: 'cancelled',
};
const JOB_STATES: Readonly<Record<string, SeenJobState>> = {
  success: 'succeeded',
  neutral: 'succeeded',
  failure: 'failed',
  timed_out: 'timed-out',
  startup_failure: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
  stale: 'cancelled',
  action_required: 'cancelled',
};
const PLAIN = new Set(['success', 'failure', 'cancelled', 'completed', 'in_progress', 'queued']);

/** A repository of `installation/repositories` or `user/repos`; null where it names none. */
export function githubPlace(value: unknown): Place | null {
  const key = text(at(value, 'full_name'), NAME);
  if (key === null || !/^[^/]+\/[^/]+$/.test(key)) return null;
  return {
    key,
    name: oneLine(key, key),
    repository: link(at(value, 'clone_url')),
    url: link(at(value, 'html_url')),
    branch: text(at(value, 'default_branch'), NAME),
  };
}

/** A workflow run; null where it is none. `jobs`: entries of its jobs, null where they were not asked for. */
export function githubRun(value: unknown, jobs: readonly unknown[] | null): SeenRun | null {
  const id = text(at(value, 'id'), 40);
  if (id === null || !/^\d+$/.test(id)) return null;
  const status = text(at(value, 'status'), 40);
  const conclusion = text(at(value, 'conclusion'), 40);
  const state = stateOf(status, conclusion, RUN_STATES, { waiting: 'queued', running: 'running' });
  const startedAt = instant(at(value, 'run_started_at')) ?? instant(at(value, 'created_at'));
  return {
    id,
    external: id,
    attempt: Math.max(1, count(at(value, 'run_attempt')) ?? 1),
    pipeline: pipelineOf(value),
    title: lineOrNull(text(at(value, 'display_title'), 500)),
    url: link(at(value, 'html_url')),
    state,
    cause: causeOf(status, conclusion),
    trigger: lineOrNull(text(at(value, 'event'), NAME)),
    commit: sha(at(value, 'head_sha')),
    ref: refOf(value),
    actor: lineOrNull(text(at(value, 'triggering_actor', 'login'), NAME) ?? text(at(value, 'actor', 'login'), NAME)),
    queuedAt: instant(at(value, 'created_at')),
    startedAt: state === 'queued' ? null : startedAt,
    // The listing has no end of its own: a run that ended was last changed by its end.
    finishedAt: ended(state) ? (instant(at(value, 'updated_at')) ?? startedAt) : null,
    jobs: jobs === null ? null : distinct(jobs.slice(0, JOBS_MOST).flatMap((job) => githubJob(job) ?? [])),
  };
}

function pipelineOf(value: unknown): SeenRun['pipeline'] {
  const key = text(at(value, 'workflow_id'), 40) ?? text(at(value, 'path'), NAME) ?? '';
  // `path` may carry the ref that it was read at: `.github/workflows/ci.yml@refs/heads/main`.
  const file = lineOrNull(text(at(value, 'path'), 500))?.split('@')[0] ?? null;
  const repository = link(at(value, 'repository', 'clone_url')) ?? link(at(value, 'repository', 'html_url'));
  return { key, name: oneLine(text(at(value, 'name'), NAME), file ?? 'workflow'), file, repository };
}

/** A branch stands without its prefix; which of branch and tag it is, the event says where it can. */
function refOf(value: unknown): string | null {
  const head = lineOrNull(text(at(value, 'head_branch'), NAME));
  const event = at(value, 'event');
  const pull = count(at(list(at(value, 'pull_requests'))[0], 'number'));
  if ((event === 'pull_request' || event === 'pull_request_target') && pull !== null) return `refs/pull/${pull}/head`;
  if (head === null) return null;
  return event === 'release' ? `refs/tags/${head}` : `refs/heads/${head}`;
}

/** A job with its steps; null where it is none. */
export function githubJob(value: unknown): SeenJob | null {
  const id = text(at(value, 'id'), 40);
  if (id === null || !/^\d+$/.test(id)) return null;
  const status = text(at(value, 'status'), 40);
  const conclusion = text(at(value, 'conclusion'), 40);
  const state = stateOf(status, conclusion, JOB_STATES, { waiting: 'waiting', running: 'running' });
  return {
    id,
    name: oneLine(text(at(value, 'name'), 200), `job ${id}`),
    state,
    cause: causeOf(status, conclusion),
    url: link(at(value, 'html_url')),
    queuedAt: instant(at(value, 'created_at')),
    startedAt: state === 'waiting' || state === 'skipped' ? null : instant(at(value, 'started_at')),
    finishedAt: ended(state) ? instant(at(value, 'completed_at')) : null,
    runner: lineOrNull(text(at(value, 'runner_name'), NAME)),
    steps: list(at(value, 'steps'), STEPS_MOST).map(stepOf),
    log: ended(state) && state !== 'skipped',
  };
}

function stepOf(value: unknown, index: number): SeenStep {
  const state = stateOf(text(at(value, 'status'), 40), text(at(value, 'conclusion'), 40), JOB_STATES, {
    waiting: 'waiting',
    running: 'running',
  });
  const startedAt = instant(at(value, 'started_at'));
  const finishedAt = ended(state) ? instant(at(value, 'completed_at')) : null;
  return {
    name: oneLine(text(at(value, 'name'), 200), `step ${index + 1}`),
    state,
    startedAt,
    finishedAt,
    durationMs: lasted(startedAt, finishedAt),
  };
}

/** What is not known to be ended well is not: a completed run with a conclusion that we do not know has failed. */
function stateOf<State extends string>(
  status: string | null,
  conclusion: string | null,
  known: Readonly<Record<string, State>>,
  open: { readonly waiting: State; readonly running: State },
): State {
  if (status === 'in_progress') return open.running;
  if (status !== 'completed') return open.waiting;
  const found = conclusion !== null && Object.hasOwn(known, conclusion) ? known[conclusion] : undefined;
  return found ?? ('failed' as State);
}

function causeOf(status: string | null, conclusion: string | null): string | null {
  const word = status === 'completed' ? (conclusion ?? 'it ended without a conclusion') : status;
  return word === null || PLAIN.has(word) ? null : lineOrNull(word);
}
