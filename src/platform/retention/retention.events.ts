import { z } from 'zod';
import { defineEvent, type EventKind } from '../../kernel/event.ts';

export const thingsRemoved = defineEvent({
  type: 'retention.removed',
  subject: 'org',
  means: 'Things that were kept long enough were removed.',
  body: z.object({ what: z.string(), things: z.number().int(), days: z.number().int() }),
});
export const retentionChanged = defineEvent({
  type: 'retention.changed',
  subject: 'org',
  means: 'Somebody decided how long a kind of thing is kept.',
  body: z.object({ what: z.string(), days: z.number().int(), before: z.number().int() }),
});
export const holdPlaced = defineEvent({
  type: 'legal-hold.placed',
  subject: 'hld',
  means: 'Nothing of an organisation, a service or a run is removed until this is lifted.',
  body: z.object({ run: z.string().nullable() }),
});
export const holdLifted = defineEvent({
  type: 'legal-hold.lifted',
  subject: 'hld',
  means: 'A legal hold has ended: retention goes on.',
  body: z.object({}),
});

export const retentionEvents: readonly EventKind[] = [thingsRemoved, retentionChanged, holdPlaced, holdLifted] as EventKind[];
