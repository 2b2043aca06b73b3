import { z } from 'zod';
import { ENVIRONMENT_KINDS } from '../../catalog/environment.ts';
import { POLICIES } from '../../catalog/service.ts';
import { RECORDED_LEVELS } from '../../artifacts/recorded/levels.ts';
import { instantSchema } from '../../contract/common.ts';
import { compileCel } from '../../kernel/cel.ts';
import { parseDuration } from '../../kernel/time.ts';
import { FACT_NAMES } from './facts.ts';
import { opaSchema } from './opa.ts';
import type { ApprovalRoute, Check, EnvironmentPolicy, Policy } from './policy.ts';

/**
 * A policy as people write it: checks and approval routes once, by name, and for each tier and kind of environment
 * which of them apply. Nothing is inherited and nothing has a default: what a policy asks stands in it.
 */
export const idSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes, 63 at most');
export const durationSchema = z
  .string()
  .max(40)
  .refine((text) => parseDuration(text) !== null, {
    error: 'a duration is expected, such as 30m, 24h or 7d',
    params: { code: 'gates.no-duration', remedy: 'Write it with ms, s, m, h, d or w.' },
  });
export const policyLine = z.string().min(1).max(300);

const rule = z
  .string()
  .min(1)
  .max(4000)
  .superRefine((source, context) => {
    const compiled = compileCel(source, FACT_NAMES);
    if (!compiled.ok) {
      context.addIssue({
        code: 'custom',
        message: `the rule can't be read: ${compiled.message}`,
        params: { code: 'gates.bad-rule', remedy: `Write it in CEL over ${FACT_NAMES.join(', ')}.` },
      });
    }
  });

const licence = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.+-]{0,99}(?: WITH [A-Za-z0-9][A-Za-z0-9.+-]{0,99})?\*?$/, 'an SPDX id is expected, such as MIT or BSD-*');
/** Which licences packages may have: the ids of https://spdx.org/licenses, `*` at the end for any rest. */
export const licenceSchema = z
  .strictObject({ allow: z.array(licence).min(1).max(500).optional(), deny: z.array(licence).min(1).max(500).optional() })
  .refine(({ allow, deny }) => allow !== undefined || deny !== undefined, {
    error: 'a licence policy says what is allowed or what is denied',
    params: { code: 'gates.empty-licences', remedy: 'Write allow:, deny: or both, or leave licences: out.' },
  });

/** A check as it is written; also in a repository's own file, which may add checks. */
export const checkSchema = z
  .strictObject({
    title: policyLine,
    rule: rule.optional(),
    /** Instead of a rule: an OPA elsewhere is asked. */
    opa: opaSchema.optional(),
    remedy: policyLine,
    mode: z.enum(['block', 'warn']),
    blockFrom: instantSchema.optional(),
  })
  .refine((check) => (check.rule === undefined) !== (check.opa === undefined), {
    error: 'a check asks one question: a rule, or OPA',
    params: { code: 'gates.one-question', remedy: 'Write either rule: (CEL), or opa: with connection and path.' },
  })
  .refine((check) => check.blockFrom === undefined || check.mode === 'block', {
    error: 'a check that only warns blocks from no day on',
    path: ['blockFrom'],
    params: { code: 'gates.warns-for-ever', remedy: 'Write mode: block; until blockFrom it warns.' },
  });
export const routeSchema = z.strictObject({
  steps: z
    .array(z.strictObject({ role: z.enum(['approver', 'release-manager', 'admin']), count: z.number().int().min(1).max(10) }))
    .min(1)
    .max(10),
  exclude: z.array(z.enum(['author', 'committer', 'co-author', 'requester', 'config-changer', 'policy-changer'])).max(6),
  unmapped: z.enum(['unknown', 'ignore']),
  expiresAfter: durationSchema,
  onePersonOneRole: z.boolean(),
});
const environmentSchema = z.strictObject({
  checks: z.array(idSchema).max(100),
  /** `recorded`: what is asked of builds that a foreign CI did and told; absent, as written before there were any: attestation. */
  supplyChain: z.strictObject({ sbom: z.boolean(), provenance: z.boolean(), recorded: z.enum(RECORDED_LEVELS).optional() }),
  lifecycle: z.strictObject({ verifiedBefore: z.boolean(), soak: durationSchema }),
  verification: z.strictObject({ checks: z.array(z.enum(['health', 'smoke', 'person'])).max(3), maxAge: durationSchema.nullable() }),
  /** The name of a route; null: approved by policy. */
  approval: idSchema.nullable(),
  readiness: z.strictObject({ rollbackPlan: z.boolean(), dependencies: z.boolean(), checklist: z.array(policyLine).max(50) }),
  breakGlass: z.strictObject({ persons: z.union([z.literal(1), z.literal(2)]), timeBox: durationSchema, debtDue: durationSchema }),
});
const kindsSchema = z.strictObject(
  Object.fromEntries(ENVIRONMENT_KINDS.map((kind) => [kind, environmentSchema])) as Record<
    (typeof ENVIRONMENT_KINDS)[number],
    typeof environmentSchema
  >,
);

