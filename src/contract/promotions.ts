import { z } from 'zod';
import { digestSchema, idOf, nameSchema, reasonSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Promotion: what was released is copied by its digest into the registries that environments and customers read from. */

const repositoryField = z.string().min(1).max(200);
const tierField = z.number().int().min(1).max(3);

export const destinationSchema = z.object({
  id: idOf('pdn'),
  name: nameSchema,
  connection: z.string(),
  repository: z.string(),
  /** The environment whose answer a promotion needs; null: the supply-chain rule alone is asked. */
  environment: z.string().nullable(),
  tiers: z.array(z.number().int()).nullable(),
  createdAt: z.string(),
});
export type DestinationView = z.infer<typeof destinationSchema>;

export const promotionSchema = z.object({
  id: idOf('prm'),
  digest: digestSchema,
  service: z.string(),
  destination: z.string(),
  release: z.object({ id: idOf('rel'), version: z.string() }).nullable(),
  environment: z.string().nullable(),
  tag: z.string().nullable(),
  /** `refused`: the rules said no; `failed`: it could not be copied and is not tried again by itself. */
  state: z.enum(['asked', 'promoted', 'refused', 'failed']),
  /** Why it was refused or failed; while it is asked for, what went wrong the last time. */
  reasons: z.array(reasonSchema),
  attempts: z.number().int(),
  requestedBy: z.string(),
  askedAt: z.string(),
  promotedAt: z.string().nullable(),
  /** Where it lies, with its digest: `oci://host/repository@sha256:...`. */
  location: z.string().nullable(),
  manifest: digestSchema.nullable(),
  /** How many statements and documents lie beside it there. */
  carried: z.number().int(),
  decision: z.string().nullable(),
});
export type PromotionView = z.infer<typeof promotionSchema>;

const storedEnvelope = z.object({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })),
});

export const listDestinations = defineRoute({
  method: 'GET',
  path: '/v1/promotion-destinations',
  summary: 'Where artifacts can be promoted to',
  access: { kind: 'may', action: 'artifact.read', list: true },
  answer: z.object({ items: z.array(destinationSchema) }),
});

export const setDestination = defineRoute({
  method: 'PUT',
  path: '/v1/promotion-destinations/{destination}',
  summary: 'Say where artifacts are promoted to: a repository of a connected registry, for an environment and tiers',
  access: { kind: 'may', action: 'connection.write' },
  params: z.strictObject({ destination: nameSchema }),
  body: z.strictObject({
    connection: nameSchema,
    /** With `{service}` and `{artifact}` where each has its own. */
    repository: repositoryField,
    environment: nameSchema.nullable().default(null),
    tiers: z.array(tierField).min(1).max(3).nullable().default(null),
  }),
  answer: destinationSchema,
});

export const removeDestination = defineRoute({
  method: 'DELETE',
  path: '/v1/promotion-destinations/{destination}',
  summary: 'Promote nothing there any more; what was stays where it is',
  access: { kind: 'may', action: 'connection.write' },
  params: z.strictObject({ destination: nameSchema }),
  answer: z.object({ removed: z.literal(true) }),
});

export const promoteArtifact = defineRoute({
  method: 'POST',
  path: '/v1/artifacts/{digest}/promotions',
  summary: 'Promote an artifact: to a destination, or to all of an environment; asked of the service, and decided before it is copied',
  access: { kind: 'may', action: 'artifact.promote', list: true },
  params: z.strictObject({ digest: digestSchema }),
  body: z.strictObject({
    destination: nameSchema.optional(),
    environment: nameSchema.optional(),
    release: idOf('rel').optional(),
    /** Without one: the release's version. */
    tag: z
      .string()
      .regex(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/, 'letters, digits, dots, dashes and underscores, 128 at most')
      .optional(),
  }),
  status: 202,
  answer: z.object({ items: z.array(promotionSchema) }),
});

export const listPromotions = defineRoute({
  method: 'GET',
  path: '/v1/promotions',
  summary: 'Promotions of an artifact or of a release, newest first',
  access: { kind: 'may', action: 'artifact.read', list: true },
  query: z.object({
    digest: digestSchema.optional(),
    release: idOf('rel').optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: z.object({ items: z.array(promotionSchema) }),
});

export const getPromotion = defineRoute({
  method: 'GET',
  path: '/v1/promotions/{promotion}',
  summary: 'One promotion with its signed record and verification summary',
  access: { kind: 'may', action: 'artifact.read', list: true },
  params: z.strictObject({ promotion: idOf('prm') }),
  answer: promotionSchema.extend({ record: storedEnvelope.nullable(), summary: storedEnvelope.nullable() }),
});
