import { z } from 'zod';
import { idOf } from './common.ts';
import { ticketSchema } from './record-others.ts';
import { defineRoute } from './route.ts';

export const releaseTickets = defineRoute({
  method: 'GET',
  path: '/v1/releases/{release}/tickets',
  summary: 'What a release was made for: the tickets that its commits name, how they stand, and by which commits',
  access: { kind: 'may', action: 'release.read', on: ['params.release'] },
  params: z.object({ release: idOf('rel') }),
  answer: z.object({
    /** When all of them were known at once; null: not yet. Older than an hour, rules do not believe it. */
    knownAt: z.string().nullable(),
    /** Why the last look did not find everything out; null: it did, or there was none yet. */
    error: z.string().nullable(),
    items: z.array(
      z.object({
        key: z.string(),
        /** As its tracker says it stands; empty: its tracker knows none of this key. */
        tickets: z.array(ticketSchema),
        commits: z.array(z.string()),
      }),
    ),
    /** Whether all commits since the release before are known here. */
    complete: z.boolean(),
  }),
});
