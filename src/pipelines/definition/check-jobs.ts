import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { suggest } from '../../kernel/suggest.ts';
import type { YamlDocument } from '../../kernel/yaml.ts';
import { cyclesOf } from '../../kernel/graph.ts';
import { cellsOf } from './matrix.ts';
import type { Job, Pipeline } from './pipeline.ts';
import { hasExpression } from './template.ts';

/** Checks what the jobs say of each other and of themselves, beyond their shape. */
export function checkJobs(document: YamlDocument, pipeline: Pipeline): readonly Diagnostic[] {
  const jobs = new Map(pipeline.jobs.map((job) => [job.name, job]));
  return [
    ...pipeline.jobs.flatMap((job) => [
      ...checkNeeds(document, job, jobs),
      ...checkSteps(document, job),
      ...checkInputs(document, job, jobs),
      ...checkNames(document, job),
      ...checkMatrix(document, job),
    ]),
    ...checkCycles(document, pipeline),
    ...checkTriggers(document, pipeline),
  ];
}

function checkNeeds(document: YamlDocument, job: Job, jobs: ReadonlyMap<string, Job>): Diagnostic[] {
  const found: Diagnostic[] = [];
  const names = [...jobs.keys()].filter((name) => name !== job.name);
  const written = (document.value as { jobs: Record<string, { needs?: unknown }> }).jobs[job.name]?.needs;
  const list = Array.isArray(written) ? written : [written];
  for (const need of job.needs) {
    const path = ['jobs', job.name, 'needs', ...(Array.isArray(written) ? [list.indexOf(need)] : [])];
    if (!jobs.has(need)) found.push(document.error(path, 'pipelines.unknown-need', `there is no job "${need}"`, suggest(need, names)));
  }
  if (job.needs.length === 0 && job.when === 'failed') {
    found.push(
      document.error(
        ['jobs', job.name, 'when'],
        'pipelines.unreachable',
        `"${job.name}" runs when a needed job failed, and it needs none`,
        'Name the jobs under "needs".',
      ),
    );
  }
  if (job.condition === 'false') {
    found.push({
      ...document.error(['jobs', job.name, 'if'], 'pipelines.never-runs', `"${job.name}" never runs`, 'Remove the job, or its condition.'),
      severity: 'warning',
    });
  }
  return found;
}

function checkSteps(document: YamlDocument, job: Job): Diagnostic[] {
  const written = (document.value as { jobs: Record<string, { steps: Record<string, unknown>[] }> }).jobs[job.name]?.steps ?? [];
  return written.flatMap((step, index) => {
    const path = ['jobs', job.name, 'steps', index];
    const ways = ['run', 'script'].filter((key) => step[key] !== undefined);
    const [at, message] =
      ways.length > 1 ? [[...path, 'script'], 'a step has either "run" or "script", not both'] : [path, 'a step needs "run" or "script"'];
    if (ways.length !== 1)
      return [
        document.error(
          at,
          'pipelines.step-without-script',
          message,
          'Write the commands under "run", or the path of a file under "script".',
        ),
      ];
    const own = job.steps[index]?.timeoutMs ?? null;
    if (own !== null && own > job.timeoutMs) {
      return [
        document.error(
          [...path, 'timeout'],
          'pipelines.step-outlives-job',
          'this step may take longer than its whole job',
          'Give the job a longer timeout, or the step a shorter one.',
        ),
      ];
    }
    return [];
  });
}

function checkInputs(document: YamlDocument, job: Job, jobs: ReadonlyMap<string, Job>): Diagnostic[] {
  return job.inputs.flatMap((input, index) => {
    const path = ['jobs', job.name, 'inputs', index];
    const made = job.needs.flatMap((need) => (jobs.get(need)?.artifacts ?? []).map((artifact) => ({ need, name: artifact.name })));
    const names = [...new Set(made.map((one) => one.name))];
    if (input.from === '' && made.filter((one) => one.name === input.artifact).length > 1) {
      return [
        document.error(
          [...path, 'artifact'],
          'pipelines.ambiguous-input',
          `several needed jobs make an artifact "${input.artifact}"`,
          'Say which one with "from".',
        ),
      ];
    }
    if (input.from === '')
      return [
        document.error(
          [...path, 'artifact'],
          'pipelines.unknown-artifact',
          `no needed job makes an artifact "${input.artifact}"`,
          suggest(input.artifact, names),
        ),
      ];
    if (!job.needs.includes(input.from))
      return [
        document.error(
          [...path, 'from'],
          'pipelines.input-not-needed',
          `"${job.name}" does not need "${input.from}"`,
          suggest(input.from, job.needs),
        ),
      ];
    if (made.some((one) => one.need === input.from && one.name === input.artifact)) return [];
    return [
      document.error(
        [...path, 'artifact'],
        'pipelines.unknown-artifact',
        `"${input.from}" makes no artifact "${input.artifact}"`,
        suggest(input.artifact, names),
      ),
    ];
  });
}

