import { z } from 'zod';
import { idOf, proseSchema } from './common.ts';
import { emailSchema, passwordSchema, signedInSchema } from './identity.ts';
import { defineRoute } from './route.ts';

/** A person's own account: sessions, password, second factor; and what an admin may end of others. */

const codeSchema = z
  .string()
  .min(6)
  .max(40)
  .transform((code) => code.replaceAll(/[\s-]/g, '').toLowerCase());

export const sessionSchema = z.object({
  id: idOf('tok'),
  /** The one that asks. */
  current: z.boolean(),
  screen: z.boolean(),
  /** What the browser or program called itself. */
  client: z.string().nullable(),
  createdAt: z.string(),
  /** To the minute. */
  seenAt: z.string().nullable(),
  authenticatedAt: z.string(),
  expiresAt: z.string(),
});

export const listSessions = defineRoute({
  method: 'GET',
  path: '/v1/me/sessions',
  summary: 'Where I am signed in',
  access: { kind: 'signed-in' },
  answer: z.object({ items: z.array(sessionSchema) }),
});
export const endSession = defineRoute({
  method: 'DELETE',
  path: '/v1/sessions/{session}',
  summary: 'End one of my sessions now, on every server; an admin may end anybody’s',
  access: { kind: 'signed-in' },
  params: z.object({ session: idOf('tok') }),
  answer: z.object({ id: idOf('tok'), ended: z.literal(true) }),
});
export const endOtherSessions = defineRoute({
  method: 'POST',
  path: '/v1/me/sessions/end-others',
  summary: 'End all my sessions except this one',
  access: { kind: 'signed-in' },
  body: z.object({}),
  answer: z.object({ ended: z.number().int() }),
});
export const confirmIdentity = defineRoute({
  method: 'POST',
  path: '/v1/sessions/current/confirm',
  summary: 'Prove again who I am, by password: this session counts as just signed in, and gets a new secret',
  access: { kind: 'signed-in' },
  secret: true,
  session: 'opens',
  body: z.object({ password: z.string().max(200), code: codeSchema.optional() }),
  answer: signedInSchema,
});
export const changePassword = defineRoute({
  method: 'PUT',
  path: '/v1/me/password',
  summary: 'Change my password; all my other sessions end',
  access: { kind: 'signed-in' },
  secret: true,
  body: z.object({ password: z.string().max(200), next: passwordSchema, code: codeSchema.optional() }),
  answer: z.object({ ended: z.number().int() }),
});

export const getSecondFactor = defineRoute({
  method: 'GET',
  path: '/v1/me/second-factor',
  summary: 'Whether I have a second factor, and how many recovery codes are left',
  access: { kind: 'signed-in' },
  answer: z.object({ confirmedAt: z.string().nullable(), codesLeft: z.number().int() }),
});
export const startSecondFactor = defineRoute({
  method: 'POST',
  path: '/v1/me/second-factor',
  summary: 'Begin a second factor (RFC 6238): answers the secret for an authenticator, once. It holds after it was confirmed',
  access: { kind: 'signed-in' },
  secret: true,
  body: z.object({ password: z.string().max(200) }),
  status: 201,
  answer: z.object({ secret: z.string(), uri: z.string() }),
});
export const confirmSecondFactor = defineRoute({
  method: 'POST',
  path: '/v1/me/second-factor/confirm',
  summary: 'Confirm it with a code of the authenticator: from now on signing in asks for one. Answers recovery codes, once',
  access: { kind: 'signed-in' },
  secret: true,
  body: z.object({ code: codeSchema }),
  answer: z.object({ recoveryCodes: z.array(z.string()) }),
});
export const endSecondFactor = defineRoute({
  method: 'POST',
  path: '/v1/me/second-factor/end',
  summary: 'Sign in without a second factor from now on',
  access: { kind: 'signed-in' },
  secret: true,
  body: z.object({ password: z.string().max(200), code: codeSchema }),
  answer: z.object({ ended: z.literal(true) }),
});

export const endPersonSessions = defineRoute({
  method: 'POST',
  path: '/v1/people/{person}/end-sessions',
  summary: 'End all sessions of a person now, and their tokens and those of their bots where asked',
  access: { kind: 'may', action: 'admin.people' },
  params: z.object({ person: idOf('per') }),
  body: z.object({ tokens: z.boolean().default(false), reason: proseSchema }),
  answer: z.object({ person: idOf('per'), ended: z.number().int() }),
});
export const endPersonSecondFactor = defineRoute({
  method: 'POST',
  path: '/v1/people/{person}/second-factor/end',
  summary: 'Take away the second factor of a person who has lost it; all their sessions end',
  access: { kind: 'may', action: 'admin.people' },
  params: z.object({ person: idOf('per') }),
  body: z.object({ reason: proseSchema }),
  answer: z.object({ person: idOf('per'), ended: z.number().int() }),
});
export const invitePerson = defineRoute({
  method: 'POST',
  path: '/v1/people/{person}/invitation',
  summary: 'A new invitation link for a person: with it they choose a new password, and their other sessions end',
  access: { kind: 'may', action: 'admin.people' },
  secret: true,
  params: z.object({ person: idOf('per') }),
  body: z.object({}),
  status: 201,
  answer: z.object({ person: idOf('per'), invitation: z.string(), expiresAt: z.string() }),
});
export const removeEmail = defineRoute({
  method: 'POST',
  path: '/v1/people/{person}/emails/remove',
  summary: 'Take an address from a person; the last one stays',
  access: { kind: 'may', action: 'admin.people' },
  params: z.object({ person: idOf('per') }),
  body: z.object({ email: emailSchema }),
  answer: z.object({ person: idOf('per'), emails: z.array(z.string()) }),
});
export const endEverybody = defineRoute({
  method: 'POST',
  path: '/v1/admin/end-everybody',
  summary: 'The kill-switch: every session and every token of everybody ends now, on every server; only the one that asks stays',
  access: { kind: 'may', action: 'admin.people' },
  body: z.object({ reason: proseSchema }),
  answer: z.object({ ended: z.number().int() }),
});

export const accountRoutes = [
  listSessions,
  endSession,
  endOtherSessions,
  confirmIdentity,
  changePassword,
  getSecondFactor,
  startSecondFactor,
  confirmSecondFactor,
  endSecondFactor,
  endPersonSessions,
  endPersonSecondFactor,
  invitePerson,
  removeEmail,
  endEverybody,
] as const;
