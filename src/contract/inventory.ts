import { z } from 'zod';
import { idOf } from './common.ts';
import { defineRoute } from './route.ts';

/** What is found in forges and CI servers, how it differs, and what the policy of each tier would miss. */

const partSchema = z.object({ what: z.string(), pinned: z.enum(['commit', 'tag', 'branch', 'none', 'local']) });
const pipelineSchema = z.object({
  system: z.enum(['github-actions', 'gitlab-ci', 'azure-pipelines', 'jenkins']),
  file: z.string(),
  name: z.string(),
  fault: z.string().nullable(),
  triggers: z.array(z.string()),
  jobs: z.array(
    z.object({
      name: z.string(),
      environment: z.string().nullable(),
      deploys: z.boolean(),
      approval: z.string().nullable(),
      purposes: z.array(z.string()),
    }),
  ),
  environments: z.array(z.string()),
  parts: z.array(partSchema),
  tools: z.array(z.object({ name: z.string(), purpose: z.string() })),
  unseen: z.array(z.string()),
  /** What a CI server says of it beside; absent where no server was asked. */
  live: z
    .object({
      kind: z.enum(['multibranch', 'pipeline', 'job']),
      disabled: z.boolean().nullable(),
      lastRun: z.object({ at: z.string(), result: z.string() }).nullable(),
      agent: z.string().nullable(),
    })
    .optional(),
});

export const inventoryReportSchema = z.object({
  at: z.string(),
  totals: z.object({
    repositories: z.number().int(),
    withPipeline: z.number().int(),
    pipelines: z.number().int(),
    unreadable: z.number().int(),
    environments: z.number().int(),
    approvals: z.number().int(),
    looseParts: z.number().int(),
    services: z.number().int(),
  }),
  systems: z.array(z.object({ name: z.string(), repositories: z.number().int() })),
  tools: z.array(z.object({ name: z.string(), purpose: z.string(), repositories: z.number().int() })),
  clusters: z.array(
    z.object({ shape: z.array(z.string()), repositories: z.array(z.string()), lacks: z.array(z.string()), beside: z.array(z.string()) }),
  ),
  judged: z.array(
    z.object({
      repository: z.string(),
      service: z.string().nullable(),
      tier: z.number().int(),
      policy: z.string(),
      /** `unknown`: it could not be found out, which is not a yes. */
      standing: z.array(z.object({ what: z.string(), answer: z.enum(['yes', 'no', 'unknown']), why: z.string() })),
    }),
  ),
  repositories: z.array(
    z.object({
      name: z.string(),
      url: z.string().nullable(),
      branch: z.string().nullable(),
      pipelines: z.array(pipelineSchema),
      environments: z.array(z.object({ name: z.string(), approval: z.string().nullable() })).nullable(),
      branchProtected: z.boolean().nullable(),
      services: z.array(z.object({ name: z.string(), tier: z.number().int(), policy: z.string() })),
      fault: z.string().nullable(),
      /** Where it is deployed, in order; `!` at the end: somebody has to agree. */
      road: z.array(z.string()),
    }),
  ),
  faults: z.array(z.object({ where: z.string(), why: z.string() })),
  /** Machines that run jobs of CI servers. */
  agents: z.array(
    z.object({
      where: z.string(),
      name: z.string(),
      online: z.boolean().nullable(),
      executors: z.number().int().nullable(),
      labels: z.array(z.string()),
    }),
  ),
});
export type InventoryReportView = z.infer<typeof inventoryReportSchema>;

export const getInventory = defineRoute({
  method: 'GET',
  path: '/v1/inventory',
  summary: 'The newest whole inventory, judged by the policies of now, and how far one that is being taken is',
  access: { kind: 'may', action: 'connection.read' },
  answer: z.object({
    taking: z.object({ id: idOf('ivt'), since: z.string(), repositories: z.number().int(), looked: z.number().int() }).nullable(),
    report: inventoryReportSchema.nullable(),
    /** The report as Markdown, to be handed on. */
    markdown: z.string().nullable(),
  }),
});
export type InventoryView = z.infer<(typeof getInventory)['answer']>;

export const takeInventory = defineRoute({
  method: 'POST',
  path: '/v1/inventory',
  summary: 'Look through everything that is connected, as durable work; one that is being taken already is answered',
  access: { kind: 'may', action: 'connection.write' },
  body: z.strictObject({}),
  status: 202,
  answer: z.object({ id: idOf('ivt') }),
});
