import { z } from 'zod';
import { digestSchema, idOf, instantSchema, nameSchema, pageOf, pageQuery, proseSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Change records, votes and delegations: who agreed to what. */

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
  onBehalfOf: z.string().nullable(),
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

export const delegateApproval = defineRoute({
  method: 'POST',
  path: '/v1/delegations',
  summary: 'Let another person approve in your place for a while (out of office); the same exclusions hold for both of you',
  access: { kind: 'may', action: 'approval.give' },
  body: z.strictObject({ to: idOf('per'), until: instantSchema, reason: proseSchema }),
  status: 201,
  answer: z.object({ id: idOf('dlg'), from: idOf('per'), to: idOf('per'), until: z.string() }),
});

export const endDelegation = defineRoute({
  method: 'POST',
  path: '/v1/delegations/{delegation}/end',
  summary: 'End a delegation of yours before its time',
  access: { kind: 'signed-in' },
  params: z.object({ delegation: idOf('dlg') }),
  answer: z.object({ ended: z.literal(true) }),
});

export const changesRoutes = [listChanges, delegateApproval, endDelegation] as const;
