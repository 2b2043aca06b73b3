import { z } from 'zod';
import { defineEvent, type EventKind } from '../../kernel/event.ts';

export const masterKeyAnnounced = defineEvent({
  type: 'master-key.announced',
  subject: 'ins',
  means: 'A new master key was made; it is used once every server knows it.',
  body: z.object({ key: z.string(), kind: z.string() }),
});
export const masterKeyRotated = defineEvent({
  type: 'master-key.rotated',
  subject: 'ins',
  means: 'A master key is current: data keys are wrapped by it from now on.',
  body: z.object({ key: z.string(), before: z.string().nullable() }),
});
export const masterKeyRemoved = defineEvent({
  type: 'master-key.removed',
  subject: 'ins',
  means: 'A master key that nothing used any more was ended.',
  body: z.object({ key: z.string() }),
});
export const dataKeysRotated = defineEvent({
  type: 'data-key.rotated',
  subject: 'org',
  means: 'Data keys were retired: what they sealed is sealed again by new ones.',
  body: z.object({ scope: z.string().nullable(), keys: z.number().int() }),
});

export const signingKeyAdded = defineEvent({
  type: 'signing-key.added',
  subject: 'org',
  means: 'A key signs evidence from now on; what older ones signed stays good.',
  body: z.object({ key: z.string(), kind: z.string(), name: z.string() }),
});
export const signingKeyRevoked = defineEvent({
  type: 'signing-key.revoked',
  subject: 'org',
  means: 'The worth of a key ended: what it signed from `from` on counts for nothing.',
  body: z.object({ key: z.string(), from: z.string(), reason: z.string() }),
});

export const keyEvents: readonly EventKind[] = [
  masterKeyAnnounced,
  masterKeyRotated,
  masterKeyRemoved,
  dataKeysRotated,
  signingKeyAdded,
  signingKeyRevoked,
] as EventKind[];