const few = z.number().int().min(0).max(1_000_000);
/** A release by what its reports say; `unreadable` and `missing` are reports that were promised. What is left out, no report says. */
export const exampleSchema = z.strictObject({
  title: policyLine,
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  environment: z.enum(ENVIRONMENT_KINDS),
  tests: z
    .union([
      z.enum(['unreadable', 'missing']),
      z.strictObject({ passed: few, failed: few.optional(), errored: few.optional(), skipped: few.optional(), before: few.optional() }),
    ])
    .optional(),
  /** Percent of the lines. */
  coverage: z.number().min(0).max(100).optional(),
  /** What a scan found, by severity; {} is a scan that found nothing. */
  findings: z
    .union([
      z.enum(['unreadable', 'missing']),
      z.strictObject({
        critical: few.optional(),
        high: few.optional(),
        medium: few.optional(),
        low: few.optional(),
        info: few.optional(),
        /** How many of them, worst first, are known to be exploited. */
        knownExploited: few.optional(),
      }),
    ])
    .optional(),
  /** Whether the forge protects the branch; left out: it could not be read. */
  branchProtected: z.boolean().optional(),
  /** What it is made of, for licences and dependencies; [] is an SBOM that names nothing, left out: nobody knows. */
  packages: z
    .array(
      z.strictObject({
        name: policyLine,
        version: policyLine.optional(),
        /** As an SBOM says it; left out: it says none. */
        licence: policyLine.optional(),
        direct: z.boolean().optional(),
        /** Whether a hash fixes its bytes. */
        hashed: z.boolean().optional(),
        /** Days since this version, and since the newest one, was published; left out: nobody knows. */
        ageDays: few.optional(),
        latestDays: few.optional(),
        deprecated: z.boolean().optional(),
      }),
    )
    .max(100)
    .optional(),
  /** What OPA answers, by the check that asks it; left out: it could not be asked. */
  opa: z.record(idSchema, z.boolean()).optional(),
  expect: z.enum(['allow', 'wait', 'unknown', 'deny']),
});
export type WrittenExample = z.output<typeof exampleSchema>;

export const policyDocumentSchema = z
  .strictObject({
    name: z.enum(POLICIES),
    title: policyLine,
    checks: z.record(idSchema, checkSchema),
    /** Which licences packages may have, for the fact `licences`; it says nothing to what no check asks. */
    licences: licenceSchema.optional(),
    /** How many other persons must approve the next change of this policy; without it: none. */
    changes: z.strictObject({ approvals: z.number().int().min(0).max(5) }).optional(),
    /** What the policy must answer: it is not saved while one of them answers otherwise. */
    examples: z.record(idSchema, exampleSchema).optional(),
    approvals: z.record(idSchema, routeSchema),
    tiers: z.strictObject({ 1: kindsSchema, 2: kindsSchema, 3: kindsSchema }),
  })
  .superRefine((document, context) => {
    for (const [tier, kinds] of Object.entries(document.tiers)) {
      for (const [kind, environment] of Object.entries(kinds)) {
        environment.checks.forEach((name, index) => {
          if (Object.hasOwn(document.checks, name)) return;
          context.addIssue({
            code: 'custom',
            path: ['tiers', tier, kind, 'checks', index],
            message: `there is no check "${name}"`,
            params: { code: 'gates.no-such-check', remedy: 'Define it under "checks".' },
          });
        });
        if (environment.approval === null || Object.hasOwn(document.approvals, environment.approval)) continue;
        context.addIssue({
          code: 'custom',
          path: ['tiers', tier, kind, 'approval'],
          message: `there is no route "${environment.approval}"`,
          params: { code: 'gates.no-such-route', remedy: 'Define it under "approvals".' },
        });
      }
    }
  });
export type PolicyDocument = z.input<typeof policyDocumentSchema>;

/** The policy that a valid document means. `version` is given by whoever stores it. */
export function policyFrom(document: z.output<typeof policyDocumentSchema>, version: number): Policy {
  const resolve = (written: z.output<typeof environmentSchema>): EnvironmentPolicy => ({
    checks: written.checks.map((name) => checkFrom(name, must(document.checks[name]))),
    supplyChain: supplyChainOf(written.supplyChain),
    ...(document.licences === undefined ? {} : { licences: [document.licences] }),
    lifecycle: { verifiedBefore: written.lifecycle.verifiedBefore, soak: ms(written.lifecycle.soak) },
    verification: {
      checks: written.verification.checks,
      maxAge: written.verification.maxAge === null ? null : ms(written.verification.maxAge),
    },
    approval: written.approval === null ? null : routeOf(written.approval, must(document.approvals[written.approval])),
    readiness: written.readiness,
    breakGlass: { persons: written.breakGlass.persons, timeBox: ms(written.breakGlass.timeBox), debtDue: ms(written.breakGlass.debtDue) },
  });
  const kinds = (written: z.output<typeof kindsSchema>): Policy['tiers'][1] => ({
    development: resolve(written.development),
    test: resolve(written.test),
    staging: resolve(written.staging),
    production: resolve(written.production),
  });
  const { 1: one, 2: two, 3: three } = document.tiers;
  return { name: document.name, version, title: document.title, tiers: { 1: kinds(one), 2: kinds(two), 3: kinds(three) } };
}

/** A written check under its name; the day from which it blocks in the one form that instants are compared in. */
export function checkFrom(id: string, { blockFrom, rule = '', opa, ...check }: z.output<typeof checkSchema>): Check {
  const asked = opa === undefined ? { rule } : { rule, opa };
  return { id, ...check, ...asked, ...(blockFrom === undefined ? {} : { blockFrom: new Date(blockFrom).toISOString() }) };
}

/** A rule that is not written stays absent, so that the digest of a policy of before stays what it was. */
function supplyChainOf({ recorded, ...rest }: z.output<typeof environmentSchema>['supplyChain']): EnvironmentPolicy['supplyChain'] {
  return recorded === undefined ? rest : { ...rest, recorded };
}

function routeOf(name: string, route: z.output<typeof routeSchema>): ApprovalRoute {
  return { id: name, ...route, expiresAfter: ms(route.expiresAfter) };
}

function ms(text: string): number {
  return must(parseDuration(text));
}

/** The schema has checked it: what is absent here is a bug. */
function must<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error('a policy document was not checked before it was resolved');
  return value;
}
