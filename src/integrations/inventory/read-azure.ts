import { once, PURPOSES, TRIGGERS, unread, type FoundJob, type FoundPart, type FoundPipeline, type Trigger } from './found.ts';
import { entries, get, isMap, many, readLooseYaml, texts, word } from './loose-yaml.ts';
import { uniqueParts } from './read-github.ts';
import { toolsIn } from './tools.ts';

type Bag = { readonly jobs: FoundJob[]; readonly parts: FoundPart[]; readonly words: string[]; made: boolean };

/** A pipeline of Azure Pipelines (docs: "YAML schema reference for Azure Pipelines"). */
export function readAzurePipeline(source: string, file: string): FoundPipeline {
  const read = readLooseYaml(source);
  if (!read.ok) return unread('azure-pipelines', file, read.fault);
  const [root] = read.documents;
  if (!isMap(root)) return unread('azure-pipelines', file, 'it is no map');
  const bag: Bag = { jobs: [], parts: [], words: [], made: false };
  const template = word(get(get(root, 'extends'), 'template'), 500);
  if (template !== null) bag.parts.push(partOf(template));
  for (const stage of flat(get(root, 'stages'), bag)) readStage(stage, bag);
  readJobs(get(root, 'jobs'), '', bag);
  if (get(root, 'steps') !== undefined) readJob({ job: 'job', steps: get(root, 'steps') }, '', bag);
  if (bag.jobs.length === 0 && bag.parts.length === 0) return unread('azure-pipelines', file, 'it has no stages, jobs or steps');
  return {
    system: 'azure-pipelines',
    file,
    name: word(get(root, 'name')) ?? file,
    fault: null,
    triggers: triggersOf(root),
    jobs: bag.jobs,
    environments: once(bag.jobs.flatMap(({ environment }) => environment ?? [])),
    parts: uniqueParts(bag.parts),
    tools: toolsIn(bag.words),
    unseen: once([
      ...bag.parts.filter(({ what }) => !what.includes('@') || what.includes('.y')).map(({ what }) => `the template ${what}`),
      ...(bag.made ? ['parts that are put in by conditions when it runs'] : []),
    ]),
  };
}

function triggersOf(root: unknown): Trigger[] {
  const found: Trigger[] = ['manual'];
  const [push, pull] = [get(root, 'trigger'), get(root, 'pr')];
  if (word(push) !== 'none') found.push('push');
  if (get(push, 'tags') !== undefined) found.push('tag');
  if (pull !== undefined && word(pull) !== 'none') found.push('merge-request');
  if (get(root, 'schedules') !== undefined) found.push('schedule');
  if (get(get(root, 'resources'), 'pipelines') !== undefined) found.push('called');
  return once(found, TRIGGERS);
}

/** A list with what template expressions (`${{ if ... }}:`, `${{ each ... }}:`) put into it. */
function flat(value: unknown, bag: Bag, depth = 0): unknown[] {
  return many(value).flatMap((one) => {
    const [first] = entries(one, 1);
    if (first?.[0].startsWith('${{') !== true || depth > 8) return [one];
    bag.made = true;
    return flat(first[1], bag, depth + 1);
  });
}

function readStage(stage: unknown, bag: Bag): void {
  if (template(stage, bag)) return;
  readJobs(get(stage, 'jobs'), word(get(stage, 'displayName')) ?? word(get(stage, 'stage')) ?? '', bag);
  if (get(stage, 'steps') !== undefined) readJob({ job: 'job', steps: get(stage, 'steps') }, word(get(stage, 'stage')) ?? '', bag);
}

function readJobs(jobs: unknown, stage: string, bag: Bag): void {
  for (const job of flat(jobs, bag)) if (!template(job, bag)) readJob(job, stage, bag);
}

function readJob(job: unknown, stage: string, bag: Bag): void {
  const steps = [...flat(get(job, 'steps'), bag), ...deploymentSteps(get(job, 'strategy'), bag)];
  const words = steps.flatMap((step) => {
    if (template(step, bag)) return [];
    const task = word(get(step, 'task'), 500);
    if (task !== null) bag.parts.push({ what: task, pinned: 'tag' });
    const inputs = entries(get(step, 'inputs'), 50).flatMap(([key, value]) => texts(value).map((text) => `${key}: ${text.slice(0, 2000)}`));
    // `DotNetCoreCLI@2` with `command: test` is `dotnet test`.
    const told =
      task === null
        ? []
        : texts(get(get(step, 'inputs'), 'command')).map(
            (command) => `${task.startsWith('DotNet') ? 'dotnet' : task.split('@')[0]?.toLowerCase()} ${command}`,
          );
    return [
      ...(task === null ? [] : [task]),
      ...told,
      ...inputs,
      ...['script', 'bash', 'powershell', 'pwsh'].flatMap((key) => texts(get(step, key))),
    ];
  });
  const deployment = word(get(job, 'deployment'));
  const environment = word(get(get(job, 'environment'), 'name') ?? get(job, 'environment'))?.split('.')[0] ?? null;
  const purposes = once(
    toolsIn(words).map(({ purpose }) => purpose),
    PURPOSES,
  );
  const manual = steps.some((step) => /^(?:ManualValidation|ManualIntervention)@/.test(word(get(step, 'task')) ?? ''));
  const name = word(get(job, 'displayName')) ?? deployment ?? word(get(job, 'job')) ?? 'job';
  bag.words.push(...words);
  bag.jobs.push({
    name: stage === '' ? name : `${stage}: ${name}`,
    environment,
    deploys: deployment !== null || environment !== null || purposes.includes('deploy'),
    approval: manual ? 'manual validation' : null,
    purposes,
  });
}

/** Steps of a deployment job stand below its strategy: `runOnce.deploy.steps`, `canary.routeTraffic.steps`. */
function deploymentSteps(strategy: unknown, bag: Bag): unknown[] {
  return entries(strategy, 10).flatMap(([, way]) =>
    entries(way, 20).flatMap(([name, hook]) =>
      name === 'on' ? entries(hook, 10).flatMap(([, one]) => flat(get(one, 'steps'), bag)) : flat(get(hook, 'steps'), bag),
    ),
  );
}

function template(value: unknown, bag: Bag): boolean {
  const name = word(get(value, 'template'), 500);
  if (name === null) return false;
  bag.parts.push(partOf(name));
  return true;
}

/** `file.yml@alias` is a file of another repository, whose ref stands in `resources`. */
function partOf(what: string): FoundPart {
  return { what, pinned: what.includes('@') && !what.endsWith('@self') ? 'none' : 'local' };
}
