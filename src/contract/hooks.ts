import { z } from 'zod';
import { HOOK_SCHEMES } from '../kernel/webhook.ts';
import { idOf, lineSchema, pageOf, pageQuery } from './common.ts';
import { defineRoute } from './route.ts';

/** Webhooks that come in: the doors, those who made them, and what they brought. */

/** Bytes of one delivery that comes in. */
export const HOOK_LIMIT = 1024 ** 2;

const hookAnswer = z.object({ accepted: z.boolean(), duplicate: z.boolean(), delivery: idOf('dlv').nullable() });
const door = {
  method: 'POST',
  access: { kind: 'signed', why: 'the signature over the raw bytes by the secret of the hook is the credential' },
  transaction: 'none',
  params: z.object({ hook: idOf('hok') }),
  body: { bytes: true, mediaType: 'application/json', limit: HOOK_LIMIT },
  status: 202,
  answer: hookAnswer,
} as const;

export const hookIn = defineRoute({
  ...door,
  path: '/v1/hooks/in/{hook}',
  summary: 'Bring a delivery: its signature is verified over the raw bytes, it is kept, and then it is answered; it is read afterwards',
});

export const gitHook = defineRoute({
  ...door,
  path: '/v1/hooks/git/{hook}',
  summary: 'Tell that a watched repository has changed; signed, and only a hint to look at its heads',
});

export const doorRoutes = [hookIn, gitHook] as const;

/** What a delivery can become: the same as what is told at /v1/record/..., and `heads` (look at a repository). */
export const HOOK_INPUTS = ['build', 'report', 'artifact', 'attestation', 'deployment', 'incident', 'ticket', 'heads'] as const;

const celSchema = z.string().min(1).max(2000);
export const mappingSchema = z.strictObject({
  /** Tried in order; the first whose `when` is true decides. */
  rules: z
    .array(
      z.strictObject({
        /** CEL over `headers`, `body` and `delivery` (its name); absent: always. */
        when: celSchema.optional(),
        input: z.enum(HOOK_INPUTS),
        /** Field of the input -> CEL. A name that ends with `?` is left out where its value is not there. */
        fields: z.record(z.string().regex(/^[a-zA-Z]{1,40}\??$/, 'the name of a field, with ? where it may be missing'), celSchema),
      }),
    )
    .min(1)
    .max(50),
});
export type MappingWritten = z.output<typeof mappingSchema>;

const schemesSchema = z.array(z.enum(HOOK_SCHEMES)).min(1).max(4);
const headerName = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'the name of a header in lower case');

export const hookSchema = z.object({
  id: idOf('hok'),
  name: z.string(),
  takes: z.string(),
  path: z.string(),
  schemes: z.array(z.string()),
  signatureHeader: z.string().nullable(),
  /** It takes a scheme that sends the secret itself. */
  weak: z.boolean(),
  mapping: mappingSchema.nullable(),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
  refused: z.number().int(),
  refusedAt: z.string().nullable(),
  refusedWhy: z.string().nullable(),
  version: z.number().int(),
});
export type HookView = z.infer<typeof hookSchema>;

export const listHooksIn = defineRoute({
  method: 'GET',
  path: '/v1/hooks',
  summary: 'Webhooks that take deliveries, and why they refused the last one',
  access: { kind: 'may', action: 'connection.read' },
  answer: z.object({ items: z.array(hookSchema) }),
});

export const makeHook = defineRoute({
  method: 'POST',
  path: '/v1/hooks',
  summary: 'Make a webhook that takes CloudEvents, or anything that a mapping translates; its secret is shown once',
  access: { kind: 'may', action: 'connection.write' },
  secret: true,
  body: z.strictObject({
    name: lineSchema,
    takes: z.enum(['mapping', 'cdevents']),
    mapping: mappingSchema.optional(),
    /** How it may be signed; default: Standard Webhooks, and HMAC as GitHub sends it. */
    schemes: schemesSchema.default(['standard', 'hub']),
    signatureHeader: headerName.optional(),
    /** A secret of the sender's; default: a good one is made here. */
    secret: z.string().min(1).max(1000).optional(),
  }),
  status: 201,
  answer: z.object({ hook: idOf('hok'), path: z.string(), secret: z.string() }),
});

