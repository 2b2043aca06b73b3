import { z } from 'zod';
import { digestOf } from '../kernel/digest.ts';
import { defineEvent } from '../kernel/event.ts';

const text = z.string();
const optional = z.string().nullable();
const count = z.number().int();
/** Why something ended is what a person, a runner or a file said: its words stay with the row, and facts carry their digest. */
export function causeDigest(cause: string | null): string | null {
  return cause === null ? null : digestOf(cause);
}

const made = z.array(z.object({ name: text, digest: text }));

export const changeMerged = defineEvent({
  type: 'change.merged',
  subject: 'src',
  means: 'A watched repository has a new head on a branch.',
  /** `commits`: newest first, 1,000 at most; `more` counts the rest. */
  body: z.object({ repository: text, ref: text, before: optional, commit: text, commits: z.array(text).max(1000), more: count }),
});

export const mergeRequestChanged = defineEvent({
  type: 'change.reviewed',
  subject: 'mrq',
  means: 'A merge request of a watched repository was opened, moved, merged or closed at its forge.',
  body: z.object({ source: text, number: count, state: text, head: optional, mergeCommit: optional, fork: z.boolean().nullable() }),
});

export const runQueued = defineEvent({
  type: 'pipelinerun.queued',
  subject: 'run',
  means: 'A run was planned from the pipeline of a commit.',
  body: z.object({ commit: optional, ref: optional, trust: text, trigger: text, person: optional, pipeline: optional, jobs: count }),
});

export const runStarted = defineEvent({
  type: 'pipelinerun.started',
  subject: 'run',
  means: 'The first job of a run was taken by a runner.',
  body: z.object({ commit: optional, trust: text }),
});

export const runFinished = defineEvent({
  type: 'pipelinerun.finished',
  subject: 'run',
  means: 'All jobs of a run have ended.',
  body: z.object({
    outcome: text,
    commit: optional,
    ref: optional,
    trust: text,
    causeDigest: optional,
    artifacts: made,
    durationMs: count,
  }),
});

export const told = z.object({
  by: text,
  via: text,
  workload: z
    .object({
      trust: text,
      issuer: text,
      subject: text,
      repository: optional,
      repositoryId: optional,
      ref: optional,
      refProtected: z.boolean().nullable(),
      workflow: optional,
      environment: optional,
      runId: optional,
      sha: optional,
    })
    .nullable(),
});

export const buildRecorded = defineEvent({
  type: 'build.recorded',
  subject: 'run',
  means: 'A foreign CI told of a run of its own: how it, or a job of it, stands, or what it made. Yardmaster did not see it.',
  body: z.object({
    system: text,
    external: text,
    attempt: count,
    what: z.enum(['run', 'job', 'artifact', 'report']),
    job: optional,
    name: text,
    phase: text,
    outcome: optional,
    digest: optional,
    commit: text,
    trust: text,
    told,
  }),
});

export const runRead = defineEvent({
  type: 'pipelinerun.read',
  subject: 'run',
  means: 'A run of a CI server was read over its API, and had ended. Yardmaster did not run it.',
  body: z.object({
    system: text,
    external: text,
    attempt: count,
    outcome: text,
    commit: optional,
    ref: optional,
    finishedAt: optional,
    durationMs: count.nullable(),
  }),
});

export const jobStarted = defineEvent({
  type: 'taskrun.started',
  subject: 'job',
  means: 'A runner took an attempt of a job, with its signed plan.',
  body: z.object({ run: text, name: text, attempt: count, token: count, runner: text, plan: text }),
});

export const jobFinished = defineEvent({
  type: 'taskrun.finished',
  subject: 'job',
  means: 'An attempt of a job has ended.',
  body: z.object({
    run: text,
    name: text,
    attempt: count,
    runner: optional,
    outcome: text,
    causeDigest: optional,
    executor: optional,
    isolation: z.array(text),
    artifacts: made,
    retried: z.boolean(),
  }),
});

export const writeRefused = defineEvent({
  type: 'taskrun.write-refused',
  subject: 'job',
  means: 'A write with a lease that is over, or of another runner, was refused.',
  body: z.object({ run: text, attempt: count, token: count, what: text }),
});

export const runnerRegistered = defineEvent({
  type: 'runner.registered',
  subject: 'rnr',
  means: 'A machine became a runner with a single-use registration.',
  body: z.object({ pool: text, trust: text, registration: text }),
});

export const registrationMade = defineEvent({
  type: 'runner.registration-made',
  subject: 'reg',
  means: 'An admin made a single-use registration for a runner.',
  body: z.object({ pool: text, trust: text, expiresAt: text }),
});

export const runnerRevoked = defineEvent({
  type: 'runner.revoked',
  subject: 'rnr',
  means: "A runner's key was ended.",
  body: z.object({ pool: text }),
});

export const secretChanged = defineEvent({
  type: 'secret.changed',
  subject: 'svc',
  means: 'A secret of a service was set; its value is in no fact.',
  /** `environment`: the id of the one environment that it is of. */
  body: z.object({ name: text, version: count, protectedOnly: z.boolean(), environment: text.optional() }),
});

export const secretRemoved = defineEvent({
  type: 'secret.removed',
  subject: 'svc',
  means: 'A secret of a service was forgotten.',
  body: z.object({ name: text, environment: text.optional() }),
});

export const hookMade = defineEvent({
  type: 'hook.made',
  subject: 'src',
  means: 'The webhook of a repository got a new secret.',
  body: z.object({ hook: text }),
});

/** Everything this slice announces. */
export const pipelineEvents = [
  changeMerged,
  mergeRequestChanged,
  runQueued,
  runStarted,
  runFinished,
  buildRecorded,
  runRead,
  jobStarted,
  jobFinished,
  writeRefused,
  runnerRegistered,
  registrationMade,
  runnerRevoked,
  secretChanged,
  secretRemoved,
  hookMade,
];
