import { z } from 'zod';
import { nameSchema } from '../../contract/common.ts';
import { workspacePath } from '../../contract/runner.ts';
import { parseDuration } from '../../kernel/time.ts';
import type { Matrix, Triggers } from './pipeline.ts';
import { MAX_JOBS, REPORT_KINDS } from './pipeline.ts';

/** The shape of `.yardmaster/pipeline.yaml` as people write it. Its output is already in the words of pipeline.ts. */

const HOUR = 3_600_000;

/** `90s`, `1h30m` within limits, as milliseconds. */
const duration = (max: number, said: string) =>
  z
    .string()
    .max(20)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null && ms > 0 && ms <= max) return ms;
      context.addIssue({
        code: 'custom',
        message: `"${text}" is no duration from 1ms to ${said}`,
        params: { code: 'pipelines.duration', remedy: 'Write it as 90s, 15m or 1h30m.' },
      });
      return z.NEVER;
    });

const line = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\0-\x1f\x7f]*$/, 'one line without control characters');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'letters, digits and _, not beginning with a digit');
const ownVariable = variable.refine((name) => !/^YM_/i.test(name), {
  error: 'names that begin with YM_ are set by the runner',
  params: { code: 'pipelines.reserved-variable', remedy: 'Choose another name.' },
});
const scalar = z.union([z.string().max(10_000), z.number(), z.boolean()]);
const text = scalar.transform(String);
const env = z
  .record(ownVariable, text)
  .refine((all) => Object.keys(all).length <= 200, 'at most 200 variables')
  .default({});
const condition = z
  .union([z.string().min(1).max(10_000), z.boolean()])
  .transform(String)
  .nullable()
  .default(null);
const listOrOne = <Item extends z.ZodType<string, string>>(item: Item, max: number) =>
  z.union([z.array(item).max(max), item]).transform((value) => (typeof value === 'string' ? [value] : value) as string[]);

const glob = z.string().min(1).max(200);
const outputName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'letters, digits and _, not beginning with a digit');

const push = z.strictObject({
  branches: listOrOne(glob, 50).optional(),
  tags: listOrOne(glob, 50).optional(),
  paths: listOrOne(glob, 100).default([]),
});
const ALL_BRANCHES = { branches: ['**'], tags: [], paths: [] };
const input = z.strictObject({
  description: line.nullable().default(null),
  default: text.nullable().default(null),
  choices: z.array(text).max(100).default([]),
});
const manual = z.strictObject({ inputs: z.record(outputName, input).default({}) });
const triggerName = z.enum(['push', 'manual']);

const on = z
  .union([
    triggerName,
    z.array(triggerName).min(1).max(2),
    z.strictObject({ push: push.nullable().optional(), manual: manual.nullable().optional() }),
  ])
  .default(['push', 'manual'])
  .transform((written): Triggers => {
    if (typeof written === 'string' || Array.isArray(written)) {
      const names = Array.isArray(written) ? written : [written];
      return { push: names.includes('push') ? ALL_BRANCHES : null, manual: names.includes('manual') ? { inputs: [] } : null };
    }
    const branches = written.push?.branches;
    const tags = written.push?.tags;
    // Naming only tags means: tags and nothing else.
    const named = { branches: branches ?? (tags === undefined ? ['**'] : []), tags: tags ?? [], paths: written.push?.paths ?? [] };
    const inputs = Object.entries(written.manual?.inputs ?? {}).map(([name, declared]) => ({ name, ...declared }));
    return { push: written.push === undefined ? null : named, manual: written.manual === undefined ? null : { inputs } };
  });

const axis = z.union([z.array(scalar).min(1).max(256), z.string().max(10_000)]);
const cell = z.record(outputName, scalar);
const matrix = z
  .object({
    include: z.array(cell).max(256).default([]),
    exclude: z.array(cell).max(256).default([]),
    'fail-fast': z.boolean().default(true),
  })
  .catchall(axis)
  .refine((all) => Object.keys(all).every((name) => /^[A-Za-z_]/.test(name)), 'an axis is named by letters, digits and _')
  .transform(({ include, exclude, 'fail-fast': failFast, ...axes }): Matrix => ({ axes, include, exclude, failFast }));

const runsOn = z
  .union([nameSchema, z.strictObject({ pool: nameSchema.default('default'), executor: z.enum(['host', 'sandbox', 'any']).default('any') })])
  .default({ pool: 'default', executor: 'any' })
  .transform((written) => (typeof written === 'string' ? { pool: written, executor: 'any' as const } : written));

const stepSchema = z.strictObject({
  name: line.optional(),
  run: z.string().min(1).max(262_144).optional(),
  script: z
    .string()
    .max(300)
    .regex(/^(?!\/)(?!.*\.\.)[A-Za-z0-9._/-]+$/, 'a path inside the repository, of letters, digits, dots, dashes and slashes')
    .optional(),
  shell: z.enum(['bash', 'sh', 'node', 'python3']).default('bash'),
  if: condition,
  env,
  'working-directory': workspacePath.nullable().default(null),
  timeout: duration(24 * HOUR, '24h')
    .nullable()
    .default(null),
  'continue-on-error': z.boolean().default(false),
  always: z.boolean().default(false),
});

const jobSchema = z.strictObject({
  needs: listOrOne(nameSchema, 50).default([]),
  when: z.enum(['succeeded', 'failed', 'always']).default('succeeded'),
  if: condition,
  matrix: matrix.nullable().default(null),
  'runs-on': runsOn,
  environment: nameSchema.nullable().default(null),
  timeout: duration(24 * HOUR, '24h').default(30 * 60_000),
  retries: z.int().min(0).max(5).default(0),
  env,
  steps: z.array(stepSchema).min(1).max(100),
  cache: z
    .array(
      z.strictObject({
        key: z.string().min(1).max(200),
        files: z.array(workspacePath).max(20).default([]),
        'restore-keys': z.array(z.string().min(1).max(200)).max(10).default([]),
        paths: z.array(workspacePath).min(1).max(20),
      }),
    )
    .max(10)
    .default([]),
  artifacts: z
    .array(z.strictObject({ name: nameSchema, path: workspacePath }))
    .max(50)
    .default([]),
  inputs: z
    .array(z.strictObject({ artifact: nameSchema, from: nameSchema.optional(), path: workspacePath }))
    .max(50)
    .default([]),
  reports: z
    .array(
      z.strictObject({
        name: nameSchema.optional(),
        kind: z.enum(REPORT_KINDS).default('auto'),
        path: workspacePath,
      }),
    )
    .max(50)
    .default([]),
  outputs: z.array(outputName).max(50).default([]),
  secrets: z.array(ownVariable).max(50).default([]),
  network: z.boolean().default(true),
});

/** The whole file. */
export const writtenPipeline = z.strictObject({
  name: line.default('pipeline'),
  on,
  env,
  jobs: z
    .record(nameSchema, jobSchema)
    .refine((jobs) => Object.keys(jobs).length > 0, {
      error: 'a pipeline has at least one job',
      params: { code: 'pipelines.no-jobs', remedy: 'Add a job under "jobs".' },
    })
    .refine((jobs) => Object.keys(jobs).length <= MAX_JOBS, `a pipeline has at most ${MAX_JOBS} jobs`),
});

export type WrittenPipeline = z.output<typeof writtenPipeline>;
export type WrittenJob = z.output<typeof jobSchema>;
export type WrittenStep = z.output<typeof stepSchema>;
