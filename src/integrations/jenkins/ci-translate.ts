import {
  ended,
  lasted,
  lineOrNull,
  oneLine,
  STEPS_MOST,
  type SeenJob,
  type SeenJobState,
  type SeenRun,
  type SeenState,
  type SeenStep,
} from '../ci/ci.ts';
import { path } from '../connections/vendor.ts';
import { at, count, instant, link, list, NAME, sha, text } from '../forges/loose.ts';

/**
 * Builds of Jenkins (its remote access API, `api/json?tree=`) and stages of its pipelines (`wfapi/describe` of the
 * Pipeline Stage View plugin) in our words. A build is a run with one job, whose steps are the stages: its log is the
 * console, which Jenkins keeps for the build as a whole.
 */

const RESULTS: Readonly<Record<string, SeenState>> = {
  SUCCESS: 'succeeded',
  UNSTABLE: 'failed',
  FAILURE: 'failed',
  NOT_BUILT: 'cancelled',
  ABORTED: 'cancelled',
};
const STAGES: Readonly<Record<string, SeenJobState>> = {
  SUCCESS: 'succeeded',
  UNSTABLE: 'failed',
  FAILED: 'failed',
  ABORTED: 'cancelled',
  NOT_EXECUTED: 'skipped',
  IN_PROGRESS: 'running',
  PAUSED_PENDING_INPUT: 'waiting',
};

export type JenkinsJob = { readonly fullName: string; readonly kind: 'folder' | 'multibranch' | 'job'; readonly url: string | null };

/** An entry of `jobs`: what is in it, or what builds are asked of. null where it has no name. `above`: the full name of the folder. */
export function jenkinsJob(value: unknown, above: string): JenkinsJob | null {
  const said = at(value, 'name');
  const name = text(said, 500);
  // Jenkins itself lets nothing be called so (Jenkins.checkGoodName); cut, or as part of an address, it would be another's name.
  if (name === null || name !== said || name === '.' || name === '..' || name !== oneLine(name, '') || name.includes('/')) return null;
  const kind = text(at(value, '_class'), 300) ?? '';
  const fullName = above === '' ? name : `${above}/${name}`;
  const folder = /(?:Folder|OrganizationFolder|MultiBranchProject)$/.test(kind);
  return { fullName, kind: kind.endsWith('MultiBranchProject') ? 'multibranch' : folder ? 'folder' : 'job', url: link(at(value, 'url')) };
}

/** The path of a job below the server: `job/team/job/shop`, each name encoded (a branch is encoded in its own name already). */
export function jenkinsPath(fullName: string): string {
  return fullName
    .split('/')
    .map((name) => `job/${path(name)}`)
    .join('/');
}

/** A build of the job `fullName`; `stages`: what its `wfapi/describe` answered, null where it has none or was not asked. */
export function jenkinsRun(
  value: unknown,
  of: { readonly fullName: string; readonly pipeline: string },
  stages: { readonly of: unknown } | null,
): SeenRun | null {
  const number = count(at(value, 'number'));
  if (number === null) return null;
  const result = text(at(value, 'result'), 40);
  const building = at(value, 'building') === true || result === null;
  const state: SeenState = building ? 'running' : (known(RESULTS, result) ?? 'failed');
  const startedAt = instant(count(at(value, 'timestamp')));
  const duration = count(at(value, 'duration')) ?? 0;
  const finishedAt = ended(state) && startedAt !== null ? instant(Date.parse(startedAt) + duration) : null;
  const actions = list(at(value, 'actions'), 100);
  const source = builtFrom(actions);
  const causes = list(
    at(
      actions.find((action) => Array.isArray(at(action, 'causes'))),
      'causes',
    ),
    20,
  );
  const url = link(at(value, 'url'));
  const run = {
    state,
    startedAt,
    finishedAt,
    url,
    cause: result === 'UNSTABLE' ? 'unstable: tests failed' : result === 'NOT_BUILT' ? 'not built' : null,
  };
  return {
    ...run,
    id: String(number),
    external: `${of.fullName}#${number}`,
    attempt: 1,
    pipeline: { key: of.pipeline, name: oneLine(of.pipeline, 'job'), file: null, repository: source.repository },
    title: lineOrNull(text(at(value, 'displayName'), NAME)),
    trigger: lineOrNull(text(at(causes[0], 'shortDescription'), NAME)),
    commit: source.commit,
    ref: source.branch ?? branchOf(of),
    actor: lineOrNull(causes.map((cause) => text(at(cause, 'userId'), NAME)).find((one) => one !== null) ?? null),
    queuedAt: startedAt,
    jobs:
      stages === null
        ? null
        : [
            {
              ...run,
              state: state === 'queued' ? 'waiting' : state,
              id: String(number),
              name: 'build',
              queuedAt: startedAt,
              runner: lineOrNull(text(at(value, 'builtOn'), NAME)),
              steps: stagesOf(stages.of),
              log: true,
            } satisfies SeenJob,
          ],
  };
}

/** The job of a branch in a multibranch project is called like the branch, with its slashes encoded; `PR-7` is a pull request. */
function branchOf({ fullName, pipeline }: { fullName: string; pipeline: string }): string | null {
  if (fullName === pipeline) return null;
  const name = fullName.slice(pipeline.length + 1);
  const pull = /^PR-(\d{1,9})$/.exec(name);
  if (pull !== null) return `refs/pull/${pull[1]}/head`;
  try {
    return `refs/heads/${oneLine(decodeURIComponent(name), name)}`;
  } catch {
    return `refs/heads/${oneLine(name, 'unknown')}`;
  }
}

type Source = { readonly commit: string | null; readonly branch: string | null; readonly repository: string | null };

/** The revision that the git plugin built: the first that is no shared library, which come after the job's own checkout only in scripts. */
export function builtFrom(actions: readonly unknown[]): Source {
  const built = actions.filter((action) => sha(at(action, 'lastBuiltRevision', 'SHA1')) !== null);
  const action = built[0];
  if (action === undefined) return { commit: null, branch: null, repository: null };
  const name = lineOrNull(text(at(list(at(action, 'lastBuiltRevision', 'branch'), 5)[0], 'name'), NAME));
  const branch = name === null || name === 'detached' ? null : name.replace(/^(?:refs\/remotes\/)?origin\//, '');
  return {
    commit: sha(at(action, 'lastBuiltRevision', 'SHA1')),
    branch: branch === null ? null : branch.startsWith('refs/') ? branch : `refs/heads/${branch}`,
    repository: lineOrNull(text(list(at(action, 'remoteUrls'), 5)[0], 2000)),
  };
}

function stagesOf(described: unknown): SeenStep[] {
  return list(at(described, 'stages'), STEPS_MOST).map((stage, index) => {
    const state = known(STAGES, text(at(stage, 'status'), 40) ?? '') ?? 'failed';
    const startedAt = instant(count(at(stage, 'startTimeMillis')));
    const durationMs = count(at(stage, 'durationMillis'));
    const finishedAt = !ended(state) || startedAt === null || durationMs === null ? null : instant(Date.parse(startedAt) + durationMs);
    return {
      name: oneLine(text(at(stage, 'name'), 200), `stage ${index + 1}`),
      state,
      startedAt,
      finishedAt,
      durationMs: ended(state) ? (durationMs ?? lasted(startedAt, finishedAt)) : null,
    };
  });
}

function known<Value>(words: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
