import { z } from 'zod';
import { nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** From a service that is only observed to one that Yardmaster deploys: the steps, done or not by facts. */

const level = z.enum(['none', 'observed', 'evidence', 'warned', 'gated', 'deployed']);
const step = z.object({ text: z.string(), done: z.boolean(), command: z.string() });

export const adoption = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/adoption',
  summary: 'How far a service has come from being observed to being deployed by Yardmaster, and the exact next step',
  access: { kind: 'may', action: 'catalog.read', on: ['params.service'] },
  params: z.strictObject({ service: nameSchema }),
  answer: z.object({
    service: z.string(),
    level,
    words: z.string(),
    next: step.nullable(),
    levels: z.array(z.object({ level, title: z.string(), done: z.boolean(), steps: z.array(step) })),
  }),
});
