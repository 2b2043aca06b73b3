import { z } from 'zod';
import { idOf, instantSchema, pageOf, pageQuery, proseSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** What admins and auditors look at: who did what to the instance itself, work that failed for good, and the instance. */

export const AUDIT_KINDS = ['people', 'sign-in', 'machines', 'keys', 'policies', 'catalog', 'hooks', 'work'] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

export const auditEntry = z.object({
  fact: idOf('fct'),
  type: z.string(),
  kind: z.enum(AUDIT_KINDS),
  /** What has happened, in words. */
  means: z.string(),
  at: z.string(),
  by: z.object({ id: z.string(), name: z.string().nullable() }),
  subject: z.object({ id: z.string(), name: z.string().nullable() }),
  body: z.record(z.string(), z.unknown()),
  /** Names of those whose ids stand in the body. */
  names: z.record(z.string(), z.string()),
  /** The words of who did it, where the act asks for them. */
  reason: z.string().nullable(),
  /** Its place in the ledger; null while it waits for one. */
  position: z.number().int().nullable(),
});

export const listAudit = defineRoute({
  method: 'GET',
  path: '/v1/admin/audit',
  summary: 'Every act that changed who may do what, and what the rules are: newest first',
  access: { kind: 'may', action: 'admin.audit' },
  query: z.object({
    kind: z.enum(AUDIT_KINDS).optional(),
    type: z
      .string()
      .regex(/^[a-z][a-z.-]{0,79}$/)
      .optional(),
    /** Who did it: the id of a person, bot or machine. */
    by: z
      .string()
      .regex(/^[a-z0-9_:-]{1,100}$/)
      .optional(),
    /** What it was done to: an id that the fact names. */
    about: z
      .string()
      .regex(/^[a-z]{2,5}_[0-9a-f]{32}$/)
      .optional(),
    since: instantSchema.optional(),
    until: instantSchema.optional(),
    ...pageQuery,
  }),
  answer: pageOf(auditEntry),
});

const jobParams = z.object({ work: z.string().regex(/^[1-9][0-9]{0,17}$/, 'a number') });

export const parkedSchema = z.object({
  id: z.string(),
  /** `parked` failed for the last time and waits for a person; `failing` will be tried again by itself. */
  state: z.enum(['parked', 'failing']),
  task: z.string(),
  /** For a reaction: to which fact. */
  fact: z.object({ id: z.string(), type: z.string(), subject: z.string(), at: z.string() }).nullable(),
  /** Ids that it is about. */
  about: z.array(z.string()),
  attempts: z.number().int(),
  maxAttempts: z.number().int(),
  error: z.string(),
  firstAt: z.string(),
  lastAt: z.string(),
  nextAt: z.string().nullable(),
});

export const listParked = defineRoute({
  method: 'GET',
  path: '/v1/admin/parked',
  summary: 'Work that failed for the last time and waits for a person, and work that fails and is tried again',
  access: { kind: 'may', action: 'admin.audit' },
  query: z.object({ state: z.enum(['parked', 'failing']).optional() }),
  answer: z.object({ items: z.array(parkedSchema), parked: z.number().int(), failing: z.number().int() }),
});
export const retryParked = defineRoute({
  method: 'POST',
  path: '/v1/admin/parked/{work}/retry',
  summary: 'Try a piece of parked or failing work again now',
  access: { kind: 'may', action: 'admin.operate' },
  params: jobParams,
  body: z.object({}),
  answer: z.object({ retried: z.number().int() }),
});
export const retryAllParked = defineRoute({
  method: 'POST',
  path: '/v1/admin/parked/retry-all',
  summary: 'Try all parked work again now',
  access: { kind: 'may', action: 'admin.operate' },
  body: z.object({}),
  answer: z.object({ retried: z.number().int() }),
});
export const dropParked = defineRoute({
  method: 'POST',
  path: '/v1/admin/parked/{work}/drop',
  summary: 'Give a piece of parked work up, with a reason that stays on record',
  access: { kind: 'may', action: 'admin.operate' },
  params: jobParams,
  body: z.object({ reason: proseSchema }),
  answer: z.object({ dropped: z.literal(true) }),
});

export const getInstance = defineRoute({
  method: 'GET',
  path: '/v1/admin/instance',
  summary: 'This instance: versions, servers, keys, database, disk, ledger, and the settings in force without secrets',
  access: { kind: 'may', action: 'admin.audit' },
  transaction: 'none',
  answer: z.object({
    version: z.string(),
    node: z.string(),
    publicUrl: z.string(),
    instance: z.object({ id: z.string(), epoch: z.number().int(), createdAt: z.string() }),
    servers: z.array(z.object({ name: z.string(), version: z.string(), startedAt: z.string(), seenAt: z.string() })),
    signingKeys: z.array(z.object({ keyId: z.string(), current: z.boolean() })),
    database: z.object({
      kind: z.enum(['embedded', 'external']),
      version: z.string(),
      bytes: z.number().int(),
      connections: z.number().int(),
    }),
    disk: z.object({ folder: z.string(), freeBytes: z.number().int(), totalBytes: z.number().int() }).nullable(),
    ledger: z.object({
      origin: z.string(),
      size: z.number().int(),
      checkpointAt: z.string().nullable(),
      waiting: z.number().int(),
      lagMs: z.number().int(),
    }),
    people: z.object({ active: z.number().int(), sessions: z.number().int(), tokens: z.number().int() }),
    settings: z.array(z.object({ name: z.string(), value: z.string(), means: z.string() })),
  }),
});

export const listHooks = defineRoute({
  method: 'GET',
  path: '/v1/admin/hooks',
  summary: 'All signed webhooks that this instance takes, without their secrets',
  access: { kind: 'may', action: 'admin.audit' },
  answer: z.object({
    items: z.array(
      z.object({
        id: z.string(),
        /** `repository`, `incidents`, `mapping`, `cdevents`, or the vendor whose connection it belongs to. */
        kind: z.string(),
        name: z.string(),
        path: z.string(),
        createdAt: z.string().nullable(),
        lastDeliveryAt: z.string().nullable(),
        deliveries: z.number().int(),
        revokedAt: z.string().nullable(),
        refused: z.number().int(),
        refusedAt: z.string().nullable(),
        refusedWhy: z.string().nullable(),
      }),
    ),
  }),
});

export const adminRoutes = [listAudit, listParked, retryParked, retryAllParked, dropParked, getInstance, listHooks] as const;
