import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

/** Prose (reasons) stays in the rows, where it can be erased; facts carry its digest. Persons appear by id. */
const scope = z.object({ team: z.string(), service: z.string().nullable(), environment: z.string().nullable() });
const requested = z.object({
  kind: z.string(),
  scope,
  subject: z.string(),
  owner: z.string(),
  requestedBy: z.string(),
  reasonDigest: z.string(),
  ticket: z.string(),
  expiresAt: z.string(),
  price: z.object({ minor: z.number().int(), currency: z.string() }).nullable(),
  /** The waiver that it goes on from. */
  extends: z.string().optional(),
});
const decided = z.object({ kind: z.string(), subject: z.string(), by: z.string(), reasonDigest: z.string().nullable() });

export const waiverRequested = defineEvent({
  type: 'waiver.requested',
  subject: 'wvr',
  means: 'Somebody asked to suspend a rule for a while.',
  body: requested,
});
export const waiverApproved = defineEvent({
  type: 'waiver.approved',
  subject: 'wvr',
  means: 'Another person suspended a rule until a stated instant.',
  body: decided,
});
export const waiverRejected = defineEvent({
  type: 'waiver.rejected',
  subject: 'wvr',
  means: 'A request to suspend a rule was turned down.',
  body: decided,
});
export const waiverRevoked = defineEvent({
  type: 'waiver.revoked',
  subject: 'wvr',
  means: 'A waiver was ended early: its rule holds again.',
  body: decided,
});
export const waiverExpired = defineEvent({
  type: 'waiver.expired',
  subject: 'wvr',
  means: 'A waiver reached its end: its rule had held again since then.',
  body: z.object({ kind: z.string(), subject: z.string(), expiresAt: z.string() }),
});
export const waiverRefused = defineEvent({
  type: 'waiver.decision-refused',
  subject: 'wvr',
  means: 'Somebody tried to decide a waiver that is not theirs to decide.',
  body: z.object({ kind: z.string(), subject: z.string(), by: z.string(), why: z.string() }),
});
export const debtOpened = defineEvent({
  type: 'waiver.debt-opened',
  subject: 'wvr',
  means: 'A break-glass passed over a rule; what it owes has a date.',
  body: requested,
});
export const debtPaid = defineEvent({
  type: 'waiver.debt-paid',
  subject: 'wvr',
  means: 'What a break-glass owed was done, and another person says so.',
  body: decided,
});

export const waiverEvents = [
  waiverRequested,
  waiverApproved,
  waiverRejected,
  waiverRevoked,
  waiverExpired,
  waiverRefused,
  debtOpened,
  debtPaid,
] as const;
