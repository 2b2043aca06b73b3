import { z } from 'zod';
import { instantSchema, nameSchema, pageOf, pageQuery } from './common.ts';
import { csvOf } from './csv.ts';
import { defineRoute } from './route.ts';

/** The keys of DORA: each number with its words, its spread, what it was before, and everything that it opens to. */

const aside = z.object({ what: z.string(), fact: z.string().nullable(), why: z.string() });
export const FIGURE_NAMES = ['deploymentFrequency', 'leadTimeForChanges', 'changeFailureRate', 'timeToRestore', 'reworkRate'] as const;
export const figureSchema = z.enum(FIGURE_NAMES);
export type FigureName = (typeof FIGURE_NAMES)[number];

export const kpiSchema = z.object({
  name: z.string(),
  title: z.string(),
  definition: z.string(),
  /** What counts as what. */
  words: z.array(z.string()),
  /** null: there is nothing to measure, which is not 0. */
  value: z.number().nullable(),
  unit: z.string(),
  better: z.enum(['more', 'less']),
  events: z.array(z.string()),
  excluded: z.array(aside),
  unknown: z.array(aside),
  /** How many things were counted: one fact may bring several. */
  counted: z.number().int(),
  percentiles: z.object({ p50: z.number(), p75: z.number(), p90: z.number(), p95: z.number() }).nullable(),
  /** Of durations: how many lie above the step before and up to `upTo` seconds (null: any more). */
  distribution: z.array(z.object({ upTo: z.number().nullable(), count: z.number().int() })),
  /** The same figure over the time of the same length before. */
  before: z.object({ value: z.number().nullable(), counted: z.number().int() }),
  /** The same figure of each service that brought something, those with most first; 200 at most. */
  services: z.array(z.object({ service: z.string(), team: z.string(), value: z.number().nullable(), counted: z.number().int() })),
});
export type KpiView = z.infer<typeof kpiSchema>;

const filters = {
  service: nameSchema.optional(),
  team: nameSchema.optional(),
  tier: z.coerce.number().int().min(1).max(3).optional(),
  /** An environment of the kind production. Left out: all of them. */
  environment: nameSchema.optional(),
};
const window = {
  ...filters,
  /** Default: `days` before `to`. */
  from: instantSchema.optional(),
  /** Default: now. */
  to: instantSchema.optional(),
  days: z.coerce.number().int().min(1).max(732).default(30),
};
const access = { kind: 'may', action: 'metrics.read', list: true } as const;

export const getDora = defineRoute({
  method: 'GET',
  path: '/v1/metrics/dora',
  summary: 'The DORA keys from facts, each with the events, exclusions and unknowns behind it, its spread, and the time before',
  access,
  query: z.strictObject(window),
  answer: z.object({
    from: z.string(),
    to: z.string(),
    deploymentFrequency: kpiSchema,
    leadTimeForChanges: kpiSchema,
    changeFailureRate: kpiSchema,
    timeToRestore: kpiSchema,
    reworkRate: kpiSchema,
  }),
});

const pointSchema = z.object({ value: z.number().nullable(), counted: z.number().int(), unknown: z.number().int() });
export const trendWeekSchema = z.object({
  from: z.string(),
  to: z.string(),
  deploymentFrequency: pointSchema,
  leadTimeForChanges: pointSchema,
  changeFailureRate: pointSchema,
  timeToRestore: pointSchema,
  reworkRate: pointSchema,
});
export type TrendWeek = z.infer<typeof trendWeekSchema>;

export const getDoraTrend = defineRoute({
  method: 'GET',
  path: '/v1/metrics/dora/trend',
  summary: 'The DORA keys week by week, up to now',
  access,
  query: z.strictObject({ ...filters, to: instantSchema.optional(), weeks: z.coerce.number().int().min(1).max(104).default(13) }),
  answer: z.object({ items: z.array(trendWeekSchema) }),
});

export const figureEventSchema = z.object({
  role: z.enum(['counted', 'excluded', 'unknown']),
  fact: z.string().nullable(),
  at: z.string(),
  service: z.string(),
  what: z.string(),
  /** Seconds of a duration; 1 or 0 of a share; null where it only counts, or is left out. */
  value: z.number().nullable(),
  why: z.string().nullable(),
});
export type FigureEvent = z.infer<typeof figureEventSchema>;

export const listFigureEvents = defineRoute({
  method: 'GET',
  path: '/v1/metrics/dora/events',
  summary: 'What a DORA key opens to: everything that counts, was left out or is unknown, with the reason, newest first',
  access,
  query: z.strictObject({ ...pageQuery, ...window, figure: figureSchema, role: figureEventSchema.shape.role.optional() }),
  answer: pageOf(figureEventSchema).extend({
    from: z.string(),
    to: z.string(),
    total: z.object({ counted: z.number().int(), excluded: z.number().int(), unknown: z.number().int() }),
  }),
});

export const doraCsv = csvOf(getDora);
export const doraTrendCsv = csvOf(getDoraTrend);
export const figureEventsCsv = csvOf(listFigureEvents);

export const metricsRoutes = [getDora, getDoraTrend, listFigureEvents, doraCsv, doraTrendCsv, figureEventsCsv] as const;
