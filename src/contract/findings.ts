import { z } from 'zod';
import { digestSchema, idOf } from './common.ts';
import { severitySchema } from './gates.ts';
import { defineRoute } from './route.ts';

/** Findings on the wire, compared with the last release. */
const count = z.number().int();
const vexSchema = z.object({
  status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
  justification: z.string().nullable(),
  statement: z.string().nullable(),
  source: z.string(),
});
const stateSchema = z.enum(['new', 'known', 'fixed']);

const runFindingSchema = z.object({
  report: idOf('rep'),
  tool: z.string(),
  rule: z.string(),
  severity: severitySchema,
  location: z.string(),
  fingerprint: digestSchema,
  cve: z.string().nullable(),
  purl: z.string().nullable(),
  component: z.string().nullable(),
  fixedIn: z.string().nullable(),
  cwe: z.array(count).readonly(),
  aliases: z.array(z.string()).readonly(),
  suppressed: z.boolean(),
  vex: vexSchema.nullable(),
  message: z.string(),
  /** Since when the protected branch has it; null: it does not. */
  since: z.string().nullable(),
  /** By when the tier of its service asks for it to be gone. */
  due: z.string().nullable(),
  /** Known to be exploited (CISA), with the day until which it is to be repaired; null: not known to be, or no catalogue was imported. */
  exploited: z.object({ due: z.string().nullable() }).nullable().default(null),
  /** Beside the last release: `fixed` was there and is not any more. */
  state: stateSchema,
});
export type RunFinding = z.infer<typeof runFindingSchema>;

export const listRunFindings = defineRoute({
  method: 'GET',
  path: '/v1/findings',
  summary: 'The findings of a run: new, known or fixed beside the last release, worst first',
  access: { kind: 'may', action: 'report.read', on: ['query.run'] },
  query: z.strictObject({
    run: idOf('run'),
    state: stateSchema.optional(),
    severity: severitySchema.optional(),
    rule: z.string().max(300).optional(),
    from: z.coerce.number().int().min(0).max(20_000).default(0),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: z.object({
    items: z.array(runFindingSchema),
    /** How many there are with this filter. */
    total: count,
    /** How many there are of each without it. */
    states: z.object({ new: count, known: count, fixed: count }),
    rules: z.array(z.object({ tool: z.string(), rule: z.string(), count })),
    /** Whether there was a release to compare with; without it nothing is new. */
    before: z.boolean(),
  }),
});

export const listRuleSignal = defineRoute({
  method: 'GET',
  path: '/v1/findings/rules',
  summary: 'How much the rules of the scanners are worth: what each found in a service, and how much of it was waived as a false positive',
  access: { kind: 'may', action: 'report.read', on: ['query.service'] },
  query: z.strictObject({ service: z.string().max(100) }),
  answer: z.object({
    items: z.array(
      z.object({
        tool: z.string(),
        rule: z.string(),
        found: count,
        waived: count,
        falsePositives: count,
        falsePercent: z.number().nullable(),
      }),
    ),
  }),
});

export const listFindingClocks = defineRoute({
  method: 'GET',
  path: '/v1/findings/clocks',
  summary:
    'What the newest reports of the protected branch find in a service, by severity: how many are open, how many are late, when the next is due, and how many went in time',
  access: { kind: 'may', action: 'report.read', on: ['query.service'] },
  query: z.strictObject({ service: z.string().max(100) }),
  answer: z.object({
    tier: z.number().int(),
    items: z.array(
      z.object({
        severity: severitySchema,
        /** Days that the tier allows; null: nothing is asked. */
        days: count.nullable(),
        open: count,
        late: count,
        next: z.string().nullable(),
        /** How many went in the last 90 days, and how many of them in time. */
        gone: count.default(0),
        met: count.default(0),
      }),
    ),
  }),
});

export const findingRoutes = [listRunFindings, listRuleSignal, listFindingClocks] as const;
