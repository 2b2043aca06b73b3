import { z } from 'zod';
import { idOf, instantSchema, lineSchema, nameSchema, pageOf, pageQuery, proseSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Verification by persons, and incidents. */

export const severitySchema = z.enum(['critical', 'major', 'minor']);
const verdict = z.enum(['passed', 'failed']);
const deploymentIds = z.array(idOf('dep')).max(100);

export const verificationSchema = z.object({
  id: idOf('ver'),
  release: idOf('rel'),
  deployment: z.string().nullable(),
  check: z.enum(['health', 'smoke', 'person']),
  verdict,
  by: z.string(),
  at: z.string(),
  revoked: z.object({ at: z.string(), reason: z.string() }).nullable(),
});

export const verifyByPerson = defineRoute({
  method: 'POST',
  path: '/v1/environments/{environment}/verify',
  summary: 'Say, with your name, that what runs here was looked at and is right (or is not)',
  access: { kind: 'may', action: 'environment.verify', on: ['params.environment', 'body.service'] },
  params: z.strictObject({ environment: nameSchema }),
  body: z.strictObject({
    service: nameSchema,
    verdict,
    note: proseSchema.optional(),
    /** The release that was looked at: refused where another one runs by now. */
    release: idOf('rel').optional(),
  }),
  status: 201,
  answer: verificationSchema,
});

export const revokeVerification = defineRoute({
  method: 'POST',
  path: '/v1/environments/{environment}/revoke',
  summary: 'Take the verification of a release back; every environment after this one stops taking it',
  access: { kind: 'may', action: 'environment.verify', on: ['params.environment', 'body.service'] },
  params: z.strictObject({ environment: nameSchema }),
  body: z.strictObject({ service: nameSchema, release: idOf('rel'), reason: proseSchema }),
  answer: z.object({ revoked: z.number().int() }),
});

export const listVerifications = defineRoute({
  method: 'GET',
  path: '/v1/environments/{environment}/verifications',
  summary: 'What the checks said of one release of a service here, oldest first',
  access: { kind: 'may', action: 'environment.read', on: ['params.environment', 'query.service'] },
  params: z.strictObject({ environment: nameSchema }),
  query: z.strictObject({ service: nameSchema, release: idOf('rel') }),
  answer: z.object({ items: z.array(verificationSchema) }),
});

export const bookingSchema = z.object({
  id: idOf('bkg'),
  environment: z.string(),
  /** Null: all services. */
  service: z.string().nullable(),
  owner: z.object({ id: z.string(), name: z.string() }),
  reason: z.string(),
  from: z.string(),
  until: z.string(),
  state: z.enum(['planned', 'active', 'over']),
});
export type BookingView = z.infer<typeof bookingSchema>;

export const bookEnvironment = defineRoute({
  method: 'POST',
  path: '/v1/environments/{environment}/bookings',
  summary: 'Keep an environment, or one service in it, for yourself: until the end only what you asked for is deployed there',
  access: { kind: 'may', action: 'environment.book', on: ['params.environment', 'body.service'] },
  params: z.strictObject({ environment: nameSchema }),
  body: z.strictObject({
    service: nameSchema.optional(),
    /** Now where it is not given. */
    from: instantSchema.optional(),
    until: instantSchema,
    reason: proseSchema,
  }),
  status: 201,
  answer: bookingSchema,
});

export const listBookings = defineRoute({
  method: 'GET',
  path: '/v1/bookings',
  summary: 'Bookings that are not over, by their beginning',
  access: { kind: 'may', action: 'environment.read', list: true },
  query: z.strictObject({ environment: nameSchema.optional() }),
  answer: z.object({ items: z.array(bookingSchema) }),
});

export const endBooking = defineRoute({
  method: 'POST',
  path: '/v1/bookings/{booking}/end',
  summary: 'Give a booking back before its end; somebody else’s needs the right to freeze',
  access: { kind: 'may', action: 'environment.book', on: ['params.booking'] },
  params: z.strictObject({ booking: idOf('bkg') }),
  body: z.strictObject({}),
  answer: bookingSchema,
});

export const incidentSchema = z.object({
  id: idOf('inc'),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  severity: severitySchema,
  title: z.string(),
  state: z.enum(['open', 'resolved']),
  startedAt: z.string(),
  detectedAt: z.string(),
  resolvedAt: z.string().nullable(),
  /** Empty: not known which deployment did it, if one did. */
  deployments: z.array(z.string()),
  source: z.enum(['person', 'hook', 'system']),
  version: z.number().int(),
});

export const openIncident = defineRoute({
  method: 'POST',
  path: '/v1/incidents',
  summary: 'Open an incident',
  access: { kind: 'may', action: 'incident.write', on: ['body.service', 'body.environment'] },
  body: z.strictObject({
    service: nameSchema.optional(),
    environment: nameSchema.optional(),
    severity: severitySchema.default('major'),
    title: lineSchema,
    description: proseSchema.optional(),
    /** When it began; now where it is not given. */
    startedAt: instantSchema.optional(),
    deployments: deploymentIds.default([]),
  }),
  status: 201,
  answer: incidentSchema,
});

const incidentParams = z.strictObject({ incident: idOf('inc') });

export const linkIncident = defineRoute({
  method: 'POST',
  path: '/v1/incidents/{incident}/link',
  summary: 'Say which deployments caused an incident',
  access: { kind: 'may', action: 'incident.write', on: ['params.incident'] },
  params: incidentParams,
  body: z.strictObject({ deployments: deploymentIds.min(1) }),
  answer: incidentSchema,
});

export const resolveIncident = defineRoute({
  method: 'POST',
  path: '/v1/incidents/{incident}/resolve',
  summary: 'Close an incident: the service is restored',
  access: { kind: 'may', action: 'incident.write', on: ['params.incident'] },
  params: incidentParams,
  /** When it was restored; now where it is not given. */
  body: z.strictObject({ resolvedAt: instantSchema.optional() }),
  answer: incidentSchema,
});

export const getIncident = defineRoute({
  method: 'GET',
  path: '/v1/incidents/{incident}',
  summary: 'One incident',
  access: { kind: 'may', action: 'incident.read', on: ['params.incident'] },
  params: incidentParams,
  answer: incidentSchema,
});

export const listIncidents = defineRoute({
  method: 'GET',
  path: '/v1/incidents',
  summary: 'Incidents, newest first',
  access: { kind: 'may', action: 'incident.read', list: true },
  query: z.strictObject({
    ...pageQuery,
    state: z.enum(['open', 'resolved']).optional(),
    service: nameSchema.optional(),
    environment: nameSchema.optional(),
  }),
  answer: pageOf(incidentSchema),
});

export const createIncidentHook = defineRoute({
  method: 'POST',
  path: '/v1/incident-hooks',
  summary: 'Make a webhook through which a monitoring system tells of incidents; its secret is shown once',
  access: { kind: 'may', action: 'admin.machines' },
  secret: true,
  body: z.strictObject({ name: lineSchema }),
  status: 201,
  answer: z.object({ hook: idOf('hok'), path: z.string(), secret: z.string() }),
});

export const revokeIncidentHook = defineRoute({
  method: 'DELETE',
  path: '/v1/incident-hooks/{hook}',
  summary: 'End a webhook; its signatures are refused from now on',
  access: { kind: 'may', action: 'admin.machines' },
  params: z.strictObject({ hook: idOf('hok') }),
  answer: z.object({ revoked: z.literal(true) }),
});

/** What a monitoring system sends. `id` is its own name for the incident; the order of deliveries does not matter. */
export const incidentHookBody = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('open'),
    id: lineSchema,
    title: lineSchema,
    severity: severitySchema.default('major'),
    /** A name that the catalog doesn't know is kept in the description: an incident is never lost for it. */
    service: lineSchema.optional(),
    environment: lineSchema.optional(),
    startedAt: instantSchema.optional(),
    deployments: deploymentIds.default([]),
  }),
  z.strictObject({ action: z.literal('link'), id: lineSchema, deployments: deploymentIds.min(1) }),
  z.strictObject({ action: z.literal('resolve'), id: lineSchema, resolvedAt: instantSchema.optional() }),
]);
export type IncidentHookBody = z.output<typeof incidentHookBody>;

export const incidentHook = defineRoute({
  method: 'POST',
  path: '/v1/hooks/incidents/{hook}',
  summary:
    'Tell of an incident. Headers: X-Yardmaster-Timestamp (Unix seconds), X-Yardmaster-Delivery (a fresh id), X-Yardmaster-Signature-256 (sha256= and the hex HMAC of timestamp, dot, delivery, dot, raw body)',
  access: { kind: 'signed', why: 'the HMAC over timestamp, delivery id and raw bytes by the secret of the hook is the credential' },
  transaction: 'none',
  params: z.strictObject({ hook: idOf('hok') }),
  body: { bytes: true, mediaType: 'application/json', limit: 65_536 },
  status: 202,
  answer: z.object({ accepted: z.literal(true), duplicate: z.boolean(), incident: z.string().nullable() }),
});

export const environmentRoutes = [
  verifyByPerson,
  revokeVerification,
  listVerifications,
  bookEnvironment,
  listBookings,
  endBooking,
  openIncident,
  linkIncident,
  resolveIncident,
  getIncident,
  listIncidents,
  createIncidentHook,
  revokeIncidentHook,
  incidentHook,
] as const;
