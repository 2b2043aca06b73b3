import { z } from 'zod';
import { ENVIRONMENT_KINDS, type EnvironmentKind } from '../../catalog/environment.ts';
import type { Tier } from '../../catalog/service.ts';
import { RECORDED_LEVELS } from '../../artifacts/recorded/levels.ts';
import { parseDuration } from '../../kernel/time.ts';
import { checkFrom, checkSchema, durationSchema, exampleSchema, idSchema, licenceSchema, policyLine, routeSchema } from './document.ts';
import { TIERS, type EnvironmentPolicy } from './policy.ts';
import { NOTHING } from './stricter.ts';

/**
 * What a level asks beside the policy of a service: the organisation (its minimum), a team, a repository. It says only what
 * is added, for the tiers and kinds of environment that each entry names; nothing in it can take anything away.
 */
const adds = z.boolean().refine((value) => value, {
  error: 'here only true says something: false takes nothing away',
  params: { code: 'gates.only-tightens', remedy: 'Leave it out.' },
});

const entrySchema = z.strictObject({
  /** Absent: every tier. */
  tiers: z
    .array(z.union([z.literal(1), z.literal(2), z.literal(3)]))
    .min(1)
    .max(3)
    .optional(),
  /** Kinds of environment; absent: all. */
  environments: z.array(z.enum(ENVIRONMENT_KINDS)).min(1).max(4).optional(),
  checks: z.array(idSchema).max(100).optional(),
  /** Which licences packages may have, beside what others say: each of them has to allow. */
  licences: licenceSchema.optional(),
  supplyChain: z.strictObject({ sbom: adds.optional(), provenance: adds.optional(), recorded: z.enum(RECORDED_LEVELS).optional() }).optional(),
  lifecycle: z.strictObject({ verifiedBefore: adds.optional(), soak: durationSchema.optional() }).optional(),
  verification: z
    .strictObject({ checks: z.array(z.enum(['health', 'smoke', 'person'])).max(3).optional(), maxAge: durationSchema.optional() })
    .optional(),
  approval: routeSchema.optional(),
  readiness: z
    .strictObject({ rollbackPlan: adds.optional(), dependencies: adds.optional(), checklist: z.array(policyLine).max(50).optional() })
    .optional(),
  breakGlass: z
    .strictObject({ persons: z.union([z.literal(1), z.literal(2)]).optional(), timeBox: durationSchema.optional(), debtDue: durationSchema.optional() })
    .optional(),
}); // prettier-ignore

export const requirementsSchema = z
  .strictObject({
    title: policyLine,
    /** How many other persons must approve the next change of it; without it: none. Not in a repository, whose changes are commits. */
    changes: z.strictObject({ approvals: z.number().int().min(0).max(5) }).optional(),
    checks: z.record(idSchema, checkSchema).optional(),
    /** What it must answer by itself: it is not saved while one of them answers otherwise. */
    examples: z.record(idSchema, exampleSchema).optional(),
    requires: z.array(entrySchema).max(100),
  })
  .superRefine(({ checks = {}, requires }, context) => {
    requires.forEach((entry, index) => {
      (entry.checks ?? []).forEach((name, at) => {
        if (Object.hasOwn(checks, name)) return;
        context.addIssue({
          code: 'custom',
          path: ['requires', index, 'checks', at],
          message: `there is no check "${name}"`,
          params: { code: 'gates.no-such-check', remedy: 'Define it under "checks".' },
        });
      });
    });
  });
export type RequirementsDocument = z.input<typeof requirementsSchema>;
export type WrittenRequirements = z.output<typeof requirementsSchema>;
type Entry = WrittenRequirements['requires'][number];

/** One entry: for which tiers and kinds, and all that it asks there, over nothing. */
export type Requirement = {
  readonly tiers: readonly Tier[];
  readonly kinds: readonly EnvironmentKind[];
  readonly rules: EnvironmentPolicy;
};

/** The entries of a document that was checked, in its order. `name` names routes of approval that it brings. */
export function requirementsFrom(written: WrittenRequirements, name: string): Requirement[] {
  return written.requires.map((entry) => ({
    tiers: entry.tiers ?? TIERS,
    kinds: entry.environments ?? ENVIRONMENT_KINDS,
    rules: rulesOf(written.checks ?? {}, entry, name),
  }));
}

function rulesOf(checks: NonNullable<WrittenRequirements['checks']>, entry: Entry, name: string): EnvironmentPolicy {
  const { supplyChain, licences, lifecycle, verification, approval, readiness, breakGlass } = entry;
  return {
    checks: (entry.checks ?? []).flatMap((id) => {
      const check = checks[id];
      return check === undefined ? [] : [checkFrom(id, check)];
    }),
    supplyChain: {
      sbom: supplyChain?.sbom ?? false,
      provenance: supplyChain?.provenance ?? false,
      recorded: supplyChain?.recorded ?? 'token',
    },
    ...(licences === undefined ? {} : { licences: [licences] }),
    lifecycle: { verifiedBefore: lifecycle?.verifiedBefore ?? false, soak: span(lifecycle?.soak) ?? 0 },
    verification: { checks: verification?.checks ?? [], maxAge: span(verification?.maxAge) },
    approval: approval === undefined ? null : { id: name, ...approval, expiresAfter: span(approval.expiresAfter) ?? 0 },
    readiness: {
      rollbackPlan: readiness?.rollbackPlan ?? false,
      dependencies: readiness?.dependencies ?? false,
      checklist: readiness?.checklist ?? [],
    },
    breakGlass: {
      persons: breakGlass?.persons ?? 1,
      timeBox: span(breakGlass?.timeBox) ?? NOTHING.breakGlass.timeBox,
      debtDue: span(breakGlass?.debtDue) ?? NOTHING.breakGlass.debtDue,
    },
  };
}

/** The schema has checked that a duration is one. */
function span(text: string | undefined): number | null {
  return text === undefined ? null : parseDuration(text);
}
