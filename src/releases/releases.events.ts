import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

/** Prose (reasons, notes) stays in the rows, where it can be erased; facts carry its digest. Persons appear by id. */
const text = z.string();
const optional = z.string().nullable();

export const releaseCreated = defineEvent({
  type: 'release.created',
  subject: 'rel',
  means: 'A release was made: an exact set of digests under one version.',
  body: z.object({
    version: text,
    type: text,
    commit: text,
    run: text,
    digests: z.array(text),
    change: text,
    plan: text,
    targets: z.array(text),
    requestedBy: optional,
    notesDigest: text,
    /** Newest first, 1,000 at most; `more` counts the rest. */
    commits: z.array(text).max(1000),
    more: z.number().int(),
  }),
});

export const releaseAbandoned = defineEvent({
  type: 'release.abandoned',
  subject: 'rel',
  means: 'A release was given up.',
  body: z.object({ reasonDigest: text }),
});

export const ticketsRead = defineEvent({
  type: 'release.tickets-read',
  subject: 'rel',
  means: 'The trackers said how the tickets of a release stand; what they say of each is a fact of its own.',
  body: z.object({ tickets: z.number().int(), absent: z.number().int() }),
});

export const releaseHeld = defineEvent({
  type: 'release.held',
  subject: 'rel',
  means: 'A person holds a release back: it goes nowhere until the hold is ended.',
  body: z.object({ person: text, reasonDigest: text }),
});

export const releaseHoldEnded = defineEvent({
  type: 'release.hold-ended',
  subject: 'rel',
  means: 'A person let a release that was held go on.',
  body: z.object({ person: text, heldBy: text, reasonDigest: text }),
});

export const planAttached = defineEvent({
  type: 'release.plan-attached',
  subject: 'rel',
  means: 'A release got its plan, or its way back, for one environment.',
  body: z.object({
    environment: text,
    planDigest: optional,
    rollback: optional,
    rollbackDigest: optional,
    targetVersion: z.number().int(),
    changesIntent: z.boolean(),
  }),
});

export const checklistTicked = defineEvent({
  type: 'release.checklist-ticked',
  subject: 'rel',
  means: 'A person said yes or no to an item of a readiness checklist.',
  body: z.object({ environment: text, item: text, state: z.enum(['yes', 'no']), person: text }),
});

export const breakGlassAsked = defineEvent({
  type: 'release.break-glass-asked',
  subject: 'rel',
  means: 'A person asked to ship now and answer for it afterwards; another person is still needed.',
  body: z.object({ breakGlass: text, environment: text, person: text, ticket: text, reasonDigest: text, personsNeeded: z.number().int() }),
});

export const breakGlassOpened = defineEvent({
  type: 'release.break-glass-opened',
  subject: 'rel',
  means: 'Enough persons broke the glass: rules that people and papers answer are suspended until a stated instant, and a debt is open.',
  body: z.object({
    breakGlass: text,
    environment: text,
    persons: z.array(text),
    ticket: text,
    reasonDigest: text,
    until: text,
    waiver: text,
  }),
});

const freezeSaid = z.object({
  kind: text,
  scope: z.record(z.string(), z.union([z.string(), z.number().int()])),
  schedule: z.record(z.string(), z.union([z.string(), z.number().int(), z.null()])),
  exempt: z.array(text),
  onRunning: text,
  ticket: text,
  reasonDigest: text,
});

export const freezeCreated = defineEvent({
  type: 'freeze.created',
  subject: 'frz',
  means: 'A freeze or window was put into the calendar.',
  body: freezeSaid,
});

export const freezeChanged = defineEvent({
  type: 'freeze.changed',
  subject: 'frz',
  means: 'A person changed what a freeze or window says, with a reason; what it said before stands beside it.',
  body: freezeSaid.extend({ before: freezeSaid, becauseDigest: text }),
});

export const freezeBegan = defineEvent({
  type: 'freeze.began',
  subject: 'frz',
  means: 'A window of the calendar began.',
  body: z.object({ kind: text, until: optional }),
});

export const freezeEnded = defineEvent({
  type: 'freeze.ended',
  subject: 'frz',
  means: 'A window of the calendar is over, or a person ended the freeze, or moved it away.',
  body: z.object({ kind: text, why: z.enum(['over', 'by-person', 'changed']), reasonDigest: optional }),
});

export const decisionRecorded = defineEvent({
  type: 'decision.recorded',
  subject: 'dec',
  means: 'May this ship? was asked at an act, and answered; refusals are recorded too.',
  body: z.object({
    release: text,
    environment: text,
    purpose: text,
    verdict: text,
    digest: text,
    intent: text,
    deployment: optional,
    at: text,
    notAfter: text,
    policy: z.object({ name: text, version: z.number().int(), digest: text }),
    /** Digests of the stored subject and of each rule's stored input: from these the decision derives again. */
    inputs: z.record(z.string(), z.string()),
  }),
});

/** Everything this slice announces. */
export const releaseEvents = [
  releaseCreated,
  releaseAbandoned,
  ticketsRead,
  releaseHeld,
  releaseHoldEnded,
  planAttached,
  checklistTicked,
  breakGlassAsked,
  breakGlassOpened,
  freezeCreated,
  freezeChanged,
  freezeBegan,
  freezeEnded,
  decisionRecorded,
];
