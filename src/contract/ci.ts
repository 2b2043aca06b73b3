import { z } from 'zod';
import { idOf, nameSchema } from './common.ts';
import { connectionSchema } from './connections.ts';
import { defineRoute } from './route.ts';

/** CI servers that are read: what there is, whose runs they are, how far their past is known. */

const at = z.string().nullable();
const connection = z.strictObject({ connection: nameSchema });

export const ciPipelineSchema = z.object({
  id: idOf('cpi'),
  key: z.string(),
  name: z.string(),
  file: z.string().nullable(),
  /** The service whose runs its runs are; null: nobody's, and they are not kept. */
  service: z.string().nullable(),
  /** `repository`: it builds the repository of exactly one service. `setting`: a person said so. */
  mappedBy: z.enum(['repository', 'setting']).nullable(),
});

export const ciPlaceSchema = z.object({
  id: idOf('cpl'),
  name: z.string(),
  url: z.string().nullable(),
  repository: z.string().nullable(),
  watched: z.boolean(),
  checkedAt: at,
  nextAt: z.string(),
  failures: z.number().int(),
  lastError: z.string().nullable(),
  /** Reading of the past; null: none was asked for. `progress` is from 0 to 1, by how far back in time it got. */
  backfill: z.object({ since: z.string(), reached: at, doneAt: at, runs: z.number().int(), progress: z.number() }).nullable(),
  pipelines: z.array(ciPipelineSchema),
});
export type CiPlaceView = z.infer<typeof ciPlaceSchema>;

export const listPipelines = defineRoute({
  method: 'GET',
  path: '/v1/connections/{connection}/pipelines',
  summary: 'The pipelines that a connection finds, whose runs they are, and how far their past was read',
  access: { kind: 'may', action: 'connection.read' },
  params: connection,
  answer: z.object({
    listedAt: at,
    lastError: z.string().nullable(),
    /** Of all places that are watched. */
    backfill: z.object({ places: z.number().int(), done: z.number().int(), runs: z.number().int(), progress: z.number() }),
    places: z.array(ciPlaceSchema),
  }),
});
export type CiPipelinesView = z.infer<(typeof listPipelines)['answer']>;

export const mapPipeline = defineRoute({
  method: 'PATCH',
  path: '/v1/connections/{connection}/pipelines/{pipeline}',
  summary: 'Say whose runs the runs of a pipeline are; its past is read again for that service',
  access: { kind: 'may', action: 'connection.write' },
  params: z.strictObject({ connection: nameSchema, pipeline: idOf('cpi') }),
  /** null: nobody's. */
  body: z.strictObject({ service: nameSchema.nullable() }),
  answer: ciPipelineSchema,
});

export const backfill = defineRoute({
  method: 'POST',
  path: '/v1/connections/{connection}/backfill',
  summary: 'Read the runs of the last days, as durable work that goes on by itself; what is known already stays one run',
  access: { kind: 'may', action: 'connection.write' },
  params: connection,
  body: z.strictObject({ days: z.number().int().min(1).max(400).default(90) }),
  status: 202,
  answer: z.object({ connection: connectionSchema.shape.name, days: z.number().int(), places: z.number().int() }),
});

export const readRunAgain = defineRoute({
  method: 'POST',
  path: '/v1/runs/{run}/read',
  summary: 'Ask the CI server for a run as it is now, with its jobs',
  access: { kind: 'may', action: 'run.read', on: ['params.run'] },
  transaction: 'none',
  params: z.strictObject({ run: idOf('run') }),
  body: z.strictObject({}),
  answer: z.object({ run: idOf('run') }),
});

export const fetchForeignLog = defineRoute({
  method: 'POST',
  path: '/v1/jobs/{job}/fetch-log',
  summary:
    'Fetch the log of a job from its CI server and keep it as long as logs are kept; what is secret there is not known here, so nothing is redacted',
  access: { kind: 'may', action: 'run.read', on: ['params.job'] },
  transaction: 'none',
  params: z.strictObject({ job: idOf('job') }),
  body: z.strictObject({}),
  answer: z.object({ job: idOf('job'), bytes: z.number().int() }),
});
