import { z } from 'zod';
import { digestSchema, idOf, instantSchema, nameSchema, pageOf, pageQuery } from './common.ts';
import { defineRoute } from './route.ts';

/** What an auditor asks first: what is that, why was it allowed, where does it run. */

const reads = { kind: 'may', action: 'evidence.read', list: true } as const;

export const foundNode = z.object({ id: z.string(), kind: z.string(), label: z.string(), at: z.string().nullable() });

export const findNodes = defineRoute({
  method: 'GET',
  path: '/v1/evidence/find',
  summary: 'What a person may mean: an id, a digest, (the beginning of) a commit, SERVICE, SERVICE VERSION, or words of an incident',
  access: reads,
  query: z.object({ q: z.string().trim().min(2).max(200) }),
  answer: z.object({ items: z.array(foundNode) }),
});

export const answerRow = z.object({
  decision: idOf('dec'),
  at: z.string(),
  verdict: z.enum(['allow', 'wait', 'unknown', 'deny']),
  purpose: z.enum(['deploy', 'rollback']),
  service: z.string(),
  environment: z.string(),
  release: idOf('rel'),
  version: z.string(),
  policy: z.object({ name: z.string(), version: z.number().int() }),
  /** Who had approved this very intent by then. */
  approvedBy: z.array(z.object({ id: z.string(), name: z.string() })),
  /** The deployment that asked; null where somebody only looked. */
  deployment: z.object({ id: idOf('dep'), state: z.string() }).nullable(),
  /** The first reason of every rule that did not allow; of all rules where it was allowed. */
  reasons: z.array(z.string()),
});

export const listAnswers = defineRoute({
  method: 'GET',
  path: '/v1/evidence/answers',
  summary: 'Recorded answers to "may this ship?", newest first: why it was allowed, or was not, on a day',
  access: reads,
  query: z.object({
    service: nameSchema.optional(),
    environment: nameSchema.optional(),
    verdict: z.enum(['allow', 'wait', 'unknown', 'deny']).optional(),
    version: z.string().min(1).max(100).optional(),
    since: instantSchema.optional(),
    until: instantSchema.optional(),
    ...pageQuery,
  }),
  answer: pageOf(answerRow),
});

export const artifactUse = defineRoute({
  method: 'GET',
  path: '/v1/evidence/artifacts/{digest}',
  summary: 'Where an artifact runs or ran, and the releases that hold it',
  access: reads,
  params: z.object({ digest: digestSchema }),
  answer: z.object({
    places: z.array(
      z.object({
        service: z.string(),
        environment: z.string(),
        version: z.string(),
        release: z.string(),
        deployment: z.string(),
        since: z.string(),
        /** null: it still runs. */
        until: z.string().nullable(),
      }),
    ),
    releases: z.array(z.object({ id: z.string(), service: z.string(), version: z.string(), state: z.string(), createdAt: z.string() })),
  }),
});

export const evidenceSearchRoutes = [findNodes, listAnswers, artifactUse] as const;
