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
} from '../ci/ci.ts';
import { at, count, instant, link, list, NAME, sha, text } from '../forges/loose.ts';

/** Builds and timelines of Azure Pipelines (REST API 7.1) in our words. */

const RESULTS: Readonly<Record<string, SeenState>> = {
  succeeded: 'succeeded',
  partiallySucceeded: 'failed',
  failed: 'failed',
  canceled: 'cancelled',
};
const STATUSES: Readonly<Record<string, SeenState>> = {
  inProgress: 'running',
  cancelling: 'running',
  notStarted: 'queued',
  postponed: 'queued',
  none: 'queued',
};
const RECORDS: Readonly<Record<string, SeenJobState>> = {
  succeeded: 'succeeded',
  succeededWithIssues: 'succeeded',
  failed: 'failed',
  canceled: 'cancelled',
  skipped: 'skipped',
  abandoned: 'cancelled',
};
/** Records of a timeline that are read: a large pipeline has a thousand. */
const RECORDS_MOST = 5000;

/** A project; null where it is none. */
export function azurePlace(value: unknown): Place | null {
  const key = text(at(value, 'id'), 64);
  if (key === null) return null;
  return { key, name: oneLine(text(at(value, 'name'), NAME), key), repository: null, url: null, branch: null };
}

/** A build; null where it is none. `timeline`: the answer of its timeline, null where it was not asked for. */
export function azureRun(value: unknown, timeline: { readonly of: unknown } | null): SeenRun | null {
  const id = text(at(value, 'id'), 40);
  if (id === null || !/^\d+$/.test(id)) return null;
  const status = text(at(value, 'status'), 40) ?? '';
  const result = text(at(value, 'result'), 40) ?? '';
  const state: SeenState = status === 'completed' ? (own(RESULTS, result) ?? 'failed') : (own(STATUSES, status) ?? 'running');
  const definition = text(at(value, 'definition', 'id'), 40) ?? '';
  const commit = text(at(value, 'sourceVersion'), 64);
  return {
    id,
    external: id,
    attempt: 1,
    pipeline: {
      key: definition,
      name: oneLine(text(at(value, 'definition', 'name'), NAME), `definition ${definition}`),
      file: lineOrNull(text(at(value, 'definition', 'process', 'yamlFilename'), 500)),
      repository: link(at(value, 'repository', 'url')) ?? repositoryById(value),
    },
    title: lineOrNull(text(at(value, 'triggerInfo', 'ci.message'), 500)) ?? lineOrNull(text(at(value, 'buildNumber'), NAME)),
    url: link(at(value, '_links', 'web', 'href')),
    state,
    cause: result === 'partiallySucceeded' ? 'it succeeded in part' : status === 'postponed' ? 'it is to start later' : null,
    trigger: lineOrNull(text(at(value, 'reason'), NAME)),
    commit: sha(commit?.toLowerCase()),
    ref: lineOrNull(text(at(value, 'sourceBranch'), NAME)),
    actor: lineOrNull(text(at(value, 'requestedFor', 'uniqueName'), NAME)),
    queuedAt: instant(at(value, 'queueTime')),
    startedAt: instant(at(value, 'startTime')),
    finishedAt: ended(state) ? (instant(at(value, 'finishTime')) ?? instant(at(value, 'lastChangedDate'))) : null,
    jobs: timeline === null ? null : azureJobs(timeline.of),
  };
}

/** Repositories of GitHub are named by `owner/name` and no address. */
function repositoryById(value: unknown): string | null {
  const id = text(at(value, 'repository', 'id'), NAME);
  return at(value, 'repository', 'type') === 'GitHub' && id !== null && /^[\w.-]+\/[\w.-]+$/.test(id) ? `https://github.com/${id}` : null;
}

/** The jobs of a timeline, each with its tasks as steps; approvals are jobs of their own, because a run waits for them. */
export function azureJobs(timeline: unknown): SeenJob[] {
  const records = list(at(timeline, 'records'), RECORDS_MOST);
  const byId = new Map(records.map((record) => [at(record, 'id'), record]));
  const below = Map.groupBy(records, (record) => at(record, 'parentId'));
  const inOrder = (a: unknown, b: unknown): number => (count(at(a, 'order')) ?? 0) - (count(at(b, 'order')) ?? 0);
  const stageOf = (record: unknown): unknown => {
    for (let up: unknown = record, hops = 0; up !== undefined && hops < 10; up = byId.get(at(up, 'parentId')), hops += 1)
      if (at(up, 'type') === 'Stage') return up;
    return undefined;
  };
  const jobs = records
    .filter((record) => at(record, 'type') === 'Job' || at(record, 'type') === 'Checkpoint.Approval')
    .map((record) => ({ record, stage: stageOf(record) }))
    .sort((a, b) => inOrder(a.stage, b.stage) || inOrder(a.record, b.record));
  return distinct(
    jobs.slice(0, JOBS_MOST).map(({ record, stage }) => jobOf(record, stage, (below.get(at(record, 'id')) ?? []).toSorted(inOrder))),
  );
}

function jobOf(record: unknown, stage: unknown, parts: readonly unknown[]): SeenJob {
  const state = recordState(record);
  const stageName = lineOrNull(text(at(stage, 'name'), 100));
  const approval = at(record, 'type') === 'Checkpoint.Approval';
  const name = approval ? 'approval' : oneLine(text(at(record, 'name'), 200), 'job');
  const log = text(at(record, 'log', 'id'), 20);
  return {
    id: log ?? '',
    name: stageName === null || stageName === '__default' ? name : `${stageName}: ${name}`,
    state,
    cause:
      approval && state === 'waiting'
        ? 'it waits for an approval there'
        : lineOrNull(text(at(list(at(record, 'issues'), 1)[0], 'message'), 500)),
    url: null,
    queuedAt: null,
    startedAt: instant(at(record, 'startTime')),
    finishedAt: ended(state) ? instant(at(record, 'finishTime')) : null,
    runner: lineOrNull(text(at(record, 'workerName'), NAME)),
    steps: parts
      .filter((part) => at(part, 'type') === 'Task')
      .slice(0, STEPS_MOST)
      .map((part, index) => {
        const [startedAt, finishedAt] = [instant(at(part, 'startTime')), instant(at(part, 'finishTime'))];
        return {
          name: oneLine(text(at(part, 'name'), 200), `step ${index + 1}`),
          state: recordState(part),
          startedAt,
          finishedAt,
          durationMs: lasted(startedAt, finishedAt),
        };
      }),
    log: log !== null,
  };
}

function recordState(record: unknown): SeenJobState {
  if (at(record, 'state') === 'inProgress') return at(record, 'type') === 'Checkpoint.Approval' ? 'waiting' : 'running';
  if (at(record, 'state') !== 'completed') return 'waiting';
  return own(RECORDS, text(at(record, 'result'), 40) ?? '') ?? 'failed';
}

function own<Value>(words: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
