import { z } from 'zod';
import { actResult, orderSchema, slotPicture } from './agent.ts';
import { digestSchema, idOf, lineSchema, nameSchema, pageOf, pageQuery, proseSchema, reasonSchema, verdictSchema } from './common.ts';
import { toldSchema } from './record.ts';
import { defineRoute } from './route.ts';

/**
 * Where a deployment is. `waiting`: may-ship says wait, before the first act or between two waves. `unknown`: contact
 * was lost while an act was going on; it is resolved by asking the agent, never assumed.
 */
export const DEPLOYMENT_STATES = [
  'requested',
  'waiting',
  'acting',
  'observing',
  'rolling-back',
  'unknown',
  'succeeded',
  'rolled-back',
  'failed',
  'cancelled',
] as const;
export type DeploymentState = (typeof DEPLOYMENT_STATES)[number];

export const JUDGE_ANSWERS = ['worse', 'not-worse', 'inconclusive', 'no-data'] as const;
export type JudgeAnswer = (typeof JUDGE_ANSWERS)[number];

const releaseRef = z.object({ release: idOf('rel'), version: lineSchema, digest: digestSchema });

export const deploymentSummary = z.object({
  id: idOf('dep'),
  service: nameSchema,
  environment: nameSchema,
  release: idOf('rel'),
  version: lineSchema,
  digest: digestSchema,
  kind: z.enum(['deploy', 'rollback']),
  state: z.enum(DEPLOYMENT_STATES),
  /** One sentence: why it is where it is. */
  cause: z.string(),
  strategy: z.enum(['all-at-once', 'canary']),
  step: z.number().int(),
  steps: z.number().int(),
  requestedBy: z.string(),
  requestedAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  /** While waiting: the earliest instant at which the answer could turn by itself. */
  earliest: z.string().nullable(),
  /** What ran before and is gone back to. */
  previous: releaseRef.nullable(),
  /** Of what a foreign tool does and tells: where, who told it, and whether it was allowed; null: we do it. */
  external: z
    .object({
      system: z.string().nullable(),
      id: z.string().nullable(),
      url: z.string().nullable(),
      /** null: it has not begun. False: it began without an allow. */
      admitted: z.boolean().nullable(),
      /** The service was only observed then: nothing was blocked. */
      observed: z.boolean(),
      decision: idOf('dec').nullable(),
      told: toldSchema,
    })
    .nullable()
    .default(null),
});

const metricAnswer = z.object({
  metric: z.enum(['errors', 'latency']),
  answer: z.enum(JUDGE_ANSWERS),
  /** Mean difference per interval, canary minus baseline, in permille. */
  differencePermille: z.number().int().nullable(),
  marginPermille: z.number().int(),
  intervals: z.number().int(),
  canaryRequests: z.number().int(),
  canaryBad: z.number().int(),
  baselineRequests: z.number().int(),
  baselineBad: z.number().int(),
  why: z.string(),
});

export const verdictShape = z.object({
  at: z.string(),
  wave: z.number().int(),
  answer: z.enum(JUDGE_ANSWERS),
  by: z.enum(['sequential-test', 'guard-rail', 'health']),
  why: z.string(),
  needsIntervals: z.number().int().nullable(),
  metrics: z.array(metricAnswer),
});

export const deploymentDetail = deploymentSummary.extend({
  plan: z.array(z.object({ kind: z.string(), text: z.string() })),
  reason: z.string().nullable(),
  agent: z.object({ id: idOf('agt'), name: nameSchema }).nullable(),
  /** Every move from one state to the next, in order. */
  moves: z.array(
    z.object({ seq: z.number().int(), from: z.enum(DEPLOYMENT_STATES), to: z.enum(DEPLOYMENT_STATES), at: z.string(), why: z.string() }),
  ),
  acts: z.array(
    z.object({
      act: idOf('act'),
      step: z.number().int(),
      order: orderSchema,
      token: z.number().int(),
      state: z.string(),
      decision: z.string().nullable(),
      createdAt: z.string(),
      claimedAt: z.string().nullable(),
      finishedAt: z.string().nullable(),
      result: actResult.nullable(),
    }),
  ),
  /** Totals per instance, over the whole deployment. */
  observations: z.array(
    z.object({ instance: z.string(), intervals: z.number().int(), requests: z.number().int(), errors: z.number().int() }),
  ),
  verdicts: z.array(verdictShape),
  lastDecision: z
    .object({ decision: z.string().nullable(), verdict: verdictSchema, reasons: z.array(reasonSchema), at: z.string() })
    .nullable(),
});