function checkNames(document: YamlDocument, job: Job): Diagnostic[] {
  const twice = (kind: 'artifacts' | 'reports' | 'outputs' | 'secrets', names: readonly string[]): Diagnostic[] =>
    names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [
            document.error(
              ['jobs', job.name, kind, index],
              'pipelines.name-twice',
              `"${name}" stands twice in ${kind}`,
              'Give each a name of its own.',
            ),
          ],
    );
  const shadowed = job.secrets.flatMap((name, index) =>
    Object.hasOwn(job.env, name)
      ? [
          document.error(
            ['jobs', job.name, 'secrets', index],
            'pipelines.secret-shadowed',
            `"${name}" is both a secret and a variable`,
            'Rename one of them.',
          ),
        ]
      : [],
  );
  const names = (list: readonly { readonly name: string }[]): string[] => list.map((one) => one.name);
  return [
    ...twice('artifacts', names(job.artifacts)),
    ...twice('reports', names(job.reports)),
    ...twice('outputs', job.outputs),
    ...twice('secrets', job.secrets),
    ...shadowed,
  ];
}

function checkMatrix(document: YamlDocument, job: Job): Diagnostic[] {
  if (job.matrix === null) return [];
  const axes = Object.entries(job.matrix.axes);
  const plain = axes.filter(([, values]) => typeof values === 'string' && !hasExpression(values)).map(([name]) => name);
  if (plain.length > 0)
    return plain.map((name) =>
      document.error(
        ['jobs', job.name, 'matrix', name],
        'pipelines.axis',
        'an axis is a list, or an expression that gives one',
        'Write a list: [a, b].',
      ),
    );
  const unknown = job.matrix.exclude.flatMap((cell, index) =>
    Object.keys(cell)
      .filter((name) => !Object.hasOwn(job.matrix?.axes ?? {}, name))
      .map((name) => ({
        ...document.error(
          ['jobs', job.name, 'matrix', 'exclude', index, name],
          'pipelines.unknown-axis',
          `the matrix has no axis "${name}"`,
          suggest(
            name,
            axes.map(([axis]) => axis),
          ),
        ),
        range: document.keyAt(['jobs', job.name, 'matrix', 'exclude', index, name]),
      })),
  );
  if (unknown.length > 0 || axes.some(([, values]) => typeof values === 'string')) return unknown;
  const cells = cellsOf(job.matrix, {});
  return cells.ok
    ? []
    : [document.error(['jobs', job.name, 'matrix'], 'pipelines.matrix', cells.why, 'Shorten the axes, or correct include and exclude.')];
}

function checkCycles(document: YamlDocument, pipeline: Pipeline): Diagnostic[] {
  return cyclesOf(pipeline.jobs).map((cycle) => {
    const [first = ''] = cycle;
    const way = [...cycle, first].map((name) => `"${name}"`).join(' needs ');
    return document.error(
      ['jobs', first, 'needs'],
      'pipelines.cycle',
      `these jobs wait for each other: ${way}`,
      'Remove one of these needs.',
    );
  });
}

function checkTriggers(document: YamlDocument, pipeline: Pipeline): Diagnostic[] {
  if (pipeline.on.push === null && pipeline.on.manual === null) {
    return [document.error(['on'], 'pipelines.never-starts', 'nothing starts this pipeline', 'Name push, manual or both under "on".')];
  }
  return (pipeline.on.manual?.inputs ?? []).flatMap((input) => {
    if (input.choices.length === 0 || input.default === null || input.choices.includes(input.default)) return [];
    return [
      document.error(
        ['on', 'manual', 'inputs', input.name, 'default'],
        'pipelines.input-default',
        `"${input.default}" is none of the choices`,
        suggest(input.default, input.choices),
      ),
    ];
  });
}
