import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

export const backupMade = defineEvent({
  type: 'backup.made',
  subject: 'bak',
  means: 'A whole backup was made; the digest is that of its signed manifest.',
  body: z.object({ manifest: z.string(), snapshotAt: z.string(), rows: z.int(), blobs: z.int(), withKeys: z.boolean() }),
});
export const backupFailed = defineEvent({
  type: 'backup.failed',
  subject: 'bak',
  means: 'A backup could not be made.',
  body: z.object({ code: z.string() }),
});
export const backupRemoved = defineEvent({
  type: 'backup.removed',
  subject: 'bak',
  means: 'The folder of an old backup was removed, because newer ones are kept.',
  body: z.object({ manifest: z.string() }),
});
export const instanceRestored = defineEvent({
  type: 'instance.restored',
  subject: 'res',
  means: 'This instance came out of a backup; it is paused, and its ledger goes on as a new epoch.',
  body: z.object({ manifest: z.string(), snapshotAt: z.string(), origin: z.string() }),
});
export const instanceResumed = defineEvent({
  type: 'instance.resumed',
  subject: 'res',
  means: 'A person resumed a restored instance; what machines said was taken over, and fencing tokens begin above all that any had seen.',
  body: z.object({
    fenceFloor: z.int(),
    ended: z.array(z.string()),
    takenOver: z.int(),
    unknownActs: z.int(),
    without: z.array(z.string()),
    reasonDigest: z.string(),
  }),
});

export const keepingEvents = [backupMade, backupFailed, backupRemoved, instanceRestored, instanceResumed] as const;
