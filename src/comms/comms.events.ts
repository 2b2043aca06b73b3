import { z } from 'zod';
import { defineEvent, type EventKind } from '../kernel/event.ts';

/** Addresses, texts and secrets are in no fact. */
export const mailChanged = defineEvent({
  type: 'mail.setting-changed',
  subject: 'org',
  means: 'How mail is sent from here was changed, or ended.',
  body: z.object({ host: z.string().nullable(), port: z.int().nullable(), tls: z.string().nullable(), withPassword: z.boolean() }),
});

export const channelAdded = defineEvent({
  type: 'chat.channel-added',
  subject: 'chn',
  means: 'News go to a channel of a chat from now on.',
  body: z.object({ name: z.string(), kind: z.string() }),
});
export const channelRemoved = defineEvent({
  type: 'chat.channel-removed',
  subject: 'chn',
  means: 'No news go to a channel any more.',
  body: z.object({ name: z.string(), kind: z.string() }),
});
export const loginMapped = defineEvent({
  type: 'chat.login-mapped',
  subject: 'con',
  means: 'An admin said which person somebody in a chat is, or that it is not known any more (null).',
  body: z.object({ user: z.string(), person: z.string().nullable() }),
});

/** Everything this observer announces. */
export const commsEvents: readonly EventKind[] = [mailChanged, channelAdded, channelRemoved, loginMapped];
