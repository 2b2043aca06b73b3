import { defineProblem } from '../kernel/problem.ts';

export const noPipelineHere = defineProblem<{ file: string }>('cli.no-pipeline', {
  status: 404,
  sentence: ({ file }) => `There is no ${file}.`,
  remedy: 'Run this in the folder of a service, or name the folder; see docs/guide/write-a-pipeline.md for the file.',
});

export const brokenPipeline = defineProblem<{ text: string; count: number }>('cli.bad-pipeline', {
  status: 422,
  sentence: ({ text }) => `The pipeline has errors:\n${text}`,
  remedy: 'Correct the places shown and run it again.',
});

export const badInputs = defineProblem<{ errors: readonly string[] }>('cli.bad-inputs', {
  status: 422,
  sentence: ({ errors }) => `The run can't be planned: ${errors.join('; ')}.`,
  remedy: 'Give the inputs that the pipeline declares under `on: manual: inputs`.',
});

export const noSuchJobHere = defineProblem<{ job: string; known: readonly string[] }>('cli.no-such-job', {
  status: 404,
  sentence: ({ job }) => `The pipeline has no job "${job}".`,
  remedy: ({ known }) => `It has ${known.join(', ')}.`,
});

export const noSandboxHere = defineProblem<{ why: string }>('cli.no-sandbox', {
  status: 409,
  sentence: ({ why }) => `Jobs can't be sandboxed on this machine: ${why}.`,
  remedy: 'Install bubblewrap, or run without --executor sandbox.',
});
