import { defineProblem } from '../../kernel/problem.ts';

export const notCi = defineProblem<{ name: string; vendor: string }>('ci.no-ci', {
  status: 422,
  sentence: ({ name, vendor }) => `${name} (${vendor}) is no CI server that can be read.`,
  remedy: 'GitHub, GitLab, Azure DevOps and Jenkins can be read; any other CI tells of its runs with `ym record`.',
});
export const noSuchPipeline = defineProblem<{ pipeline: string }>('ci.no-such-pipeline', {
  status: 404,
  sentence: ({ pipeline }) => `This connection has found no pipeline ${pipeline}.`,
  remedy: 'See them with: ym connect pipelines NAME',
});
export const noSuchService = defineProblem<{ service: string }>('ci.no-such-service', {
  status: 404,
  sentence: ({ service }) => `There is no service ${service}.`,
  remedy: 'See them with: ym services',
});
export const notRead = defineProblem<{ what: string }>('ci.not-read', {
  status: 409,
  sentence: ({ what }) => `${what} was not read from a CI server, so there is nobody to ask.`,
  remedy: 'Runs of our own have their jobs and logs here already.',
});
export const noForeignLog = defineProblem<{ job: string }>('ci.no-log', {
  status: 404,
  sentence: ({ job }) => `The CI server has no log of the job ${job}, or keeps it no more.`,
  remedy: 'Open the job there by its link.',
});
export const stillRunning = defineProblem<{ job: string }>('ci.still-running', {
  status: 409,
  sentence: ({ job }) => `The job ${job} has not ended, and its log grows there.`,
  remedy: 'Read it there by its link, or fetch it when the job has ended.',
});
