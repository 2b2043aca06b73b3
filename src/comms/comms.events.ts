import { z } from 'zod';
import { defineEvent, type EventKind } from '../kernel/event.ts';

/** Addresses, texts and secrets are in no fact. */
export const mailChanged = defineEvent({
  type: 'mail.setting-changed',
  subject: 'org',
  means: 'How mail is sent from here was changed, or ended.',
  body: z.object({ host: z.string().nullable(), port: z.int().nullable(), tls: z.string().nullable(), withPassword: z.boolean() }),
});

/** Everything this observer announces. */
export const commsEvents: readonly EventKind[] = [mailChanged];
