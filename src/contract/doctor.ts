import { z } from 'zod';
import { defineRoute } from './route.ts';

/** What `doctor` finds: on the machine of the command, on a server and in its database. Never a secret. */

export const findingSchema = z.object({
  /** A short name, such as `keys` or `disk`. */
  what: z.string(),
  state: z.enum(['ok', 'warn', 'fail']),
  says: z.string(),
  /** What to do; null where nothing is to be done. */
  remedy: z.string().nullable(),
});
export type Finding = z.infer<typeof findingSchema>;

export const getDoctor = defineRoute({
  method: 'GET',
  path: '/v1/admin/doctor',
  summary: 'What is isolated, what is missing and what is wrong on this server and in its database, each with a remedy',
  access: { kind: 'may', action: 'admin.audit' },
  transaction: 'none',
  answer: z.object({ findings: z.array(findingSchema) }),
});
