import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

const text = z.string();
const optional = z.string().nullable();
const count = z.number().int();
const about = { release: text, environment: text, version: text, digest: text, kind: z.enum(['deploy', 'rollback']) };

export const deploymentRequested = defineEvent({
  type: 'deployment.requested',
  subject: 'dep',
  means: 'Somebody, or a rule, asked for a release to go to an environment.',
  body: z.object({ ...about, previous: optional, reasonDigest: optional }),
});

export const deploymentStarted = defineEvent({
  type: 'deployment.started',
  subject: 'dep',
  means: 'The first act of a deployment was allowed and given to an agent.',
  body: z.object({ ...about, decision: optional, strategy: text, agent: text }),
});

export const deploymentMoved = defineEvent({
  type: 'deployment.moved',
  subject: 'dep',
  means: 'A deployment went from one state to the next.',
  body: z.object({ release: text, environment: text, from: text, to: text, seq: count }),
});

export const actRecorded = defineEvent({
  type: 'deployment.act-recorded',
  subject: 'dep',
  means: 'An agent said how an act ended.',
  body: z.object({
    act: text,
    phase: text,
    environment: text,
    outcome: text,
    token: count,
    agent: text,
    digest: optional,
    decision: optional,
    tookMs: count,
  }),
});

export const staleActRefused = defineEvent({
  type: 'deployment.stale-act-refused',
  subject: 'dep',
  means: 'An agent told the end of an act that is no longer its own; nothing was changed by it.',
  body: z.object({ act: text, agent: text, token: count, state: text }),
});

export const actLost = defineEvent({
  type: 'deployment.act-lost',
  subject: 'dep',
  means: 'Contact to an agent was lost while it acted: how the act ended is unknown until the agent says.',
  body: z.object({ act: text, phase: text, environment: text, agent: text }),
});

export const verdictGiven = defineEvent({
  type: 'deployment.judged',
  subject: 'dep',
  means: 'The judge compared canary and baseline and came to another answer than before.',
  body: z.object({
    release: text,
    environment: text,
    wave: count,
    answer: text,
    by: text,
    verdictDigest: text,
    requests: count,
    errors: count,
  }),
});

export const deploymentUnadmitted = defineEvent({
  type: 'deployment.unadmitted',
  subject: 'dep',
  means: 'A foreign tool began a deployment that was not allowed; of a service that is only observed nothing was blocked.',
  body: z.object({ release: text, environment: text, version: text, verdict: text, decision: optional, observed: z.boolean() }),
});

export const deploymentFinished = defineEvent({
  type: 'deployment.finished',
  subject: 'dep',
  means: 'A deployment is over: succeeded, rolled-back, failed or cancelled.',
  body: z.object({
    ...about,
    outcome: z.enum(['succeeded', 'rolled-back', 'failed', 'cancelled']),
    /** It had become what runs. */
    recorded: z.boolean(),
    /** It had begun to act. */
    began: z.boolean(),
    requestedAt: text,
    startedAt: optional,
    finishedAt: text,
    backTo: optional,
  }),
});

export const agentRegistered = defineEvent({
  type: 'agent.registered',
  subject: 'agt',
  means: 'An agent came in with a single-use registration token.',
  body: z.object({ labels: z.array(text), registration: text }),
});

export const agentRevoked = defineEvent({
  type: 'agent.revoked',
  subject: 'agt',
  means: 'An agent was revoked: its key ended, and the deployments that it had in hand end without it.',
  body: z.object({ deployments: z.array(text) }),
});

export const registrationMade = defineEvent({
  type: 'agent.registration-made',
  subject: 'agt',
  means: 'A person made a single-use registration token for an agent.',
  body: z.object({ labels: z.array(text), expiresAt: text }),
});

export const brokeGlass = defineEvent({
  type: 'deployment.break-glass-reported',
  subject: 'dep',
  means: 'A person went back on the machine itself while the server could not be reached; the agent told it afterwards.',
  body: z.object({ act: text, environment: text, from: optional, to: text, toDigest: text, agent: text, saidAt: text, reasonDigest: text }),
});

/** Everything this slice announces. */
export const deploymentEvents = [
  deploymentRequested,
  deploymentStarted,
  deploymentMoved,
  actRecorded,
  staleActRefused,
  actLost,
  verdictGiven,
  deploymentUnadmitted,
  deploymentFinished,
  agentRegistered,
  agentRevoked,
  registrationMade,
  brokeGlass,
];
