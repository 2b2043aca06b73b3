import { once, PURPOSES, TRIGGERS, unread, type FoundJob, type FoundPart, type FoundPipeline, type Pinned, type Trigger } from './found.ts';
import { entries, get, isMap, many, readLooseYaml, texts, word } from './loose-yaml.ts';
import { uniqueParts } from './read-github.ts';
import { toolsIn } from './tools.ts';

/** Keys of the top that are no jobs (docs: "CI/CD YAML syntax reference"). */
const KEYWORDS = new Set([
  'default',
  'include',
  'stages',
  'types',
  'variables',
  'workflow',
  'image',
  'services',
  'cache',
  'before_script',
  'after_script',
  'spec',
  'pages:deploy',
]);

/** A pipeline of GitLab CI. Jobs that others extend (`.name`) are laid under those that extend them. */
export function readGitlabCi(source: string, file: string): FoundPipeline {
  const read = readLooseYaml(source);
  if (!read.ok) return unread('gitlab-ci', file, read.fault);
  // A header with `spec:` is a document of its own.
  const root = read.documents.findLast((document) => isMap(document) && get(document, 'spec') === undefined) ?? read.documents.at(-1);
  if (!isMap(root)) return unread('gitlab-ci', file, 'it is no map');
  const named = entries(root).filter(([name, job]) => !KEYWORDS.has(name) && isMap(job));
  const hidden = new Map(named);
  const jobs = named.filter(([name]) => !name.startsWith('.')).map(([name, job]) => [name, extended(job, hidden, 0)] as const);
  const parts = many(get(root, 'include')).flatMap(partsOf);
  if (jobs.length === 0 && parts.length === 0) return unread('gitlab-ci', file, 'it has no jobs');
  const common = [...texts(get(root, 'before_script')), ...texts(get(get(root, 'default'), 'before_script'))];
  const read_ = jobs.map(([name, job]) => jobOf(name, job));
  return {
    system: 'gitlab-ci',
    file,
    name: word(get(get(root, 'workflow'), 'name')) ?? file,
    fault: null,
    triggers: triggersOf(root, jobs),
    jobs: read_.map(({ job }) => job),
    environments: once(read_.flatMap(({ job }) => job.environment ?? [])),
    parts: uniqueParts(parts),
    tools: toolsIn([...common, ...read_.flatMap(({ words }) => words), ...parts.map(({ what }) => what)]),
    unseen: once([
      ...parts.map(({ what }) => `the file ${what}`),
      ...jobs.flatMap(([name, job]) => (get(job, 'trigger') === undefined ? [] : [`the pipeline that ${word(name) ?? 'a job'} starts`])),
    ]),
  };
}

/** A job with what it extends below it: the nearer wins, scripts of those above are kept to be looked at. */
function extended(job: unknown, all: ReadonlyMap<string, unknown>, depth: number): unknown {
  if (!isMap(job) || depth > 10) return job;
  const bases = texts(get(job, 'extends'))
    .slice(0, 11)
    .flatMap((name) => (all.has(name) ? [extended(all.get(name), all, depth + 1)] : []));
  return bases.length === 0 ? job : Object.assign(Object.create(null), ...bases, job);
}

function jobOf(name: string, job: unknown): { job: FoundJob; words: string[] } {
  const words = [
    ...['before_script', 'script', 'after_script'].flatMap((key) => texts(get(job, key))),
    ...texts(get(get(job, 'image'), 'name') ?? get(job, 'image')),
    ...(get(get(get(job, 'artifacts'), 'reports'), 'junit') === undefined ? [] : ['junit:']),
    ...(get(job, 'coverage') === undefined ? [] : ['--coverage']),
  ];
  const environment = get(job, 'environment');
  const action = word(get(environment, 'action')) ?? 'start';
  const place = action === 'start' ? word(get(environment, 'name') ?? environment) : null;
  const purposes = once(
    toolsIn(words).map(({ purpose }) => purpose),
    PURPOSES,
  );
  const deploys = place !== null || purposes.includes('deploy');
  const manual = word(get(job, 'when')) === 'manual' || many(get(job, 'rules')).some((rule) => word(get(rule, 'when')) === 'manual');
  return {
    job: { name: word(name) ?? 'job', environment: place, deploys, approval: manual && deploys ? 'started by hand' : null, purposes },
    words,
  };
}

const SOURCES: Readonly<Record<string, Trigger>> = {
  merge_request_event: 'merge-request',
  schedule: 'schedule',
  web: 'manual',
  api: 'api',
  trigger: 'api',
  pipeline: 'called',
  parent_pipeline: 'called',
  push: 'push',
};

/** What the rules and `only` of the file speak of; a file that speaks of nothing runs on every push. */
function triggersOf(root: unknown, jobs: readonly (readonly [string, unknown])[]): Trigger[] {
  const rules = [...many(get(get(root, 'workflow'), 'rules')), ...jobs.flatMap(([, job]) => many(get(job, 'rules')))];
  const said = rules
    .flatMap((rule) => texts(get(rule, 'if')))
    .join('\n')
    .slice(0, 100_000);
  const only = jobs.flatMap(([, job]) => texts(get(get(job, 'only'), 'refs') ?? get(job, 'only')));
  const found: Trigger[] = ['push'];
  for (const [source, trigger] of Object.entries(SOURCES)) if (said.includes(source)) found.push(trigger);
  if (said.includes('$CI_COMMIT_TAG') || only.includes('tags')) found.push('tag');
  if (said.includes('$CI_MERGE_REQUEST') || only.includes('merge_requests')) found.push('merge-request');
  if (only.includes('schedules')) found.push('schedule');
  return once(found, TRIGGERS);
}

function partsOf(value: unknown): FoundPart[] {
  const direct = typeof value === 'string' ? value : null;
  const remote = word(get(value, 'remote') ?? (direct?.startsWith('http') === true ? direct : undefined), 500);
  if (remote !== null) return [{ what: remote, pinned: 'none' }];
  const component = word(get(value, 'component'), 500);
  if (component !== null) return [{ what: component, pinned: refPinned(component.split('@')[1]) }];
  const template = word(get(value, 'template'), 500);
  if (template !== null) return [{ what: template, pinned: 'branch' }];
  const project = word(get(value, 'project'), 500);
  if (project !== null)
    return texts(get(value, 'file')).map((file) => ({
      what: `${project}: ${word(file) ?? ''}`,
      pinned: refPinned(word(get(value, 'ref')) ?? undefined),
    }));
  const local = word(get(value, 'local') ?? direct, 500);
  return local === null ? [] : [{ what: local, pinned: 'local' }];
}

function refPinned(ref: string | undefined): Pinned {
  if (ref === undefined) return 'none';
  if (/^[0-9a-f]{40}$/.test(ref)) return 'commit';
  return /^v?\d/.test(ref) ? 'tag' : 'branch';
}
