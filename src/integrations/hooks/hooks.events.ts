import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

const text = z.string();

export const hookAdded = defineEvent({
  type: 'hook.added',
  subject: 'hok',
  means: 'A webhook was made that takes what others send.',
  body: z.object({ name: text, takes: text, schemes: z.array(text), mapping: text.nullable() }),
});
export const hookChanged = defineEvent({
  type: 'hook.changed',
  subject: 'hok',
  means: 'A webhook reads what it takes in another way from now on; the digest is that of its mapping.',
  body: z.object({ name: text, mapping: text }),
});
export const hookEnded = defineEvent({
  type: 'hook.ended',
  subject: 'hok',
  means: 'A webhook was ended; its signatures are refused.',
  body: z.object({ name: text }),
});
export const deliveryReplayed = defineEvent({
  type: 'hook.delivery-replayed',
  subject: 'dlv',
  means: 'A person let what a webhook brought be taken again.',
  body: z.object({ hook: text }),
});

export const hookEvents = [hookAdded, hookChanged, hookEnded, deliveryReplayed];
