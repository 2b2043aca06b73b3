import { z } from 'zod';
import { ROLES } from './actions.ts';
import { idOf, lineSchema, nameSchema } from './common.ts';
import { scopeSchema, signedInSchema } from './identity.ts';
import { defineRoute } from './route.ts';

/** Signing in with a provider (OpenID Connect), and from a terminal by way of a browser. */

const issuerSchema = z
  .string()
  .max(500)
  .refine((text) => URL.parse(text) !== null && !/[?#\s]/.test(text), 'the issuer’s address, as its tokens say it');
const claimName = z.string().regex(/^[A-Za-z0-9_.:/-]{1,200}$/, 'the name of a claim');
const words = (most: number) => z.array(lineSchema).max(most);

export const providerSettingsSchema = z.strictObject({
  /** Beside `openid`. */
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/))
    .max(20)
    .default(['profile', 'email']),
  claims: z
    .strictObject({ name: claimName.default('name'), email: claimName.default('email'), groups: claimName.default('groups') })
    .default({ name: 'name', email: 'email', groups: 'groups' }),
  /** Only who has a verified address in one of these; empty: anybody. */
  domains: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9.-]{1,253}$/, 'a domain such as example.org')
        .transform((domain) => domain.toLowerCase()),
    )
    .max(100)
    .default([]),
  /** Only who is in one of these groups; empty: anybody. */
  groups: words(200).default([]),
  /** Whether an account that is new here becomes the person who has its verified address. */
  link: z.enum(['never', 'verified-address']).default('never'),
  /** Whether a person is made for an account that nobody here is. */
  provision: z.boolean().default(false),
  /** Roles that groups give and take at every sign-in. */
  roles: z
    .array(z.strictObject({ group: lineSchema, role: z.enum(ROLES), on: scopeSchema.default({}) }))
    .max(500)
    .default([]),
  /** What a fresh sign-in must show for what weighs. */
  acr: words(20).default([]),
  amr: words(20).default([]),
});

export const providerSchema = z.object({
  name: nameSchema,
  title: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  /** Whether a secret is kept; never what it is. */
  secret: z.boolean(),
  settings: providerSettingsSchema,
  createdAt: z.string(),
});
export type ProviderView = z.infer<typeof providerSchema>;

const secretSchema = z.string().min(1).max(2000);
const begunSchema = z.object({
  /** Where the browser goes. */
  url: z.string(),
  state: z.string(),
  /** What this browser keeps until it comes back; without it nothing is finished. */
  secret: z.string(),
});
/** What the provider sent back: the query of the address, without `?`. */
const answerSchema = z.strictObject({ secret: z.string().min(10).max(200), response: z.string().min(1).max(8192) });

export const waysIn = defineRoute({
  method: 'GET',
  path: '/v1/sign-in',
  summary: 'How one can sign in here: with which providers, and who may use a password',
  access: { kind: 'public', why: 'the sign-in page shows it' },
  answer: z.object({
    providers: z.array(z.object({ name: nameSchema, title: z.string() })),
    passwords: z.enum(['everybody', 'admins']),
  }),
});
export const beginSignIn = defineRoute({
  method: 'POST',
  path: '/v1/sign-in/{provider}/begin',
  summary: 'Begin to sign in with a provider: answers where the browser goes, and what it keeps until it comes back',
  access: { kind: 'public', why: 'nobody is signed in yet' },
  transaction: 'none',
  whilePaused: true,
  secret: true,
  params: z.strictObject({ provider: nameSchema }),
  body: z.strictObject({}),
  answer: begunSchema,
});
export const finishSignIn = defineRoute({
  method: 'POST',
  path: '/v1/sign-in/finish',
  summary: 'Finish a sign-in in the browser that began it, with what the provider sent back',
  access: { kind: 'public', why: 'what the provider answered is the credential, and counts only with what the browser kept' },
  transaction: 'none',
  whilePaused: true,
  secret: true,
  session: 'opens',
  body: answerSchema,
  answer: signedInSchema,
});
export const beginConfirm = defineRoute({
  method: 'POST',
  path: '/v1/sessions/current/provider',
  summary: 'Begin a fresh sign-in with a provider: to confirm who I am, or to link my account there',
  access: { kind: 'signed-in' },
  transaction: 'none',
  secret: true,
  body: z.strictObject({ provider: nameSchema, purpose: z.enum(['confirm', 'link']) }),
  answer: begunSchema,
});
export const finishConfirm = defineRoute({
  method: 'POST',
  path: '/v1/sessions/current/provider/confirm',
  summary: 'Finish it: this session counts as just signed in, and gets a new secret',
  access: { kind: 'signed-in' },
  transaction: 'none',
  secret: true,
  session: 'opens',
  body: answerSchema,
  answer: signedInSchema,
});
export const finishLink = defineRoute({
  method: 'POST',
  path: '/v1/sessions/current/provider/link',
  summary: 'Finish it: from now on I sign in with that account too',
  access: { kind: 'signed-in' },
  transaction: 'none',
  secret: true,
  body: answerSchema,
  answer: z.object({ linked: z.literal(true) }),
});

