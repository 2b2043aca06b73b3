import { z } from 'zod';
import { commitSchema, digestSchema, idOf, lineSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** What a runner and the server say to each other. Data only: no path from a runner is ever resolved on the server. */

export const TRUST = ['untrusted', 'trusted', 'protected'] as const;
export type Trust = (typeof TRUST)[number];
export const EXECUTORS = ['host', 'sandbox'] as const;
export type Executor = (typeof EXECUTORS)[number];

const envSchema = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string().max(65_536));
/** A path inside the workspace: relative, no `..`, no control characters. */
export const workspacePath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !/[\0-\x1f\\]/.test(path),
    'a relative path inside the workspace',
  );

export const stepPlanSchema = z.object({
  name: lineSchema,
  /** Script text exactly as it stands in the repository: no outside value is ever put into it. Run by `shell -e`. */
  script: z.string().max(262_144),
  shell: z.enum(['bash', 'sh', 'node', 'python3']),
  env: envSchema,
  directory: workspacePath.nullable(),
  timeoutMs: z.number().int().positive(),
  continueOnError: z.boolean(),
  /** Runs although an earlier step failed (clean-up, report upload). */
  always: z.boolean(),
});

/** One attempt of one job, as the server planned and signed it. The runner verifies before it runs anything. */
export const jobPlanSchema = z.object({
  v: z.literal(1),
  org: z.string(),
  run: idOf('run'),
  job: idOf('job'),
  attempt: z.number().int().positive(),
  name: lineSchema,
  trust: z.enum(TRUST),
  pool: z.string(),
  executor: z.enum(EXECUTORS),
  service: z.string().nullable(),
  source: z.object({
    repository: z.string().nullable(),
    commit: commitSchema.nullable(),
    ref: z.string().nullable(),
    archive: digestSchema.nullable(),
  }),
  env: envSchema,
  steps: z.array(stepPlanSchema).min(1).max(100),
  timeoutMs: z.number().int().positive(),
  /** Artifacts of jobs that this one needs: downloaded by digest and unpacked at `path` before the first step. */
  inputs: z.array(z.object({ name: lineSchema, digest: digestSchema, path: workspacePath })),
  caches: z.array(
    z.object({ key: z.string().max(200), restoreKeys: z.array(z.string().max(200)).max(10), paths: z.array(workspacePath).min(1).max(20) }),
  ),
  /** Packed (one deterministic tar.gz each) and uploaded by the runner after the last step; a missing path fails the job. */
  artifacts: z.array(z.object({ name: lineSchema, path: workspacePath })),
  /** Uploaded even when a step failed. A missing file is told to the server as missing, never passed over. */
  reports: z.array(
    z.object({
      name: lineSchema,
      kind: z.enum(['auto', 'tests', 'coverage', 'findings', 'sbom', 'junit', 'lcov', 'cobertura', 'sarif', 'cyclonedx']),
      path: workspacePath,
    }),
  ),
  /** Names that steps may set by writing `name=value` lines to the file $YM_OUTPUT. */
  outputs: z.array(z.string().max(100)),
  /** Names of secrets that come beside the plan (never in it) and are masked in everything the job prints. */
  secrets: z.array(z.string().max(128)),
  network: z.boolean(),
  notAfter: z.string(),
});
export type JobPlan = z.infer<typeof jobPlanSchema>;
export type StepPlan = z.infer<typeof stepPlanSchema>;

/** A DSSE envelope (https://github.com/secure-systems-lab/dsse): payload and signatures in base64. */
export const envelopeSchema = z.object({
  payloadType: z.string().max(200),
  payload: z.string().max(8_000_000),
  signatures: z
    .array(z.object({ keyid: z.string().max(200), sig: z.string().max(2000) }))
    .min(1)
    .max(10),
});
export type Envelope = z.infer<typeof envelopeSchema>;
export const JOB_PLAN_TYPE = 'application/vnd.yardmaster.job-plan.v1+json';

/** Most bytes of log that one attempt may store; a runner stops sending there and says so in the last line. */
export const LOG_LIMIT = 128 * 1024 ** 2;

/** Every write of a runner carries the lease's token; a stale one is refused with `pipelines.lease-lost`. */
const leased = { token: z.number().int().positive() };
const attemptParams = z.object({ job: idOf('job'), attempt: z.coerce.number().int().positive().max(1_000_000) });
const go = z.object({ until: z.string(), cancel: z.boolean() });

export const registerRunner = defineRoute({
  method: 'POST',
  path: '/v1/runners',
  summary: 'Register a runner with a single-use registration token; answers its key and the key that signs plans',
  whilePaused: true,
  access: { kind: 'public', why: 'a single-use registration token in the body is the credential' },
  secret: true,
  // The answer holds a key: it must not be kept under an Idempotency-Key.
  transaction: 'none',
  body: z.object({ registration: z.string().max(200), name: lineSchema }),
  status: 201,
  answer: z.object({
    runner: idOf('rnr'),
    key: z.string(),
    pool: z.string(),
    trust: z.enum(TRUST),
    planKeys: z.array(z.object({ keyId: z.string(), publicKeyPem: z.string() })),
  }),
});

