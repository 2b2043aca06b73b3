import { z } from 'zod';
import { digestSchema, idOf, nameSchema } from './common.ts';
import { recordArtifact, recordArtifactDigest } from './record.ts';
import { defineRoute } from './route.ts';

/**
 * Uploads in parts, for what is large or comes over a connection that breaks: begin (or ask again how far it came), send
 * parts from the offset that is answered, then record the artifact. What the service holds already is not sent again.
 */

export const PART_LIMIT = 32 * 1024 ** 2;
/** Parts but the last have at least so many bytes: an upload has a bounded number of them. */
export const PART_LEAST = 64 * 1024;

export const uploadSchema = z.object({
  /** null: nothing has to be sent. */
  upload: idOf('upl').nullable(),
  /** The bytes are here as an artifact of this service. */
  held: z.boolean(),
  size: z.number().int(),
  /** Send the next part from here. */
  offset: z.number().int(),
  /** Untouched until then, it is removed. */
  expiresAt: z.string().nullable(),
});

export const beginUpload = defineRoute({
  method: 'POST',
  path: '/v1/record/uploads',
  summary: 'Begin to upload an artifact in parts, or go on with one that was cut off: answers from which byte',
  access: { kind: 'may', action: 'record.write', on: ['body.service'] },
  transaction: 'none',
  body: z.strictObject({ service: nameSchema, digest: digestSchema, size: z.number().int().min(1).max(recordArtifact.body.limit) }),
  answer: uploadSchema,
});

export const putUploadPart = defineRoute({
  method: 'PUT',
  path: '/v1/record/uploads/{service}/{digest}',
  summary: 'Send the next part of an upload: up to 32 MiB from the offset that was answered last',
  access: { kind: 'may', action: 'record.write', on: ['params.service'] },
  transaction: 'none',
  params: z.object({ service: nameSchema, digest: digestSchema }),
  query: z.object({ offset: z.coerce.number().int().min(0).max(recordArtifact.body.limit) }),
  body: { bytes: true, mediaType: 'application/octet-stream', limit: PART_LIMIT },
  answer: uploadSchema,
});

export const recordStoredArtifact = defineRoute({
  method: 'POST',
  path: '/v1/record/stored-artifacts',
  summary: 'Tell that a foreign CI made an artifact whose bytes were uploaded in parts, or are here from an earlier build of the service',
  access: { kind: 'may', action: 'record.write', on: ['body.service'] },
  transaction: 'none',
  body: recordArtifactDigest.body.omit({ reference: true }).strict(),
  answer: recordArtifact.answer,
});
