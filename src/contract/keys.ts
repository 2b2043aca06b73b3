import { z } from 'zod';
import { nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** The keys that protect stored secrets: names and states, never a key. */

export const MASTER_STATES = ['announced', 'current', 'old', 'removed'] as const;

/** `file:` and 16 hex digits, or `vault:NAME:VERSION`. */
export const masterKeyId = z.string().regex(/^(?:file:[0-9a-f]{16}|vault:[A-Za-z0-9_-]{1,64}:\d{1,9})$/, 'the name of a master key');

export const masterKeySchema = z.object({
  id: z.string(),
  kind: z.enum(['file', 'vault']),
  state: z.enum(MASTER_STATES),
  changedAt: z.string(),
  /** Data keys that it wraps, and for a file's key the values that were sealed without one. 0: it may be removed. */
  uses: z.number().int(),
  /** Live servers that can't use it. */
  unknownTo: z.array(z.string()),
});

export const keysSchema = z.object({
  masters: z.array(masterKeySchema),
  dataKeys: z.number().int(),
  /** Data keys whose values are being sealed again. */
  retiring: z.number().int(),
  servers: z.array(z.object({ name: z.string(), version: z.string(), startedAt: z.string(), seenAt: z.string() })),
});
export type KeysView = z.infer<typeof keysSchema>;

export const listKeys = defineRoute({
  method: 'GET',
  path: '/v1/admin/keys',
  summary: 'The master keys and data keys of stored secrets, by name and state; never a key',
  access: { kind: 'may', action: 'admin.audit' },
  transaction: 'none',
  answer: keysSchema,
});

export const rotateMasterKey = defineRoute({
  method: 'POST',
  path: '/v1/admin/keys/master/rotate',
  summary: 'Make a new master key; it is used once every live server knows it, and data keys follow by themselves',
  access: { kind: 'may', action: 'admin.operate' },
  transaction: 'none',
  answer: z.object({ key: z.string(), state: z.enum(['announced', 'current']), waitsFor: z.array(z.string()) }),
});

export const rotateDataKeys = defineRoute({
  method: 'POST',
  path: '/v1/admin/keys/data/rotate',
  summary: 'Retire the data keys of one service, or of all; what they sealed is sealed again by new ones',
  access: { kind: 'may', action: 'admin.operate' },
  transaction: 'none',
  body: z.object({ service: nameSchema.optional() }).strict(),
  answer: z.object({ keys: z.number().int() }),
});

export const removeMasterKey = defineRoute({
  method: 'DELETE',
  path: '/v1/admin/keys/master/{key}',
  summary: 'End a master key that nothing uses any more',
  access: { kind: 'may', action: 'admin.operate' },
  transaction: 'none',
  params: z.object({ key: masterKeyId }),
  answer: z.object({ key: z.string() }),
});