export const claimJob = defineRoute({
  method: 'POST',
  path: '/v1/runner/claim',
  summary: 'Ask for a job; waits up to `waitMs` for one',
  access: { kind: 'runner' },
  secret: true,
  transaction: 'none',
  body: z.object({
    executors: z.array(z.enum(EXECUTORS)).min(1),
    waitMs: z.number().int().min(0).max(30_000).default(20_000),
    slots: z.number().int().min(1).max(64).default(1),
  }),
  answer: z.object({
    job: z
      .object({
        plan: envelopeSchema,
        lease: z.object({ token: z.number().int().positive(), until: z.string() }),
        /** Secret values by name; only for trust levels and environments that allow them. */
        secrets: z.record(z.string(), z.string()),
      })
      .nullable(),
  }),
});

export const heartbeatJob = defineRoute({
  method: 'POST',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/heartbeat',
  summary: 'Renew the lease; answers whether the job was cancelled',
  access: { kind: 'runner' },
  params: attemptParams,
  body: z.object(leased),
  answer: go,
});

export const stepChanged = defineRoute({
  method: 'POST',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/steps',
  summary: 'A step began or ended',
  access: { kind: 'runner' },
  params: attemptParams,
  body: z.object({
    ...leased,
    step: z.number().int().min(0).max(99),
    state: z.enum(['running', 'succeeded', 'failed', 'timed-out', 'cancelled', 'skipped']),
    exitCode: z.int32().nullable(),
    durationMs: z.number().int().nullable(),
  }),
  answer: go,
});

export const appendLog = defineRoute({
  method: 'POST',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/log',
  summary: 'Append redacted log text at `offset` (in UTF-8 bytes); answers the offset that is stored (resume from there)',
  access: { kind: 'runner' },
  // Acknowledged after the commit of a batch that many appends share.
  transaction: 'none',
  params: attemptParams,
  body: z.object({ ...leased, offset: z.number().int().min(0), text: z.string().max(262_144) }),
  answer: z.object({ stored: z.number().int() }),
});

export const putJobBlob = defineRoute({
  method: 'PUT',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/blobs/{digest}',
  summary: 'Upload bytes by digest: an artifact, a report or a cache entry',
  access: { kind: 'runner' },
  transaction: 'none',
  params: attemptParams.extend({ digest: digestSchema }),
  query: z.object({ token: z.coerce.number().int().positive() }),
  body: { bytes: true, mediaType: 'application/octet-stream', limit: 2 * 1024 ** 3 },
  answer: z.object({ digest: digestSchema, size: z.number().int() }),
});

export const getJobBlob = defineRoute({
  method: 'GET',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/blobs/{digest}',
  summary: 'Download the source archive, an input artifact or a restored cache of this job',
  access: { kind: 'runner' },
  transaction: 'none',
  params: attemptParams.extend({ digest: digestSchema }),
  query: z.object({ token: z.coerce.number().int().positive() }),
  answer: { bytes: true, mediaType: 'application/octet-stream', limit: 2 * 1024 ** 3 },
});

export const findCache = defineRoute({
  method: 'POST',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/caches/find',
  summary: 'Find a cache entry by key, then by the longest matching restore key; never one written at lower trust',
  access: { kind: 'runner' },
  transaction: 'read',
  params: attemptParams,
  body: z.object({ ...leased, key: z.string().max(200), restoreKeys: z.array(z.string().max(200)).max(10) }),
  answer: z.object({ entry: z.object({ key: z.string(), digest: digestSchema }).nullable() }),
});

export const saveCache = defineRoute({
  method: 'POST',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/caches',
  summary: 'Name an uploaded blob as the cache entry of a key; the first writer of a key wins',
  access: { kind: 'runner' },
  params: attemptParams,
  body: z.object({ ...leased, key: z.string().max(200), digest: digestSchema }),
  answer: z.object({ saved: z.boolean() }),
});

export const finishJob = defineRoute({
  method: 'POST',
  path: '/v1/runner/jobs/{job}/attempts/{attempt}/finish',
  summary: 'The attempt ended; everything it made is named here and bound to the run in one transaction',
  access: { kind: 'runner' },
  params: attemptParams,
  body: z.object({
    ...leased,
    result: z.enum(['succeeded', 'failed', 'timed-out', 'cancelled', 'refused']),
    /** Why, when it did not succeed: a sentence for people. */
    cause: z.string().max(2000).nullable(),
    executor: z.enum(EXECUTORS),
    /** What the sandbox isolated, in words; empty for the host executor. */
    isolation: z.array(z.string().max(100)).max(20),
    outputs: z.record(z.string().max(100), z.string().max(65_536)),
    artifacts: z.array(z.object({ name: lineSchema, digest: digestSchema, size: z.number().int() })).max(100),
    reports: z
      .array(
        z.object({
          name: lineSchema,
          kind: z.string().max(40),
          path: z.string().max(1024),
          /** null: the file was not there. */
          digest: digestSchema.nullable(),
        }),
      )
      .max(200),
    /** CycloneDX made by the runner's supervisor from the lock files that the artifact's source holds, where it could. */
    materials: z.array(z.object({ path: z.string().max(1024), digest: digestSchema })).max(100),
    log: z.object({ bytes: z.number().int().min(0), digest: digestSchema }),
  }),
  answer: z.object({ accepted: z.literal(true) }),
});

export const runnerRoutes = [
  registerRunner,
  claimJob,
  heartbeatJob,
  stepChanged,
  appendLog,
  putJobBlob,
  getJobBlob,
  findCache,
  saveCache,
  finishJob,
] as const;
