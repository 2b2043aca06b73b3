import { z } from 'zod';
import { idOf, nameSchema, verdictSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** A change of rules held against what was decided, on the wire. */

const count = z.number().int();

export const outcomeSchema = z.enum(['same', 'stopped', 'delayed', 'not-known', 'let-through', 'other']);
export type BacktestOutcome = z.infer<typeof outcomeSchema>;

export const backtestItemSchema = z.object({
  decision: idOf('dec'),
  release: idOf('rel'),
  service: z.string(),
  version: z.string(),
  environment: z.string(),
  at: z.string(),
  /** What was decided then, by the rules of then. */
  recorded: verdictSchema,
  /** By the rules that are in force today, on the same inputs. */
  now: verdictSchema,
  proposed: verdictSchema,
  outcome: outcomeSchema,
  /** Of `delayed`: when the clock alone would have let it go; null where persons or other things would have been needed. */
  earliest: z.string().nullable(),
  because: z.array(z.object({ rule: z.string(), code: z.string(), text: z.string() })),
  /** What the change asks and was not recorded then. */
  notRecorded: z.array(z.string()),
});
export type BacktestItem = z.infer<typeof backtestItemSchema>;

export const backtestPolicy = defineRoute({
  method: 'POST',
  path: '/v1/policies/backtest',
  summary:
    'What a change of a policy, of the minimum or of a team’s rules would have stopped, delayed or let through, from the recorded decisions; a page at a time',
  access: { kind: 'may', action: 'release.read', list: true },
  transaction: 'read',
  body: z.strictObject({
    /** Whose rules the text is; a change that was proposed brings its own. */
    change: z.union([
      z.strictObject({ proposal: idOf('ppr') }),
      z.strictObject({ policy: z.enum(['startup', 'standard', 'regulated']) }),
      z.strictObject({ level: z.literal('organisation') }),
      z.strictObject({ team: nameSchema }),
    ]),
    source: z.string().min(1).max(1_048_576).optional(),
    days: z.number().int().min(1).max(366).default(90),
    cursor: z.string().max(200).optional(),
    /** Decisions judged in one page. */
    limit: z.number().int().min(1).max(200).default(100),
  }),
  answer: z.object({
    /** Decisions in all, with the first page: for each release and environment the first that let it go, or the last. */
    total: count.nullable(),
    judged: count,
    /** Decisions whose inputs are no longer kept. */
    gone: count,
    counts: z.record(outcomeSchema, count),
    /** Those that would have been decided otherwise. */
    items: z.array(backtestItemSchema),
    next: z.string().nullable(),
  }),
});
