import { z } from 'zod';
import { commitSchema, digestSchema, nameSchema, proseSchema, verdictSchema } from './common.ts';
import { proposalSchema } from './gates.ts';
import { defineRoute } from './route.ts';

/** What the organisation and teams ask beside the policy of a service, and what holds for a service in the end. */
const count = z.number().int();
const sourceSchema = z.string().min(1).max(1_048_576);
const tierSchema = z.union([z.literal(1), z.literal(2), z.literal(3)]);
const kindSchema = z.enum(['development', 'test', 'staging', 'production']);
const levelName = z.enum(['organisation', 'team', 'repository']);

export const policyLevelSchema = z.object({
  level: z.enum(['organisation', 'team']),
  team: z.string().nullable(),
  /** 1: nothing was ever asked. */
  version: count,
  title: z.string(),
  /** The document as it was sent; null: nothing is asked yet. */
  source: z.string().nullable(),
  /** How many other persons must approve the next change of it. */
  approvals: count,
  digest: digestSchema.nullable(),
  changedBy: z.object({ id: z.string(), name: z.string() }).nullable(),
  changedAt: z.string().nullable(),
  /** What it asks by itself, in words, where it asks anything. */
  asks: z.array(z.object({ tier: tierSchema, kind: kindSchema, words: z.array(z.string()) })),
  /** Services for which it holds. */
  services: count,
});
export type PolicyLevel = z.infer<typeof policyLevelSchema>;

const levelBody = z.strictObject({ source: sourceSchema, version: z.number().int().positive() });

export const listPolicyLevels = defineRoute({
  method: 'GET',
  path: '/v1/policy-levels',
  summary: 'What the organisation and its teams ask beside the policies of services',
  access: { kind: 'may', action: 'policy.read', list: true },
  answer: z.object({ items: z.array(policyLevelSchema) }),
});

export const getMinimum = defineRoute({
  method: 'GET',
  path: '/v1/policy-levels/organisation',
  summary: "The organisation's minimum: what is asked of every service, whatever its policy says",
  access: { kind: 'may', action: 'policy.read', list: true },
  answer: policyLevelSchema,
});

export const putMinimum = defineRoute({
  method: 'PUT',
  path: '/v1/policy-levels/organisation',
  summary: "Make a new version of the organisation's minimum from a YAML document",
  access: { kind: 'may', action: 'policy.write' },
  /** `version` is the one that the change was made from. */
  body: levelBody,
  answer: policyLevelSchema,
});

export const getTeamPolicy = defineRoute({
  method: 'GET',
  path: '/v1/teams/{team}/policy',
  summary: 'What a team asks of its services beside their policy',
  access: { kind: 'may', action: 'policy.read', on: ['params.team'] },
  params: z.object({ team: nameSchema }),
  answer: policyLevelSchema,
});

export const putTeamPolicy = defineRoute({
  method: 'PUT',
  path: '/v1/teams/{team}/policy',
  summary: 'Make a new version of what a team asks of its services; it can only add to the minimum',
  access: { kind: 'may', action: 'policy.write', on: ['params.team'] },
  params: z.object({ team: nameSchema }),
  body: levelBody,
  answer: policyLevelSchema,
});

export const proposeTeamPolicy = defineRoute({
  method: 'POST',
  path: '/v1/teams/{team}/policy/proposals',
  summary: 'Propose a change of what a team asks; it is in force at once where the team asks for no approval',
  access: { kind: 'may', action: 'policy.write', on: ['params.team'] },
  params: z.object({ team: nameSchema }),
  body: z.strictObject({ source: sourceSchema, version: z.number().int().positive(), reason: proseSchema }),
  status: 201,
  answer: z.object({ level: policyLevelSchema, proposal: proposalSchema.nullable() }),
});

export const listTeamProposals = defineRoute({
  method: 'GET',
  path: '/v1/teams/{team}/policy/proposals',
  summary: 'Proposed changes of what a team asks, newest first',
  access: { kind: 'may', action: 'policy.read', on: ['params.team'] },
  params: z.object({ team: nameSchema }),
  answer: z.object({ items: z.array(proposalSchema) }),
});

const diagnosticSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  remedy: z.string(),
  line: count,
  column: count,
  endLine: count,
  endColumn: count,
});

export const checkPolicyLevel = defineRoute({
  method: 'POST',
  path: '/v1/policy-levels/check',
  summary: 'Check what a level would ask without storing it: every error with its place, also where it asks less than a level above',
  access: { kind: 'may', action: 'policy.read', list: true },
  transaction: 'read',
  /** For a repository: `service` names whose, and what is asked of it already is compared with. */
  body: z.strictObject({ level: levelName, service: nameSchema.optional(), source: sourceSchema }),
  answer: z.object({
    valid: z.boolean(),
    digest: digestSchema.nullable(),
    diagnostics: z.array(diagnosticSchema),
    text: z.string(),
    /** Of a valid document: its own examples with what it answers to them. */
    examples: z.array(z.object({ example: z.string(), title: z.string(), verdict: verdictSchema })),
    /** Tiers and kinds of environment for which it asks something else than before; for a repository: anything. */
    changed: z.array(z.object({ tier: tierSchema, kind: kindSchema })),
  }),
});

export const stackGates = defineRoute({
  method: 'GET',
  path: '/v1/policy-levels/stacks/{stack}',
  summary:
    'The minimum gates that come with the program for a stack and a tier, as a file that a repository, a team or the organisation takes',
  access: { kind: 'may', action: 'policy.read', list: true },
  params: z.object({ stack: z.enum(['node', 'jvm', 'python', 'dotnet', 'go', 'container']) }),
  query: z.strictObject({ tier: z.coerce.number().int().min(1).max(3).default(2) }),
  answer: z.object({ stack: z.string(), tier: tierSchema, text: z.string() }),
});

const originSchema = z.object({ level: levelName, of: z.string().nullable(), version: count.nullable() });

export const serviceRules = defineRoute({
  method: 'GET',
  path: '/v1/services/{service}/rules',
  summary: 'What is asked of a service, for each kind of environment, and which level asks it: policy, organisation, team or repository',
  access: { kind: 'may', action: 'policy.read', on: ['params.service'] },
  params: z.object({ service: nameSchema }),
  /** With the commit of a release, also what the repository asks there. */
  query: z.strictObject({ commit: commitSchema.optional() }),
  answer: z.object({
    service: z.string(),
    team: z.string(),
    tier: tierSchema,
    policy: z.object({ name: z.string(), version: count }),
    commit: z.string().nullable(),
    levels: z.array(originSchema),
    /** Levels that ask something that nobody can read: the answer of gates is unknown while there is one. */
    unreadable: z.array(z.string()),
    kinds: z.array(
      z.object({
        kind: kindSchema,
        digest: digestSchema,
        /** `origin` null: the policy asks it. */
        rules: z.array(z.object({ words: z.string(), check: z.string().nullable(), origin: originSchema.nullable() })),
      }),
    ),
  }),
});

export const policyLevelRoutes = [
  listPolicyLevels,
  getMinimum,
  putMinimum,
  getTeamPolicy,
  putTeamPolicy,
  proposeTeamPolicy,
  listTeamProposals,
  checkPolicyLevel,
  stackGates,
  serviceRules,
] as const;