export const changeMapping = defineRoute({
  method: 'PUT',
  path: '/v1/hooks/{hook}/mapping',
  summary: 'Give a webhook another mapping; what came before can be replayed with it',
  access: { kind: 'may', action: 'connection.write' },
  params: z.object({ hook: idOf('hok') }),
  body: z.strictObject({ mapping: mappingSchema, version: z.number().int() }),
  answer: hookSchema,
});

export const endHook = defineRoute({
  method: 'DELETE',
  path: '/v1/hooks/{hook}',
  summary: 'End a webhook; its signatures are refused from now on',
  access: { kind: 'may', action: 'connection.write' },
  params: z.object({ hook: idOf('hok') }),
  answer: z.object({ revoked: z.literal(true) }),
});

export const tryMapping = defineRoute({
  method: 'POST',
  path: '/v1/hooks/try',
  summary: 'Try a mapping against a payload: what it would tell, and what is missing; nothing is kept',
  access: { kind: 'may', action: 'connection.read' },
  body: z.strictObject({
    mapping: mappingSchema,
    headers: z.record(z.string().max(100), z.string().max(2000)).default({}),
    /** The payload as text. */
    body: z.string().max(HOOK_LIMIT),
  }),
  transaction: 'read',
  answer: z.object({
    /** Which rule decided, from 1; null: none. */
    rule: z.number().int().nullable(),
    input: z.string().nullable(),
    fields: z.record(z.string(), z.unknown()),
    /** What keeps it from being taken. */
    wrong: z.array(z.string()),
  }),
});

export const DELIVERY_STATES = ['taken', 'failed', 'parked', 'done'] as const;
export const deliverySchema = z.object({
  id: idOf('dlv'),
  hook: z.object({ id: z.string(), name: z.string(), takes: z.string() }),
  /** How the sender names it. */
  name: z.string(),
  state: z.enum(DELIVERY_STATES),
  size: z.number().int(),
  attempts: z.number().int(),
  /** What became of it, or why it failed. */
  outcome: z.string().nullable(),
  at: z.string(),
  doneAt: z.string().nullable(),
  /** When it is tried again. */
  dueAt: z.string().nullable(),
});

export const listDeliveries = defineRoute({
  method: 'GET',
  path: '/v1/deliveries',
  summary: 'What webhooks brought, newest first, and what became of it',
  access: { kind: 'may', action: 'connection.read' },
  query: z.object({ ...pageQuery, hook: idOf('hok').optional(), state: z.enum(DELIVERY_STATES).optional() }),
  answer: pageOf(deliverySchema),
});

export const getDelivery = defineRoute({
  method: 'GET',
  path: '/v1/deliveries/{delivery}',
  summary: 'One delivery with its headers and the beginning of its bytes',
  access: { kind: 'may', action: 'connection.read' },
  params: z.object({ delivery: idOf('dlv') }),
  answer: deliverySchema.extend({
    headers: z.record(z.string(), z.string()).nullable(),
    /** As text, 64 KiB at most; null: no longer kept. */
    body: z.string().nullable(),
  }),
});

export const replayDelivery = defineRoute({
  method: 'POST',
  path: '/v1/deliveries/{delivery}/replay',
  summary: 'Take a delivery again from its bytes: with the mapping of now',
  access: { kind: 'may', action: 'connection.write' },
  params: z.object({ delivery: idOf('dlv') }),
  body: z.strictObject({}),
  answer: deliverySchema,
});

export const cdEvent = defineRoute({
  method: 'POST',
  path: '/v1/cdevents',
  summary: 'Tell a CDEvent, as a CloudEvent in structured or binary mode; with a token in place of a signature',
  access: { kind: 'may', action: 'record.write', list: true },
  transaction: 'none',
  body: { bytes: true, mediaType: 'application/cloudevents+json', limit: HOOK_LIMIT },
  status: 202,
  answer: z.object({ outcome: z.string() }),
});

export const hookRoutes = [
  cdEvent,
  listHooksIn,
  makeHook,
  changeMapping,
  endHook,
  tryMapping,
  listDeliveries,
  getDelivery,
  replayDelivery,
] as const;
