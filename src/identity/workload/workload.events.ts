import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

const text = z.string().nullable();

export const workloadTrusted = defineEvent({
  type: 'workload.trusted',
  subject: 'wlt',
  means: 'jobs of another CI may come in with tokens of their issuer',
  body: z.object({
    trust: z.string(),
    name: z.string(),
    issuer: z.string(),
    audience: z.string(),
    conditions: z.record(z.string(), z.array(z.string())),
    bot: z.string(),
    actions: z.array(z.string()).nullable(),
    services: z.array(z.string()).nullable(),
  }),
});
export const workloadDistrusted = defineEvent({
  type: 'workload.distrusted',
  subject: 'wlt',
  means: 'a trust in jobs of another CI ended, and with it whatever they were signed in with',
  body: z.object({ trust: z.string(), name: z.string(), ended: z.int() }),
});
export const workloadCame = defineEvent({
  type: 'workload.came-in',
  subject: 'tok',
  means: 'a job of another CI proved who it is',
  body: z.object({
    token: z.string(),
    trust: z.string(),
    bot: z.string(),
    exchanged: z.boolean(),
    issuer: z.string(),
    subject: z.string(),
    repository: text,
    ref: text,
    workflow: text,
    runId: text,
    sha: text,
    expiresAt: z.string(),
  }),
});
export const workloadEvents = [workloadTrusted, workloadDistrusted, workloadCame];
