import { z } from 'zod';
import { idOf, instantSchema, lineSchema, nameSchema, pageOf, pageQuery, proseSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Waivers on the wire: whatever suspends a rule for a while, and what break-glass owes. */
const kindSchema = z.enum(['finding', 'check', 'freeze', 'quarantine', 'approval']);
const priceSchema = z.strictObject({
  /** In minor units of the currency. */
  minor: z.number().int().min(0).max(1_000_000_000_000),
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code'),
});

export const waiverSchema = z.object({
  id: idOf('wvr'),
  kind: z.enum([...kindSchema.options, 'debt']),
  team: z.string(),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  subject: z.string(),
  owner: z.object({ id: z.string(), name: z.string() }),
  requestedBy: z.object({ id: z.string(), name: z.string() }),
  reason: z.string(),
  ticket: z.string(),
  price: priceSchema.nullable(),
  expiresAt: z.string(),
  state: z.enum(['requested', 'approved', 'rejected', 'revoked', 'expired', 'paid']),
  /** Whether it lifts its rule right now, by the clock of the database. */
  active: z.boolean(),
  decided: z.object({ by: z.object({ id: z.string(), name: z.string() }), at: z.string(), reason: z.string().nullable() }).nullable(),
  /** The waiver that this one goes on from, where somebody asked for more time. */
  extends: idOf('wvr').nullable(),
  version: z.number().int(),
  createdAt: z.string(),
});
export type WaiverView = z.infer<typeof waiverSchema>;

export const requestWaiver = defineRoute({
  method: 'POST',
  path: '/v1/waivers',
  summary: 'Ask to suspend a rule for a while; another person has to approve it',
  access: { kind: 'may', action: 'waiver.request', on: ['body.service', 'body.environment'] },
  body: z.strictObject({
    kind: kindSchema,
    service: nameSchema,
    environment: nameSchema.optional(),
    /** `fingerprint:sha256:..`, `cve:CVE-..` or `purl:pkg:..` for a finding; the check, freeze or test else. */
    subject: z.string().min(1).max(1000),
    /** A person; by default who asks. */
    owner: idOf('per').optional(),
    reason: proseSchema,
    ticket: lineSchema,
    price: priceSchema.optional(),
    expiresAt: instantSchema,
  }),
  status: 201,
  answer: waiverSchema,
});

export const listWaivers = defineRoute({
  method: 'GET',
  path: '/v1/waivers',
  summary: 'Waivers and debts, newest first',
  access: { kind: 'may', action: 'waiver.read', list: true },
  query: z.strictObject({ ...pageQuery, state: waiverSchema.shape.state.optional(), kind: waiverSchema.shape.kind.optional() }),
  answer: pageOf(waiverSchema),
});

export const getWaiver = defineRoute({
  method: 'GET',
  path: '/v1/waivers/{waiver}',
  summary: 'One waiver',
  access: { kind: 'may', action: 'waiver.read', on: ['params.waiver'] },
  params: z.object({ waiver: idOf('wvr') }),
  answer: waiverSchema,
});

export const serviceVex = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/vex',
  summary: 'The vulnerabilities of a service that are accepted now, as an OpenVEX document: affected, and what is done until when',
  access: { kind: 'may', action: 'waiver.read', on: ['params.service'] },
  params: z.strictObject({ service: nameSchema }),
  answer: z.object({
    /** Accepted findings that name no vulnerability and have no place in the format. */
    left: z.number().int(),
    document: z.record(z.string(), z.unknown()),
  }),
});

const step = { version: z.number().int().positive() };
const decideAccess = { kind: 'may', action: 'waiver.decide', on: ['params.waiver'] } as const;
const waiverParams = z.object({ waiver: idOf('wvr') });
const withReason = z.strictObject({ ...step, reason: proseSchema });

export const approveWaiver = defineRoute({
  method: 'POST',
  path: '/v1/waivers/{waiver}/approve',
  summary: 'Approve a waiver, as another person than who asked and who owns it',
  access: decideAccess,
  params: waiverParams,
  body: z.strictObject({ ...step, reason: proseSchema.optional() }),
  answer: waiverSchema,
});

export const rejectWaiver = defineRoute({
  method: 'POST',
  path: '/v1/waivers/{waiver}/reject',
  summary: 'Turn a request for a waiver down',
  access: decideAccess,
  params: waiverParams,
  body: withReason,
  answer: waiverSchema,
});

export const revokeWaiver = defineRoute({
  method: 'POST',
  path: '/v1/waivers/{waiver}/revoke',
  summary: 'End a waiver early: its rule holds again at once',
  access: decideAccess,
  params: waiverParams,
  body: withReason,
  answer: waiverSchema,
});

export const extendWaiver = defineRoute({
  method: 'POST',
  path: '/v1/waivers/{waiver}/extend',
  summary: 'Ask for more time: a new request for the same, which another person has to approve; the first ends when it was to end',
  access: { kind: 'may', action: 'waiver.request', on: ['params.waiver'] },
  params: waiverParams,
  body: z.strictObject({ ...step, reason: proseSchema, ticket: lineSchema.optional(), expiresAt: instantSchema }),
  status: 201,
  answer: waiverSchema,
});

export const payDebt = defineRoute({
  method: 'POST',
  path: '/v1/waivers/{waiver}/pay',
  summary: 'Say that what a break-glass owed was done, as another person than the debtor',
  access: decideAccess,
  params: waiverParams,
  body: withReason,
  answer: waiverSchema,
});

export const waiverRoutes = [
  requestWaiver,
  listWaivers,
  getWaiver,
  serviceVex,
  approveWaiver,
  rejectWaiver,
  revokeWaiver,
  extendWaiver,
  payDebt,
] as const;
