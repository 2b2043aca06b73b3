import { z } from 'zod';
import { nameSchema, pageOf, pageQuery } from './common.ts';
import { csvOf } from './csv.ts';
import { defineRoute } from './route.ts';

/** One ledger of every exception: what suspends a rule, what was passed over, who answers for it, until when, and what then. */

export const DEBT_KINDS = ['finding', 'check', 'freeze', 'quarantine', 'approval', 'debt', 'break-glass'] as const;
export const DEBT_STATES = ['requested', 'approved', 'rejected', 'revoked', 'expired', 'paid', 'pending', 'active', 'over'] as const;

const person = z.object({ id: z.string(), name: z.string() });
/** Whether who asks may do this now: null says yes, a sentence says why not. */
const may = z.string().nullable();

export const debtSchema = z.object({
  /** A waiver's, or that of a break-glass. */
  id: z.string(),
  kind: z.enum(DEBT_KINDS),
  /** `Freeze overridden`. */
  title: z.string(),
  team: z.string(),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  subject: z.string(),
  owner: person,
  requestedBy: person,
  approver: person.nullable(),
  decided: z.object({ by: person, at: z.string(), reason: z.string().nullable() }).nullable(),
  reason: z.string(),
  ticket: z.string(),
  price: z.object({ minor: z.number().int(), currency: z.string() }).nullable(),
  state: z.enum(DEBT_STATES),
  /** It suspends its rule now. */
  active: z.boolean(),
  /** A debt past its day. */
  overdue: z.boolean(),
  createdAt: z.string(),
  /** When it ends; for a debt, when it falls due. */
  endsAt: z.string(),
  /** What happens then, in words. */
  then: z.string(),
  extends: z.string().nullable(),
  /** The open request for more time, or the waiver that came of it. */
  extendedBy: z.string().nullable(),
  release: z.string().nullable(),
  version: z.number().int(),
  acts: z.object({ approve: may, reject: may, revoke: may, extend: may, pay: may }),
});
export type DebtView = z.infer<typeof debtSchema>;

export const teamDebtsSchema = z.object({
  team: z.string(),
  /** Open waivers that count, and how many a team may have. */
  open: z.number().int(),
  cap: z.number().int(),
  unpaid: z.number().int(),
  overdue: z.number().int(),
});

export const listDebts = defineRoute({
  method: 'GET',
  path: '/v1/debts',
  summary: 'Every exception: waivers, overrides, quarantines, break-glass and what it owes; open ones first to end first',
  access: { kind: 'may', action: 'waiver.read', list: true },
  query: z.strictObject({
    ...pageQuery,
    /** `open`: asked for, in force, or owed. `past`: the rest, the last to end first. */
    show: z.enum(['open', 'past']).default('open'),
    kind: z.enum(DEBT_KINDS).optional(),
    state: z.enum(DEBT_STATES).optional(),
    team: nameSchema.optional(),
    service: nameSchema.optional(),
    environment: nameSchema.optional(),
    /** `true`: mine, as owner or because I asked. */
    mine: z.enum(['true', 'false']).default('false'),
    /** One of them, whatever else is asked. */
    id: z
      .string()
      .max(40)
      .regex(/^[a-z]{2,5}_[0-9a-f]{32}$/)
      .optional(),
  }),
  answer: pageOf(debtSchema).extend({
    now: z.string(),
    /** Teams with anything open, those nearest to their cap first; 100 at most. */
    teams: z.array(teamDebtsSchema),
    summary: z.object({
      open: z.number().int(),
      requested: z.number().int(),
      endingSoon: z.number().int(),
      overdue: z.number().int(),
      prices: z.array(z.object({ minor: z.number().int(), currency: z.string() })),
    }),
  }),
});

export const debtsCsv = csvOf(listDebts);

export const debtsRoutes = [listDebts, debtsCsv] as const;
