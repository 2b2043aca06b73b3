import { z } from 'zod';
import { idOf, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Connections to forges, CI servers, trackers and chat that a team already has. */

export const connectionStateSchema = z.enum(['new', 'working', 'failing', 'refused']);

export const connectionSchema = z.object({
  id: idOf('con'),
  name: nameSchema,
  vendor: z.string(),
  url: z.string(),
  settings: z.record(z.string(), z.string()),
  /** Which fields of the credential are kept; never what they hold. */
  credential: z.array(z.string()),
  state: connectionStateSchema,
  checkedAt: z.string().nullable(),
  lastError: z.string().nullable(),
  quietUntil: z.string().nullable(),
  createdAt: z.string(),
  version: z.number().int(),
});
export type ConnectionView = z.infer<typeof connectionSchema>;

/** A vendor as a form needs it: which fields there are, and which of them are secret. */
export const vendorSchema = z.object({
  name: z.string(),
  title: z.string(),
  /** What it is for here: `forge`, `ci`, `tickets`, `chat`, `registry`. */
  offers: z.array(z.string()),
  /** The address that most have; null: each has its own. */
  url: z.string().nullable(),
  credential: z.array(z.object({ name: z.string(), title: z.string(), required: z.boolean() })),
  settings: z.array(z.object({ name: z.string(), title: z.string(), required: z.boolean() })),
});
export type VendorView = z.infer<typeof vendorSchema>;

const urlField = z.string().min(1).max(2000);
const settingsField = z.record(z.string().min(1).max(60), z.string().max(2000));
const credentialField = z.record(z.string().min(1).max(60), z.string().min(1).max(20_000));

export const listConnections = defineRoute({
  method: 'GET',
  path: '/v1/connections',
  summary: 'The connections of this organisation, and what can be connected',
  access: { kind: 'may', action: 'connection.read' },
  answer: z.object({ items: z.array(connectionSchema), vendors: z.array(vendorSchema) }),
});

export const addConnection = defineRoute({
  method: 'POST',
  path: '/v1/connections',
  summary: 'Connect a forge, a CI server, a tracker or a chat; the address is judged before anything is kept',
  access: { kind: 'may', action: 'connection.write' },
  body: z.strictObject({
    name: nameSchema,
    vendor: z.string().min(1).max(40),
    url: urlField.optional(),
    settings: settingsField.default({}),
    /** Fields by name, as the vendor asks for them. Kept sealed, and never answered. */
    credential: credentialField.default({}),
  }),
  transaction: 'none',
  secret: true,
  status: 201,
  answer: connectionSchema,
});

export const changeConnection = defineRoute({
  method: 'PATCH',
  path: '/v1/connections/{connection}',
  summary: 'Change the address, the settings or the credential of a connection; what is not named stays',
  access: { kind: 'may', action: 'connection.write' },
  params: z.strictObject({ connection: nameSchema }),
  body: z.strictObject({ url: urlField.optional(), settings: settingsField.optional(), credential: credentialField.optional() }),
  transaction: 'none',
  secret: true,
  answer: connectionSchema,
});

export const checkConnection = defineRoute({
  method: 'POST',
  path: '/v1/connections/{connection}/check',
  summary: 'Ask the other side who we are and what we may do there',
  access: { kind: 'may', action: 'connection.write' },
  params: z.strictObject({ connection: nameSchema }),
  body: z.strictObject({}),
  transaction: 'none',
  answer: z.object({
    connection: connectionSchema,
    /** As whom it answers us; null where it could not be asked. */
    as: z.string().nullable(),
    /** What was looked at, each with its own answer. */
    found: z.array(z.object({ what: z.string(), ok: z.boolean(), detail: z.string() })),
  }),
});

export const removeConnection = defineRoute({
  method: 'DELETE',
  path: '/v1/connections/{connection}',
  summary: 'End a connection; its credential is forgotten',
  access: { kind: 'may', action: 'connection.write' },
  params: z.strictObject({ connection: nameSchema }),
  answer: z.object({ removed: z.literal(true) }),
});

export const hookConnection = defineRoute({
  method: 'POST',
  path: '/v1/connections/{connection}/hook',
  summary:
    'Make (or renew) the webhook of a forge; its secret is shown once. With `register` it is set at the forge for every watched repository',
  access: { kind: 'may', action: 'connection.write' },
  params: z.strictObject({ connection: nameSchema }),
  body: z.strictObject({ register: z.boolean().default(false) }),
  secret: true,
  transaction: 'none',
  status: 201,
  answer: z.object({
    path: z.string(),
    url: z.string(),
    hook: z.string(),
    secret: z.string(),
    /** How the forge signs: `hub` and `standard` sign the bytes; `gitlab-token` and `basic` send the secret, which is weaker. */
    schemes: z.array(z.string()),
    /** What became of each repository, where it was to be registered. */
    registered: z.array(z.object({ repository: z.string(), ok: z.boolean(), detail: z.string() })),
  }),
});
