import { z } from 'zod';
import { idOf, lineSchema, pageOf, pageQuery } from './common.ts';
import { defineRoute } from './route.ts';

/** Webhooks that go out: who is told of what, and what became of it. */

export const FORMS = ['cdevents', 'facts'] as const;
export const TELLING_STATES = ['waiting', 'delivered', 'parked'] as const;

export const subscriptionSchema = z.object({
  id: idOf('sub'),
  name: z.string(),
  url: z.string(),
  types: z.array(z.string()),
  filter: z.string().nullable(),
  form: z.enum(FORMS),
  state: z.enum(['active', 'disabled']),
  failures: z.number().int(),
  failingSince: z.string().nullable(),
  quietUntil: z.string().nullable(),
  why: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.string(),
});
export type SubscriptionView = z.infer<typeof subscriptionSchema>;

const params = z.object({ subscription: idOf('sub') });
const read = { kind: 'may', action: 'connection.read' } as const;
const write = { kind: 'may', action: 'connection.write' } as const;

export const listSubscriptions = defineRoute({
  method: 'GET',
  path: '/v1/subscriptions',
  summary: 'Who elsewhere is told of what, and the types that can be told',
  access: read,
  answer: z.object({
    items: z.array(subscriptionSchema),
    types: z.array(z.object({ type: z.string(), means: z.string(), cdevents: z.boolean() })),
  }),
});
export const addSubscription = defineRoute({
  method: 'POST',
  path: '/v1/subscriptions',
  summary: 'Tell an address of facts, signed as Standard Webhooks; the address is judged before anything is kept, the secret is shown once',
  access: write,
  secret: true,
  transaction: 'none',
  body: z.strictObject({
    name: lineSchema,
    url: z.string().min(1).max(2000),
    form: z.enum(FORMS).default('cdevents'),
    /** Empty: every type that the form has. */
    types: z.array(z.string().max(100)).max(200).default([]),
    /** CEL over `fact`: {id, type, subject, service, at, body}. */
    filter: z.string().min(1).max(2000).optional(),
  }),
  status: 201,
  answer: subscriptionSchema.extend({ secret: z.string() }),
});
export const removeSubscription = defineRoute({
  method: 'DELETE',
  path: '/v1/subscriptions/{subscription}',
  summary: 'Tell it nothing any more; what waits is parked',
  access: write,
  params,
  answer: z.object({ removed: z.literal(true) }),
});
export const enableSubscription = defineRoute({
  method: 'POST',
  path: '/v1/subscriptions/{subscription}/enable',
  summary: 'Send again what a disabled webhook was not told',
  access: write,
  params,
  body: z.strictObject({}),
  answer: subscriptionSchema,
});
export const testSubscription = defineRoute({
  method: 'POST',
  path: '/v1/subscriptions/{subscription}/test',
  summary: 'Send a message that says nothing but that it is a test',
  access: write,
  params,
  body: z.strictObject({}),
  status: 202,
  answer: z.object({ message: idOf('tel') }),
});

export const tellingSchema = z.object({
  /** The webhook-id that it is sent with. */
  id: idOf('tel'),
  subscription: z.object({ id: z.string(), name: z.string() }),
  fact: z.string().nullable(),
  type: z.string(),
  state: z.enum(TELLING_STATES),
  attempts: z.number().int(),
  /** What the last attempt was answered; null: nothing. */
  status: z.number().int().nullable(),
  answer: z.string().nullable(),
  at: z.string(),
  doneAt: z.string().nullable(),
  dueAt: z.string().nullable(),
});
export const listTellings = defineRoute({
  method: 'GET',
  path: '/v1/subscription-messages',
  summary: 'What went out, newest first, and what it was answered',
  access: read,
  query: z.object({ ...pageQuery, subscription: idOf('sub').optional(), state: z.enum(TELLING_STATES).optional() }),
  answer: pageOf(tellingSchema),
});
export const getTelling = defineRoute({
  method: 'GET',
  path: '/v1/subscription-messages/{message}',
  summary: 'One message with its payload',
  access: read,
  params: z.object({ message: idOf('tel') }),
  answer: tellingSchema.extend({ contentType: z.string(), payload: z.string() }),
});
export const replayTelling = defineRoute({
  method: 'POST',
  path: '/v1/subscription-messages/{message}/replay',
  summary: 'Send a message again, under the id that it had',
  access: write,
  params: z.object({ message: idOf('tel') }),
  body: z.strictObject({}),
  answer: tellingSchema,
});

export const subscriptionRoutes = [
  listSubscriptions,
  addSubscription,
  removeSubscription,
  enableSubscription,
  testSubscription,
  listTellings,
  getTelling,
  replayTelling,
] as const;
