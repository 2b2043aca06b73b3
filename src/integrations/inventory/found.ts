/** What a workflow file of any CI says, in one set of words. Everything in it is what the file says, never what we believe. */

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
