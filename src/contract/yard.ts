import { z } from 'zod';
import { environmentSchema, serviceSchema } from './catalog.ts';
import { digestSchema, idOf, nameSchema } from './common.ts';
import { DEPLOYMENT_STATES } from './deployments.ts';
import { bookingSchema } from './environments.ts';
import { scopeSchema } from './freezes.ts';
import { RUN_STATES } from './pipelines.ts';
import { defineRoute } from './route.ts';

/** The Yard: which version of which service is where, how it is there, and what is on its way. */

/** What a row of the board can be filtered by. */
export const BOARD_STATES = [
  'moving',
  'waiting',
  'failed',
  'drift',
  'incident',
  'unverified',
  'pending',
  'building',
  'build-failed',
  'debt',
] as const;
export type BoardState = (typeof BOARD_STATES)[number];

/** `VERIFIED` of what runs: what the checks that spoke of it say together. */
export const VERIFIED = ['verified', 'failed', 'revoked', 'unverified'] as const;

const movingSchema = z.object({
  deployment: idOf('dep'),
  /** Position in the row's `versions`. */
  is: z.number().int(),
  kind: z.enum(['deploy', 'rollback']),
  state: z.enum(DEPLOYMENT_STATES),
  /** Percent of the traffic that the new version takes, while it takes a part of it. */
  weight: z.number().int().nullable(),
  /** While waiting: the earliest instant at which the answer could turn by itself. */
  earliest: z.string().nullable(),
  /** Further deployments that stand in line behind this one. */
  behind: z.number().int(),
});

/** One service in one environment. What is not there is left out, because a board has thousands of these. */
export const cellSchema = z.object({
  /** Position in the row's `versions` of what runs. */
  is: z.number().int().optional(),
  since: z.string().optional(),
  deployment: z.string().optional(),
  verified: z.enum(VERIFIED).optional(),
  /** Open incidents: `down` for a critical one. Left out: none is open. */
  health: z.enum(['degraded', 'down']).optional(),
  /** What the agent saw differs from what is recorded: how, in a sentence. */
  drift: z.string().optional(),
  moving: movingSchema.optional(),
  /** The newest deployment here did not succeed. */
  failed: z.object({ deployment: idOf('dep'), is: z.number().int(), state: z.string(), at: z.string() }).optional(),
  /** Position of the newest release, where it is meant for here and not here yet. */
  pending: z.number().int().optional(),
});
export type BoardCell = z.infer<typeof cellSchema>;

export const boardRowSchema = z.object({
  service: z.string(),
  team: z.string(),
  tier: z.number().int(),
  observeOnly: z.boolean(),
  /** The newest run. */
  run: z.object({ id: idOf('run'), state: z.enum(RUN_STATES), at: z.string() }).nullable(),
  /** Open incidents of the service, in any environment or in none. */
  incidents: z.array(idOf('inc')),
  /** Unpaid debts of it or its whole team, and waivers that end within seven days. `due`: the first of them. */
  debts: z.object({ count: z.number().int(), due: z.string() }).nullable(),
  /** The releases that this row speaks of. */
  versions: z.array(z.object({ release: idOf('rel'), version: z.string(), digest: digestSchema.nullable() })),
  /** In the order of the board's environments; null: nothing to say. */
  cells: z.array(cellSchema.nullable()),
});
export type BoardRow = z.infer<typeof boardRowSchema>;

const boardEnvironment = z.object({
  name: z.string(),
  kind: z.string(),
  protected: z.boolean(),
  /** Whether an agent that acts here was heard of in the last minute; null: there is none. */
  agentAlive: z.boolean().nullable(),
  booked: z.object({ booking: idOf('bkg'), owner: z.string(), until: z.string() }).nullable(),
});

export const activeFreezeSchema = z.object({
  id: idOf('frz'),
  scope: scopeSchema,
  reason: z.string(),
  ticket: z.string(),
  by: z.string(),
  since: z.string(),
  /** Null: no known end, so the line is stopped. */
  until: z.string().nullable(),
  version: z.number().int(),
});

export const FIRST_STEPS = ['sign-in', 'catalog', 'repository', 'runner', 'agent', 'run', 'release', 'approval', 'deployed'] as const;
export type FirstStep = (typeof FIRST_STEPS)[number];

