import { z } from 'zod';
import { ACTIONS, ROLES, type Action } from './actions.ts';
import { idOf, lineSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

export const emailSchema = z
  .string()
  .max(254)
  .regex(/^[^\s@\0-\x1f]+@[^\s@\0-\x1f]+$/, 'an e-mail address')
  .transform((email) => email.toLowerCase());
export const passwordSchema = z.string().min(12, 'at least 12 characters').max(200);
const actionSchema = z.enum(Object.keys(ACTIONS) as [Action, ...Action[]]);
export const scopeSchema = z.strictObject({
  team: nameSchema.optional(),
  service: nameSchema.optional(),
  environment: nameSchema.optional(),
});
const bindingSchema = z.object({ role: z.enum(ROLES), on: scopeSchema });
/** `mapped`: the provider whose groups gave it, and take it; absent: given by hand. */
const heldSchema = bindingSchema.extend({ mapped: z.string().optional() });

export const personSchema = z.object({
  id: idOf('per'),
  name: z.string(),
  emails: z.array(z.string()),
  active: z.boolean(),
  delegate: z.string().nullable(),
  roles: z.array(heldSchema),
  /** The issuers at which they have an account. */
  accounts: z.array(z.string()),
  /** The bots that they answer for. */
  bots: z.array(z.object({ id: idOf('bot'), name: z.string(), active: z.boolean(), roles: z.array(bindingSchema) })),
  sessions: z.number().int(),
  tokens: z.number().int(),
  secondFactor: z.boolean(),
  /** False while their invitation is unused. */
  hasPassword: z.boolean(),
  lastSeenAt: z.string().nullable(),
});
export const signedInSchema = z.object({ person: idOf('per'), name: z.string(), token: z.string(), expiresAt: z.string() });

export const setup = defineRoute({
  method: 'POST',
  path: '/v1/setup',
  summary: 'Use a first-admin link or an invitation: choose name and password, and be signed in',
  whilePaused: true,
  access: { kind: 'public', why: 'the single-use secret of the link is the credential' },
  secret: true,
  session: 'opens',
  body: z.object({
    link: z.string().max(200),
    name: lineSchema.optional(),
    email: emailSchema.optional(),
    password: passwordSchema,
    /** Of the second factor, where the invited person has one. */
    code: z.string().max(40).optional(),
  }),
  answer: signedInSchema,
});
export const lookAtLink = defineRoute({
  method: 'POST',
  path: '/v1/setup/look',
  summary: 'What a link is for: the first admin, or whose invitation',
  access: { kind: 'public', why: 'the single-use secret of the link is the credential' },
  transaction: 'read',
  secret: true,
  body: z.object({ link: z.string().max(200) }),
  answer: z.object({ firstAdmin: z.boolean(), name: z.string().nullable(), secondFactor: z.boolean(), expiresAt: z.string() }),
});
export const signIn = defineRoute({
  method: 'POST',
  path: '/v1/sessions',
  summary: 'Sign in with e-mail and password',
  whilePaused: true,
  access: { kind: 'public', why: 'the password is the credential; guessing is slowed down per address' },
  secret: true,
  session: 'opens',
  body: z.object({
    email: emailSchema,
    password: z.string().max(200),
    /** Of the second factor, where the person has one: six digits, or a recovery code. */
    code: z.string().max(40).optional(),
  }),
  status: 201,
  answer: signedInSchema,
});
export const signOut = defineRoute({
  method: 'DELETE',
  path: '/v1/sessions/current',
  summary: 'End this session or token now',
  whilePaused: true,
  access: { kind: 'signed-in' },
  session: 'ends',
  answer: z.object({ ended: z.literal(true) }),
});
export const whoAmI = defineRoute({
  method: 'GET',
  path: '/v1/me',
  summary: 'Who I am and what I may do',
  access: { kind: 'signed-in' },
  answer: z.object({
    kind: z.enum(['person', 'bot']),
    id: z.string(),
    name: z.string(),
    person: idOf('per'),
    roles: z.array(heldSchema),
    organisation: z.string(),
    /** Who decides while I am away. */
    delegate: z.string().nullable(),
    /** Until when this credential lasts, and until when it counts as fresh where an act asks for that. */
    expiresAt: z.string(),
    freshUntil: z.string().nullable(),
    /** The provider that this session was opened with; null: a password. */
    provider: z.object({ name: z.string(), title: z.string() }).nullable(),
    /** The issuers at which I have an account. */
    accounts: z.array(z.string()),
  }),
});
export const listPeople = defineRoute({
  method: 'GET',
  path: '/v1/people',
  summary: 'All persons with their addresses and roles',
  access: { kind: 'may', action: 'admin.audit' },
  answer: z.object({ items: z.array(personSchema) }),
});
export const addPerson = defineRoute({
  method: 'POST',
  path: '/v1/people',
  summary: 'Add a person; answers an invitation link with which they choose a password',
  access: { kind: 'may', action: 'admin.people' },
  secret: true,
  body: z.object({ name: lineSchema, emails: z.array(emailSchema).min(1).max(20), roles: z.array(bindingSchema).max(20).default([]) }),
  status: 201,
  answer: z.object({ person: idOf('per'), invitation: z.string(), expiresAt: z.string() }),
});
export const addEmail = defineRoute({
  method: 'POST',
  path: '/v1/people/{person}/emails',
  summary: 'Map a further address (a second account, a forge address) to a person',
  access: { kind: 'may', action: 'admin.people' },
  params: z.object({ person: idOf('per') }),
  body: z.object({ email: emailSchema }),
  status: 201,
  answer: z.object({ person: idOf('per'), emails: z.array(z.string()) }),
});
export const deactivatePerson = defineRoute({
  method: 'POST',
  path: '/v1/people/{person}/deactivate',
  summary: 'Deactivate a person: sessions, tokens and bots end at once',
  access: { kind: 'may', action: 'admin.people' },
  params: z.object({ person: idOf('per') }),
  body: z.object({}),
  answer: z.object({ person: idOf('per'), ended: z.number().int() }),
});
export const setDelegate = defineRoute({
  method: 'PUT',
  path: '/v1/me/delegate',
  summary: 'Name who decides for me while I am away, within the same rules; null ends it',
  access: { kind: 'signed-in' },
  body: z.object({ person: idOf('per').nullable() }),
  answer: z.object({ delegate: z.string().nullable() }),
});
export const listDelegates = defineRoute({
  method: 'GET',
  path: '/v1/me/delegates',
  summary: 'The active persons by name, of whom I may name one to decide for me',
  access: { kind: 'may', action: 'release.read', list: true },
  answer: z.object({ items: z.array(z.object({ id: idOf('per'), name: z.string() })) }),
});
export const giveRole = defineRoute({
  method: 'POST',
  path: '/v1/roles',
  summary: 'Give a person or a bot a role over the organisation, a team, a service or an environment',
  access: { kind: 'may', action: 'admin.people' },
  body: z.object({ holder: z.string().regex(/^(per|bot)_[0-9a-f]{32}$/), role: z.enum(ROLES), on: scopeSchema.default({}) }),
  status: 201,
  answer: z.object({ holder: z.string(), roles: z.array(bindingSchema) }),
});
export const takeRole = defineRoute({
  method: 'POST',
  path: '/v1/roles/take',
  summary: 'Take a role back',
  access: { kind: 'may', action: 'admin.people' },
  body: z.object({ holder: z.string().regex(/^(per|bot)_[0-9a-f]{32}$/), role: z.enum(ROLES), on: scopeSchema.default({}) }),
  answer: z.object({ holder: z.string(), roles: z.array(bindingSchema) }),
});
export const addBot = defineRoute({
  method: 'POST',
  path: '/v1/bots',
  summary: 'Add a bot; its owner answers for it, and its approvals never count',
  access: { kind: 'may', action: 'admin.people' },
  body: z.object({ name: nameSchema, owner: idOf('per') }),
  status: 201,
  answer: z.object({ bot: idOf('bot') }),
});
export const createToken = defineRoute({
  method: 'POST',
  path: '/v1/tokens',
  summary: 'Make a token for myself, or (as admin) for a bot; never wider than its holder',
  whilePaused: true,
  access: { kind: 'signed-in' },
  secret: true,
  body: z.object({
    name: lineSchema,
    bot: idOf('bot').optional(),
    expiresInDays: z.number().int().min(1).max(366).default(90),
    actions: z.array(actionSchema).min(1).max(100).optional(),
    services: z.array(nameSchema).min(1).max(100).optional(),
  }),
  status: 201,
  answer: z.object({ id: idOf('tok'), token: z.string(), expiresAt: z.string() }),
});
const credentialSchema = z.object({
  id: idOf('tok'),
  kind: z.enum(['session', 'token']),
  name: z.string(),
  holder: z.string(),
  actions: z.array(z.string()).nullable(),
  services: z.array(z.string()).nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
  endedAt: z.string().nullable(),
  seenAt: z.string().nullable(),
});
export const listTokens = defineRoute({
  method: 'GET',
  path: '/v1/tokens',
  summary: 'My tokens and sessions, and those of my bots; of everybody with `all`, for who may read the audit',
  access: { kind: 'signed-in' },
  query: z.object({ all: z.enum(['true', 'false']).optional() }),
  answer: z.object({ items: z.array(credentialSchema) }),
});
export const endToken = defineRoute({
  method: 'DELETE',
  path: '/v1/tokens/{token}',
  summary: 'End one of my tokens now; an admin may end anybody’s',
  access: { kind: 'signed-in' },
  params: z.object({ token: idOf('tok') }),
  answer: z.object({ id: idOf('tok'), ended: z.literal(true) }),
});

export const identityRoutes = [
  setup,
  lookAtLink,
  signIn,
  signOut,
  whoAmI,
  listPeople,
  addPerson,
  addEmail,
  deactivatePerson,
  setDelegate,
  listDelegates,
  giveRole,
  takeRole,
  addBot,
  createToken,
  listTokens,
  endToken,
] as const;
