import { z } from 'zod';
import { diagnosticSchema } from './catalog.ts';
import { commitSchema, digestSchema, idOf, lineSchema, nameSchema, pageOf, pageQuery } from './common.ts';
import { externalSchema, toldSchema } from './record.ts';
import { defineRoute } from './route.ts';
import { EXECUTORS, TRUST } from './runner.ts';

/** Runs, their jobs and logs, machines that build, secrets of services, and hooks of git repositories. */

export const RUN_STATES = ['queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const;
export const JOB_STATES = ['waiting', 'queued', 'running', 'succeeded', 'failed', 'timed-out', 'cancelled', 'skipped', 'refused'] as const;
export const STEP_STATES = ['waiting', 'running', 'succeeded', 'failed', 'timed-out', 'cancelled', 'skipped'] as const;
export const TRIGGERS = ['push', 'manual', 'recorded', 'read'] as const;

/** A branch, a tag or a full commit id; checked again by the rules of git before git sees it. */
const refName = z.string().min(1).max(250);
const at = z.string().nullable();

export const stepSchema = z.object({
  name: z.string(),
  state: z.enum(STEP_STATES),
  exitCode: z.number().int().nullable(),
  durationMs: z.number().int().nullable(),
  startedAt: at,
  finishedAt: at,
});

export const jobSchema = z.object({
  id: idOf('job'),
  name: z.string(),
  /** The name in the pipeline's file, shared by the cells of a matrix. */
  declared: z.string(),
  state: z.enum(JOB_STATES),
  /** Why it stands as it does, where that needs a word. */
  cause: z.string().nullable(),
  attempt: z.number().int(),
  needs: z.array(z.string()),
  pool: z.string(),
  /** What the pipeline asks for until a runner took it, then what it was run by. */
  executor: z.enum([...EXECUTORS, 'any']),
  runner: z.string().nullable(),
  isolation: z.array(z.string()),
  queuedAt: at,
  startedAt: at,
  finishedAt: at,
  outputs: z.record(z.string(), z.string()),
  artifacts: z.array(z.object({ name: z.string(), digest: digestSchema, size: z.number().int() })),
  steps: z.array(stepSchema),
  /** Of a job of a CI server that was read: its page there, and whether its log is here or can be fetched. null: it was not read. */
  foreign: z
    .object({ url: z.string().nullable(), log: z.enum(['none', 'there', 'here']) })
    .nullable()
    .default(null),
});

export const runSummarySchema = z.object({
  id: idOf('run'),
  service: z.string(),
  ref: z.string().nullable(),
  commit: z.string().nullable(),
  trigger: z.enum(TRIGGERS),
  trust: z.enum(TRUST),
  state: z.enum(RUN_STATES),
  cause: z.string().nullable(),
  requestedBy: z.string(),
  /** Who asked for it, by name; null where a push did. */
  requester: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** The first line of the commit's message, where it is known. */
  subject: z.string().nullable(),
  /** Of a run that a foreign CI ran and told: which run there. null: we ran it. */
  recorded: externalSchema.nullable().default(null),
  /** Of a run that a connection read from a CI server: what it calls things there. null: none did. */
  read: z
    .object({
      pipeline: z.string(),
      title: z.string().nullable(),
      trigger: z.string().nullable(),
      /** The login there of who caused it. */
      actor: z.string().nullable(),
      /** Whether its jobs were asked for. */
      whole: z.boolean(),
    })
    .nullable()
    .default(null),
  heardAt: z.string(),
  queuedAt: z.string(),
  startedAt: at,
  finishedAt: at,
  version: z.number().int(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

export const runSchema = runSummarySchema.extend({
  inputs: z.record(z.string(), z.string()),
  repository: z.string().nullable(),
  jobs: z.array(jobSchema),
  /** Who told of it: empty for a run of our own. */
  told: z.array(toldSchema).default([]),
  /** Milliseconds since we heard of what caused it: until it was queued, until its first step ran, until its end; null where not yet. */
  timings: z.object({ toQueuedMs: z.number().int(), toFirstStepMs: z.number().int().nullable(), totalMs: z.number().int().nullable() }),
});
export type RunView = z.infer<typeof runSchema>;

const runParams = z.object({ run: idOf('run') });

export const startRun = defineRoute({
  method: 'POST',
  path: '/v1/runs',
  summary: 'Run the pipeline of a service at a branch, tag or commit of its repository',
  access: { kind: 'may', action: 'run.start', on: ['body.service'] },
  transaction: 'none',
  body: z
    .object({
      service: nameSchema,
      /** Default: the service's own branch. */
      ref: refName.optional(),
      commit: commitSchema.optional(),
      inputs: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/), z.string().max(4000)).default({}),
    })
    .strict(),
  status: 201,
  answer: runSchema,
});

export const listRuns = defineRoute({
  method: 'GET',
  path: '/v1/runs',
  summary: 'Runs, newest first',
  access: { kind: 'may', action: 'run.read', list: true },
  query: z.object({
    ...pageQuery,
    service: nameSchema.optional(),
    commit: commitSchema.optional(),
    state: z.enum(RUN_STATES).optional(),
    /** A branch or a tag, as its whole ref or in short. */
    ref: refName.optional(),
    trigger: z.enum(TRIGGERS).optional(),
    person: idOf('per').optional(),
  }),
  answer: pageOf(runSummarySchema),
});

export const getRun = defineRoute({
  method: 'GET',
  path: '/v1/runs/{run}',
  summary: 'One run with its jobs, steps and timings',
  access: { kind: 'may', action: 'run.read', on: ['params.run'] },
  transaction: 'none',
  params: runParams,
  /** With both, the answer waits up to `wait` seconds for a version other than `version`. */
  query: z.object({ wait: z.coerce.number().int().min(0).max(30).default(0), version: z.coerce.number().int().optional() }),
  answer: runSchema,
});

export const cancelRun = defineRoute({
  method: 'POST',
  path: '/v1/runs/{run}/cancel',
  summary: 'Cancel a run: nothing more is started, running jobs are told to stop',
  access: { kind: 'may', action: 'run.cancel', on: ['params.run'] },
  params: runParams,
  body: z.object({ reason: z.string().max(1000).optional() }).strict(),
  answer: z.object({ run: idOf('run'), state: z.enum(RUN_STATES) }),
});

export const retryRun = defineRoute({
  method: 'POST',
  path: '/v1/runs/{run}/retry',
  summary: 'Run the same commit again, by the pipeline as it stands in that commit; answers the new run',
  access: { kind: 'may', action: 'run.start', on: ['params.run'] },
  transaction: 'none',
  params: runParams,
  /** `elsewhere`: on no runner that ran anything of this run. */
  body: z.object({ elsewhere: z.boolean().default(false) }).strict(),
  status: 201,
  answer: runSchema,
});

export const readLog = defineRoute({
  method: 'GET',
  path: '/v1/jobs/{job}/log',
  summary: 'The redacted log of a job from a byte offset; `wait` seconds for more. Repeat with `next` until `end`',
  access: { kind: 'may', action: 'run.read', on: ['params.job'] },
  transaction: 'none',
  params: z.object({ job: idOf('job') }),
  query: z.object({
    offset: z.coerce.number().int().min(0).default(0),
    wait: z.coerce.number().int().min(0).max(30).default(0),
    /** Default: the newest attempt. */
    attempt: z.coerce.number().int().positive().max(1_000_000).optional(),
  }),
  answer: z.object({ attempt: z.number().int(), offset: z.number().int(), text: z.string(), next: z.number().int(), end: z.boolean() }),
});

export const checkPipeline = defineRoute({
  method: 'POST',
  path: '/v1/pipelines/check',
  summary: 'Read a pipeline file and answer every error in it; nothing is kept',
  access: { kind: 'signed-in' },
  transaction: 'none',
  body: z.object({ text: z.string().max(1_048_576), file: lineSchema.default('.yardmaster/pipeline.yaml') }).strict(),
  answer: z.object({ ok: z.boolean(), diagnostics: z.array(diagnosticSchema) }),
});

export const createRegistration = defineRoute({
  method: 'POST',
  path: '/v1/runners/registrations',
  summary: 'Make a single-use registration for a runner of a pool; its token is shown once',
  whilePaused: true,
  access: { kind: 'may', action: 'admin.machines' },
  secret: true,
  // The answer holds a credential: it must not be kept under an Idempotency-Key.
  transaction: 'none',
  body: z
    .object({
      pool: nameSchema.default('default'),
      /** The lowest trust whose jobs the runner takes; strangers' jobs (`untrusted`) never share a runner with ours. */
      trust: z.enum(TRUST).default('trusted'),
      expiresInMinutes: z.number().int().min(1).max(1440).default(60),
    })
    .strict(),
  status: 201,
  answer: z.object({ registration: z.string(), pool: z.string(), trust: z.enum(TRUST), expiresAt: z.string() }),
});

export const runnerSchema = z.object({
  id: idOf('rnr'),
  name: z.string(),
  pool: z.string(),
  trust: z.enum(TRUST),
  seenAt: at,
  revoked: z.boolean(),
  /** Of its program; null until it was heard of. */
  version: z.string().nullable(),
  /** How it can run steps, as it last said. */
  executors: z.array(z.string()),
  /** What of its last job was isolated; null before its first. */
  isolation: z.array(z.string()).nullable(),
  doing: z.array(z.object({ job: z.string(), run: z.string(), name: z.string(), since: z.string() })),
});

export const listRunners = defineRoute({
  method: 'GET',
  path: '/v1/runners',
  summary: 'All runners',
  access: { kind: 'may', action: 'run.read', list: true },
  answer: z.object({ items: z.array(runnerSchema) }),
});

export const revokeRunner = defineRoute({
  method: 'DELETE',
  path: '/v1/runners/{runner}',
  summary: 'End a runner: its key stops working at once, its jobs go to another when their lease is over',
  access: { kind: 'may', action: 'admin.machines' },
  params: z.object({ runner: idOf('rnr') }),
  answer: z.object({ runner: idOf('rnr') }),
});

const secretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'letters, digits and underscores, not beginning with a digit');
const secretParams = z.object({ service: nameSchema, name: secretName });

export const putSecret = defineRoute({
  method: 'PUT',
  path: '/v1/services/{service}/secrets/{name}',
  summary: "Set a secret that the service's jobs may ask for; it is never shown again",
  access: { kind: 'may', action: 'secret.write', on: ['params.service'] },
  secret: true,
  // Not even a digest of the request is kept; setting a secret twice is harmless.
  transaction: 'none',
  params: secretParams,
  /** `protectedOnly` (default): only runs of the service's protected branch get it. */
  body: z.object({ value: z.string().min(1).max(65_536), protectedOnly: z.boolean().default(true) }).strict(),
  answer: z.object({ service: nameSchema, name: z.string(), version: z.number().int() }),
});

export const listSecrets = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/secrets',
  summary: 'Names of the secrets of a service, never their values',
  access: { kind: 'may', action: 'run.read', on: ['params.service'] },
  params: z.object({ service: nameSchema }),
  answer: z.object({
    items: z.array(
      z.object({
        name: z.string(),
        /** Of this environment alone; null: of the service. */
        environment: z.string().nullable(),
        protectedOnly: z.boolean(),
        version: z.number().int(),
        changedAt: z.string(),
      }),
    ),
  }),
});

