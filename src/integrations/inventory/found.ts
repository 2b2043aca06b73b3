/** What a workflow file of any CI says, in one set of words. Everything in it is what the file says, never what we believe. */
import type { Instant } from '../../kernel/time.ts';

export const SYSTEMS = ['github-actions', 'gitlab-ci', 'azure-pipelines', 'jenkins'] as const;
export type System = (typeof SYSTEMS)[number];

/** What a tool is there for. */
export const PURPOSES = [
  'build',
  'test',
  'lint',
  'coverage',
  'code-scan',
  'dependency-scan',
  'secret-scan',
  'infrastructure-scan',
  'sbom',
  'sign',
  'package',
  'container',
  'publish',
  'deploy',
] as const;
export type Purpose = (typeof PURPOSES)[number];

export const TRIGGERS = ['push', 'merge-request', 'tag', 'release', 'schedule', 'manual', 'called', 'api', 'other'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** How exactly a foreign part is named: a commit never changes, a tag may, a branch does. */
export type Pinned = 'commit' | 'tag' | 'branch' | 'none' | 'local';

export type FoundJob = {
  readonly name: string;
  /** The environment that it says it deploys to. */
  readonly environment: string | null;
  readonly deploys: boolean;
  /** How a person has to agree before it goes on, by the file itself; null: not by the file. */
  readonly approval: string | null;
  readonly purposes: readonly Purpose[];
};

export type FoundPart = { readonly what: string; readonly pinned: Pinned };
export type FoundTool = { readonly name: string; readonly purpose: Purpose };

/** What a CI server says of a job beside what it runs. */
export type FoundLive = {
  readonly kind: 'multibranch' | 'pipeline' | 'job';
  /** Switched off; null: it is not said. */
  readonly disabled: boolean | null;
  readonly lastRun: { readonly at: Instant; readonly result: string } | null;
  /** The machine that it ran on last. */
  readonly agent: string | null;
};

/** A machine that runs jobs of a CI server. `where`: the name of the connection; what is not said is null. */
export type FoundAgent = {
  readonly where: string;
  readonly name: string;
  readonly online: boolean | null;
  readonly executors: number | null;
  readonly labels: readonly string[];
};

export type FoundPipeline = {
  readonly system: System;
  readonly file: string;
  readonly name: string;
  /** Why it could not be read; null: it was. What was not read counts as nothing of it. */
  readonly fault: string | null;
  readonly triggers: readonly Trigger[];
  readonly jobs: readonly FoundJob[];
  readonly environments: readonly string[];
  /** Actions, templates, shared libraries and reusable workflows of others. */
  readonly parts: readonly FoundPart[];
  readonly tools: readonly FoundTool[];
  /** What stands elsewhere or is made only when it runs, so that this reading may know less than there is. */
  readonly unseen: readonly string[];
  /** Where a server was asked for it. */
  readonly live?: FoundLive;
};

export const unread = (system: System, file: string, fault: string): FoundPipeline => ({
  system,
  file,
  name: file,
  fault,
  triggers: [],
  jobs: [],
  environments: [],
  parts: [],
  tools: [],
  unseen: [],
});

/** Each once, in the order of `order` where one is given, else by the alphabet. */
export function once<Word extends string>(words: Iterable<Word>, order?: readonly Word[]): Word[] {
  const all = [...new Set(words)];
  return order === undefined ? all.sort() : order.filter((word) => all.includes(word));
}

/** What a server says of a job, in a line. */
function liveWords({ disabled, lastRun, agent }: FoundLive): string {
  const ran = lastRun === null ? 'it never ran' : `last run ${lastRun.at}: ${lastRun.result}${agent === null ? '' : `, on ${agent}`}`;
  return `${disabled === true ? 'switched off; ' : ''}${ran}`;
}

/** The pipelines that a server was asked for, with what it says of each in a line. */
export function onServers<Pipeline extends { readonly name: string; readonly system: string; readonly live?: FoundLive | undefined }>(
  pipelines: readonly Pipeline[],
): { readonly name: string; readonly system: string; readonly words: string }[] {
  return pipelines.flatMap(({ name, system, live }) => (live === undefined ? [] : [{ name, system, words: liveWords(live) }]));
}

/** What a server says of an agent, in a line. */
export function agentWords({ online, executors, labels }: Omit<FoundAgent, 'where' | 'name'>): string {
  const state = online === null ? 'not said whether it is there' : online ? 'online' : 'offline';
  return [state, ...(executors === null ? [] : [`${executors} executors`]), ...(labels.length === 0 ? [] : [labels.join(' ')])].join(', ');
}
