import { z } from 'zod';
import { digestSchema, idOf, nameSchema, pageOf, pageQuery } from './common.ts';
import { defineRoute } from './route.ts';

/** Change records and votes: who agreed to what. */

export const CHANGE_TYPES = ['standard', 'normal', 'emergency'] as const;
export const CHANGE_STATES = ['open', 'approved', 'implementing', 'closed'] as const;
export const CHANGE_OUTCOMES = ['success', 'failed', 'rolled-back', 'abandoned'] as const;

export const changeSchema = z.object({
  id: idOf('chg'),
  service: z.string(),
  release: idOf('rel'),
  type: z.enum(CHANGE_TYPES),
  state: z.enum(CHANGE_STATES),
  outcome: z.enum(CHANGE_OUTCOMES).nullable(),
  /** The person who asked, by id; null where a machine did. */
  requestedBy: z.string().nullable(),
  openedAt: z.string(),
  closedAt: z.string().nullable(),
  version: z.number().int(),
});

export const voteSchema = z.object({
  id: idOf('apr'),
  release: idOf('rel'),
  environment: z.string(),
  person: z.string(),
  /** Names as they are now, for whoever may read the release. */
  name: z.string(),
  onBehalfOf: z.string().nullable(),
  onBehalfOfName: z.string().nullable(),
  verdict: z.enum(['approve', 'reject']),
  reason: z.string(),
  intent: digestSchema,
  at: z.string(),
  expiresAt: z.string(),
  /** `active` counts; the others are kept because dissent and history are evidence. */
  state: z.enum(['active', 'withdrawn', 'expired', 'void', 'used']),
});

export const listChanges = defineRoute({
  method: 'GET',
  path: '/v1/changes',
  summary: 'Change records, newest first',
  access: { kind: 'may', action: 'release.read', list: true },
  query: z.object({ service: nameSchema.optional(), state: z.enum(CHANGE_STATES).optional(), ...pageQuery }),
  answer: pageOf(changeSchema),
});

export const changesRoutes = [listChanges] as const;
