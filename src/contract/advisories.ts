import { z } from 'zod';
import { digestSchema, instantSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Advisories in the OSV format, and what they say of artifacts, with where those run. */

export const importAdvisories = defineRoute({
  method: 'POST',
  path: '/v1/advisories',
  summary: 'Take advisories in the OSV format; whatever holds what they speak of is matched again',
  access: { kind: 'may', action: 'policy.write' },
  /** Records as they are published: what else they hold is read with the record, and its faults are told. */
  body: z.strictObject({
    records: z
      .array(z.looseObject({ id: z.string().min(1).max(200) }))
      .min(1)
      .max(500),
  }),
  answer: z.object({ taken: z.number().int(), unchanged: z.number().int() }),
});

const day = z
  .string()
  .max(10)
  .regex(/^\d{4}-\d\d-\d\d$/)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'a day is expected, such as 2026-11-29');

export const importExploited = defineRoute({
  method: 'PUT',
  path: '/v1/known-exploited',
  summary: "Take CISA's catalogue of vulnerabilities that are known to be exploited, whole, in the place of the one before",
  access: { kind: 'may', action: 'policy.write' },
  body: z.strictObject({
    catalogue: z.string().min(1).max(60),
    released: instantSchema,
    entries: z
      .array(
        z.strictObject({
          cve: z
            .string()
            .max(30)
            .regex(/^CVE-\d{4}-\d{4,10}$/),
          added: day,
          due: day.nullable(),
          ransomware: z.boolean(),
        }),
      )
      .min(1)
      .max(20_000),
  }),
  answer: z.object({ entries: z.number().int(), changed: z.boolean() }),
});

export const advisoryFindingSchema = z.object({
  /** Where it is known to be exploited: since when, and until when the catalogue asks for a repair. */
  exploited: z.object({ added: z.string(), due: z.string().nullable(), ransomware: z.boolean() }).nullable(),
  advisory: z.string(),
  severity: z.enum(['critical', 'high', 'medium', 'low', 'unknown']),
  verdict: z.enum(['affected', 'unknown']),
  aliases: z.array(z.string()),
  summary: z.string(),
  purl: z.string(),
  fixed: z.array(z.string()),
  digest: digestSchema,
  services: z.array(z.string()),
  foundAt: z.string(),
  /** Where it runs now. */
  places: z.array(z.object({ service: z.string(), environment: z.string(), version: z.string(), release: z.string(), since: z.string() })),
});
export type AdvisoryFinding = z.infer<typeof advisoryFindingSchema>;

export const listAdvisoryFindings = defineRoute({
  method: 'GET',
  path: '/v1/advisories/findings',
  summary: 'What advisories say of our artifacts now: what runs first, then the worst, the first thousand',
  access: { kind: 'may', action: 'artifact.read', list: true },
  query: z.object({ service: nameSchema.optional(), digest: digestSchema.optional(), running: z.enum(['true', 'false']).optional() }),
  answer: z.object({ items: z.array(advisoryFindingSchema), more: z.boolean() }),
});

export const advisoryRoutes = [importAdvisories, importExploited, listAdvisoryFindings] as const;
