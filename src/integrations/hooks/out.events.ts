import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

const name = z.object({ name: z.string() });

export const outAdded = defineEvent({
  type: 'hook.subscription-added',
  subject: 'sub',
  means: 'Somebody elsewhere is told of facts from now on.',
  body: name.extend({ form: z.string(), types: z.array(z.string()), filter: z.string().nullable() }),
});
export const outRemoved = defineEvent({
  type: 'hook.subscription-removed',
  subject: 'sub',
  means: 'Somebody elsewhere is told nothing any more.',
  body: name,
});
export const outEnabled = defineEvent({
  type: 'hook.subscription-enabled',
  subject: 'sub',
  means: 'A webhook that was disabled is sent again.',
  body: name,
});
export const outDisabled = defineEvent({
  type: 'hook.subscription-disabled',
  subject: 'sub',
  means: 'A webhook that goes out was disabled: its endpoint failed for days, or said that it is gone.',
  body: name.extend({ because: z.enum(['failed-for-days', 'gone']), since: z.string() }),
});
export const tellingReplayed = defineEvent({
  type: 'hook.telling-replayed',
  subject: 'tel',
  means: 'A person let a message to elsewhere be sent again, under the id that it had.',
  body: z.object({ hook: z.string() }),
});

export const outEvents = [outAdded, outRemoved, outEnabled, outDisabled, tellingReplayed];
