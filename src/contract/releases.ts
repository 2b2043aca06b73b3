import { z } from 'zod';
import {
  commitSchema,
  digestSchema,
  idOf,
  lineSchema,
  nameSchema,
  pageOf,
  pageQuery,
  proseSchema,
  ruleAnswerSchema,
  verdictSchema,
} from './common.ts';
import { voteSchema } from './changes.ts';
import { defineRoute } from './route.ts';

/** Releases, the one answer, votes on them. Freezes are in freezes.ts. */

export const RELEASE_TYPES = ['standard', 'hotfix', 'emergency'] as const;
export const SCHEMA_CHANGES = ['none', 'compatible', 'breaking'] as const;
export const RELEASE_STATES = ['open', 'abandoned'] as const;

/** Something missing, and who can give it: persons by name (`count` in all); roles only where there is no such person. */
export const missingSchema = z.object({
  what: z.string(),
  who: z.array(z.string()),
  givers: z.object({
    persons: z.array(z.object({ id: z.string(), name: z.string(), delegate: z.string().nullable() })),
    count: z.number().int(),
    roles: z.array(z.string()),
    others: z.array(z.string()),
  }),
});

/** The answer in words, the same for every door. Instants in them are RFC 3339 in UTC. */
export const wordsSchema = z.object({
  headline: z.string(),
  missing: z.array(z.string()),
  when: z.string(),
  rules: z.array(z.object({ rule: z.string(), verdict: verdictSchema, reasons: z.array(z.string()) })),
});

/** The answer of mayShip on the wire. */
export const mayShipSchema = z.object({
  /** The recorded decision, or null for a preview. */
  decision: idOf('dec').nullable(),
  release: idOf('rel'),
  environment: z.string(),
  purpose: z.enum(['deploy', 'rollback', 'preview']),
  verdict: verdictSchema,
  intent: digestSchema,
  rules: z.array(ruleAnswerSchema),
  missing: z.array(missingSchema),
  earliest: z.string().nullable(),
  notAfter: z.string(),
  at: z.string(),
  policy: z.object({ name: z.string(), version: z.number().int(), digest: digestSchema }),
  inputs: z.record(z.string(), digestSchema),
  digest: digestSchema,
  /** The service is only observed: this is what would have been decided, and nothing is blocked by it. */
  observed: z.boolean().default(false),
  words: wordsSchema,
});

export const targetSchema = z.object({
  environment: z.string(),
  /** The row version an approval must carry. */
  version: z.number().int(),
  intent: digestSchema,
  verdict: verdictSchema,
  observed: z.boolean().default(false),
  earliest: z.string().nullable(),
  missing: z.array(missingSchema),
  words: wordsSchema,
  checklist: z.array(
    z.object({ item: z.string(), state: z.enum(['yes', 'no', 'open']), person: z.string().nullable(), name: z.string().nullable() }),
  ),
});

export const releaseSchema = z.object({
  id: idOf('rel'),
  service: z.string(),
  version: z.string(),
  type: z.enum(RELEASE_TYPES),
  state: z.enum(RELEASE_STATES),
  commit: z.string(),
  run: idOf('run'),
  digests: z.array(digestSchema),
  change: idOf('chg'),
  plan: z.enum(['continuous', 'manual']),
  schemaChange: z.enum(SCHEMA_CHANGES),
  /** Environments it is meant for, in order. */
  targets: z.array(z.string()),
  requestedBy: z.string().nullable(),
  createdAt: z.string(),
  rowVersion: z.number().int(),
});

const releaseParams = z.object({ release: idOf('rel') });
const onRelease = ['params.release'] as const;

export const createRelease = defineRoute({
  method: 'POST',
  path: '/v1/releases',
  summary: 'Make a release of what a run built (or the newest successful run, of a commit where one is named)',
  access: { kind: 'may', action: 'release.create', on: ['body.service'] },
  body: z.strictObject({
    service: nameSchema,
    run: idOf('run').optional(),
    commit: commitSchema.optional(),
    type: z.enum(RELEASE_TYPES).default('standard'),
    /** Given by hand; left out, it follows from the commits. */
    version: z.string().max(100).optional(),
    /** `continuous`: on to the next environment by itself once verified. */
    plan: z.enum(['continuous', 'manual']).default('continuous'),
    targets: z.array(nameSchema).min(1).max(50).optional(),
    /** What the release does to the shape of data: after a breaking change there is no way back without loss. */
    schemaChange: z.enum(SCHEMA_CHANGES).default('none'),
  }),
  status: 201,
  answer: releaseSchema,
});