export const startDeployment = defineRoute({
  method: 'POST',
  path: '/v1/deployments',
  summary: 'Deploy a release to an environment: it starts when may-ship allows it, and waits until then',
  access: { kind: 'may', action: 'deployment.start', on: ['body.release', 'body.environment'] },
  /** `intent`: what you saw that would be shipped; another one by now is refused. */
  body: z.object({ release: idOf('rel'), environment: nameSchema, intent: digestSchema.optional() }),
  status: 201,
  answer: z.object({ deployment: deploymentSummary }),
});

export const startRollback = defineRoute({
  method: 'POST',
  path: '/v1/deployments/rollback',
  summary: 'Go back to the release that was verified here last, or to `to` where that was verified here',
  access: { kind: 'may', action: 'deployment.rollback', on: ['body.service', 'body.environment'] },
  /** `from`: the release that you saw running; another one by now is refused. */
  body: z.object({
    service: nameSchema,
    environment: nameSchema,
    reason: proseSchema,
    to: idOf('rel').optional(),
    from: idOf('rel').optional(),
  }),
  status: 201,
  answer: z.object({ deployment: deploymentSummary }),
});

export const listDeployments = defineRoute({
  method: 'GET',
  path: '/v1/deployments',
  summary: 'Deployments, newest first',
  access: { kind: 'may', action: 'deployment.read', list: true },
  query: z.object({
    service: nameSchema.optional(),
    environment: nameSchema.optional(),
    release: idOf('rel').optional(),
    state: z.enum(DEPLOYMENT_STATES).optional(),
    ...pageQuery,
  }),
  answer: pageOf(deploymentSummary),
});

export const getDeployment = defineRoute({
  method: 'GET',
  path: '/v1/deployments/{deployment}',
  summary: 'One deployment: its plan, acts, observations and verdicts. With `wait` and `version` it answers at the next change',
  access: { kind: 'may', action: 'deployment.read', on: ['params.deployment'] },
  transaction: 'none',
  params: z.object({ deployment: idOf('dep') }),
  query: z.object({ after: z.coerce.number().int().min(0).optional(), waitMs: z.coerce.number().int().min(0).max(30_000).default(0) }),
  answer: z.object({ deployment: deploymentDetail, version: z.number().int() }),
});

export const cancelDeployment = defineRoute({
  method: 'POST',
  path: '/v1/deployments/{deployment}/cancel',
  summary: 'Stop a deployment: before its first act it ends, after it the way back is taken',
  access: { kind: 'may', action: 'deployment.start', on: ['params.deployment'] },
  params: z.object({ deployment: idOf('dep') }),
  body: z.object({ reason: proseSchema }),
  answer: z.object({ deployment: deploymentSummary }),
});

export const environmentServices = defineRoute({
  method: 'GET',
  path: '/v1/environments/{environment}/services',
  summary: 'What runs in an environment, as recorded and as its agents last said',
  access: { kind: 'may', action: 'deployment.read', list: true },
  params: z.object({ environment: nameSchema }),
  answer: z.object({
    items: z.array(
      z.object({
        service: nameSchema,
        running: releaseRef.extend({ since: z.string(), deployment: z.string().nullable() }).nullable(),
        deploying: z.object({ deployment: idOf('dep'), version: lineSchema, state: z.enum(DEPLOYMENT_STATES) }).nullable(),
        /** Address of the stable front on the agent's machine. */
        frontPort: z.number().int().nullable(),
        slot: slotPicture.nullable(),
        slotAt: z.string().nullable(),
      }),
    ),
  }),
});

export const deploymentRoutes = [
  startDeployment,
  startRollback,
  listDeployments,
  getDeployment,
  cancelDeployment,
  environmentServices,
] as const;
