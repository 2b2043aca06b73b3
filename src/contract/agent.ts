import { z } from 'zod';
import { digestSchema, idOf, lineSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** What an agent and the server say to each other. The agent only ever calls; the server never reaches into a machine. */

const envSchema = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string().max(65_536));
const urlPath = z.string().regex(/^\/[\x21-\x7e]{0,500}$/, 'a path that begins with /');
const commandSchema = z.array(z.string().min(1).max(4096)).min(1).max(100);
/** `candidate-0193...`: an instance is named by its deployment and role, so that a repeated act finds it again. */
export const instanceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/);

/** How a service is started on a machine. */
export const agentRunSchema = z.object({
  command: commandSchema,
  portEnv: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
  health: urlPath,
  readyWithinMs: z.number().int().min(100).max(600_000),
  env: envSchema,
});
export type AgentRun = z.infer<typeof agentRunSchema>;

/** What is asked of the agent. Every order can be repeated: it says what shall be, not what to change. */
export const orderSchema = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('start'),
    instance: instanceName,
    digest: digestSchema,
    version: lineSchema,
    release: idOf('rel'),
    run: agentRunSchema,
    configuration: envSchema,
    /** Services whose address in this environment the instance is told as `SERVICE_URL_<NAME>`. */
    dependsOn: z.array(nameSchema).max(100),
  }),
  z.object({
    phase: z.literal('weigh'),
    /** Percent of requests by instance; who is not named gets none. */
    weights: z.array(z.object({ instance: instanceName, weight: z.number().int().min(0).max(100) })).max(20),
    /** Send traffic counts for this deployment from now on, or stop sending. */
    observe: z.boolean(),
  }),
  z.object({ phase: z.literal('check'), instance: instanceName }),
  z.object({
    phase: z.literal('smoke'),
    instance: instanceName,
    command: commandSchema,
    timeoutMs: z.number().int().min(100).max(600_000),
  }),
  z.object({ phase: z.literal('stop'), instances: z.array(instanceName).max(20), drainMs: z.number().int().min(0).max(600_000) }),
  /** Nothing is changed; the answer says what runs. */
  z.object({ phase: z.literal('inspect') }),
]);
export type Order = z.infer<typeof orderSchema>;
export type Phase = Order['phase'];

export const actSchema = z.object({
  act: idOf('act'),
  deployment: idOf('dep'),
  service: nameSchema,
  environment: nameSchema,
  /** The fencing token of (service, environment): an agent refuses an act whose token is lower than one it has seen. */
  token: z.number().int().positive(),
  order: orderSchema,
  /** What allowed it holds this much longer; the agent must not begin later. */
  startWithinMs: z.number().int().min(0),
});
export type Act = z.infer<typeof actSchema>;

export const runningInstance = z.object({
  instance: instanceName,
  digest: digestSchema,
  version: lineSchema,
  release: z.string().max(64),
  state: z.enum(['starting', 'up', 'down']),
  weight: z.number().int().min(0).max(100),
  port: z.number().int().min(1).max(65_535),
  pid: z.number().int(),
});
/** What runs for one (service, environment) on this machine. */
export const slotPicture = z.object({
  service: nameSchema,
  environment: nameSchema,
  frontPort: z.number().int().min(1).max(65_535).nullable(),
  router: z.enum(['builtin', 'haproxy']),
  /** The highest fencing token seen. */
  token: z.number().int().min(0),
  instances: z.array(runningInstance).max(50),
});
export type SlotPicture = z.infer<typeof slotPicture>;

export const actResult = z.object({
  /** `expired`: it was not begun, because its leave had run out. */
  outcome: z.enum(['succeeded', 'failed', 'refused', 'expired']),
  /** Why it did not succeed, or what was done: a sentence for people. */
  detail: z.string().max(4000),
  tookMs: z.number().int().min(0),
  slot: slotPicture.nullable(),
});
export type ActResult = z.infer<typeof actResult>;

/** Upper bounds, in milliseconds, of the latency histogram's buckets; one more bucket holds what is slower. */
export const LATENCY_BOUNDS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 2000, 5000] as const;

const count = z.number().int().min(0).max(1_000_000_000);
/** Traffic of one instance in one interval, as the router counted it. */
export const sampleSchema = z.object({
  instance: instanceName,
  /** Grows with each interval; a repeated number is the same interval sent again. */
  seq: z.number().int().min(0),
  /** Agent's clock, milliseconds since 1970; only their difference is used. */
  from: z.number().int().min(0),
  to: z.number().int().min(0),
  requests: count,
  /** Answers 5xx, and requests that got no answer from the instance. */
  errors: count,
  classes: z.object({ '2xx': count, '3xx': count, '4xx': count, '5xx': count, none: count }),
  /** Counts per bucket of LATENCY_BOUNDS, or null where the router doesn't measure it. */
  latency: z
    .array(count)
    .length(LATENCY_BOUNDS.length + 1)
    .nullable(),
});
export type Sample = z.infer<typeof sampleSchema>;

export const registerAgent = defineRoute({
  method: 'POST',
  path: '/v1/agents',
  summary: 'Register an agent with a single-use registration token; answers its key',
  whilePaused: true,
  access: { kind: 'public', why: 'a single-use registration token in the body is the credential' },
  secret: true,
  body: z.object({ registration: z.string().max(200), name: nameSchema }),
  status: 201,
  answer: z.object({ agent: idOf('agt'), key: z.string(), labels: z.array(nameSchema) }),
});

