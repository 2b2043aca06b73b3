import { z } from 'zod';
import { digestSchema, idOf, nameSchema, proseSchema, reasonSchema, verdictSchema } from './common.ts';
import { deploymentSummary } from './deployments.ts';
import { systemSchema, webUrlSchema } from './record.ts';
import { defineRoute } from './route.ts';

/** Deployments that a foreign tool does: it asks first, and tells what it did. Nothing that was told is hidden. */

const place = { release: idOf('rel'), environment: nameSchema };
const onPlace = ['body.release', 'body.environment'] as const;

export const askAdmission = defineRoute({
  method: 'POST',
  path: '/v1/record/admissions',
  summary: 'Ask, for a deployment that a foreign tool is about to do, whether it may; the answer is recorded and holds until notAfter',
  access: { kind: 'may', action: 'record.write', on: onPlace },
  body: z.strictObject({ ...place, purpose: z.enum(['deploy', 'rollback']).default('deploy') }),
  answer: z.object({
    deployment: idOf('dep'),
    /** The recorded decision; an answer that is the same as the last one is not recorded anew. */
    decision: idOf('dec').nullable(),
    verdict: verdictSchema,
    /** Go: it is allowed, or the service is only observed and nothing is blocked. */
    go: z.boolean(),
    observed: z.boolean(),
    intent: digestSchema,
    /** Until when an allow holds. Begin, and tell that it began, before then. */
    notAfter: z.string(),
    earliest: z.string().nullable(),
    reasons: z.array(reasonSchema),
  }),
});

export const TOLD_STATES = ['started', 'succeeded', 'failed', 'rolled-back'] as const;
export const TOLD_CHECKS = ['health', 'smoke'] as const;

export const recordDeployment = defineRoute({
  method: 'POST',
  path: '/v1/record/deployments',
  summary: 'Tell of a deployment that a foreign tool does or did; one that was not allowed is recorded as what it is',
  access: { kind: 'may', action: 'record.write', on: onPlace },
  body: z.strictObject({
    ...place,
    state: z.enum(TOLD_STATES),
    system: systemSchema,
    /** The id of the deployment, or of the run that does it, in that system: told twice is once. */
    id: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^\0-\x1f\x7f]+$/, 'one line without control characters'),
    attempt: z.number().int().min(1).max(100_000).default(1),
    url: webUrlSchema.optional(),
    reason: proseSchema.optional(),
    /** What the tool found after it: these verify the release here. */
    checks: z
      .array(z.strictObject({ check: z.enum(TOLD_CHECKS), verdict: z.enum(['passed', 'failed']) }))
      .max(2)
      .default([]),
    /** For `rolled-back`: the release that runs again; default: the one that was verified here last. */
    to: idOf('rel').optional(),
  }),
  answer: z.object({ deployment: deploymentSummary, fresh: z.boolean(), decision: idOf('dec').nullable(), reasons: z.array(z.string()) }),
});

export const recordDeploymentRoutes = [askAdmission, recordDeployment] as const;
