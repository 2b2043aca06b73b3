import { z } from 'zod';
import { digestSchema, instantSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** The packages that artifacts are made of: their licences, and how well they are looked after. */
const count = z.number().int();
const known = z.enum(['yes', 'no', 'unknown']);
const words = (most: number) => z.record(z.string().max(300), z.string().max(most)).refine((all) => Object.keys(all).length <= 20_000);

export const importPackageNews = defineRoute({
  method: 'POST',
  path: '/v1/package-news',
  summary: 'Take what registries say of packages: when their versions came, the newest, and what was given up',
  access: { kind: 'may', action: 'policy.write' },
  body: z.strictObject({
    packages: z
      .array(
        z.strictObject({
          /** As its registry names it: `npm @acme/shop`, `pypi flask`, `cargo serde`. */
          package: z
            .string()
            .max(400)
            .regex(/^[a-z][a-z0-9.+-]{0,30} [\x21-\x7e]+$/),
          latest: z.string().min(1).max(300).nullable(),
          latestAt: instantSchema.nullable(),
          /** Version -> when it was published. */
          published: z.record(z.string().max(300), instantSchema).refine((all) => Object.keys(all).length <= 20_000),
          /** Version -> why it was given up; the empty version stands for all of them. */
          deprecated: words(1000),
        }),
      )
      .min(1)
      .max(500),
  }),
  answer: z.object({ taken: count, unchanged: count }),
});

export const packageSchema = z.object({
  name: z.string(),
  version: z.string().nullable(),
  purl: z.string().nullable(),
  scope: z.enum(['required', 'optional', 'development', 'excluded']),
  direct: z.boolean().nullable(),
  licence: z.string().nullable(),
  /** `unknown`: it says no licence that can be read, or nobody wrote which are allowed. */
  verdict: z.enum(['allowed', 'denied', 'unknown']),
  pinned: z.enum(['bytes', 'version', 'no']),
  ageDays: count.nullable(),
  latest: z.string().nullable(),
  latestDays: count.nullable(),
  maintained: known,
  deprecated: known,
  /** Why `maintained` is what it is. */
  because: z.string(),
});
export type PackageView = z.infer<typeof packageSchema>;

export const listPackages = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/packages',
  summary: 'What an artifact is made of, what is in trouble first: licences by the policy of its service, age and care',
  access: { kind: 'may', action: 'artifact.read', list: true },
  params: z.object({ digest: digestSchema }),
  query: z.strictObject({
    /** Whose licence policy is asked; the first service that built it where it is left out. */
    service: nameSchema.optional(),
    /** `trouble`: only what is denied, given up, not looked after or not pinned; `unknown`: only of what something is not known. */
    only: z.enum(['trouble', 'unknown']).optional(),
    from: z.coerce.number().int().min(0).max(5000).default(0),
    limit: z.coerce.number().int().min(1).max(1000).default(200),
  }),
  answer: z.object({
    service: z.string(),
    /** Null: what it is made of is not known. */
    counts: z
      .object({
        total: count,
        allowed: count,
        denied: count,
        licenceUnknown: count,
        deprecated: count,
        unmaintained: count,
        maintenanceUnknown: count,
        unpinned: count,
        ageUnknown: count,
      })
      .nullable(),
    /** Whether anybody wrote which licences are allowed. */
    policy: z.boolean(),
    /** What its SBOM says that it can't know. */
    incomplete: z.array(z.string()),
    items: z.array(packageSchema),
    total: count,
  }),
});
export type PackagesAnswer = z.infer<typeof listPackages.answer>;