export const claimAct = defineRoute({
  method: 'POST',
  path: '/v1/agent/claim',
  summary: 'Ask for an act; waits up to `waitMs` for one. An act that a lost session of this agent had taken is given again',
  whilePaused: true,
  access: { kind: 'agent' },
  transaction: 'none',
  body: z.object({
    /** New with every start of the agent's process. */
    session: z.string().regex(/^[0-9a-f]{16,64}$/),
    /** Acts that this process is doing right now. */
    doing: z.array(idOf('act')).max(50),
    waitMs: z.number().int().min(0).max(30_000).default(20_000),
  }),
  answer: z.object({
    act: actSchema.nullable(),
    leaseMs: z.number().int().positive(),
    /** The server came out of a backup and asks what runs: what the agent did since, and what became of these acts. */
    tell: z
      .object({ restore: idOf('res'), since: z.string(), acts: z.array(idOf('act')).max(1000) })
      .nullable()
      .optional(),
  }),
});

const actParams = z.object({ act: idOf('act') });

export const heartbeatAct = defineRoute({
  method: 'POST',
  path: '/v1/agent/acts/{act}/heartbeat',
  summary: 'The agent still works on the act',
  access: { kind: 'agent' },
  params: actParams,
  body: z.object({ token: z.number().int().positive(), session: z.string().max(64) }),
  answer: z.object({ cancel: z.boolean() }),
});

export const finishAct = defineRoute({
  method: 'POST',
  path: '/v1/agent/acts/{act}/finish',
  summary: 'The act ended. Sent again it answers the same',
  access: { kind: 'agent' },
  params: actParams,
  body: z.object({ token: z.number().int().positive(), result: actResult }),
  answer: z.object({ accepted: z.literal(true) }),
});

export const sendSamples = defineRoute({
  method: 'POST',
  path: '/v1/agent/deployments/{deployment}/samples',
  summary: 'Traffic counts of the instances of one deployment, one entry per instance and interval',
  access: { kind: 'agent' },
  params: z.object({ deployment: idOf('dep') }),
  body: z.object({ samples: z.array(sampleSchema).min(1).max(500) }),
  answer: z.object({ observe: z.boolean() }),
});

export const getDeployedArtifact = defineRoute({
  method: 'GET',
  path: '/v1/agent/acts/{act}/artifact',
  summary: "The bytes of an act's artifact; only for the agent that the act was given to",
  access: { kind: 'agent' },
  transaction: 'none',
  params: actParams,
  answer: { bytes: true, mediaType: 'application/octet-stream', limit: 4_294_967_296 },
});

export const reportBreakGlass = defineRoute({
  method: 'POST',
  path: '/v1/agent/break-glass',
  summary: 'A rollback that was done on the machine while the server could not be reached; sent again it answers the same',
  access: { kind: 'agent' },
  body: z.object({
    act: idOf('act'),
    service: nameSchema,
    environment: nameSchema,
    reason: lineSchema,
    /** Who says to have done it, as typed on the machine. */
    operator: lineSchema,
    at: z.number().int().min(0),
    from: z.object({ digest: digestSchema, release: idOf('rel') }).nullable(),
    to: z.object({ digest: digestSchema, release: idOf('rel') }),
    slot: slotPicture,
  }),
  answer: z.object({ accepted: z.literal(true) }),
});

export const createAgentRegistration = defineRoute({
  method: 'POST',
  path: '/v1/agents/registrations',
  summary: 'Make a single-use registration token for an agent; shown once',
  whilePaused: true,
  access: { kind: 'may', action: 'admin.machines' },
  secret: true,
  body: z.object({
    labels: z.array(nameSchema).max(20).default([]),
    expiresInMs: z.number().int().min(1000).max(604_800_000).default(3_600_000),
  }),
  status: 201,
  answer: z.object({ registration: z.string(), expiresAt: z.string() }),
});

export const listAgents = defineRoute({
  method: 'GET',
  path: '/v1/agents',
  summary: 'The agents, when each was last heard of, and what each is doing',
  access: { kind: 'may', action: 'deployment.read' },
  answer: z.object({
    items: z.array(
      z.object({
        id: idOf('agt'),
        name: nameSchema,
        labels: z.array(nameSchema),
        lastSeenAt: z.string().nullable(),
        acts: z.array(z.string()),
        /** What it keeps running. */
        runs: z.array(z.object({ service: z.string(), environment: z.string(), version: z.string().nullable() })),
        revokedAt: z.string().nullable(),
        /** Of its program; null until it was heard of. */
        version: z.string().nullable(),
      }),
    ),
  }),
});

export const revokeAgent = defineRoute({
  method: 'DELETE',
  path: '/v1/agents/{agent}',
  summary: 'Revoke an agent: its key ends at once; what it has in hand is taken back, or ends as failed where that will never be told',
  access: { kind: 'may', action: 'admin.machines' },
  params: z.object({ agent: idOf('agt') }),
  answer: z.object({ agent: idOf('agt') }),
});

export const agentRoutes = [
  registerAgent,
  claimAct,
  heartbeatAct,
  finishAct,
  sendSamples,
  getDeployedArtifact,
  reportBreakGlass,
  createAgentRegistration,
  listAgents,
  revokeAgent,
] as const;
