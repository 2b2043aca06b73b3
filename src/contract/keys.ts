import { z } from 'zod';
import { instantSchema, nameSchema } from './common.ts';
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

export const signingKeySchema = z.object({
  keyId: z.string(),
  kind: z.enum(['file', 'vault']),
  /** Where it is: the name of a file, or name and version in the key service. */
  name: z.string(),
  /** Whether it signs now. */
  current: z.boolean(),
  createdAt: z.string(),
  /** What it signed from then on counts for nothing; null: it is good. */
  revokedFrom: z.string().nullable(),
  revokedReason: z.string().nullable(),
});

export const listSigningKeys = defineRoute({
  method: 'GET',
  path: '/v1/admin/keys/signing',
  summary: 'The keys that evidence was ever signed with, oldest first; never a private one',
  access: { kind: 'may', action: 'admin.audit' },
  transaction: 'none',
  answer: z.object({
    kind: z.enum(['file', 'vault']),
    /** Why the key that signs now can't be told; null: it can. */
    problem: z.string().nullable(),
    items: z.array(signingKeySchema),
  }),
});

export const rotateSigningKey = defineRoute({
  method: 'POST',
  path: '/v1/admin/keys/signing/rotate',
  summary: 'Make a new key for evidence, which signs from now on; what older ones signed stays good',
  access: { kind: 'may', action: 'admin.operate' },
  transaction: 'none',
  answer: z.object({ keyId: z.string(), name: z.string() }),
});

export const revokeSigningKey = defineRoute({
  method: 'POST',
  path: '/v1/admin/keys/signing/{key}/revoke',
  summary: 'End the worth of a key: what it signed from an instant on counts for nothing',
  access: { kind: 'may', action: 'admin.operate' },
  transaction: 'none',
  params: z.object({ key: z.string().regex(/^[0-9a-f]{64}$/, 'the id of a signing key: 64 hex digits') }),
  body: z.strictObject({
    /** Absent: from now on. */
    from: instantSchema.optional(),
    reason: z.string().trim().min(3).max(1000),
  }),
  answer: signingKeySchema,
});
