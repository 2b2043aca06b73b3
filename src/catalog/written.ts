import { z } from 'zod';
import { nameSchema } from '../contract/common.ts';
import { repositoryUrlFault, validRef } from '../host/git.ts';
import { parseDuration } from '../kernel/time.ts';
import { ENVIRONMENT_KINDS, type StrategySpec } from './environment.ts';
import { POLICIES, type Dependency, type Repository, type RunSpec } from './service.ts';

/** The shape of `yardmaster.yaml` as people write it. Its output is already in the words of the catalog. */

const line = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\0-\x1f\x7f]*$/, 'one line without control characters');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'letters, digits and _, not beginning with a digit');
const text = z.union([z.string().max(65_536), z.number(), z.boolean()]).transform(String);
const variables = z.record(variable, text).refine((all) => Object.keys(all).length <= 500, 'at most 500 variables');
const command = z.array(z.string().min(1).max(4096)).min(1).max(100);

const HOUR = 3_600_000;
const duration = z
  .string()
  .max(20)
  .transform((written, context) => {
    const ms = parseDuration(written);
    if (ms !== null && ms > 0 && ms <= 24 * HOUR) return ms;
    context.addIssue({
      code: 'custom',
      message: `"${written}" is no duration from 1ms to 24h`,
      params: { code: 'catalog.duration', remedy: 'Write it as 30s, 15m or 1h30m.' },
    });
    return z.NEVER;
  });

const url = z
  .string()
  .max(2000)
  .superRefine((written, context) => {
    const fault = repositoryUrlFault(written);
    if (fault !== null)
      context.addIssue({
        code: 'custom',
        message: `this is no address of a repository: ${fault}`,
        params: { code: 'catalog.repository', remedy: 'Write an https, ssh or file URL without a password, or an absolute path.' },
      });
  });
const branch = z
  .string()
  .max(250)
  .refine(validRef, {
    error: 'this is no name of a branch',
    params: { code: 'catalog.branch', remedy: 'Write the branch as git names it: main.' },
  });
const folder = z
  .string()
  .max(1024)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..') && !/[\0-\x1f\\]/.test(path), {
    error: 'this is no folder inside the repository',
    params: { code: 'catalog.folder', remedy: 'Write it relative to the root of the repository: services/shop.' },
  });

const repository = z
  .union([url, z.strictObject({ url, branch: branch.default('main'), path: folder.default('.') })])
  .transform((written): Repository =>
    typeof written === 'string' ? { url: written, branch: 'main', path: '.' } : { ...written, path: tidy(written.path) },
  );

function tidy(path: string): string {
  return (
    path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/') || '.'
  );
}

const run = z
  .strictObject({
    command,
    'port-env': variable.default('PORT'),
    health: z
      .string()
      .max(500)
      .regex(/^\/[\x21-\x7e]*$/, 'a path that begins with / and has no blanks')
      .default('/healthz'),
    'ready-within': duration.default(10_000),
    env: variables.default({}),
    smoke: z.strictObject({ command }).optional(),
  })
  .transform((written): RunSpec => ({
    command: written.command,
    portEnv: written['port-env'],
    health: written.health,
    readyWithinMs: written['ready-within'],
    env: written.env,
    ...(written.smoke === undefined ? {} : { smoke: written.smoke }),
  }));

const share = z
  .string()
  .max(10)
  .transform((written, context) => {
    const match = /^(\d{1,3})(?:\.(\d))?%$/.exec(written);
    const permille = match === null ? -1 : Number(match[1]) * 10 + Number(match[2] ?? 0);
    if (permille >= 0 && permille <= 1000) return permille;
    context.addIssue({
      code: 'custom',
      message: `"${written}" is no share from 0% to 100%`,
      params: { code: 'catalog.share', remedy: 'Write it in percent with one digit after the dot: 0.5%.' },
    });
    return z.NEVER;
  });

const canary = z
  .strictObject({
    baseline: z.boolean().default(true),
    steps: z
      .array(z.strictObject({ weight: z.int().min(1).max(100), for: duration }))
      .min(1)
      .max(50)
      .refine((steps) => steps.every((step, index) => step.weight > (steps[index - 1]?.weight ?? 0)), {
        error: 'the weights do not rise',
        params: { code: 'catalog.canary-steps', remedy: 'Order the steps by weight, each higher than the one before.' },
      }),
    'max-error-rate-worse': share.default(10),
    'min-requests': z.int().min(1).max(1_000_000).default(50),
  })
  .transform((written): StrategySpec => ({
    kind: 'canary',
    baseline: written.baseline,
    steps: written.steps.map((step) => ({ weight: step.weight, forMs: step.for })),
    maxErrorRateWorse: written['max-error-rate-worse'],
    minRequests: written['min-requests'],
  }));
const strategy = z
  .union([
    z.literal('all-at-once').transform((): StrategySpec => ({ kind: 'all-at-once' })),
    z.strictObject({ canary }).transform((written) => written.canary),
  ])
  .default({ kind: 'all-at-once' });

const dependsOn = z
  .union([z.array(nameSchema).max(200), z.record(nameSchema, z.string().max(100).nullable())])
  .default([])
  .transform((written): Dependency[] =>
    Array.isArray(written)
      ? [...new Set(written)].map((service) => ({ service, range: null }))
      : Object.entries(written).map(([service, range]) => ({ service, range: range === '*' ? null : range })),
  );

const team = z.strictObject({
  title: line.nullable().default(null),
  members: z.array(z.email('this is no e-mail address').max(320)).max(1000).default([]),
});

const environment = z.strictObject({
  kind: z.enum(ENVIRONMENT_KINDS),
  after: z
    .union([nameSchema, z.array(nameSchema).max(50)])
    .default([])
    .transform((written) => (typeof written === 'string' ? [written] : [...new Set(written)])),
  protected: z.boolean().optional(),
  agent: nameSchema.default('default'),
  /** `external`: a tool of your own deploys here, and tells it: ym record deployment. */
  'deployed-by': z.enum(['yardmaster', 'external']).default('yardmaster'),
  strategy,
});

const service = z.strictObject({
  team: nameSchema,
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(2),
  repository: repository.nullable().default(null),
  stack: line.nullable().default(null),
  'depends-on': dependsOn,
  policy: z.enum(POLICIES).nullable().default(null),
  run: run.nullable().default(null),
  configuration: z.record(nameSchema, variables).default({}),
  'observe-only': z.boolean().default(false),
});

/** The whole file. */
export const writtenCatalog = z.strictObject({
  policy: z.enum(POLICIES).nullable().default(null),
  teams: z.record(nameSchema, team.nullable()).default({}),
  environments: z.record(nameSchema, environment).default({}),
  services: z.record(nameSchema, service).default({}),
});
export type WrittenCatalog = z.output<typeof writtenCatalog>;