export const nextRelease = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/next-version',
  summary: 'What the next release of a service would be called, and why; numbers that open branches hold. Nothing is given by asking',
  access: { kind: 'may', action: 'release.read', on: ['params.service'] },
  params: z.object({ service: nameSchema }),
  query: z.object({ run: idOf('run').optional(), commit: commitSchema.optional(), type: z.enum(RELEASE_TYPES).default('standard') }),
  answer: z.object({
    service: z.string(),
    run: idOf('run'),
    commit: z.string(),
    branch: z.string().nullable(),
    strategy: z.enum(['trunk', 'gitflow', 'release-branch', 'calendar']),
    /** Null: nothing asks for a release, or this branch may not give it (`refused`). */
    next: z.string().nullable(),
    tag: z.string().nullable(),
    bump: z.string().nullable(),
    from: z.string().nullable(),
    why: z.string(),
    refused: z.boolean(),
    /** Where it is published: null is the usual place, else `next`, `beta`, `1.2.x` ... */
    channel: z.string().nullable(),
    /** The branch releases nothing by itself: this is what it would be once merged. */
    preview: z.boolean(),
    /** The first 100 commits that are new to users, newest first; `more` were left out. */
    because: z.array(z.object({ commit: z.string(), subject: z.string(), kind: z.string(), bump: z.string().nullable(), why: z.string() })),
    more: z.number().int(),
    /** Numbers that branches hold while they are open. */
    held: z.array(z.object({ number: z.string(), branch: z.string(), kind: z.enum(['hotfix', 'release']) })),
  }),
});

export const listReleases = defineRoute({
  method: 'GET',
  path: '/v1/releases',
  summary: 'Releases, newest first',
  access: { kind: 'may', action: 'release.read', list: true },
  query: z.object({
    service: nameSchema.optional(),
    version: z.string().max(100).optional(),
    commit: commitSchema.optional(),
    ...pageQuery,
  }),
  answer: pageOf(releaseSchema),
});

export const getRelease = defineRoute({
  method: 'GET',
  path: '/v1/releases/{release}',
  summary: 'One release: its notes, votes, and what each environment would answer now',
  access: { kind: 'may', action: 'release.read', on: onRelease },
  params: releaseParams,
  answer: releaseSchema.extend({ notes: z.string(), environments: z.array(targetSchema), votes: z.array(voteSchema) }),
});

export const mayShipRelease = defineRoute({
  method: 'GET',
  path: '/v1/releases/{release}/may-ship',
  summary: 'Can this go there now? Every rule, its reasons, what is missing; a preview, not recorded',
  access: { kind: 'may', action: 'release.read', on: onRelease },
  params: releaseParams,
  query: z.object({ environment: nameSchema, purpose: z.enum(['deploy', 'rollback']).default('deploy') }),
  answer: mayShipSchema,
});

export const castVote = defineRoute({
  method: 'POST',
  path: '/v1/releases/{release}/approvals',
  summary: 'Approve or reject a release for one environment; the body carries the intent and row version that you saw',
  // Whoever sees the release may ask: the handler asks for `approval.give`, and who is excluded is refused on record
  // whatever roles they hold.
  access: { kind: 'may', action: 'release.read', on: ['params.release', 'body.environment'] },
  params: releaseParams,
  body: z.strictObject({
    environment: nameSchema,
    verdict: z.enum(['approve', 'reject']),
    reason: proseSchema,
    intent: digestSchema,
    version: z.number().int().positive(),
    /** A person who delegated to you. */
    onBehalfOf: idOf('per').optional(),
  }),
  status: 201,
  answer: voteSchema,
});

export const withdrawVote = defineRoute({
  method: 'POST',
  path: '/v1/releases/{release}/approvals/{approval}/withdraw',
  summary: 'Take back your vote, until the act that uses it begins',
  access: { kind: 'may', action: 'release.read', on: onRelease },
  params: releaseParams.extend({ approval: idOf('apr') }),
  body: z.strictObject({ reason: proseSchema }),
  answer: voteSchema,
});

