import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

const about = z.object({ vendor: z.string(), name: z.string() });

export const connectionAdded = defineEvent({
  type: 'connection.added',
  subject: 'con',
  means: 'A forge, CI server, tracker or chat was connected.',
  body: about,
});
export const connectionChanged = defineEvent({
  type: 'connection.changed',
  subject: 'con',
  means: 'The address, the settings or the credential of a connection were changed.',
  body: about.extend({ fields: z.array(z.string()) }),
});
export const connectionRefused = defineEvent({
  type: 'connection.refused',
  subject: 'con',
  means: 'The other side takes the credential of a connection no more; it is not asked until there is another.',
  body: about,
});
export const connectionRemoved = defineEvent({
  type: 'connection.removed',
  subject: 'con',
  means: 'A connection was ended, and its credential forgotten.',
  body: about,
});
export const connectionEvents = [connectionAdded, connectionChanged, connectionRefused, connectionRemoved];
