import { z } from 'zod';
import { commitSchema, digestSchema, idOf, proseSchema, verdictSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Reports and policies on the wire. */
const count = z.number().int();
const ratio = z.object({ covered: count, total: count });
export const severitySchema = z.enum(['critical', 'high', 'medium', 'low', 'info']);

export const reportSchema = z.object({
  id: idOf('rep'),
  run: idOf('run'),
  job: idOf('job'),
  attempt: count,
  service: z.string(),
  commit: commitSchema.nullable(),
  trust: z.enum(['untrusted', 'trusted', 'protected']),
  /** What its job declared. */
  kind: z.string(),
  /** What its bytes showed it to be. */
  format: z.string().nullable(),
  name: z.string(),
  path: z.string(),
  digest: digestSchema.nullable(),
  /** Only `ok` speaks. */
  state: z.enum(['received', 'ok', 'unreadable', 'empty', 'missing']),
  reason: z.string().nullable(),
  tests: z
    .object({ total: count, passed: count, failed: count, errored: count, skipped: count, flaky: count, durationMs: count, suites: count })
    .nullable(),
  coverage: z.object({ lines: ratio, branches: ratio.nullable(), files: count }).nullable(),
  sbom: z.object({ components: count, withPurl: count, specVersion: z.string() }).nullable(),
  /** Null: the report doesn't speak of findings. */
  findings: z.object({ critical: count, high: count, medium: count, low: count, info: count }).nullable(),
  receivedAt: z.string(),
});
export type ReportView = z.infer<typeof reportSchema>;

export const listReports = defineRoute({
  method: 'GET',
  path: '/v1/reports',
  summary: 'The reports of a run: what each says, or why it says nothing',
  access: { kind: 'may', action: 'report.read', on: ['query.run'] },
  query: z.strictObject({ run: idOf('run') }),
  answer: z.object({ items: z.array(reportSchema) }),
});

export const listFindings = defineRoute({
  method: 'GET',
  path: '/v1/reports/{report}/findings',
  summary: 'The findings of a report, worst first',
  access: { kind: 'may', action: 'report.read', on: ['params.report'] },
  params: z.object({ report: idOf('rep') }),
  query: z.strictObject({
    from: z.coerce.number().int().min(0).max(20_000).default(0),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: z.object({
    items: z.array(
      z.object({
        tool: z.string(),
        rule: z.string(),
        severity: severitySchema,
        location: z.string(),
        fingerprint: digestSchema,
        cve: z.string().nullable(),
        purl: z.string().nullable(),
        suppressed: z.boolean(),
        message: z.string(),
        cwe: z.array(count).readonly(),
        aliases: z.array(z.string()).readonly(),
        component: z.string().nullable(),
        fixedIn: z.string().nullable(),
        vex: z
          .object({
            status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
            justification: z.string().nullable(),
            statement: z.string().nullable(),
            source: z.string(),
          })
          .nullable(),
      }),
    ),
    total: count,
  }),
});

export const listFailedTests = defineRoute({
  method: 'GET',
  path: '/v1/reports/{report}/failed-tests',
  summary: 'The tests of a report that did not pass, with what they said',
  access: { kind: 'may', action: 'report.read', on: ['params.report'] },
  transaction: 'none',
  params: z.object({ report: idOf('rep') }),
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
  answer: z.object({
    items: z.array(
      z.object({
        name: z.string(),
        suite: z.string(),
        file: z.string().nullable(),
        how: z.enum(['failed', 'errored']),
        message: z.string(),
        text: z.string(),
        durationMs: count.nullable(),
      }),
    ),
    total: count,
  }),
});

const policyName = z.enum(['startup', 'standard', 'regulated']);
/** Also the organisation's minimum, whose changes are proposed alike. */
const changeName = z.enum([...policyName.options, 'minimum']);
const policySchema = z.object({
  name: policyName,
  /** How many other persons must approve the next change of it. */
  approvals: count,
  version: count,
  title: z.string(),
  digest: digestSchema,
  /** Whether it is the preset of the program, unchanged. */
  preset: z.boolean(),
  changedBy: z.object({ id: z.string(), name: z.string() }).nullable(),
  changedAt: z.string().nullable(),
});

export const listPolicies = defineRoute({
  method: 'GET',
  path: '/v1/policies',
  summary: 'The policies as they are now',
  access: { kind: 'may', action: 'policy.read', list: true },
  answer: z.object({ items: z.array(policySchema) }),
});

export const getPolicy = defineRoute({
  method: 'GET',
  path: '/v1/policies/{policy}',
  summary: 'A policy with its document; an older version where one is named',
  access: { kind: 'may', action: 'policy.read', list: true },
  params: z.object({ policy: policyName }),
  query: z.strictObject({ version: z.coerce.number().int().min(1).max(1_000_000).optional() }),
  /** `document` is what was written; `source` its text as sent (null for a preset). */
  answer: policySchema.extend({ document: z.record(z.string(), z.unknown()), source: z.string().nullable() }),
});

const sourceSchema = z.string().min(1).max(1_048_576);
const diagnosticSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  remedy: z.string(),
  line: count,
  column: count,
  /** Where the words end that it is about. */
  endLine: count,
  endColumn: count,
});

const tierSchema = z.union([z.literal(1), z.literal(2), z.literal(3)]);
const environmentKind = z.enum(['development', 'test', 'staging', 'production']);
const exampleSchema = z.object({
  example: z.string(),
  title: z.string(),
  answers: z.array(z.object({ tier: tierSchema, kind: environmentKind, verdict: verdictSchema, reasons: z.array(z.string()) })),
});
export type PolicyExample = z.infer<typeof exampleSchema>;

export const explainPolicy = defineRoute({
  method: 'GET',
  path: '/v1/policies/{policy}/explained',
  summary:
    'A policy for people: its rules in words for each tier and kind of environment, its text, what it answers to examples, where it is used',
  access: { kind: 'may', action: 'policy.read', list: true },
  params: z.object({ policy: policyName }),
  query: z.strictObject({ version: z.coerce.number().int().min(1).max(1_000_000).optional() }),
  answer: policySchema.extend({
    /** The document as YAML: what was sent, or the preset written out. */
    text: z.string(),
    newest: count,
    tiers: z.array(
      z.object({ tier: tierSchema, kinds: z.array(z.object({ kind: environmentKind, digest: digestSchema, words: z.array(z.string()) })) }),
    ),
    examples: z.array(exampleSchema),
    /** Services under it that may be seen; 1,000 at most. */
    uses: z.array(z.object({ service: z.string(), team: z.string(), tier: tierSchema })),
    used: count,
  }),
});

export const listPolicyVersions = defineRoute({
  method: 'GET',
  path: '/v1/policies/{policy}/versions',
  summary: 'The versions of a policy, newest first: who made each, when, and which tiers and kinds of environment it changed',
  access: { kind: 'may', action: 'policy.read', list: true },
  params: z.object({ policy: policyName }),
  answer: z.object({
    items: z.array(policySchema.extend({ changed: z.array(z.object({ tier: tierSchema, kind: environmentKind })), services: count })),
  }),
});

export const putPolicy = defineRoute({
  method: 'PUT',
  path: '/v1/policies/{policy}',
  summary: 'Make a new version of a policy from a YAML document',
  access: { kind: 'may', action: 'policy.write' },
  params: z.object({ policy: policyName }),
  /** `version` is the one that the change was made from. */
  body: z.strictObject({ source: sourceSchema, version: z.number().int().positive() }),
  answer: policySchema,
});

export const proposalSchema = z.object({
  id: idOf('ppr'),
  /** `team`: what a team asks of its services. */
  policy: z.enum([...changeName.options, 'team']),
  team: z.string().nullable(),
  from: z.number().int(),
  reason: z.string(),
  proposedBy: z.object({ id: z.string(), name: z.string() }),
  state: z.enum(['open', 'applied', 'rejected', 'withdrawn']),
  needed: z.number().int(),
  approvedBy: z.array(z.object({ id: z.string(), name: z.string() })),
  decided: z.object({ by: z.object({ id: z.string(), name: z.string() }), at: z.string(), reason: z.string().nullable() }).nullable(),
  createdAt: z.string(),
  /** The lines that it takes away and adds, from the version that it was made from. */
  diff: z.array(z.object({ sign: z.enum(['-', '+', ' ']), line: z.string() })),
  /** Tiers and kinds of environment for which it asks something else. */
  changed: z.array(z.object({ tier: z.number().int(), kind: z.string() })),
  /** What the person who asks may not do with it, in words; null: approve and reject. */
  because: z.string().nullable(),
});
export type ProposalView = z.infer<typeof proposalSchema>;

export const proposePolicy = defineRoute({
  method: 'POST',
  path: '/v1/policies/{policy}/proposals',
  summary: 'Propose a change of a policy; it is in force at once where the policy asks for no approval',
  access: { kind: 'may', action: 'policy.write' },
  params: z.object({ policy: changeName }),
  body: z.strictObject({ source: sourceSchema, version: z.number().int().positive(), reason: proseSchema }),
  status: 201,
  /** `policy` null: of the minimum, which has a page of its own. */
  answer: z.object({ policy: policySchema.nullable(), proposal: proposalSchema.nullable() }),
});

export const listProposals = defineRoute({
  method: 'GET',
  path: '/v1/policies/{policy}/proposals',
  summary: 'Proposed changes of a policy, newest first',
  access: { kind: 'may', action: 'policy.read', list: true },
  params: z.object({ policy: changeName }),
  answer: z.object({ items: z.array(proposalSchema) }),
});

const proposalParams = z.object({ proposal: idOf('ppr') });

export const approveProposal = defineRoute({
  method: 'POST',
  path: '/v1/policy-proposals/{proposal}/approve',
  summary: 'Approve a change of a policy, as another person than who proposed it',
  access: { kind: 'may', action: 'policy.write', list: true },
  params: proposalParams,
  body: z.strictObject({}),
  answer: proposalSchema,
});

export const rejectProposal = defineRoute({
  method: 'POST',
  path: '/v1/policy-proposals/{proposal}/reject',
  summary: 'Turn a change of a policy down',
  access: { kind: 'may', action: 'policy.write', list: true },
  params: proposalParams,
  body: z.strictObject({ reason: proseSchema }),
  answer: proposalSchema,
});

export const withdrawProposal = defineRoute({
  method: 'POST',
  path: '/v1/policy-proposals/{proposal}/withdraw',
  summary: 'Take your own proposal back',
  access: { kind: 'may', action: 'policy.write', list: true },
  params: proposalParams,
  body: z.strictObject({}),
  answer: proposalSchema,
});

export const checkPolicy = defineRoute({
  method: 'POST',
  path: '/v1/policies/check',
  summary: 'Check a policy document without storing it: every error with its line and column',
  access: { kind: 'may', action: 'policy.read', list: true },
  transaction: 'read',
  body: z.strictObject({ source: sourceSchema }),
  answer: z.object({
    valid: z.boolean(),
    /** Which policy the document is. */
    name: policyName.nullable(),
    digest: digestSchema.nullable(),
    diagnostics: z.array(diagnosticSchema),
    text: z.string(),
    /** Of a valid document: what it answers to the examples, and which tiers and kinds it would change of what is in force. */
    examples: z.array(exampleSchema),
    changed: z.array(z.object({ tier: tierSchema, kind: environmentKind })),
  }),
});

export const gateRoutes = [
  listReports,
  listFindings,
  listFailedTests,
  listPolicies,
  getPolicy,
  explainPolicy,
  listPolicyVersions,
  putPolicy,
  proposePolicy,
  listProposals,
  approveProposal,
  rejectProposal,
  withdrawProposal,
  checkPolicy,
] as const;
