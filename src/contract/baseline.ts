import { z } from 'zod';
import { nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** What builds of a service are like: something to compare with, from the runs that are known. */

const pipelineBaseline = z.object({
  /** The pipeline's name; null: the one of our own. */
  pipeline: z.string().nullable(),
  /** `own`: ran here. `recorded`: its CI told it. `read`: read from a CI server. */
  origin: z.enum(['own', 'recorded', 'read']),
  system: z.string().nullable(),
  /** Runs that ended, those that were cancelled left out. */
  runs: z.number().int(),
  cancelled: z.number().int(),
  /** Of those that ended, from 0 to 1; null: none ended, which is not 0. */
  successRate: z.number().nullable(),
  /** Seconds from start to end of runs that succeeded; null: too few to say. */
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  /** Commits that failed and then succeeded without a change: the tests or the machines are not to be relied on. */
  flaky: z.array(z.object({ commit: z.string(), failed: z.number().int() })),
  flakyCommits: z.number().int(),
  since: z.string(),
  newest: z.string(),
});

export const getBaseline = defineRoute({
  method: 'GET',
  path: '/v1/metrics/baseline',
  summary: 'Per pipeline of a service: success rate, duration, hints of flaky builds, and where the runs come from',
  access: { kind: 'may', action: 'metrics.read', on: ['query.service'] },
  query: z.object({ service: nameSchema, days: z.coerce.number().int().min(1).max(400).default(90) }),
  answer: z.object({ service: z.string(), from: z.string(), to: z.string(), pipelines: z.array(pipelineBaseline) }),
});
export type PipelineBaseline = z.infer<typeof pipelineBaseline>;