export const boardSchema = z.object({
  environments: z.array(boardEnvironment),
  rows: z.array(boardRowSchema),
  /** How many services there are before the filters. */
  services: z.number().int(),
  teams: z.array(z.string()),
  freezes: z.array(activeFreezeSchema),
  /** How many rows of each state there are, before the filter by state. */
  counts: z.record(z.enum(BOARD_STATES), z.number().int()),
  /** The road to the first release, until something runs where it ends. */
  firstSteps: z.array(z.object({ step: z.enum(FIRST_STEPS), done: z.boolean() })).nullable(),
});
export type Board = z.infer<typeof boardSchema>;

const tier = z.coerce.number().int().min(1).max(3);

export const yardBoard = defineRoute({
  method: 'GET',
  path: '/v1/yard',
  summary:
    'The board: every service in every environment, with what is on its way. Answers an ETag; asked with If-None-Match, 304 where nothing changed',
  access: { kind: 'may', action: 'catalog.read', list: true },
  etag: true,
  query: z.strictObject({
    team: nameSchema.optional(),
    tier: tier.optional(),
    state: z.enum(BOARD_STATES).optional(),
    /** Part of a service's name. */
    text: z.string().max(100).optional(),
  }),
  answer: boardSchema,
});

const person = z.object({ id: z.string(), name: z.string() });

export const yardCell = defineRoute({
  method: 'GET',
  path: '/v1/yard/cells/{service}/{environment}',
  summary: 'One place: what runs there, who brought it, who verified it, and what may ship there says of what is on its way',
  access: { kind: 'may', action: 'catalog.read', on: ['params.service'] },
  params: z.strictObject({ service: nameSchema, environment: nameSchema }),
  answer: z.object({
    running: z
      .object({
        release: idOf('rel'),
        version: z.string(),
        digests: z.array(digestSchema),
        since: z.string(),
        deployment: z.string(),
        change: z.string(),
        requestedBy: person.nullable(),
      })
      .nullable(),
    verifications: z.array(
      z.object({ check: z.string(), verdict: z.string(), by: person, at: z.string(), revoked: z.string().nullable() }),
    ),
    incidents: z.array(z.object({ id: idOf('inc'), title: z.string(), severity: z.string(), startedAt: z.string() })),
    /** What is on its way, or the newest release where it is meant for here: ask `may-ship` about it. */
    next: z
      .object({
        release: idOf('rel'),
        version: z.string(),
        deployment: z.object({ id: idOf('dep'), state: z.enum(DEPLOYMENT_STATES), cause: z.string() }).nullable(),
      })
      .nullable(),
    bookings: z.array(bookingSchema),
  }),
});

const versionAt = z.object({ environment: z.string(), version: z.string().nullable() });

/** One service that another needs, or that needs it, and how they fit where both run. */
const dependencySchema = z.object({
  service: z.string(),
  /** What is asked of its version; null: that it runs. */
  range: z.string().nullable(),
  exists: z.boolean(),
  places: z.array(versionAt.extend({ fits: z.enum(['yes', 'no', 'unclear']) })),
});

export const serviceOverview = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/overview',
  summary:
    'One service on one page: where which version runs, its runs, releases, incidents, debts, dependencies and what it is watched by',
  access: { kind: 'may', action: 'catalog.read', on: ['params.service'] },
  params: z.strictObject({ service: nameSchema }),
  answer: z.object({
    service: serviceSchema,
    owners: z.array(person),
    row: boardRowSchema,
    environments: z.array(z.object({ name: z.string(), kind: z.string(), protected: z.boolean() })),
    /** Environments in which configuration of the catalog is newer than what was started. */
    outdated: z.array(z.string()),
    needs: z.array(dependencySchema),
    neededBy: z.array(dependencySchema),
    runs: z.array(
      z.object({
        id: idOf('run'),
        state: z.enum(RUN_STATES),
        ref: z.string().nullable(),
        commit: z.string().nullable(),
        queuedAt: z.string(),
        tookMs: z.number().int().nullable(),
      }),
    ),
    releases: z.array(
      z.object({
        id: idOf('rel'),
        version: z.string(),
        type: z.string(),
        state: z.string(),
        createdAt: z.string(),
        requestedBy: person.nullable(),
      }),
    ),
    incidents: z.array(
      z.object({
        id: idOf('inc'),
        title: z.string(),
        severity: z.string(),
        state: z.string(),
        environment: z.string().nullable(),
        startedAt: z.string(),
        resolvedAt: z.string().nullable(),
      }),
    ),
    debts: z.array(z.object({ id: idOf('wvr'), kind: z.string(), subject: z.string(), expiresAt: z.string(), owner: person })),
    /** Where the repository stands; null: none is watched. */
    watch: z
      .object({
        url: z.string(),
        checkedAt: z.string().nullable(),
        failures: z.number().int(),
        lastError: z.string().nullable(),
        hook: z.boolean(),
      })
      .nullable(),
  }),
});

