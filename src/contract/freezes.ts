import { z } from 'zod';
import { idOf, instantSchema, lineSchema, nameSchema, proseSchema } from './common.ts';
import { RELEASE_TYPES } from './releases.ts';
import { defineRoute } from './route.ts';

/** Freezes (deny windows), maintenance windows (allow windows), and stopping the line. */

const local = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, 'a local time such as 2026-12-24T18:00');

export const scopeSchema = z.strictObject({
  /** All that are given must fit; none given means the whole organisation. */
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
  team: nameSchema.optional(),
  service: nameSchema.optional(),
  environment: nameSchema.optional(),
  kind: z.enum(['development', 'test', 'staging', 'production']).optional(),
});

export const whenSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('once'), from: instantSchema, until: instantSchema.nullable() }),
  z.strictObject({
    kind: z.literal('recurring'),
    /** The first window in the local time of `zone`; it ends at the wall-clock time that `minutes` later would show. */
    start: local,
    minutes: z.number().int().min(1).max(44_640),
    zone: z.string().min(1).max(64),
    /** RFC 5545 RRULE without the name: `FREQ=WEEKLY;BYDAY=FR`. */
    rule: z.string().min(6).max(300),
  }),
]);

const freezeBody = z.strictObject({
  kind: z.enum(['deny', 'allow']),
  scope: scopeSchema,
  when: whenSchema,
  reason: proseSchema,
  ticket: lineSchema,
  /** Release types that pass. Going back always passes. */
  exempt: z.array(z.enum(RELEASE_TYPES)).max(3).default([]),
  /** What happens to a deployment that is running when it begins. */
  onRunning: z.enum(['finish', 'finish-wave', 'pause']).default('finish-wave'),
});

export const freezeSchema = freezeBody.extend({
  id: idOf('frz'),
  createdBy: z.string(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  version: z.number().int(),
  activeNow: z.boolean(),
  /** The next instant at which it begins or ends. */
  nextEdge: z.string().nullable(),
});

const blockedSchema = z.array(
  z.object({ release: idOf('rel'), service: z.string(), version: z.string(), environment: z.string(), until: z.string().nullable() }),
);

export const createFreeze = defineRoute({
  method: 'POST',
  path: '/v1/freezes',
  summary: 'Freeze, or open a maintenance window; with ?preview=true only shows what it would block',
  access: { kind: 'may', action: 'freeze.write' },
  query: z.object({ preview: z.enum(['true', 'false']).default('false') }),
  body: freezeBody,
  status: 201,
  answer: z.object({ freeze: freezeSchema.nullable(), blocks: blockedSchema }),
});

export const listFreezes = defineRoute({
  method: 'GET',
  path: '/v1/freezes',
  summary: 'Freezes and windows that have not ended',
  access: { kind: 'may', action: 'freeze.read', list: true },
  query: z.object({ ended: z.enum(['true', 'false']).default('false') }),
  answer: z.object({ items: z.array(freezeSchema) }),
});

export const endFreeze = defineRoute({
  method: 'POST',
  path: '/v1/freezes/{freeze}/end',
  summary: 'End a freeze or window now',
  access: { kind: 'may', action: 'freeze.write' },
  params: z.object({ freeze: idOf('frz') }),
  body: z.strictObject({ reason: proseSchema, version: z.number().int().positive() }),
  answer: freezeSchema,
});

export const stopTheLine = defineRoute({
  method: 'POST',
  path: '/v1/freezes/stop-the-line',
  summary: 'Stop: a freeze that starts now and has no known end',
  access: { kind: 'may', action: 'freeze.write' },
  body: z.strictObject({ scope: scopeSchema.default({}), reason: proseSchema, ticket: lineSchema }),
  status: 201,
  answer: z.object({ freeze: freezeSchema, blocks: blockedSchema }),
});

export const freezesRoutes = [createFreeze, listFreezes, endFreeze, stopTheLine] as const;
