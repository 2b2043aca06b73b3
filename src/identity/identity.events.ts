import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

const person = z.object({ person: z.string() });
const scope = z.object({ team: z.string().nullable(), service: z.string().nullable(), environment: z.string().nullable() });

/** Names and addresses stay out of facts, so that they can be erased: persons appear by id. */
export const personAdded = defineEvent({ type: 'person.added', subject: 'per', means: 'a person was added', body: person });
export const personDeactivated = defineEvent({
  type: 'person.deactivated',
  subject: 'per',
  means: 'a person was deactivated; all their credentials ended',
  body: z.object({ person: z.string(), ended: z.int() }),
});
export const emailMapped = defineEvent({
  type: 'person.email-mapped',
  subject: 'per',
  means: 'a further address was mapped to a person',
  body: person,
});
export const delegateNamed = defineEvent({
  type: 'person.delegate-named',
  subject: 'per',
  means: 'a person named who decides for them, or ended that',
  body: z.object({ person: z.string(), delegate: z.string().nullable() }),
});
export const botAdded = defineEvent({
  type: 'bot.added',
  subject: 'bot',
  means: 'a bot was added with an owner who answers for it',
  body: z.object({ bot: z.string(), owner: z.string() }),
});
export const roleGiven = defineEvent({
  type: 'role.given',
  subject: 'per',
  means: 'a role over a scope was given',
  body: z.object({ holder: z.string(), role: z.string(), on: scope }),
});
export const roleTaken = defineEvent({
  type: 'role.taken',
  subject: 'per',
  means: 'a role over a scope was taken back',
  body: z.object({ holder: z.string(), role: z.string(), on: scope }),
});
export const tokenCreated = defineEvent({
  type: 'token.created',
  subject: 'tok',
  means: 'a token was made',
  body: z.object({
    token: z.string(),
    holder: z.string(),
    actions: z.array(z.string()).nullable(),
    services: z.array(z.string()).nullable(),
    expiresAt: z.string(),
  }),
});
export const tokenEnded = defineEvent({
  type: 'token.ended',
  subject: 'tok',
  means: 'a token or session was ended before its time',
  body: z.object({ token: z.string(), holder: z.string() }),
});
