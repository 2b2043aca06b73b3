import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

const text = z.string();
const optional = z.string().nullable();
const count = z.number().int();
const report = {
  run: text,
  job: text,
  attempt: count,
  name: text,
  kind: text,
  state: text,
  digest: optional,
  commit: optional,
  speaksFor: z.array(text),
};

export const testsFinished = defineEvent({
  type: 'testsuiterun.finished',
  subject: 'rep',
  means: 'A test report was read, or could not be: `state` says which, and only `ok` counts.',
  body: z.object({
    ...report,
    total: count,
    passed: count,
    failed: count,
    errored: count,
    skipped: count,
    flaky: count,
    durationMs: count,
  }),
});

export const reportRead = defineEvent({
  type: 'report.read',
  subject: 'rep',
  means: 'A report of coverage, findings or components was read, or could not be: only the state `ok` counts.',
  body: z.object({
    ...report,
    coverage: z.object({ coveredLines: count, lines: count }).nullable(),
    findings: z.object({ critical: count, high: count, medium: count, low: count, info: count }).nullable(),
    components: count.nullable(),
  }),
});

export const policyChanged = defineEvent({
  type: 'policy.changed',
  subject: 'pol',
  means: 'A policy has a new version.',
  body: z.object({ name: text, version: count, digest: text, before: count, person: optional, approvedBy: z.array(text).optional() }),
});

export const policyChangeProposed = defineEvent({
  type: 'policychange.proposed',
  subject: 'ppr',
  means: 'A change of a policy waits for the approval of other persons.',
  body: z.object({ name: text, from: count, digest: text, person: text, needed: count, reasonDigest: text }),
});
export const policyChangeApproved = defineEvent({
  type: 'policychange.approved',
  subject: 'ppr',
  means: 'A person approved a change of a policy; `of` is how many are needed.',
  body: z.object({ name: text, digest: text, by: text, of: count }),
});
export const policyChangeEnded = defineEvent({
  type: 'policychange.ended',
  subject: 'ppr',
  means: 'A proposed change of a policy came into force, was turned down, or was taken back.',
  body: z.object({ name: text, digest: text, state: z.enum(['applied', 'rejected', 'withdrawn']), by: text, reasonDigest: optional }),
});
export const policyChangeRefused = defineEvent({
  type: 'policychange.refused',
  subject: 'ppr',
  means: 'Somebody tried to decide on a change of a policy and may not: their own, a bot, or it had ended.',
  body: z.object({ name: text, by: text, why: text }),
});

export const gateEvents = [
  testsFinished,
  reportRead,
  policyChanged,
  policyChangeProposed,
  policyChangeApproved,
  policyChangeEnded,
  policyChangeRefused,
] as const;
