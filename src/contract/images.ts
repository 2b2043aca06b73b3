import { z } from 'zod';
import { digestSchema, idOf } from './common.ts';
import { defineRoute } from './route.ts';

/** Images that lie in a connected registry: what each is, and an SBOM made of it here. */

const layerSchema = z.object({
  digest: digestSchema,
  /** Bytes, packed. */
  size: z.number(),
  mediaType: z.string(),
  /** The step that made it, without the values of build arguments; null: the image does not say. */
  by: z.string().nullable(),
});

export const platformImageSchema = z.object({
  /** As `linux/arm64/v8`. */
  platform: z.string(),
  digest: digestSchema,
  created: z.string().nullable(),
  user: z.string().nullable(),
  command: z.array(z.string()),
  ports: z.array(z.string()),
  /** The names of environment variables; their values are not shown. */
  variables: z.array(z.string()),
  labels: z.array(z.object({ name: z.string(), value: z.string() })),
  layers: z.array(layerSchema),
});

export const imageSbomSchema = z.object({
  artifact: idOf('art'),
  state: z.enum(['reading', 'made', 'failed']),
  why: z.string().nullable(),
  packages: z.number().int().nullable(),
  requestedBy: z.string(),
  at: z.string(),
});
export type ImageSbomView = z.infer<typeof imageSbomSchema>;

const params = z.object({ digest: digestSchema });

export const getImage = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/image',
  summary: 'What an image in a connected registry is: platforms, how it starts, and its layers, read there now',
  access: { kind: 'may', action: 'artifact.read', list: true },
  params,
  transaction: 'none',
  answer: z.object({
    reference: z.string(),
    platforms: z.array(platformImageSchema),
    /** Manifests of its index that are not shown: of no platform, or beyond the first 20. */
    others: z.number().int(),
  }),
});
export type ImageView = z.infer<typeof getImage.answer>;

export const getImageSbom = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/image/sbom',
  summary: 'What became of the SBOM that was asked for of an image; null: nobody asked',
  access: { kind: 'may', action: 'artifact.read', list: true },
  params,
  answer: z.object({ sbom: imageSbomSchema.nullable() }),
});

export const makeImageSbom = defineRoute({
  method: 'POST',
  path: '/v1/artifacts/{digest}/image/sbom',
  summary: 'Make the SBOM of an image in a connected registry out of its lists of packages, and sign it',
  access: { kind: 'may', action: 'artifact.promote', list: true },
  params,
  status: 202,
  answer: imageSbomSchema,
});
