import { z } from 'zod';
import { commitSchema, idOf, nameSchema } from './common.ts';
import { runSchema } from './pipelines.ts';
import { defineRoute } from './route.ts';

/** Merge requests of watched repositories as their forges last said they are. Titles and names are strangers' text. */
const at = z.string().nullable();

export const mergeRequestPersonSchema = z.object({
  /** `opened` it, `wrote` commits of it, was `asked` to review, or `reviewed`. */
  role: z.enum(['opened', 'wrote', 'asked', 'reviewed']),
  login: z.string().nullable(),
  name: z.string().nullable(),
  bot: z.boolean(),
  /** Who that is here; null: nobody that we know. */
  person: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** What a review says. An approval at the forge is a fact, and no approval of ours. */
  review: z.string().nullable(),
  commit: z.string().nullable(),
  /** Whether the review is of the head as it is now; null: the forge does not say of which commit. */
  current: z.boolean().nullable(),
  at,
});

export const mergeRequestSchema = z.object({
  id: idOf('mrq'),
  number: z.number().int(),
  title: z.string(),
  state: z.enum(['open', 'merged', 'closed']),
  draft: z.boolean(),
  sourceBranch: z.string().nullable(),
  targetBranch: z.string().nullable(),
  head: z.string().nullable(),
  mergeCommit: z.string().nullable(),
  /** Its head lies in somebody else's repository: its runs are untrusted. null: not known, which counts as yes. */
  fork: z.boolean().nullable(),
  labels: z.array(z.string()),
  link: z.string().nullable(),
  /** False: more people had a hand in it than were read. */
  complete: z.boolean(),
  /** The commit at which somebody let a run go. Another head asks again. */
  allowedCommit: z.string().nullable(),
  openedAt: at,
  changedAt: at,
  seenAt: z.string(),
  people: z.array(mergeRequestPersonSchema),
});
export type MergeRequestView = z.infer<typeof mergeRequestSchema>;

const params = z.object({ service: nameSchema, number: z.coerce.number().int().min(1).max(2_000_000_000) });

export const listMergeRequests = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/merge-requests',
  summary: 'Merge requests of the repository of a service, newest first, with who wrote and who reviewed them',
  access: { kind: 'may', action: 'run.read', on: ['params.service'] },
  params: z.object({ service: nameSchema }),
  query: z.object({
    state: z.enum(['open', 'merged', 'closed']).optional(),
    /** Those of which this is the head, or what they were merged as. */
    commit: commitSchema.optional(),
  }),
  answer: z.object({
    items: z.array(mergeRequestSchema),
    /** Whether the protected branch is one at the forge too; null: nobody looked yet. */
    protection: z
      .object({ branch: z.string(), state: z.enum(['protected', 'open', 'unknown']), detail: z.string(), seenAt: z.string() })
      .nullable(),
  }),
});

export const releaseMergeRequests = defineRoute({
  method: 'GET',
  path: '/v1/releases/{release}/merge-requests',
  summary: 'The merge requests that the commits of a release came by, with who wrote, who reviewed and who approved them at the forge',
  access: { kind: 'may', action: 'release.read', on: ['params.release'] },
  params: z.object({ release: idOf('rel') }),
  answer: z.object({
    items: z.array(mergeRequestSchema),
    /** Commits of the release that came by none that is known. */
    without: z.number().int(),
    /** Whether all commits since the release before are known here. */
    complete: z.boolean(),
  }),
});

export const getMergeRequest = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/merge-requests/{number}',
  summary: 'One merge request',
  access: { kind: 'may', action: 'run.read', on: ['params.service'] },
  params,
  answer: mergeRequestSchema,
});

export const runMergeRequest = defineRoute({
  method: 'POST',
  path: '/v1/services/{service}/merge-requests/{number}/run',
  summary: 'Let a run of a merge request go, at exactly one commit; the run of a fork is untrusted',
  access: { kind: 'may', action: 'run.start', on: ['params.service'] },
  params,
  body: z.strictObject({ commit: commitSchema }),
  transaction: 'none',
  status: 201,
  answer: runSchema,
});

export const mergeRequestRoutes = [listMergeRequests, getMergeRequest, runMergeRequest] as const;
