import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

export const backfillAsked = defineEvent({
  type: 'ci.backfill-asked',
  subject: 'con',
  means: 'Somebody asked for the runs that a CI server had in the last days.',
  body: z.object({ name: z.string(), days: z.number().int(), places: z.number().int() }),
});
export const pipelineMapped = defineEvent({
  type: 'ci.pipeline-mapped',
  subject: 'con',
  means: 'Somebody said whose runs the runs of a pipeline of a CI server are.',
  body: z.object({ pipeline: z.string(), service: z.string().nullable() }),
});
export const ciEvents = [backfillAsked, pipelineMapped];
