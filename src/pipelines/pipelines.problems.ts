import { defineProblem } from '../kernel/problem.ts';

export const noSuchRun = defineProblem<{ run: string }>('pipelines.no-such-run', {
  status: 404,
  sentence: ({ run }) => `There is no run ${run}.`,
  remedy: 'List the runs with `ym status` or GET /v1/runs.',
});

export const noSuchJob = defineProblem<{ job: string }>('pipelines.no-such-job', {
  status: 404,
  sentence: ({ job }) => `There is no job ${job}, or it has not been started yet.`,
  remedy: 'See the jobs of a run with GET /v1/runs/{run}.',
});

export const noSuchService = defineProblem<{ service: string }>('pipelines.no-such-service', {
  status: 404,
  sentence: ({ service }) => `There is no service "${service}".`,
  remedy: 'Check the name, or add the service to yardmaster.yaml and run `ym apply`.',
});

export const noRepository = defineProblem<{ service: string }>('pipelines.no-repository', {
  status: 409,
  sentence: ({ service }) => `The service "${service}" has no repository, so there is nothing to run.`,
  remedy: 'Give it a `repository` in yardmaster.yaml and run `ym apply`.',
});

export const noPipeline = defineProblem<{ file: string; commit: string }>('pipelines.no-pipeline', {
  status: 422,
  sentence: ({ file, commit }) => `The commit ${commit} has no file ${file}.`,
  remedy: 'Add the file (see docs/guide/write-a-pipeline.md) and commit it.',
});

export const badPipeline = defineProblem<{ file: string; text: string; diagnostics: readonly unknown[] }>('pipelines.bad-pipeline', {
  status: 422,
  sentence: ({ file, text }) => `The pipeline ${file} has errors:\n${text}`,
  remedy: 'Correct the places shown; `ym pipeline check` shows them without a server.',
});

export const runNotOver = defineProblem<{ run: string; state: string }>('pipelines.run-not-over', {
  status: 409,
  sentence: ({ run, state }) => `The run ${run} is still ${state}.`,
  remedy: 'Wait for its end or cancel it, then run it again.',
});
export const nothingToRepeat = defineProblem<{ run: string }>('pipelines.nothing-to-repeat', {
  status: 409,
  sentence: ({ run }) => `The run ${run} is of no commit of a repository that the catalog knows.`,
  remedy: 'Start a run of the service instead: ym run SERVICE.',
});
export const runOver = defineProblem<{ run: string; state: string }>('pipelines.run-over', {
  status: 409,
  sentence: ({ run, state }) => `The run ${run} is over: it ${state === 'cancelled' ? 'was cancelled' : state}.`,
  remedy: 'Nothing has to be cancelled.',
});

export const leaseLost = defineProblem<{ job: string; attempt: number }>('pipelines.lease-lost', {
  status: 409,
  sentence: ({ job, attempt }) =>
    `The lease of attempt ${attempt} of ${job} is over or belongs to another; this write was refused and recorded.`,
  remedy: 'Stop the job, throw its workspace away and claim again.',
});

export const foreignBlob = defineProblem<{ digest: string; job: string }>('pipelines.foreign-blob', {
  status: 422,
  sentence: ({ digest, job }) => `The job ${job} names ${digest}, which this attempt did not upload.`,
  remedy: 'Upload the bytes first; a job can name only what it uploaded itself.',
});

export const unreadableBlob = defineProblem<{ digest: string; job: string }>('pipelines.unreadable-blob', {
  status: 404,
  sentence: ({ digest, job }) => `The job ${job} may not download ${digest}.`,
  remedy: 'A job downloads its source, its inputs and caches of its own trust level or above.',
});

export const logGap = defineProblem<{ stored: number; offset: number }>('pipelines.log-gap', {
  status: 409,
  sentence: ({ stored, offset }) => `The log is stored up to byte ${stored}, and this part begins at ${offset}.`,
  remedy: 'Send the log again from the stored offset.',
});

export const logFull = defineProblem<{ limit: number }>('pipelines.log-full', {
  status: 413,
  sentence: ({ limit }) => `The log of this attempt has reached its limit of ${limit} bytes.`,
  remedy: 'Print less, or write the details to a file that the job keeps as an artifact.',
});

export const badRegistration = defineProblem<Record<string, never>>('pipelines.bad-registration', {
  status: 401,
  sentence: 'This registration is unknown, used or expired.',
  remedy: 'Ask an admin for a new one: POST /v1/runners/registrations. Each registers one runner.',
});

export const noSuchRunner = defineProblem<{ runner: string }>('pipelines.no-such-runner', {
  status: 404,
  sentence: ({ runner }) => `There is no runner ${runner}.`,
  remedy: 'List them with GET /v1/runners.',
});

export const noSuchSecret = defineProblem<{ name: string }>('pipelines.no-such-secret', {
  status: 404,
  sentence: ({ name }) => `The service has no secret ${name}.`,
  remedy: 'List their names with GET /v1/services/{service}/secrets.',
});

