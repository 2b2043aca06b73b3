import { z } from 'zod';
import { idOf, nameSchema } from './common.ts';
import { NOTICE_KINDS } from './notify.ts';
import { defineRoute } from './route.ts';

/** Chat: where news go, who somebody there is, and what Slack brings. */

const kinds = z.array(z.enum(NOTICE_KINDS)).min(1).max(NOTICE_KINDS.length);
const slackUser = z.string().regex(/^[UW][A-Z0-9]{4,29}$/, 'the id of a Slack account: U0123456789');

export const channelSchema = z.object({
  id: idOf('chn'),
  name: nameSchema,
  kind: z.enum(['slack', 'slack-webhook', 'teams']),
  connection: z.string().nullable(),
  /** The id of a Slack channel; the address of a webhook is a secret and is never answered. */
  target: z.string().nullable(),
  kinds,
  team: z.string().nullable(),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  state: z.enum(['new', 'working', 'failing']),
  lastError: z.string().nullable(),
  checkedAt: z.string().nullable(),
  createdAt: z.string(),
});
export type ChannelView = z.infer<typeof channelSchema>;

export const listChannels = defineRoute({
  method: 'GET',
  path: '/v1/notify/channels',
  summary: 'The channels that news go to',
  access: { kind: 'may', action: 'admin.operate' },
  answer: z.object({ items: z.array(channelSchema) }),
});

export const addChannel = defineRoute({
  method: 'POST',
  path: '/v1/notify/channels',
  summary: 'Let news go to a channel: of Slack by a connection, or of Slack or Teams by an incoming webhook',
  access: { kind: 'may', action: 'admin.operate' },
  body: z.strictObject({
    name: nameSchema,
    kind: z.enum(['slack', 'slack-webhook', 'teams']),
    connection: nameSchema.optional(),
    target: z.string().max(30).optional(),
    webhook: z.string().min(1).max(2000).optional(),
    kinds: kinds.default(['waits', 'deployment', 'incident']),
    team: nameSchema.nullable().default(null),
    service: nameSchema.nullable().default(null),
    environment: nameSchema.nullable().default(null),
  }),
  transaction: 'none',
  secret: true,
  status: 201,
  answer: channelSchema,
});

export const testChannel = defineRoute({
  method: 'POST',
  path: '/v1/notify/channels/{channel}/test',
  summary: 'Post a test to a channel now, and say how it went',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.strictObject({ channel: nameSchema }),
  body: z.strictObject({}),
  transaction: 'none',
  answer: z.object({ said: z.string() }),
});

export const removeChannel = defineRoute({
  method: 'DELETE',
  path: '/v1/notify/channels/{channel}',
  summary: 'Let no news go to a channel any more; its address is forgotten',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.strictObject({ channel: nameSchema }),
  answer: z.object({ removed: z.literal(true) }),
});

export const chatLoginSchema = z.object({
  connection: z.string(),
  user: z.string(),
  person: z.object({ id: z.string(), name: z.string() }),
  at: z.string(),
});

export const listChatLogins = defineRoute({
  method: 'GET',
  path: '/v1/notify/logins',
  summary: 'Which person somebody in a chat is',
  access: { kind: 'may', action: 'admin.people' },
  answer: z.object({ items: z.array(chatLoginSchema) }),
});

export const setChatLogin = defineRoute({
  method: 'PUT',
  path: '/v1/notify/logins',
  summary: 'Say which person somebody in a chat is: what they do there is done by this person; null: nobody any more',
  access: { kind: 'may', action: 'admin.people' },
  body: z.strictObject({ connection: nameSchema, user: slackUser, person: idOf('per').nullable() }),
  answer: z.object({ user: z.string(), person: z.string().nullable() }),
});

export const slackIn = defineRoute({
  method: 'POST',
  path: '/v1/hooks/slack/{connection}',
  summary: 'What somebody did in Slack: a button, a form, a command; verified over the raw bytes before anything is read',
  access: { kind: 'signed', why: 'the signature over time and raw bytes by the signing secret of the Slack app is the credential' },
  transaction: 'none',
  params: z.object({ connection: idOf('con') }),
  body: { bytes: true, mediaType: 'application/x-www-form-urlencoded', limit: 262_144 },
  answer: z.record(z.string(), z.unknown()),
});

export const chatRoutes = [listChannels, addChannel, testChannel, removeChannel, listChatLogins, setChatLogin, slackIn] as const;