export const deleteSecret = defineRoute({
  method: 'DELETE',
  path: '/v1/services/{service}/secrets/{name}',
  summary: 'Forget a secret',
  access: { kind: 'may', action: 'secret.write', on: ['params.service'] },
  params: secretParams,
  answer: z.object({ service: nameSchema, name: z.string() }),
});

const environmentSecretParams = secretParams.extend({ environment: nameSchema });

export const putEnvironmentSecret = defineRoute({
  method: 'PUT',
  path: '/v1/services/{service}/environments/{environment}/secrets/{name}',
  summary: 'Set a secret for jobs of the service that name this environment; it is never shown again',
  access: { kind: 'may', action: 'secret.write', on: ['params.service', 'params.environment'] },
  secret: true,
  // As for a secret of the service.
  transaction: 'none',
  params: environmentSecretParams,
  body: z.object({ value: z.string().min(1).max(65_536) }).strict(),
  answer: z.object({ service: nameSchema, environment: nameSchema, name: z.string(), version: z.number().int() }),
});

export const deleteEnvironmentSecret = defineRoute({
  method: 'DELETE',
  path: '/v1/services/{service}/environments/{environment}/secrets/{name}',
  summary: 'Forget a secret of one environment',
  access: { kind: 'may', action: 'secret.write', on: ['params.service', 'params.environment'] },
  params: environmentSecretParams,
  answer: z.object({ service: nameSchema, environment: nameSchema, name: z.string() }),
});

export const createHook = defineRoute({
  method: 'POST',
  path: '/v1/services/{service}/hook',
  summary: "Make (or renew) the signed webhook of the service's repository; its secret is shown once",
  access: { kind: 'may', action: 'catalog.apply', on: ['params.service'] },
  secret: true,
  // As for a registration.
  transaction: 'none',
  params: z.object({ service: nameSchema }),
  status: 201,
  answer: z.object({ path: z.string(), hook: z.string(), secret: z.string() }),
});

export const pipelineRoutes = [
  startRun,
  listRuns,
  getRun,
  cancelRun,
  retryRun,
  readLog,
  checkPipeline,
  createRegistration,
  listRunners,
  revokeRunner,
  putSecret,
  listSecrets,
  deleteSecret,
  putEnvironmentSecret,
  deleteEnvironmentSecret,
  createHook,
] as const;
