import { compileCel } from '../../kernel/cel.ts';
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { suggest } from '../../kernel/suggest.ts';
import type { YamlDocument, YamlPath } from '../../kernel/yaml.ts';
import { NEED_FIELDS, ROOTS, RUN_FIELDS, VARIABLES } from './contexts.ts';
import type { Job, Pipeline, Templates } from './pipeline.ts';
import type { Reference } from './references.ts';
import { referencesOf } from './references.ts';
import { parseTemplate } from './template.ts';

/** Compiles every expression of the file and checks that what it names exists. */
export function checkExpressions(document: YamlDocument, pipeline: Pipeline): readonly Diagnostic[] {
  const checker = new Checker(document, pipeline);
  checker.env(['env'], pipeline.env, VARIABLES.pipelineEnv, null, []);
  const above = Object.keys(pipeline.env);
  for (const job of pipeline.jobs) checkJob(checker, job, above);
  return checker.found;
}

function checkJob(checker: Checker, job: Job, above: readonly string[]): void {
  const path = ['jobs', job.name];
  const names = [...above, ...Object.keys(job.env)];
  checker.env([...path, 'env'], job.env, VARIABLES.jobEnv, job, above);
  checker.condition([...path, 'if'], job.condition, VARIABLES.jobIf, job, names);
  for (const [name, axis] of Object.entries(job.matrix?.axes ?? {})) {
    if (typeof axis === 'string') checker.template([...path, 'matrix', name], axis, VARIABLES.matrix, job, []);
  }
  for (const [index, cache] of job.caches.entries()) {
    checker.template([...path, 'cache', index, 'key'], cache.key, VARIABLES.cache, job, names);
    for (const [at, key] of cache.restoreKeys.entries())
      checker.template([...path, 'cache', index, 'restore-keys', at], key, VARIABLES.cache, job, names);
  }
  for (const [index, step] of job.steps.entries()) {
    checker.env([...path, 'steps', index, 'env'], step.env, VARIABLES.stepEnv, job, names);
    checker.condition([...path, 'steps', index, 'if'], step.condition, VARIABLES.stepIf, job, [...names, ...Object.keys(step.env)]);
  }
}

class Checker {
  readonly found: Diagnostic[] = [];
  readonly #document: YamlDocument;
  readonly #pipeline: Pipeline;

  constructor(document: YamlDocument, pipeline: Pipeline) {
    this.#document = document;
    this.#pipeline = pipeline;
  }

  env(path: YamlPath, env: Templates, variables: readonly string[], job: Job | null, names: readonly string[]): void {
    for (const [name, text] of Object.entries(env)) this.template([...path, name], text, variables, job, names);
  }

  template(path: YamlPath, text: string, variables: readonly string[], job: Job | null, names: readonly string[]): void {
    const parsed = parseTemplate(text);
    if (!parsed.ok)
      return this.#error(path, parsed.offset, 3, 'pipelines.expression', parsed.message, 'Close it, or write $${{ for a plain ${{.');
    for (const part of parsed.parts)
      if (part.kind === 'expression') this.#expression(path, part.source, part.offset, variables, job, names);
  }

  condition(path: YamlPath, source: string | null, variables: readonly string[], job: Job, names: readonly string[]): void {
    if (source === null) return;
    if (source.includes('${{'))
      return this.#error(
        path,
        source.indexOf('${{'),
        3,
        'pipelines.expression',
        '"if" is an expression by itself',
        'Write it without ${{ and }}.',
      );
    this.#expression(path, source, 0, variables, job, names);
  }

  #expression(
    path: YamlPath,
    source: string,
    offset: number,
    variables: readonly string[],
    job: Job | null,
    names: readonly string[],
  ): void {
    const references = referencesOf(source, ROOTS);
    const misplaced = references.filter((one) => !variables.includes(one.root));
    for (const one of misplaced) {
      this.#error(
        path,
        offset + one.offset,
        one.root.length,
        'pipelines.variable-not-here',
        `"${one.root}" is not known here`,
        `Known here: ${variables.join(', ')}.`,
      );
    }
    const wrong = references.filter((one) => variables.includes(one.root)).flatMap((one) => this.#unknown(one, job, names) ?? []);
    for (const { at, message, remedy } of wrong)
      this.#error(path, offset + at.offset, at.length, 'pipelines.unknown-reference', message, remedy);
    if (misplaced.length > 0 || wrong.length > 0) return;
    const compiled = compileCel(source, variables);
    if (!compiled.ok)
      this.#error(
        path,
        offset + Math.min(compiled.offset, source.length),
        1,
        'pipelines.expression',
        compiled.message,
        'See the expressions in the guide: write a pipeline.',
      );
  }

  #unknown(at: Reference, job: Job | null, names: readonly string[]): { at: Reference; message: string; remedy: string } | null {
    const [first, second, third] = at.path;
    if (first === undefined) return null;
    const no = (what: string, word: string, known: readonly string[]) => ({
      at,
      message: `there is no ${what} "${word}"`,
      remedy: suggest(word, known),
    });
    if (at.root === 'env') return names.includes(first) ? null : no('variable', first, names);
    if (at.root === 'matrix') {
      const axes = [...Object.keys(job?.matrix?.axes ?? {}), ...(job?.matrix?.include ?? []).flatMap((cell) => Object.keys(cell))];
      return axes.includes(first) ? null : no('matrix axis', first, [...new Set(axes)]);
    }
    if (at.root === 'run') {
      if (!(RUN_FIELDS as readonly string[]).includes(first)) return no('field of run', first, RUN_FIELDS);
      const inputs = (this.#pipeline.on.manual?.inputs ?? []).map((input) => input.name);
      return first !== 'inputs' || second === undefined || inputs.includes(second) ? null : no('input', second, inputs);
    }
    const needs = job?.needs ?? [];
    if (!needs.includes(first)) return dashed(at, first, needs) ?? no('needed job', first, needs);
    if (second === undefined) return null;
    if (!(NEED_FIELDS as readonly string[]).includes(second)) return no('field of a needed job', second, NEED_FIELDS);
    const outputs = this.#pipeline.jobs.find((one) => one.name === first)?.outputs ?? [];
    return second !== 'outputs' || third === undefined || outputs.includes(third) ? null : no(`output of ${first}`, third, outputs);
  }

  #error(path: YamlPath, offset: number, length: number, code: string, message: string, remedy: string): void {
    this.found.push({
      ...this.#document.error(path, code, message, remedy),
      range: this.#document.inside(path, offset, Math.max(1, length)),
    });
  }
}

// `needs.unit-test` is a subtraction to CEL; whoever wrote it meant the job.
function dashed(at: Reference, first: string, needs: readonly string[]): { at: Reference; message: string; remedy: string } | null {
  const meant = needs.find((need) => need.startsWith(`${first}-`));
  return meant === undefined ? null : { at, message: `a name with a dash can't stand after a dot`, remedy: `Write needs["${meant}"].` };
}
