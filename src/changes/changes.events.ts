import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';
import { told } from '../pipelines/pipelines.events.ts';

/** Prose (reasons) stays in the rows, where it can be erased; facts carry its digest. Persons appear by id. */
const vote = { release: z.string(), change: z.string(), environment: z.string(), person: z.string() };

export const changeOpened = defineEvent({
  type: 'change.opened',
  subject: 'chg',
  means: 'A change record was opened for a release.',
  body: z.object({ release: z.string(), type: z.string(), requestedBy: z.string().nullable() }),
});

export const changeMoved = defineEvent({
  type: 'change.moved',
  subject: 'chg',
  means: 'A change record followed what happened: approved, implementing, closed with an outcome.',
  body: z.object({ release: z.string(), state: z.string(), outcome: z.string().nullable(), deployment: z.string().nullable() }),
});

export const approvalGiven = defineEvent({
  type: 'approval.given',
  subject: 'apr',
  means: 'A person approved exactly this intent for one environment.',
  body: z.object({ ...vote, onBehalfOf: z.string().nullable(), intent: z.string(), reasonDigest: z.string(), expiresAt: z.string() }),
});

export const approvalRejected = defineEvent({
  type: 'approval.rejected',
  subject: 'apr',
  means: 'A person rejected a release for one environment, with a reason.',
  body: z.object({ ...vote, onBehalfOf: z.string().nullable(), intent: z.string(), reasonDigest: z.string() }),
});

export const approvalWithdrawn = defineEvent({
  type: 'approval.withdrawn',
  subject: 'apr',
  means: 'A person took a vote back before an act used it.',
  body: z.object({ ...vote, reasonDigest: z.string() }),
});

export const approvalVoided = defineEvent({
  type: 'approval.voided',
  subject: 'apr',
  means: 'A vote stopped counting: it expired, or what it was for has changed.',
  body: z.object({ ...vote, why: z.enum(['expired', 'void']) }),
});

export const approvalUsed = defineEvent({
  type: 'approval.used',
  subject: 'apr',
  means: 'A deployment began on this approval; it counts for no other.',
  body: z.object({ ...vote, deployment: z.string() }),
});

export const approvalRefused = defineEvent({
  type: 'approval.refused',
  subject: 'rel',
  means: 'A vote was refused: the voter is excluded, holds no role in the route, or is no person.',
  body: z.object({
    environment: z.string(),
    person: z.string().nullable(),
    onBehalfOf: z.string().nullable(),
    code: z.string(),
    because: z.array(z.string()),
    intent: z.string(),
  }),
});

export const ticketTold = defineEvent({
  type: 'ticket.told',
  subject: 'tkt',
  means: 'How a ticket of another system stands, as that system or somebody with a token told it.',
  body: z.object({
    system: z.string(),
    key: z.string(),
    type: z.string().nullable(),
    state: z.string(),
    status: z.string().nullable(),
    fixVersion: z.string().nullable(),
    titleDigest: z.string(),
    told,
  }),
});

/** Everything this slice announces. */
export const changeEvents = [
  changeOpened,
  changeMoved,
  approvalGiven,
  approvalRejected,
  approvalWithdrawn,
  approvalVoided,
  approvalUsed,
  approvalRefused,
  ticketTold,
];
