import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

export const inventoryTaken = defineEvent({
  type: 'inventory.taken',
  subject: 'ivt',
  means: 'Everything that is connected was looked through: repositories, pipelines, environments, approvals and tools.',
  body: z.object({}),
});
export const inventoryEvents = [inventoryTaken];
