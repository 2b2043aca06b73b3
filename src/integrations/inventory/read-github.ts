import { once, PURPOSES, TRIGGERS, unread, type FoundJob, type FoundPart, type FoundPipeline, type Pinned, type Trigger } from './found.ts';
import { entries, get, isMap, many, readLooseYaml, texts, word } from './loose-yaml.ts';
import { toolsIn } from './tools.ts';

const KIND: Readonly<Record<string, Trigger>> = {
  push: 'push',
  create: 'push',
  pull_request: 'merge-request',
  pull_request_target: 'merge-request',
  merge_group: 'merge-request',
  release: 'release',
  schedule: 'schedule',
  workflow_dispatch: 'manual',
  workflow_call: 'called',
  repository_dispatch: 'api',
  workflow_run: 'called',
};

/** A workflow of GitHub Actions (docs: "Workflow syntax for GitHub Actions"). */
export function readGithubWorkflow(source: string, file: string): FoundPipeline {
  const read = readLooseYaml(source);
  if (!read.ok) return unread('github-actions', file, read.fault);
  const [root] = read.documents;
  const jobs = get(root, 'jobs');
  if (!isMap(root) || !isMap(jobs)) return unread('github-actions', file, 'it has no jobs');
  const found = entries(jobs).map(([name, job]) => jobOf(name, job));
  const called = found.flatMap(({ part }) => part);
  const unseen = [
    ...called.filter((part) => part.pinned !== 'local').map((part) => `the reusable workflow ${part.what}`),
    ...called.filter((part) => part.pinned === 'local').map((part) => `the workflow ${part.what} of the same repository`),
    ...(/\$\{\{[^}]*fromJSON/i.test(source) ? ['a matrix or a value that is made when it runs'] : []),
  ];
  return {
    system: 'github-actions',
    file,
    name: word(get(root, 'name')) ?? file,
    fault: null,
    // YAML 1.1 readers take the key `on` for true; some tools write it so.
    triggers: triggersOf(get(root, 'on') ?? get(root, 'true')),
    jobs: found.map(({ job }) => job),
    environments: once(found.flatMap(({ job }) => job.environment ?? [])),
    parts: uniqueParts([...called, ...found.flatMap(({ uses }) => uses)]),
    tools: toolsIn(found.flatMap(({ words }) => words)),
    unseen: once(unseen),
  };
}

function triggersOf(on: unknown): Trigger[] {
  const names = isMap(on) ? Object.keys(on).slice(0, 100) : texts(on);
  const kinds = names.flatMap((name): Trigger[] => {
    if (name !== 'push' || !isMap(on)) return [Object.hasOwn(KIND, name) ? (KIND[name] ?? 'other') : 'other'];
    const push = get(on, 'push');
    const [tags, branches] = [get(push, 'tags') ?? get(push, 'tags-ignore'), get(push, 'branches') ?? get(push, 'branches-ignore')];
    if (tags === undefined) return ['push'];
    return branches === undefined ? ['tag'] : ['push', 'tag'];
  });
  return once(kinds, TRIGGERS);
}

type ReadJob = {
  readonly job: FoundJob;
  readonly part: readonly FoundPart[];
  readonly uses: readonly FoundPart[];
  readonly words: readonly string[];
};

function jobOf(key: string, job: unknown): ReadJob {
  const steps = many(get(job, 'steps'));
  const uses = steps.flatMap((step) => word(get(step, 'uses'), 500) ?? []);
  const words = [
    ...steps.flatMap((step) => [...texts(get(step, 'run')), ...texts(get(step, 'uses')), ...withOf(get(step, 'with'))]),
    ...texts(get(job, 'uses')),
    ...texts(get(get(job, 'container'), 'image') ?? get(job, 'container')),
  ];
  const environment = word(get(get(job, 'environment'), 'name') ?? get(job, 'environment'));
  const purposes = once(
    toolsIn(words).map(({ purpose }) => purpose),
    PURPOSES,
  );
  const reusable = word(get(job, 'uses'), 500);
  return {
    job: {
      name: word(get(job, 'name')) ?? word(key) ?? 'job',
      environment,
      deploys: environment !== null || purposes.includes('deploy'),
      approval: approvalOf(uses),
      purposes,
    },
    part: reusable === null ? [] : [{ what: reusable, pinned: pinnedOf(reusable) }],
    uses: uses.map((what) => ({ what, pinned: pinnedOf(what) })),
    words,
  };
}

/** What an action is told, where it is a word: `command: test`. */
function withOf(given: unknown): string[] {
  return entries(given, 50).flatMap(([key, value]) => texts(value).map((text) => `${key}: ${text.slice(0, 2000)}`));
}

// Environments of GitHub may ask for reviewers; that stands in its settings and not in the file.
function approvalOf(uses: readonly string[]): string | null {
  const found = uses.find((what) => /^(?:trstringer\/manual-approval|elestio|hmarr\/manual-approval)/.test(what));
  return found === undefined ? null : `the action ${found}`;
}

/** How an action is named: `owner/name@ref`, `docker://image@digest`, `./here`. */
export function pinnedOf(what: string): Pinned {
  if (what.startsWith('./') || what.startsWith('../')) return 'local';
  if (what.startsWith('docker://')) return /@sha256:[0-9a-f]{64}$/.test(what) ? 'commit' : /:[^/]+$/.test(what.slice(9)) ? 'tag' : 'none';
  const at = what.lastIndexOf('@');
  if (at === -1) return 'none';
  const ref = what.slice(at + 1);
  if (/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(ref)) return 'commit';
  return /^v?\d/.test(ref) ? 'tag' : 'branch';
}

export function uniqueParts(parts: readonly FoundPart[]): FoundPart[] {
  return [...new Map(parts.map((part) => [part.what, part])).values()].slice(0, 500).sort((a, b) => (a.what < b.what ? -1 : 1));
}
