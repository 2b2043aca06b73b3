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
const ended = z.object({ person: z.string(), ended: z.int(), reasonDigest: z.string().nullable() });
export const sessionsEnded = defineEvent({
  type: 'session.ended',
  subject: 'per',
  means: 'sessions of a person were ended, and their tokens where that was asked',
  body: ended.extend({ tokens: z.boolean() }),
});
export const everybodyEnded = defineEvent({
  type: 'session.everybody-ended',
  subject: 'org',
  means: 'every session and token of everybody was ended at once',
  body: z.object({ ended: z.int(), reasonDigest: z.string() }),
});
export const signedInAgain = defineEvent({
  type: 'session.confirmed',
  subject: 'tok',
  means: 'a person proved again who they are; their session got a new secret',
  body: z.object({ token: z.string(), holder: z.string() }),
});
export const sessionOpened = defineEvent({
  type: 'session.opened',
  subject: 'tok',
  means: 'a person signed in',
  body: z.object({ token: z.string(), holder: z.string(), screen: z.boolean(), secondFactor: z.boolean() }),
});
export const passwordChanged = defineEvent({
  type: 'person.password-changed',
  subject: 'per',
  means: 'a person chose a new password; their other sessions ended',
  body: z.object({ person: z.string(), ended: z.int() }),
});
export const factorConfirmed = defineEvent({
  type: 'person.second-factor-confirmed',
  subject: 'per',
  means: 'a person signs in with a second factor from now on',
  body: person,
});
export const factorEnded = defineEvent({
  type: 'person.second-factor-ended',
  subject: 'per',
  means: 'a person signs in without a second factor from now on',
  body: ended,
});
export const recoveryUsed = defineEvent({
  type: 'person.recovery-code-used',
  subject: 'per',
  means: 'a person signed in with a recovery code in place of their second factor',
  body: person,
});
export const invited = defineEvent({
  type: 'person.invited',
  subject: 'per',
  means: 'a link with which a person chooses a password was made',
  body: person.extend({ expiresAt: z.string() }),
});
export const emailRemoved = defineEvent({
  type: 'person.email-removed',
  subject: 'per',
  means: 'an address was taken from a person',
  body: person,
});
