import { z } from 'zod';
import { emailSchema } from './identity.ts';
import { idOf, pageOf, pageQuery } from './common.ts';
import { defineRoute } from './route.ts';

/** What people are told by mail and in chat: settings, preferences, deliveries, links. */

export const NOTICE_KINDS = ['asked', 'reminder', 'decided', 'waits', 'deployment', 'incident', 'expiring'] as const;
export const NOTICE_WAYS = ['now', 'digest', 'off'] as const;
const way = z.enum(NOTICE_WAYS);
const minute = z.number().int().min(0).max(1439);
const duration = z.number().int().min(60_000).max(2_592_000_000);

export const mailSettingSchema = z.object({
  host: z.string(),
  port: z.number().int(),
  tls: z.enum(['tls', 'starttls', 'none']),
  username: z.string().nullable(),
  /** Whether a password is kept; never what it is. */
  password: z.boolean(),
  sender: z.string(),
  answerWithinMs: z.number().int(),
  remindBeforeMs: z.number().int(),
  state: z.enum(['new', 'working', 'failing']),
  lastError: z.string().nullable(),
  checkedAt: z.string().nullable(),
  version: z.number().int(),
});
export type MailSettingView = z.infer<typeof mailSettingSchema>;

export const getMail = defineRoute({
  method: 'GET',
  path: '/v1/notify/mail',
  summary: 'How mail is sent from here, and how the last one went',
  access: { kind: 'may', action: 'admin.operate' },
  answer: z.object({ mail: mailSettingSchema.nullable() }),
});

export const setMail = defineRoute({
  method: 'PUT',
  path: '/v1/notify/mail',
  summary: 'Say how mail is sent from here; the address of the server is judged like every way out',
  access: { kind: 'may', action: 'admin.operate' },
  body: z.strictObject({
    host: z.string().min(1).max(255),
    port: z.number().int().min(1).max(65_535).default(587),
    tls: z.enum(['tls', 'starttls', 'none']).default('starttls'),
    username: z.string().min(1).max(300).nullable().default(null),
    /** Left out: the one that is kept stays, as long as server and user do. */
    password: z.string().min(1).max(1000).nullable().optional(),
    sender: z.string().min(3).max(400),
    /** What is asked of a person should be answered within so long ... */
    answerWithinMs: duration.default(86_400_000),
    /** ... and they are reminded so long before. */
    remindBeforeMs: duration.default(14_400_000),
    /** The version that was seen; 0: there was none. */
    version: z.number().int().min(0),
  }),
  transaction: 'none',
  secret: true,
  answer: mailSettingSchema,
});

export const endMail = defineRoute({
  method: 'DELETE',
  path: '/v1/notify/mail',
  summary: 'Send no mail any more; the password is forgotten',
  access: { kind: 'may', action: 'admin.operate' },
  answer: z.object({ ended: z.literal(true) }),
});

export const testMail = defineRoute({
  method: 'POST',
  path: '/v1/notify/mail/test',
  summary: 'Send a mail to my own address now, and say how it went',
  access: { kind: 'may', action: 'admin.operate' },
  body: z.strictObject({}),
  transaction: 'none',
  answer: z.object({ to: z.string(), said: z.string() }),
});

export const noticeSchema = z.object({
  id: idOf('ntc'),
  road: z.string(),
  /** The person or channel by name. */
  receiver: z.object({ id: z.string(), name: z.string() }),
  kind: z.string(),
  subject: z.string(),
  state: z.enum(['queued', 'digest', 'sent', 'told', 'dropped', 'parked']),
  attempts: z.number().int(),
  dueAt: z.string(),
  outcome: z.string().nullable(),
  at: z.string(),
  doneAt: z.string().nullable(),
});

export const listDeliveries = defineRoute({
  method: 'GET',
  path: '/v1/notify/deliveries',
  summary: 'What was sent, waits, or was given up, newest first',
  access: { kind: 'may', action: 'admin.operate' },
  query: z.object({ ...pageQuery, state: noticeSchema.shape.state.optional() }),
  answer: pageOf(noticeSchema),
});

export const sendAgain = defineRoute({
  method: 'POST',
  path: '/v1/notify/deliveries/{notice}/again',
  summary: 'Send a message again that was given up, or that did not arrive; it keeps its Message-ID',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.object({ notice: idOf('ntc') }),
  body: z.strictObject({}),
  answer: z.object({ notice: idOf('ntc'), queued: z.literal(true) }),
});

const preference = {
  wants: z.strictObject({ asked: way, reminder: way, decided: way, waits: way, deployment: way, incident: way, expiring: way }),
  /** One of my addresses; null: the first. */
  address: emailSchema.nullable(),
  zone: z.string().min(1).max(64),
  digestHour: z.number().int().min(0).max(23),
  quiet: z.strictObject({ from: minute, until: minute }).nullable(),
  version: z.number().int().min(0),
};
export const preferenceSchema = z.strictObject(preference);
export type Preference = z.infer<typeof preferenceSchema>;

export const getPreference = defineRoute({
  method: 'GET',
  path: '/v1/me/notices',
  summary: 'What I am told, how and when',
  access: { kind: 'signed-in' },
  answer: z.object({ preference: preferenceSchema, addresses: z.array(z.string()), mail: z.boolean() }),
});

export const setPreference = defineRoute({
  method: 'PUT',
  path: '/v1/me/notices',
  summary: 'Choose what I am told, how and when',
  access: { kind: 'signed-in' },
  body: preferenceSchema,
  answer: z.object({ preference: preferenceSchema }),
});

/** `ym_go_` and 64 hex digits. */
export const linkSchema = z.string().regex(/^ym_go_[0-9a-f]{64}$/, 'a link as it stands in the mail');

export const openLink = defineRoute({
  method: 'POST',
  path: '/v1/notify/open',
  summary: 'Where a link of a mail leads; its form is prefilled once, and nothing is decided by opening it',
  access: { kind: 'signed-in' },
  secret: true,
  body: z.strictObject({ link: linkSchema }),
  answer: z.object({ to: z.string(), first: z.boolean() }),
});

export const unsubscribe = defineRoute({
  method: 'POST',
  path: '/v1/notify/unsubscribe/{link}',
  summary: 'No more digests for whom this link was made (RFC 8058, one click in a mail program)',
  access: { kind: 'public', why: 'a mail program holds no credential; the link is one, and good for this only' },
  transaction: 'none',
  params: z.object({ link: linkSchema }),
  body: { bytes: true, mediaType: 'application/x-www-form-urlencoded', limit: 1000 },
  answer: z.object({ done: z.literal(true) }),
});

export const notifyRoutes = [
  getMail,
  setMail,
  endMail,
  testMail,
  listDeliveries,
  sendAgain,
  getPreference,
  setPreference,
  openLink,
  unsubscribe,
] as const;
