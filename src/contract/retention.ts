import { z } from 'zod';
import { digestSchema, idOf, nameSchema, proseSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** How long things are kept, and what may not be removed. Facts are kept for ever. */

export const retentionRuleSchema = z.object({
  what: z.string(),
  means: z.string(),
  days: z.number().int(),
  /** What it is where nobody decided otherwise. */
  usual: z.number().int(),
  /** The newest of each service that stay whatever their age; null: this rule counts nothing. */
  keep: z.number().int().nullable(),
  before: z.string(),
  due: z.object({ things: z.number().int(), bytes: z.number().int(), held: z.number().int() }),
});

export const holdSchema = z.object({
  id: idOf('hld'),
  service: z.string().nullable(),
  run: z.string().nullable(),
  release: z.string().nullable(),
  artifact: z.string().nullable(),
  reason: z.string(),
  placedBy: z.string(),
  /** Null: of nobody who has a name. */
  placedByName: z.string().nullable(),
  placedAt: z.string(),
  liftedBy: z.string().nullable(),
  liftedByName: z.string().nullable(),
  liftedAt: z.string().nullable(),
  liftedReason: z.string().nullable(),
});

export const showRetention = defineRoute({
  method: 'GET',
  path: '/v1/admin/retention',
  summary: 'How long each kind of thing is kept, what is due now, and what legal holds keep: a dry run',
  access: { kind: 'may', action: 'admin.audit' },
  answer: z.object({
    rules: z.array(retentionRuleSchema),
    /** Stored bytes that nothing names; they are deleted a day after the last row named them. */
    unnamed: z.number().int(),
    holds: z.array(holdSchema),
  }),
});

export const setRetention = defineRoute({
  method: 'PUT',
  path: '/v1/admin/retention/{what}',
  summary: 'Decide how many days one kind of thing is kept, and of artifacts how many of each service whatever their age',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.object({ what: nameSchema }),
  body: z.object({ days: z.number().int().min(1).max(36_500), keep: z.number().int().min(0).max(100_000).optional() }).strict(),
  answer: z.object({ what: z.string(), days: z.number().int(), keep: z.number().int().nullable() }),
});

export const planRetention = defineRoute({
  method: 'GET',
  path: '/v1/admin/retention/plan',
  summary:
    'Which artifacts the next round would remove, which a legal hold keeps, and why the others stay: a dry run, those used longest ago first',
  access: { kind: 'may', action: 'admin.audit' },
  query: z.object({
    what: nameSchema.optional(),
    /** Also what stays, after what is due, with why. */
    all: z.enum(['true', 'false']).default('false'),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: z.object({
    items: z.array(
      z.object({
        what: z.string(),
        name: z.string(),
        size: z.number().int(),
        since: z.string(),
        held: z.boolean(),
        /** Why it stays, a legal hold apart; null: it is due. */
        stays: z.enum(['runs', 'deploying', 'way-back', 'young', 'newest']).nullable().default(null),
      }),
    ),
  }),
});

export const runRetention = defineRoute({
  method: 'POST',
  path: '/v1/admin/retention/run',
  summary: 'Remove what is due now, as durable work, instead of waiting for the daily round',
  access: { kind: 'may', action: 'admin.operate' },
  status: 202,
  answer: z.object({ started: z.literal(true) }),
});

export const placeHold = defineRoute({
  method: 'POST',
  path: '/v1/admin/holds',
  summary: 'Keep everything, all of a service, a run, a release with its run, or an artifact, whatever its age, until the hold is lifted',
  access: { kind: 'may', action: 'admin.operate' },
  body: z
    .object({
      service: nameSchema.optional(),
      run: idOf('run').optional(),
      release: idOf('rel').optional(),
      artifact: digestSchema.optional(),
      reason: proseSchema,
    })
    .strict(),
  status: 201,
  answer: z.object({ hold: idOf('hld') }),
});

export const liftHold = defineRoute({
  method: 'POST',
  path: '/v1/admin/holds/{hold}/lift',
  summary: 'Lift a legal hold',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.object({ hold: idOf('hld') }),
  body: z.object({ reason: proseSchema }).strict(),
  answer: z.object({ hold: idOf('hld') }),
});
