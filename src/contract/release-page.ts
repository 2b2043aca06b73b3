import { z } from 'zod';
import { DEPLOYMENT_STATES, verdictShape } from './deployments.ts';
import { digestSchema, idOf, ruleAnswerSchema, verdictSchema } from './common.ts';
import { voteSchema } from './changes.ts';
import { releaseSchema, targetSchema } from './releases.ts';
import { defineRoute } from './route.ts';

/** Everything that a release's screen shows, in one answer; the comparison of a canary, which is asked often, is another. */

const person = z.object({ id: z.string(), name: z.string() });
export const stepSchema = z.object({ kind: z.string(), text: z.string(), state: z.enum(['done', 'now', 'later', 'left']) });

/** Who acted: a person by name, or the part of the program. */
const actorSchema = z.object({ label: z.string(), person: person.nullable() });

export const releaseDeployment = z.object({
  id: idOf('dep'),
  environment: z.string(),
  kind: z.enum(['deploy', 'rollback']),
  state: z.enum(DEPLOYMENT_STATES),
  cause: z.string(),
  reason: z.string().nullable(),
  strategy: z.enum(['all-at-once', 'canary']),
  /** The way there, and the way back where it is taken. */
  steps: z.array(stepSchema),
  back: z.array(stepSchema).nullable(),
  requestedBy: actorSchema,
  requestedAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  earliest: z.string().nullable(),
  previous: z.object({ release: z.string(), version: z.string() }).nullable(),
  /** Whether a canary was, or will be, compared with something. */
  compares: z.boolean(),
});

export const pageEnvironment = targetSchema.extend({
  kind: z.enum(['development', 'test', 'staging', 'production']),
  after: z.array(z.string()),
  policy: z.object({ name: z.string(), version: z.number().int() }),
  rules: z.array(ruleAnswerSchema),
  running: z.object({ release: idOf('rel'), version: z.string(), since: z.string(), deployment: z.string() }).nullable(),
  verified: z.object({ state: z.enum(['verified', 'failed', 'revoked', 'open']), at: z.string().nullable() }),
  rollback: z
    .object({
      kind: z.enum(['safe', 'unsafe', 'forward-only']),
      why: z.string(),
      to: z.object({ release: z.string(), version: z.string().nullable() }).nullable(),
    })
    .nullable(),
  /** What a break-glass here would do. */
  breakGlass: z.object({ persons: z.number().int(), timeBoxMs: z.number().int(), debtDueMs: z.number().int() }),
  /** Whether I may vote here, and for whom; `why` says in words why not. */
  me: z.object({ mayVote: z.boolean(), why: z.string().nullable(), for: z.array(person) }),
});

export const releasePage = defineRoute({
  method: 'GET',
  path: '/v1/releases/{release}/page',
  summary: 'All of a release in one answer: what each environment says, what changed, who agreed, how it was deployed, what proves it',
  access: { kind: 'may', action: 'release.read', on: ['params.release'] },
  params: z.object({ release: idOf('rel') }),
  answer: z.object({
    at: z.string(),
    release: releaseSchema.extend({
      notes: z.string(),
      team: z.string(),
      tier: z.number().int(),
      requester: person.nullable(),
      held: z.object({ by: person, at: z.string(), reason: z.string() }).nullable(),
    }),
    environments: z.array(pageEnvironment),
    changes: z.object({
      since: z.object({ release: z.string(), version: z.string() }).nullable(),
      /** False: some commit is not known here, so that there may be more authors. */
      complete: z.boolean(),
      total: z.number().int(),
      commits: z.array(
        z.object({ id: z.string(), subject: z.string().nullable(), at: z.string(), author: person.nullable(), url: z.string().nullable() }),
      ),
      tickets: z.array(z.string()),
    }),
    votes: z.array(voteSchema),
    deployments: z.array(releaseDeployment),
    decisions: z.array(
      z.object({
        id: idOf('dec'),
        environment: z.string(),
        purpose: z.enum(['deploy', 'rollback']),
        verdict: verdictSchema,
        at: z.string(),
        actor: actorSchema,
        deployment: z.string().nullable(),
        digest: digestSchema,
      }),
    ),
    artifacts: z.array(
      z.object({
        digest: digestSchema,
        name: z.string(),
        size: z.number().int(),
        revoked: z.boolean(),
        attestations: z.array(z.enum(['sbom', 'provenance', 'recorded'])),
      }),
    ),
    reports: z.array(z.object({ id: z.string(), kind: z.string(), name: z.string(), state: z.string() })),
    incidents: z.array(
      z.object({
        id: idOf('inc'),
        title: z.string(),
        severity: z.enum(['critical', 'major', 'minor']),
        state: z.enum(['open', 'resolved']),
        environment: z.string().nullable(),
        startedAt: z.string(),
        /** Linked to a deployment of this release, or only open where it wants to go. */
        linked: z.boolean(),
      }),
    ),
    breakGlass: z.array(
      z.object({
        id: z.string(),
        environment: z.string(),
        reason: z.string(),
        ticket: z.string(),
        persons: z.array(person),
        personsNeeded: z.number().int(),
        until: z.string().nullable(),
        createdAt: z.string(),
        /** The review afterwards. */
        debt: z.object({ id: z.string(), state: z.string(), due: z.string() }).nullable(),
      }),
    ),
  }),
});

const side = z.object({ requests: z.number().int(), errors: z.number().int(), p95Ms: z.number().int().nullable() });
const permille = z.number().int().nullable();

export const deploymentComparison = defineRoute({
  method: 'GET',
  path: '/v1/deployments/{deployment}/comparison',
  summary: 'A canary beside what it is compared with: traffic, errors and latency per interval, and what the judge has proven by then',
  access: { kind: 'may', action: 'deployment.read', on: ['params.deployment'] },
  params: z.object({ deployment: idOf('dep') }),
  answer: z.object({
    deployment: idOf('dep'),
    state: z.enum(DEPLOYMENT_STATES),
    against: z.enum(['baseline', 'stable']).nullable(),
    marginPermille: permille,
    minRequests: permille,
    /** Each point sums up this many intervals. */
    intervalsPerPoint: z.number().int(),
    points: z.array(
      z.object({
        at: z.string(),
        wave: z.number().int(),
        canary: side,
        other: side,
        /** Mean difference of the error rates so far, canary minus the other, and the bounds that are proven for it by then. */
        differencePermille: permille,
        lowerPermille: permille,
        upperPermille: permille,
      }),
    ),
    verdicts: z.array(verdictShape),
  }),
});

export const decisionInputs = defineRoute({
  method: 'GET',
  path: '/v1/decisions/{decision}/inputs',
  summary: 'What a recorded decision was derived from: the subject and the input of each rule, as stored',
  access: { kind: 'may', action: 'release.read', list: true },
  params: z.object({ decision: idOf('dec') }),
  answer: z.object({
    decision: idOf('dec'),
    service: z.string(),
    version: z.string(),
    /** By rule, and `subject`. An input larger than 256 kB is left out: its digest stands in the decision. */
    inputs: z.record(z.string(), z.unknown()),
    leftOut: z.array(z.string()),
    /** Names of the persons that the inputs speak of, by id. */
    persons: z.record(z.string(), z.string()),
  }),
});

export const releasePageRoutes = [releasePage, deploymentComparison, decisionInputs] as const;