const agentSeen = z.object({ id: idOf('agt'), name: z.string(), lastSeenAt: z.string().nullable(), alive: z.boolean() });

export const environmentsBoard = defineRoute({
  method: 'GET',
  path: '/v1/yard/environments',
  summary: 'The environments in the order that a release passes them, with who acts there and how it is there',
  access: { kind: 'may', action: 'environment.read', list: true },
  answer: z.object({
    items: z.array(
      environmentSchema.extend({
        agents: z.array(agentSeen),
        running: z.number().int(),
        moving: z.number().int(),
        waiting: z.number().int(),
        unverified: z.number().int(),
        drifting: z.number().int(),
        incidents: z.number().int(),
        bookings: z.array(bookingSchema),
      }),
    ),
  }),
});

export const environmentOverview = defineRoute({
  method: 'GET',
  path: '/v1/yard/environments/{environment}',
  summary: 'One environment: what runs there, who acts and what they do now, what was said and what happened last',
  access: { kind: 'may', action: 'environment.read', list: true },
  params: z.strictObject({ environment: nameSchema }),
  answer: z.object({
    environment: environmentSchema,
    agents: z.array(agentSeen),
    rows: z.array(
      z.object({
        service: z.string(),
        team: z.string(),
        tier: z.number().int(),
        cell: cellSchema.nullable(),
        versions: boardRowSchema.shape.versions,
        frontPort: z.number().int().nullable(),
        /** When the agent last told what it has there. */
        seenAt: z.string().nullable(),
        /** What is being done there now, and until when it is leased. */
        act: z.object({ deployment: idOf('dep'), what: z.string(), state: z.string(), since: z.string() }).nullable(),
        lease: z.object({ token: z.number().int(), until: z.string() }).nullable(),
      }),
    ),
    verifications: z.array(
      z.object({
        id: idOf('ver'),
        service: z.string(),
        release: idOf('rel'),
        version: z.string(),
        check: z.string(),
        verdict: z.string(),
        by: person,
        note: z.string().nullable(),
        at: z.string(),
        revoked: z.object({ at: z.string(), reason: z.string() }).nullable(),
      }),
    ),
    history: z.array(
      z.object({
        service: z.string(),
        version: z.string(),
        release: idOf('rel'),
        deployment: z.string(),
        change: z.string(),
        since: z.string(),
        until: z.string().nullable(),
      }),
    ),
    bookings: z.array(bookingSchema),
  }),
});

const sides = <Value extends z.ZodType>(value: Value) => z.object({ left: value.nullable(), right: value.nullable() });

/** What differs between two environments for one service; where nothing does, all lists are empty. */
export const serviceDifference = z.object({
  service: z.string(),
  version: sides(z.object({ version: z.string(), release: idOf('rel'), digest: digestSchema.nullable() })),
  sameVersion: z.boolean(),
  /** Keys whose values differ; null: the key is not set there. */
  configuration: z.array(z.object({ key: z.string(), left: z.string().nullable(), right: z.string().nullable() })),
  /** Keys that are the same on both sides. */
  same: z.number().int(),
  /** Whether what runs was started with what the catalog says by now; null: nothing runs. */
  current: sides(z.boolean()),
});

export const environmentDifference = defineRoute({
  method: 'GET',
  path: '/v1/environments/diff',
  summary: 'What differs between two environments: their own settings, and for each service its version and configuration',
  access: { kind: 'may', action: 'catalog.read', list: true },
  query: z.strictObject({ left: nameSchema, right: nameSchema, service: nameSchema.optional() }),
  answer: z.object({
    left: z.string(),
    right: z.string(),
    settings: z.array(z.object({ setting: z.string(), left: z.string(), right: z.string() })),
    services: z.array(serviceDifference),
    /** Services without any difference, which are not listed. */
    alike: z.number().int(),
  }),
});

export const yardRoutes = [yardBoard, yardCell, serviceOverview, environmentsBoard, environmentOverview, environmentDifference] as const;