export const listProviders = defineRoute({
  method: 'GET',
  path: '/v1/sign-in-providers',
  summary: 'The sign-in providers, the address that each must send browsers back to, and who may use a password',
  access: { kind: 'may', action: 'admin.audit' },
  answer: z.object({ items: z.array(providerSchema), redirectUri: z.string(), passwords: z.enum(['everybody', 'admins']) }),
});
export const addProvider = defineRoute({
  method: 'POST',
  path: '/v1/sign-in-providers',
  summary: 'Let persons sign in with a provider',
  access: { kind: 'may', action: 'admin.people' },
  transaction: 'none',
  secret: true,
  body: z.strictObject({
    name: nameSchema,
    title: lineSchema,
    issuer: issuerSchema,
    clientId: z.string().min(1).max(500),
    /** Of the client; null: a public client. Kept sealed, and never answered. */
    secret: secretSchema.nullable().default(null),
    settings: providerSettingsSchema.prefault({}),
  }),
  status: 201,
  answer: z.object({ name: nameSchema, redirectUri: z.string() }),
});
export const changeProvider = defineRoute({
  method: 'PATCH',
  path: '/v1/sign-in-providers/{provider}',
  summary: 'Change a sign-in provider; what is not named stays, settings are given whole',
  access: { kind: 'may', action: 'admin.people' },
  transaction: 'none',
  secret: true,
  params: z.strictObject({ provider: nameSchema }),
  body: z.strictObject({
    title: lineSchema.optional(),
    issuer: issuerSchema.optional(),
    clientId: z.string().min(1).max(500).optional(),
    secret: secretSchema.nullable().optional(),
    settings: providerSettingsSchema.optional(),
  }),
  answer: z.object({ name: nameSchema }),
});
export const checkProvider = defineRoute({
  method: 'POST',
  path: '/v1/sign-in-providers/{provider}/check',
  summary: 'Ask a provider what it can, with the settings that are kept',
  access: { kind: 'may', action: 'admin.people' },
  transaction: 'none',
  params: z.strictObject({ provider: nameSchema }),
  body: z.strictObject({}),
  answer: z.object({ found: z.array(z.object({ what: z.string(), ok: z.boolean(), detail: z.string() })) }),
});
export const removeProvider = defineRoute({
  method: 'DELETE',
  path: '/v1/sign-in-providers/{provider}',
  summary: 'End a sign-in provider; the sessions and roles that came by it end',
  access: { kind: 'may', action: 'admin.people' },
  params: z.strictObject({ provider: nameSchema }),
  answer: z.object({ removed: z.literal(true), ended: z.number().int() }),
});
export const rulePasswords = defineRoute({
  method: 'PUT',
  path: '/v1/sign-in-rule',
  summary: 'Who may sign in with a password: everybody, or admins over the organisation alone',
  access: { kind: 'may', action: 'admin.people' },
  body: z.strictObject({ passwords: z.enum(['everybody', 'admins']) }),
  answer: z.object({ passwords: z.enum(['everybody', 'admins']) }),
});
export const unlinkAccount = defineRoute({
  method: 'POST',
  path: '/v1/people/{person}/accounts/unlink',
  summary: 'Take a person’s account at a provider from them; the sessions that it opened end',
  access: { kind: 'may', action: 'admin.people' },
  params: z.object({ person: idOf('per') }),
  body: z.strictObject({ issuer: issuerSchema }),
  answer: z.object({ person: idOf('per'), ended: z.number().int() }),
});

const codeSchema = z.string().min(8).max(20);
export const askTerminal = defineRoute({
  method: 'POST',
  path: '/v1/sign-in/terminal',
  summary: 'A terminal asks to be signed in by somebody in a browser: answers the code to show and the secret to ask with',
  access: { kind: 'public', why: 'nobody is signed in yet; it is good for nothing until a person says yes' },
  whilePaused: true,
  secret: true,
  body: z.strictObject({}),
  status: 201,
  answer: z.object({ secret: z.string(), code: z.string(), url: z.string(), expiresAt: z.string(), everyS: z.number().int() }),
});
export const lookAtTerminal = defineRoute({
  method: 'POST',
  path: '/v1/sign-in/terminal/look',
  summary: 'Which terminal waits with a code: what it is and where it asks from',
  access: { kind: 'signed-in' },
  transaction: 'read',
  secret: true,
  body: z.strictObject({ code: codeSchema }),
  answer: z.object({ client: z.string().nullable(), address: z.string(), at: z.string() }),
});
export const letTerminalIn = defineRoute({
  method: 'POST',
  path: '/v1/sign-in/terminal/approve',
  summary: 'Let the terminal that shows this code sign in as me',
  access: { kind: 'signed-in' },
  whilePaused: true,
  secret: true,
  body: z.strictObject({ code: codeSchema }),
  answer: z.object({ approved: z.literal(true) }),
});
export const takeTerminal = defineRoute({
  method: 'POST',
  path: '/v1/sign-in/terminal/take',
  summary: 'What became of it: null while nobody has said yes, the session once somebody has',
  access: { kind: 'public', why: 'the secret that the terminal was given is the credential' },
  whilePaused: true,
  secret: true,
  body: z.strictObject({ secret: z.string().min(10).max(200) }),
  answer: z.object({ session: signedInSchema.nullable() }),
});

export const signInRoutes = [
  waysIn,
  beginSignIn,
  finishSignIn,
  beginConfirm,
  finishConfirm,
  finishLink,
  listProviders,
  addProvider,
  changeProvider,
  checkProvider,
  removeProvider,
  rulePasswords,
  unlinkAccount,
  askTerminal,
  lookAtTerminal,
  letTerminalIn,
  takeTerminal,
] as const;
