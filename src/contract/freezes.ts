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
  /** The name of that person, where it was one. */
  createdByName: z.string().nullable(),
  createdAt: z.string(),
  /** When a person last changed what it says. */
  changedAt: z.string().nullable(),
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

/** What a freeze said before, until when, who changed it and why. */
const pastSchema = z.object({
  version: z.number().int(),
  scope: scopeSchema,
  when: whenSchema,
  reason: z.string(),
  ticket: z.string(),
  from: z.string(),
  until: z.string(),
  changedBy: z.string(),
  because: z.string(),
});

export const getFreeze = defineRoute({
  method: 'GET',
  path: '/v1/freezes/{freeze}',
  summary: 'One freeze or window, with all that it said before',
  access: { kind: 'may', action: 'freeze.read', list: true },
  params: z.object({ freeze: idOf('frz') }),
  answer: freezeSchema.extend({ past: z.array(pastSchema) }),
});

export const changeFreeze = defineRoute({
  method: 'PATCH',
  path: '/v1/freezes/{freeze}',
  summary: 'Change a freeze or window; what it said before is kept with the reason. What is left out stays',
  access: { kind: 'may', action: 'freeze.write' },
  params: z.object({ freeze: idOf('frz') }),
  body: z.strictObject({
    /** The one that was seen. */
    version: z.number().int().positive(),
    /** Why it is changed. */
    because: proseSchema,
    scope: scopeSchema.optional(),
    when: whenSchema.optional(),
    reason: proseSchema.optional(),
    ticket: lineSchema.optional(),
    exempt: z.array(z.enum(RELEASE_TYPES)).max(3).optional(),
    onRunning: z.enum(['finish', 'finish-wave', 'pause']).optional(),
  }),
  answer: freezeSchema,
});

const spanSchema = z.object({ from: z.string(), until: z.string().nullable() });

/** What a freeze would hold, before it is saved. */
export const collisionSchema = z.object({
  /** The first windows from now on, in the order of time. */
  windows: z.array(spanSchema),
  /** Releases that it would hold, those under way first. */
  releases: z.array(
    z.object({
      release: idOf('rel'),
      service: z.string(),
      version: z.string(),
      environment: z.string(),
      state: z.enum(['planned', 'approved', 'in-flight']),
      until: z.string().nullable(),
    }),
  ),
  /** Services and environments where nothing of a type that is not exempt could begin. */
  places: z.array(z.object({ service: z.string(), environment: z.string() })),
  counts: z.object({ releases: z.number().int(), places: z.number().int(), services: z.number().int(), environments: z.number().int() }),
  /** Freezes and windows that are open at the same time for some of the same places. */
  overlaps: z.array(
    z.object({ freeze: idOf('frz'), kind: z.enum(['deny', 'allow']), reason: z.string(), from: z.string(), until: z.string().nullable() }),
  ),
  /** The same for people. */
  words: z.array(z.string()),
});
export type Collisions = z.infer<typeof collisionSchema>;

export const previewFreeze = defineRoute({
  method: 'POST',
  path: '/v1/freezes/preview',
  summary: 'What a freeze or window would hold, or what a change of one would: nothing is saved',
  access: { kind: 'may', action: 'freeze.read', list: true },
  transaction: 'read',
  /** `freeze`: the one that would be changed to this. */
  body: freezeBody.extend({ freeze: idOf('frz').optional() }),
  answer: collisionSchema,
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

export const freezesRoutes = [createFreeze, previewFreeze, listFreezes, getFreeze, changeFreeze, endFreeze, stopTheLine] as const;
