import { z } from 'zod';
import { instantSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

const aside = z.object({ what: z.string(), fact: z.string().nullable(), why: z.string() });
export const kpiSchema = z.object({
  name: z.string(),
  definition: z.string(),
  /** null: there is nothing to measure, which is not 0. */
  value: z.number().nullable(),
  unit: z.string(),
  events: z.array(z.string()),
  excluded: z.array(aside),
  unknown: z.array(aside),
});

export const getDora = defineRoute({
  method: 'GET',
  path: '/v1/metrics/dora',
  summary: 'The four DORA keys from facts, each with the events, exclusions and unknowns behind it',
  access: { kind: 'may', action: 'metrics.read', list: true },
  query: z.object({
    service: nameSchema.optional(),
    team: nameSchema.optional(),
    /** Default: 30 days before `to`. */
    from: instantSchema.optional(),
    /** Default: now. */
    to: instantSchema.optional(),
  }),
  answer: z.object({
    from: z.string(),
    to: z.string(),
    deploymentFrequency: kpiSchema,
    leadTimeForChanges: kpiSchema,
    changeFailureRate: kpiSchema,
    timeToRestore: kpiSchema,
  }),
});

export const metricsRoutes = [getDora] as const;
