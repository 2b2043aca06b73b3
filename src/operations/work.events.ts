import { z } from 'zod';
import { defineEvent, type EventKind } from '../kernel/event.ts';

const work = { task: z.string(), about: z.array(z.string()), attempts: z.int(), errorDigest: z.string() };

export const workRetried = defineEvent({
  type: 'work.retried',
  subject: 'org',
  means: 'parked work was tried again',
  body: z.object({ works: z.array(z.object(work)) }),
});
export const workDropped = defineEvent({
  type: 'work.dropped',
  subject: 'org',
  means: 'parked work was given up for good',
  body: z.object({ ...work, reasonDigest: z.string() }),
});
export const workEvents: readonly EventKind[] = [workRetried, workDropped];
