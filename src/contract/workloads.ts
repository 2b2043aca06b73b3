import { z } from 'zod';
import { ACTIONS, type Action } from './actions.ts';
import { idOf, lineSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Workload identity: jobs of other CI come in with tokens of their issuer, and keep no secret of ours. */

const issuerSchema = z
  .string()
  .max(500)
  .refine((text) => URL.parse(text) !== null && !/[?#\s]/.test(text), 'the issuer’s address, as its tokens say it');
const patternSchema = z.string().min(1).max(500);
const claimSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_.:/-]{0,99}$/, 'the name of a claim');
const conditionsSchema = z
  .record(claimSchema, z.array(patternSchema).min(1).max(50))
  .refine((conditions) => Object.keys(conditions).length <= 30, 'at most 30 claims');
const actionSchema = z.enum(Object.keys(ACTIONS) as [Action, ...Action[]]);
/** A JWT in compact serialization, at most 8 KiB. */
const jwtSchema = z.string().min(20).max(8192);

export const trustSchema = z.object({
  id: idOf('wlt'),
  name: nameSchema,
  issuer: z.string(),
  audience: z.string(),
  conditions: z.record(z.string(), z.array(z.string())),
  bot: z.object({ id: idOf('bot'), name: z.string(), owner: z.string(), active: z.boolean() }),
  /** The bot was made for this trust, and ends with it. */
  ownBot: z.boolean(),
  actions: z.array(z.string()).nullable(),
  services: z.array(z.string()).nullable(),
  maxAgeMinutes: z.number(),
  createdAt: z.string(),
  /** The job that came in last. */
  last: z
    .object({
      at: z.string(),
      repository: z.string().nullable(),
      ref: z.string().nullable(),
      workflow: z.string().nullable(),
      runId: z.string().nullable(),
    })
    .nullable(),
  /** How many credentials of its jobs are good now. */
  live: z.number().int(),
});
export type WorkloadTrustView = z.infer<typeof trustSchema>;

export const witnessSchema = z.object({
  trust: z.string(),
  issuer: z.string(),
  subject: z.string(),
  repository: z.string().nullable(),
  repositoryId: z.string().nullable(),
  ref: z.string().nullable(),
  refProtected: z.boolean().nullable(),
  workflow: z.string().nullable(),
  environment: z.string().nullable(),
  runId: z.string().nullable(),
  sha: z.string().nullable(),
});

export const listWorkloads = defineRoute({
  method: 'GET',
  path: '/v1/workloads',
  summary: 'Which jobs of other CI may come in with tokens of their issuer, and as whom',
  access: { kind: 'may', action: 'admin.audit' },
  answer: z.object({
    items: z.array(trustSchema),
    /** What a trust may be narrowed to. */
    actions: z.array(z.string()),
    /** Issuers that many have. */
    issuers: z.array(z.object({ name: z.string(), title: z.string(), url: z.string() })),
  }),
});
export const addWorkload = defineRoute({
  method: 'POST',
  path: '/v1/workloads',
  summary: 'Trust jobs whose tokens meet every condition: they act as a bot, or as one of their own over the services given',
  access: { kind: 'may', action: 'admin.tokens' },
  transaction: 'none',
  body: z.strictObject({
    name: nameSchema,
    issuer: issuerSchema,
    audience: lineSchema,
    /** Claim -> patterns. One of each claim must fit: `*` stands for anything but `/`, `**` for anything. */
    conditions: conditionsSchema,
    bot: idOf('bot').optional(),
    services: z.array(nameSchema).min(1).max(100).optional(),
    actions: z.array(actionSchema).min(1).max(100).optional(),
    /** How long ago a token may have been issued. */
    maxAgeMinutes: z.number().int().min(1).max(1440).default(60),
  }),
  status: 201,
  answer: z.object({ id: idOf('wlt'), name: nameSchema }),
});
export const removeWorkload = defineRoute({
  method: 'DELETE',
  path: '/v1/workloads/{workload}',
  summary: 'End a trust: whatever its jobs are signed in with ends at once, on every server',
  access: { kind: 'may', action: 'admin.tokens' },
  params: z.strictObject({ workload: nameSchema }),
  answer: z.object({ removed: z.literal(true), ended: z.number().int() }),
});
export const testWorkload = defineRoute({
  method: 'POST',
  path: '/v1/workloads/test',
  summary: 'What each trust says to a token, condition by condition; the token is not used up',
  access: { kind: 'may', action: 'admin.audit' },
  transaction: 'none',
  secret: true,
  body: z.strictObject({ token: jwtSchema }),
  answer: z.object({
    /** Whether it would be let in, and by which trust. */
    accepted: z.string().nullable(),
    /** Why no trust is asked at all; null where some are. */
    wrong: z.string().nullable(),
    trusts: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        wrong: z.array(z.string()),
        conditions: z.array(z.object({ claim: z.string(), wanted: z.array(z.string()), found: z.array(z.string()), ok: z.boolean() })),
      }),
    ),
  }),
});
export const exchangeWorkload = defineRoute({
  method: 'POST',
  path: '/v1/workloads/exchange',
  summary: 'Exchange a token of a CI’s issuer, once, for one of ours that ends with it and after an hour at the latest',
  access: { kind: 'public', why: 'the token is the credential: it is verified with the issuer’s keys' },
  transaction: 'none',
  secret: true,
  whilePaused: true,
  body: z.strictObject({
    token: jwtSchema,
    /** Where several trusts accept the token. */
    trust: nameSchema.optional(),
  }),
  answer: z.object({ token: z.string(), expiresAt: z.string(), trust: z.string(), witness: witnessSchema }),
});

export const workloadRoutes = [listWorkloads, addWorkload, removeWorkload, testWorkload, exchangeWorkload] as const;
