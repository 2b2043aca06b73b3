import { z } from 'zod';

/** Shapes that many routes share. Every string that a stranger can send has a limit here. */
export const idOf = (prefix: string) =>
  z
    .string()
    .regex(/^[a-z]{2,5}_[0-9a-f]{32}$/, `an id of the form ${prefix}_ and 32 hex digits`)
    .startsWith(`${prefix}_`);

/** Names of services, teams, environments, jobs: lower-case words with dashes. */
export const nameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes, 63 at most');
export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 lower-case hex digits');
/** An instant that every part can hold: years 1970 to 9999, an offset that PostgreSQL knows too. */
export const instantSchema = z.iso
  .datetime({ offset: true })
  .max(40)
  .refine((text) => /^(?:19[7-9]|[2-9]\d\d)\d/.test(text) && !Number.isNaN(Date.parse(text)) && !/[+-](?:1[6-9]|2\d):\d\d$/.test(text), {
    message: 'an instant between 1970 and 9999, with an offset of less than 16 hours',
  });
export const commitSchema = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/, 'a full commit id');
/** A short text for people: one line. */
export const lineSchema = z.string().min(1).max(300);
/** A reason or description: up to 4,000 characters. */
export const proseSchema = z.string().min(1).max(4000);

/** Keyset pages: 100 by default, 1,000 at most. */
export const pageQuery = { cursor: z.string().max(200).optional(), limit: z.coerce.number().int().min(1).max(1000).default(100) };
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() });

export const verdictSchema = z.enum(['allow', 'wait', 'unknown', 'deny']);
export const reasonSchema = z.object({ code: z.string(), text: z.string() });
export const ruleAnswerSchema = z.object({
  rule: z.string(),
  verdict: verdictSchema,
  reasons: z.array(reasonSchema).min(1),
  read: z.array(z.object({ kind: z.string(), id: z.string(), digest: digestSchema.nullable() })),
  missing: z.array(z.object({ what: z.string(), who: z.array(z.string()) })),
  earliest: z.string().nullable(),
  notAfter: z.string().nullable(),
});

/** RFC 9457 with our extension members. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  remedy: z.string(),
  place: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  requestId: z.string().optional(),
});
