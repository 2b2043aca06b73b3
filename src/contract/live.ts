import { z } from 'zod';
import { defineRoute } from './route.ts';

/**
 * Live pages: news of facts, by id only. Whoever hears one asks its own question again, so nothing here shows more than
 * the routes do.
 */

/** `epoch.entries`: how many entries of the ledger a viewer has seen. Opaque to clients: send back what came as `id:`. */
export const cursorSchema = z.string().regex(/^[1-9]\d{0,8}\.\d{1,15}$/, 'a cursor as it came with an event');

/** A fact was placed in the ledger at `seq`. */
export const factEventSchema = z.object({ seq: z.number().int(), type: z.string(), subject: z.string(), service: z.string().nullable() });
/** The server's time and how many entries the ledger has: at the beginning, and at least each 15 s. */
export const beatEventSchema = z.object({ at: z.string(), head: z.number().int() });
/** The first event. `resumed`: what was missed follows; else the viewer asks everything again that it asked before. */
export const helloEventSchema = beatEventSchema.extend({ resumed: z.boolean() });
/** Since when the server can't read what is new. */
export const behindEventSchema = z.object({ since: z.string() });

export type FactEvent = z.infer<typeof factEventSchema>;
export type HelloEvent = z.infer<typeof helloEventSchema>;
export type BeatEvent = z.infer<typeof beatEventSchema>;
export type BehindEvent = z.infer<typeof behindEventSchema>;

/** Names of the events. `reset`: the cursor is of no use any more, ask everything again. `ended`: the credential is over. */
export const LIVE_EVENTS = ['hello', 'fact', 'beat', 'behind', 'reset', 'ended'] as const;

export const live = defineRoute({
  method: 'GET',
  path: '/v1/live',
  summary: 'Server-sent events: one `fact` for each fact that you may see, in the order of the ledger; Last-Event-ID resumes without loss',
  access: { kind: 'may', action: 'catalog.read', list: true },
  transaction: 'none',
  /** `after`: like Last-Event-ID, for clients that can't send that header. */
  query: z.object({ after: cursorSchema.optional() }),
  answer: { events: true, of: z.union([factEventSchema, helloEventSchema, beatEventSchema, behindEventSchema, z.object({})]) },
});

export const liveRoutes = [live] as const;
