import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

const body = z.object({ person: z.string(), bot: z.string().nullable(), host: z.string() });

/** Logins are names of persons: facts have their host and who is behind them. */
export const loginMapped = defineEvent({
  type: 'person.login-mapped',
  subject: 'per',
  means: 'a login at a forge or chat stands for a person, or for a bot of theirs',
  body,
});
export const loginUnmapped = defineEvent({
  type: 'person.login-unmapped',
  subject: 'per',
  means: 'a login at a forge or chat stands for nobody any more',
  body,
});
export const mappingEvents = [loginMapped, loginUnmapped];