export const tickChecklist = defineRoute({
  method: 'POST',
  path: '/v1/releases/{release}/checklist',
  summary: 'Say yes or no to one item of an environment’s readiness checklist',
  access: { kind: 'may', action: 'release.ready', on: ['params.release', 'body.environment'] },
  params: releaseParams,
  body: z.strictObject({
    environment: nameSchema,
    item: lineSchema,
    state: z.enum(['yes', 'no']),
    note: z.string().max(2000).default(''),
    version: z.number().int().positive().optional(),
  }),
  answer: z.object({ item: z.string(), state: z.enum(['yes', 'no']), person: z.string() }),
});

export const abandonRelease = defineRoute({
  method: 'POST',
  path: '/v1/releases/{release}/abandon',
  summary: 'Give a release up: it ships nowhere any more',
  access: { kind: 'may', action: 'release.create', on: onRelease },
  params: releaseParams,
  /** `version`: the row version that you saw; another one by now is refused. */
  body: z.strictObject({ reason: proseSchema, version: z.number().int().positive().optional() }),
  answer: releaseSchema,
});

const holdBody = z.strictObject({ reason: proseSchema, version: z.number().int().positive().optional() });

export const holdRelease = defineRoute({
  method: 'POST',
  path: '/v1/releases/{release}/hold',
  summary: 'Hold a release back: it goes nowhere until a person ends the hold',
  access: { kind: 'may', action: 'release.ready', on: onRelease },
  params: releaseParams,
  body: holdBody,
  answer: releaseSchema,
});

export const resumeRelease = defineRoute({
  method: 'POST',
  path: '/v1/releases/{release}/resume',
  summary: 'End the hold of a release: what waited for it asks again',
  access: { kind: 'may', action: 'release.ready', on: onRelease },
  params: releaseParams,
  body: holdBody,
  answer: releaseSchema,
});

export const breakGlass = defineRoute({
  method: 'POST',
  path: '/v1/releases/{release}/break-glass',
  summary: 'Deploy now, approve afterwards: suspends approvals, gates and calendar for a short while and opens a dated debt',
  access: { kind: 'may', action: 'deployment.break-glass', on: ['params.release', 'body.environment'] },
  params: releaseParams,
  /** `intent`: what you saw that would be shipped; another one by now is refused. */
  body: z.strictObject({ environment: nameSchema, reason: proseSchema, ticket: lineSchema, intent: digestSchema.optional() }),
  status: 201,
  answer: z.object({
    id: idOf('brk'),
    /** `pending` until as many different persons as the policy asks for have said so. */
    state: z.enum(['pending', 'active']),
    persons: z.array(z.string()),
    personsNeeded: z.number().int(),
    until: z.string().nullable(),
    debt: z.string().nullable(),
  }),
});

export const getDecision = defineRoute({
  method: 'GET',
  path: '/v1/decisions/{decision}',
  summary: 'A recorded decision',
  access: { kind: 'may', action: 'release.read', list: true },
  params: z.object({ decision: idOf('dec') }),
  answer: mayShipSchema,
});

export const listDecisions = defineRoute({
  method: 'GET',
  path: '/v1/releases/{release}/decisions',
  summary: 'The recorded decisions about a release, newest first; refusals too',
  access: { kind: 'may', action: 'release.read', on: onRelease },
  params: releaseParams,
  query: z.object(pageQuery),
  answer: pageOf(mayShipSchema),
});

export const replayDecision = defineRoute({
  method: 'POST',
  path: '/v1/decisions/{decision}/replay',
  summary: 'Derive a recorded decision again from its stored inputs; the digests must be equal',
  access: { kind: 'may', action: 'release.read', list: true },
  transaction: 'read',
  params: z.object({ decision: idOf('dec') }),
  answer: z.object({
    same: z.boolean(),
    recorded: digestSchema,
    derived: digestSchema,
    verdict: verdictSchema,
    differences: z.array(z.string()),
  }),
});

export const releasesRoutes = [
  createRelease,
  listReleases,
  getRelease,
  mayShipRelease,
  castVote,
  withdrawVote,
  tickChecklist,
  abandonRelease,
  holdRelease,
  resumeRelease,
  breakGlass,
  getDecision,
  listDecisions,
  replayDecision,
] as const;
