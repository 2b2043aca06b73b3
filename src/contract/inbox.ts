import { z } from 'zod';
import { idOf, nameSchema, pageOf, pageQuery } from './common.ts';
import { DEPLOYMENT_STATES } from './deployments.ts';
import { RELEASE_STATES, RELEASE_TYPES } from './releases.ts';
import { defineRoute } from './route.ts';

/** What waits for the person who asks, and lists of releases as their screen shows them. */

export const INBOX_KINDS = [
  'approval',
  'deployment',
  'break-glass',
  'verification',
  'checklist',
  'waiver',
  'review',
  'expiring',
  'parked',
] as const;

const person = z.object({ id: z.string(), name: z.string() });
const releaseRef = z.object({
  id: idOf('rel'),
  version: z.string(),
  type: z.enum(RELEASE_TYPES),
  digests: z.array(z.string()),
  commit: z.string(),
  schemaChange: z.string(),
  requester: person.nullable(),
});

/** What can be done about it; each names the row version, or the intent, that it was made from. */
export const inboxAct = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('vote'),
    intent: z.string(),
    version: z.number().int(),
    /** Whether I may vote for myself. */
    myself: z.boolean(),
    for: z.array(person),
    /** How many commits came since the release before; null where they are not all known. */
    commits: z.number().int().nullable(),
    authors: z.number().int(),
    /** What else stands between it and there, in words. */
    also: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('deployment'),
    deployment: idOf('dep'),
    state: z.enum(DEPLOYMENT_STATES),
    retry: z.boolean(),
    rollBack: z.object({ version: z.string() }).nullable(),
    abandon: z.boolean(),
  }),
  z.object({ kind: z.literal('break-glass'), reason: z.string(), ticket: z.string(), asked: z.array(person), needed: z.number().int() }),
  z.object({ kind: z.literal('verify') }),
  z.object({ kind: z.literal('tick'), version: z.number().int(), items: z.array(z.string()) }),
  z.object({
    kind: z.literal('waiver'),
    waiver: idOf('wvr'),
    version: z.number().int(),
    can: z.enum(['decide', 'pay', 'renew', 'nothing']),
    ticket: z.string(),
    owner: person,
  }),
  z.object({ kind: z.literal('parked'), count: z.number().int() }),
]);

export const inboxItem = z.object({
  id: z.string(),
  kind: z.enum(INBOX_KINDS),
  title: z.string(),
  /** Why it is here, one sentence. */
  why: z.string(),
  /** What happens if nobody does anything, one sentence. */
  otherwise: z.string(),
  since: z.string(),
  due: z.string().nullable(),
  service: nameSchema.nullable(),
  environment: nameSchema.nullable(),
  release: releaseRef.nullable(),
  act: inboxAct,
});

export const inbox = defineRoute({
  method: 'GET',
  path: '/v1/inbox',
  summary: 'What waits for you: approvals you can give, deployments that need a person, reviews and waivers that fall due',
  access: { kind: 'may', action: 'release.read', list: true },
  answer: z.object({ at: z.string(), items: z.array(inboxItem), more: z.boolean() }),
});

export const RELEASE_STANDINGS = ['under-way', 'runs', 'went-wrong', ...RELEASE_STATES] as const;

export const releaseBoard = defineRoute({
  method: 'GET',
  path: '/v1/release-board',
  summary: 'Releases, newest first, with where each of them stands',
  access: { kind: 'may', action: 'release.read', list: true },
  query: z.object({
    service: nameSchema.optional(),
    environment: nameSchema.optional(),
    state: z.enum(RELEASE_STANDINGS).optional(),
    mine: z.enum(['yes']).optional(),
    ...pageQuery,
  }),
  answer: pageOf(
    z.object({
      id: idOf('rel'),
      service: z.string(),
      version: z.string(),
      type: z.enum(RELEASE_TYPES),
      state: z.enum(RELEASE_STATES),
      commit: z.string(),
      requester: person.nullable(),
      createdAt: z.string(),
      targets: z.array(
        z.object({
          environment: z.string(),
          runs: z.boolean(),
          deployment: z.object({ id: idOf('dep'), state: z.enum(DEPLOYMENT_STATES), cause: z.string(), at: z.string() }).nullable(),
        }),
      ),
    }),
  ),
});

export const incidentPage = defineRoute({
  method: 'GET',
  path: '/v1/incidents/{incident}/page',
  summary: 'One incident with its story: what happened when, what was deployed before it, and what can be gone back to',
  access: { kind: 'may', action: 'incident.read', on: ['params.incident'] },
  params: z.object({ incident: idOf('inc') }),
  answer: z.object({
    description: z.string().nullable(),
    /** In order of time: facts about the incident, and what was deployed in its place from a day before it. */
    timeline: z.array(
      z.object({
        at: z.string(),
        kind: z.string(),
        text: z.string(),
        actor: z.object({ label: z.string(), person: person.nullable() }).nullable(),
        deployment: z.string().nullable(),
        release: z.string().nullable(),
      }),
    ),
    /** Deployments that ended before it began, newest first, and those it is linked to. */
    deployments: z.array(
      z.object({
        id: idOf('dep'),
        environment: z.string(),
        release: z.string(),
        version: z.string(),
        kind: z.enum(['deploy', 'rollback']),
        state: z.enum(DEPLOYMENT_STATES),
        cause: z.string(),
        at: z.string(),
        linked: z.boolean(),
      }),
    ),
    running: z.array(z.object({ environment: z.string(), release: z.string(), version: z.string(), since: z.string() })),
  }),
});

export const inboxRoutes = [inbox, releaseBoard, incidentPage] as const;