export const badInputs = defineProblem<{ errors: readonly { input: string; message: string; remedy: string }[] }>('pipelines.bad-inputs', {
  status: 422,
  sentence: ({ errors }) => `The inputs are not those of the pipeline: ${errors.map((error) => error.message).join('; ')}.`,
  remedy: ({ errors }) => errors.map((error) => error.remedy).join(' '),
});

export const notStarted = defineProblem<{ service: string; why: string }>('pipelines.not-started', {
  status: 422,
  sentence: ({ service, why }) => `The pipeline of "${service}" was not started: ${why}.`,
  remedy: 'Add `manual` to its `on`, or push to a branch that it names.',
});

export const badPattern = defineProblem<{ why: string }>('pipelines.bad-pattern', {
  status: 400,
  sentence: ({ why }) => `That is no regular expression: ${why}.`,
  remedy: 'Regular expressions are of the RE2 kind (no look-around, no back-references); or search for plain text.',
});
export const logRemoved = defineProblem<{ job: string; at: string }>('pipelines.log-removed', {
  status: 410,
  sentence: ({ job, at }) => `The log of ${job} was kept long enough; it was removed on ${at.slice(0, 10)}.`,
  remedy: 'Run it again where you need one. Whoever operates this server sets how long logs are kept: ym retention show.',
});
export const noSuchEnvironment = defineProblem<{ environment: string }>('pipelines.no-such-environment', {
  status: 404,
  sentence: ({ environment }) => `There is no environment ${environment}.`,
  remedy: 'See them with: ym environments',
});

export const toldOtherwise = defineProblem<{ what: string; run: string }>('pipelines.told-otherwise', {
  status: 409,
  sentence: ({ what, run }) => `Something else was told of ${what} of the recorded run ${run} before, and what was told stays.`,
  remedy: 'If the run ran again there, tell it as another attempt (--attempt); else tell it under another name.',
});

export const noSuchUpload = defineProblem<{ digest: string }>('pipelines.no-such-upload', {
  status: 404,
  sentence: ({ digest }) => `No upload of ${digest} is under way.`,
  remedy: 'Begin it first; one that nobody goes on with is removed after a day. `ym record artifact` does both by itself.',
});
export const uploadOffset = defineProblem<{ offset: number; why: string }>('pipelines.upload-offset', {
  status: 409,
  sentence: ({ offset, why }) => `The upload is at byte ${offset}: ${why}.`,
  remedy: ({ offset }) => `Go on from byte ${offset}; what came before it is kept.`,
});
export const smallPart = defineProblem<{ size: number; least: number }>('pipelines.small-part', {
  status: 422,
  sentence: ({ size, least }) => `A part of ${size} bytes is too small: all but the last have ${least} at least.`,
  remedy: 'Send larger parts; 8 MiB is a good size.',
});
export const tooManyUploads = defineProblem<{ service: string; limit: number }>('pipelines.too-many-uploads', {
  status: 409,
  sentence: ({ service, limit }) => `${limit} uploads of ${service} are under way, and no more are begun.`,
  remedy: 'Finish those that were begun, or wait: what nobody goes on with is removed after a day.',
});
export const notUploaded = defineProblem<{ digest: string; offset: number }>('pipelines.not-uploaded', {
  status: 409,
  sentence: ({ digest, offset }) => `The bytes of ${digest} are not here: ${offset} of them came.`,
  remedy: 'Send the rest first; `ym record artifact` does it by itself.',
});

export const isRecorded = defineProblem<{ run: string; system: string }>('pipelines.recorded-run', {
  status: 409,
  sentence: ({ run, system }) => `The run ${run} ran in ${system}; it was only told or read here.`,
  remedy: 'Cancel it or run it again where it runs, and tell that.',
});

export const noSuchMergeRequest = defineProblem<{ number: number }>('pipelines.no-such-merge-request', {
  status: 404,
  sentence: ({ number }) => `There is no merge request ${number} that we have seen.`,
  remedy: 'See `ym mr list SERVICE`; a new one is seen within five minutes, or at once by a webhook (`ym connect hook`).',
});
export const movedOn = defineProblem<{ number: number }>('pipelines.merge-request-moved', {
  status: 409,
  sentence: ({ number }) => `Merge request ${number} has another head than the one that you looked at.`,
  remedy: 'Look at it again (`ym mr show`), and name the commit that you saw.',
});
export const noOtherRunner = defineProblem<{ run: string; pool: string }>('pipelines.no-other-runner', {
  status: 409,
  sentence: ({ run, pool }) => `Every runner of the pool ${pool} that could build it again built something of the run ${run} already.`,
  remedy:
    'Add another runner to the pool (`ym runner register`), or build again on the same one: `ym artifact reproduce DIGEST --any-runner`.',
});
export const otherRunnersSilent = defineProblem<{ run: string; pool: string; runner: string; seen: string }>(
  'pipelines.other-runners-silent',
  {
    status: 409,
    sentence: ({ pool, runner, seen }) =>
      `No other runner of the pool ${pool} is there to build it again; ${runner} was last heard of at ${seen}.`,
    remedy: 'Start that runner, or build again on the same one: `ym artifact reproduce DIGEST --any-runner`.',
  },
);
