import { lineOrNull, oneLine } from '../ci/ci.ts';
import { at, count, flag, instant, list, NAME, text } from '../forges/loose.ts';
import { once, TRIGGERS, type FoundAgent, type FoundJob, type FoundPipeline, type Trigger } from '../inventory/found.ts';
import { deployedTo, namesDeployment } from '../inventory/tools.ts';
import { builtFrom } from './ci-translate.ts';

/**
 * What Jenkins says of its jobs and agents (remote access API, `api/json?tree=`) in the words of the inventory. It tells
 * neither the steps of a job nor the tools that are installed: of those nothing is claimed, and the reading says so.
 */

export type JobKind = 'multibranch' | 'pipeline' | 'job';

/** Stages of one build that are read. */
const STAGES_MOST = 200;
const RESULTS = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED'];
/** Classes of causes (the part behind the last dot or dollar), and what set the build off by them. */
const CAUSES: readonly (readonly [RegExp, Trigger])[] = [
  [/^(?:SCMTriggerCause|BranchEventCause|BranchIndexingCause|GitHubPushCause|GitLabWebHookCause|BitBucketPushCause)$/, 'push'],
  [/^(?:TimerTriggerCause)$/, 'schedule'],
  [/^(?:UserIdCause|UserCause|ReplayCause|RebuildCause)$/, 'manual'],
  [/^(?:UpstreamCause|BuildUpstreamCause)$/, 'called'],
  [/^(?:RemoteCause|GenericCause)$/, 'api'],
];

/** The repository of a build, as the git plugin tells it, without what signs in there; null where it tells none. */
export function jenkinsRepository(build: unknown): string | null {
  const { repository } = builtFrom(list(at(build, 'actions'), 100));
  const url = repository === null ? null : URL.parse(repository);
  if (repository === null || url === null || (url.username === '' && url.password === '')) return repository;
  url.username = '';
  url.password = '';
  return url.href;
}

/** The job of a multibranch project that speaks for it: of its main branch, else the one that was built last, pull requests last of all. */
export function mainBranch(jobs: readonly unknown[]): unknown {
  const rank = (job: unknown): number => {
    const name = text(at(job, 'name'), NAME) ?? '';
    return name === 'main' || name === 'master' ? 2 : /^(?:PR|MR)-\d+$/.test(name) ? 0 : 1;
  };
  const built = (job: unknown): number => count(at(job, 'lastBuild', 'timestamp')) ?? -1;
  return jobs.toSorted((one, other) => rank(other) - rank(one) || built(other) - built(one))[0];
}

/**
 * A job as a pipeline. `job`: what Jenkins says of it; `ran`: the job whose last build tells of it (of a multibranch project
 * its main branch); `stages`: that build's `wfapi/describe`, null where there is none.
 */
export function jenkinsFound(name: string, kind: JobKind, job: unknown, ran: unknown, stages: unknown): FoundPipeline {
  const build = at(ran, 'lastBuild');
  const off = disabledOf(job);
  const startedAt = instant(count(at(build, 'timestamp')));
  const jobs = off === true ? [] : list(at(stages, 'stages'), STAGES_MOST).map(stageOf);
  return {
    system: 'jenkins',
    file: name,
    name,
    fault: null,
    triggers: triggersOf(job, build),
    jobs,
    environments: once(jobs.flatMap(({ environment }) => environment ?? [])),
    parts: [],
    tools: [],
    // What is switched off does nothing: nothing of it is unseen.
    unseen: off === true ? [] : [kind === 'job' ? `the steps of the job ${name}` : `what the stages of ${name} call`],
    live: {
      kind,
      disabled: off,
      lastRun: startedAt === null ? null : { at: startedAt, result: resultOf(build) },
      agent: lineOrNull(text(at(build, 'builtOn'), 200)),
    },
  };
}

/** The agents of a Jenkins, from `computer/api/json`. */
export function jenkinsAgents(said: unknown, where: string, most: number): FoundAgent[] {
  return list(at(said, 'computer'), most).map((value) => {
    const offline = flag(at(value, 'offline'));
    const name = oneLine(text(at(value, 'displayName'), 200), 'agent');
    const labels = list(at(value, 'assignedLabels'), 50).flatMap((label) => lineOrNull(text(at(label, 'name'), 200)) ?? []);
    return {
      where,
      name,
      online: offline === null ? null : !offline,
      executors: count(at(value, 'numExecutors')),
      // Every agent has a label of its own name.
      labels: once(labels.filter((label) => label !== name)),
    };
  });
}

function disabledOf(job: unknown): boolean | null {
  const color = text(at(job, 'color'), 40);
  if (color?.startsWith('disabled') === true) return true;
  const said = flag(at(job, 'disabled'));
  if (said !== null) return said;
  const buildable = flag(at(job, 'buildable'));
  return buildable === null ? null : !buildable;
}

function resultOf(build: unknown): string {
  if (at(build, 'building') === true) return 'running';
  const result = text(at(build, 'result'), 40) ?? '';
  return RESULTS.includes(result) ? result.toLowerCase().replace('_', ' ') : 'unknown';
}

/** How it was set off last, and that it may be by hand where it asks for parameters. Jenkins does not tell what it listens for. */
function triggersOf(job: unknown, build: unknown): Trigger[] {
  const causes = list(at(build, 'actions'), 100).flatMap((action) => list(at(action, 'causes'), 20));
  const names = causes.map((cause) => (text(at(cause, '_class'), 300) ?? '').split(/[.$]/).at(-1) ?? '');
  const asks = list(at(job, 'property'), 100).some((one) => list(at(one, 'parameterDefinitions'), 1).length > 0);
  const found = names.flatMap((name) => CAUSES.find(([form]) => form.test(name))?.[1] ?? 'other');
  return once<Trigger>([...found, ...(asks ? (['manual'] as const) : [])], TRIGGERS);
}

function stageOf(value: unknown, index: number): FoundJob {
  const name = oneLine(text(at(value, 'name'), 200), `stage ${index + 1}`);
  const deploys = namesDeployment(name);
  return {
    name,
    environment: deploys ? deployedTo(name) : null,
    deploys,
    approval: at(value, 'status') === 'PAUSED_PENDING_INPUT' ? 'an input step' : null,
    purposes: [],
  };
}
