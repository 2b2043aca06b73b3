import { z } from 'zod';
import { idOf, instantSchema, nameSchema, pageOf, pageQuery, proseSchema } from './common.ts';
import { incidentSchema } from './environments.ts';
import { systemSchema, toldSchema, webUrlSchema } from './record.ts';
import { defineRoute } from './route.ts';

/** Incidents and tickets that other systems keep, as they are told of. */

const foreignId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\0-\x1f\x7f]+$/, 'one line without control characters');
const title = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .regex(/^[^\0-\x1f\x7f]+$/, 'one line without control characters');

export const recordIncident = defineRoute({
  method: 'POST',
  path: '/v1/record/incidents',
  summary: 'Tell of an incident that another system keeps: open, or resolved; told twice is once',
  access: { kind: 'may', action: 'record.write', on: ['body.service', 'body.environment'] },
  body: z.strictObject({
    service: nameSchema,
    environment: nameSchema,
    system: systemSchema,
    id: foreignId,
    url: webUrlSchema.optional(),
    title,
    severity: z.enum(['critical', 'major', 'minor']).default('major'),
    description: proseSchema.optional(),
    state: z.enum(['open', 'resolved']).default('open'),
    startedAt: instantSchema.optional(),
    resolvedAt: instantSchema.optional(),
    /** Deployments that caused it. */
    deployments: z.array(idOf('dep')).max(50).default([]),
  }),
  answer: z.object({ incident: incidentSchema, fresh: z.boolean() }),
});

export const TICKET_STATES = ['open', 'done', 'rejected'] as const;
export const ticketSchema = z.object({
  id: idOf('tkt'),
  system: z.string(),
  key: z.string(),
  title: z.string(),
  type: z.string().nullable(),
  state: z.enum(TICKET_STATES),
  /** The word that its system uses for the state. */
  status: z.string().nullable(),
  fixVersion: z.string().nullable(),
  url: z.string().nullable(),
  told: toldSchema,
  changedAt: z.string(),
});

export const recordTicket = defineRoute({
  method: 'POST',
  path: '/v1/record/tickets',
  summary: 'Tell how a ticket stands; an older word never overwrites a newer one, and no word that of a connection',
  access: { kind: 'may', action: 'record.write', on: ['body.service'] },
  body: z.strictObject({
    /** The service whose pipeline tells it: what the credential must be good for. */
    service: nameSchema,
    system: systemSchema,
    key: z.string().regex(/^[A-Za-z0-9#][A-Za-z0-9_.#/-]{0,99}$/, 'the key of a ticket: SHOP-12, or acme/shop#12'),
    title,
    type: title.optional(),
    state: z.enum(TICKET_STATES),
    status: title.optional(),
    fixVersion: title.optional(),
    url: webUrlSchema.optional(),
    /** When it changed in its system; default: now. */
    changedAt: instantSchema.optional(),
  }),
  answer: z.object({ ticket: ticketSchema, fresh: z.boolean() }),
});

export const listTickets = defineRoute({
  method: 'GET',
  path: '/v1/tickets',
  summary: 'Tickets that were told of, by system and key',
  access: { kind: 'may', action: 'release.read', list: true },
  query: z.object({
    ...pageQuery,
    system: systemSchema.optional(),
    /** Exact keys, with commas between. */
    keys: z.string().min(1).max(4000).optional(),
    state: z.enum(TICKET_STATES).optional(),
  }),
  answer: pageOf(ticketSchema),
});

export const recordOtherRoutes = [recordIncident, recordTicket, listTickets] as const;
