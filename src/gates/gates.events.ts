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
  body: z.object({ name: text, version: count, digest: text, before: count, person: optional }),
});

export const gateEvents = [testsFinished, reportRead, policyChanged] as const;
