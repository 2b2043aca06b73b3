import { z } from 'zod';
import { digestSchema, idOf, lineSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** The catalog on the wire: what exists, and the file that says so. */

export const diagnosticSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  remedy: z.string(),
  file: z.string(),
  range: z.object({
    start: z.object({ line: z.number(), column: z.number(), offset: z.number() }),
    end: z.object({ line: z.number(), column: z.number(), offset: z.number() }),
  }),
});

export const repositorySchema = z.object({ url: z.string(), branch: z.string(), path: z.string() });
export const runSpecSchema = z.object({
  command: z.array(z.string()),
  portEnv: z.string(),
  health: z.string(),
  readyWithinMs: z.number().int(),
  env: z.record(z.string(), z.string()),
  smoke: z.object({ command: z.array(z.string()) }).optional(),
});
export const strategySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all-at-once') }),
  z.object({
    kind: z.literal('canary'),
    baseline: z.boolean(),
    steps: z.array(z.object({ weight: z.number().int(), forMs: z.number().int() })),
    maxErrorRateWorse: z.number().int(),
    minRequests: z.number().int(),
  }),
]);

export const serviceSchema = z.object({
  id: idOf('svc'),
  name: z.string(),
  team: z.string(),
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  repository: repositorySchema.nullable(),
  stack: z.string().nullable(),
  dependsOn: z.array(z.object({ service: z.string(), range: z.string().nullable() })),
  policy: z.string(),
  run: runSpecSchema.nullable(),
  configuration: z.record(z.string(), z.record(z.string(), z.string())),
  observeOnly: z.boolean(),
  version: z.number().int(),
});

export const environmentSchema = z.object({
  id: idOf('env'),
  name: z.string(),
  kind: z.enum(['development', 'test', 'staging', 'production']),
  after: z.array(z.string()),
  protected: z.boolean(),
  agent: z.string(),
  /** `external`: a foreign tool deploys here and tells it. */
  deployedBy: z.enum(['yardmaster', 'external']).default('yardmaster'),
  strategy: strategySchema,
  version: z.number().int(),
});

export const teamSchema = z.object({
  id: idOf('tea'),
  name: z.string(),
  title: z.string().nullable(),
  /** Members by person id; e-mails of the file that belong to nobody yet are counted, not shown. */
  members: z.array(z.string()),
  unknownMembers: z.number().int(),
  version: z.number().int(),
});

/** One difference between the catalog and the file. `before` and `after` are canonical JSON values of the field. */
export const catalogChangeSchema = z.object({
  act: z.enum(['create', 'change', 'remove']),
  kind: z.enum(['team', 'environment', 'service']),
  name: z.string(),
  fields: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
});

export const catalogPlanSchema = z.object({
  /** Names this plan and the catalog it was made from; `apply` takes it and refuses any other. */
  digest: digestSchema,
  changes: z.array(catalogChangeSchema),
  unchanged: z.number().int(),
  /** The policy of services that name none, where it changes. */
  policy: z.object({ before: z.string().nullable(), after: z.string().nullable() }).nullable(),
  warnings: z.array(diagnosticSchema),
});

/** `prune`: what the file doesn't name is removed; without it such things stay as they are. */
const catalogFile = { text: z.string().max(1_048_576), file: lineSchema.default('yardmaster.yaml'), prune: z.boolean().default(false) };

export const planCatalog = defineRoute({
  method: 'POST',
  path: '/v1/catalog/plan',
  summary: 'What applying this yardmaster.yaml would create, change and remove; changes nothing',
  access: { kind: 'may', action: 'catalog.read' },
  body: z.strictObject(catalogFile),
  answer: catalogPlanSchema,
});

export const applyCatalog = defineRoute({
  method: 'POST',
  path: '/v1/catalog/apply',
  summary: 'Apply a yardmaster.yaml whose plan was seen; refused where the catalog has changed since',
  access: { kind: 'may', action: 'catalog.apply' },
  body: z.strictObject({ ...catalogFile, plan: digestSchema }),
  answer: catalogPlanSchema,
});

export const listServices = defineRoute({
  method: 'GET',
  path: '/v1/services',
  summary: 'All services that the caller may see',
  access: { kind: 'may', action: 'catalog.read', list: true },
  query: z.strictObject({ team: nameSchema.optional() }),
  answer: z.object({ items: z.array(serviceSchema) }),
});

export const getService = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}',
  summary: 'One service',
  access: { kind: 'may', action: 'catalog.read', on: ['params.service'] },
  params: z.strictObject({ service: nameSchema }),
  answer: serviceSchema,
});

export const listEnvironments = defineRoute({
  method: 'GET',
  path: '/v1/environments',
  summary: 'All environments, in the order that a release passes them',
  access: { kind: 'may', action: 'catalog.read', list: true },
  answer: z.object({ items: z.array(environmentSchema) }),
});

export const listTeams = defineRoute({
  method: 'GET',
  path: '/v1/teams',
  summary: 'All teams',
  access: { kind: 'may', action: 'catalog.read', list: true },
  answer: z.object({ items: z.array(teamSchema) }),
});

export const catalogRoutes = [planCatalog, applyCatalog, listServices, getService, listEnvironments, listTeams] as const;
