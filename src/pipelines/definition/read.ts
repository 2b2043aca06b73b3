import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { inOrder } from '../../kernel/diagnostic.ts';
import { checkShape } from '../../kernel/yaml-shape.ts';
import { readYaml } from '../../kernel/yaml.ts';
import { checkExpressions } from './check-expressions.ts';
import { checkJobs } from './check-jobs.ts';
import { checkTexts } from './check-texts.ts';
import type { Job, JobInput, Pipeline, Step } from './pipeline.ts';
import { writtenPipeline, type WrittenJob, type WrittenPipeline, type WrittenStep } from './written.ts';

/** Where a repository keeps its pipeline. */
export const PIPELINE_FILE = '.yardmaster/pipeline.yaml';

export type PipelineRead =
  | { readonly ok: true; readonly pipeline: Pipeline; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Reads a pipeline: YAML, then shape, then meaning. All errors of the first of these three that finds any are told at
 * once (a file whose shape is wrong has no meaning to check, but texts are checked in any case).
 */
export function readPipeline(text: string, file: string): PipelineRead {
  const yaml = readYaml(text, file);
  if (!yaml.ok) return yaml;
  const texts = checkTexts(yaml.document);
  const shape = checkShape(yaml.document, writtenPipeline);
  if (!shape.ok) return { ok: false, diagnostics: inOrder([...texts, ...shape.diagnostics]) };
  const pipeline = meaningOf(shape.value);
  const all = inOrder([...texts, ...checkJobs(yaml.document, pipeline), ...checkExpressions(yaml.document, pipeline)]);
  if (all.some((one) => one.severity === 'error')) return { ok: false, diagnostics: all };
  return { ok: true, pipeline, warnings: all };
}

function meaningOf(written: WrittenPipeline): Pipeline {
  return {
    name: written.name,
    on: written.on,
    env: written.env,
    jobs: Object.entries(written.jobs).map(([name, job]) => jobOf(name, job, written)),
  };
}

function jobOf(name: string, written: WrittenJob, file: WrittenPipeline): Job {
  return {
    name,
    needs: [...new Set(written.needs)],
    when: written.when,
    condition: written.if,
    matrix: written.matrix,
    pool: written['runs-on'].pool,
    executor: written['runs-on'].executor,
    environment: written.environment,
    timeoutMs: written.timeout,
    retries: written.retries,
    env: written.env,
    steps: written.steps.map(stepOf),
    caches: written.cache.map((cache) => ({ key: cache.key, files: cache.files, restoreKeys: cache['restore-keys'], paths: cache.paths })),
    artifacts: written.artifacts,
    inputs: written.inputs.map((input): JobInput => ({
      artifact: input.artifact,
      path: input.path,
      from: input.from ?? makerOf(input.artifact, written.needs, file),
    })),
    reports: written.reports.map((report) => ({ name: report.name ?? report.kind, kind: report.kind, path: report.path })),
    outputs: written.outputs,
    secrets: written.secrets,
    network: written.network,
  };
}

// Without `from`, the artifact is that of the only needed job that makes one of this name; '' is told by checkJobs.
function makerOf(artifact: string, needs: readonly string[], file: WrittenPipeline): string {
  const makers = needs.filter(
    (need) => Object.hasOwn(file.jobs, need) && file.jobs[need]?.artifacts.some((made) => made.name === artifact),
  );
  return makers.length === 1 ? (makers[0] ?? '') : '';
}

function stepOf(written: WrittenStep, index: number): Step {
  const script = written.run ?? (written.script === undefined ? '' : callOf(written.script, written.shell));
  return {
    name: written.name ?? nameOf(written, index),
    script,
    shell: written.shell,
    condition: written.if,
    env: written.env,
    directory: written['working-directory'],
    timeoutMs: written.timeout,
    continueOnError: written['continue-on-error'],
    always: written.always,
  };
}

function nameOf(written: WrittenStep, index: number): string {
  const first = (written.script ?? written.run ?? '').split('\n').find((line) => line.trim() !== '');
  return (
    (first ?? `step ${index + 1}`)
      .trim()
      .replaceAll(/[\0-\x1f\x7f]/g, ' ')
      .slice(0, 80) || `step ${index + 1}`
  );
}

// `path` consists of characters that no shell gives a meaning to; the schema sees to it.
function callOf(path: string, shell: Step['shell']): string {
  if (shell === 'node') return `import('node:url').then((url) => import(url.pathToFileURL('${path}').href));`;
  if (shell === 'python3') return `import runpy\nrunpy.run_path('${path}', run_name='__main__')\n`;
  return `. "./${path}"\n`;
}
