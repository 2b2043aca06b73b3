import { z } from 'zod';
import { actResult, agentRunSchema, slotPicture } from './agent.ts';
import { digestSchema, idOf, lineSchema, nameSchema, pageOf, pageQuery, proseSchema } from './common.ts';
import { defineRoute } from './route.ts';

/** Backups, and what happens after one was restored. */

export const backupSchema = z.object({
  id: idOf('bak'),
  state: z.enum(['wanted', 'running', 'done', 'failed', 'removed']),
  askedBy: z.string(),
  /** The folder, on the machine of the server that made it. */
  folder: z.string().nullable(),
  /** One line: what is done just now, or why it failed. */
  progress: z.string().nullable(),
  /** The moment that it holds. */
  snapshotAt: z.string().nullable(),
  rows: z.number().int().nullable(),
  blobs: z.number().int().nullable(),
  bytes: z.number().int().nullable(),
  manifestDigest: z.string().nullable(),
  askedAt: z.string(),
  finishedAt: z.string().nullable(),
});

export const startBackup = defineRoute({
  method: 'POST',
  path: '/v1/admin/backups',
  summary: "Take a backup into the server's backup folder (YARDMASTER_BACKUPS); it is made in the background",
  access: { kind: 'may', action: 'admin.operate' },
  body: z.object({}),
  status: 202,
  answer: z.object({ backup: backupSchema }),
});

export const listBackups = defineRoute({
  method: 'GET',
  path: '/v1/admin/backups',
  summary: 'Backups, newest first, with what is done just now',
  access: { kind: 'may', action: 'admin.operate' },
  query: z.object(pageQuery),
  answer: pageOf(backupSchema).extend({
    /** Where they go and how often; null where none is set. */
    folder: z.string().nullable(),
    everyMs: z.number().int().nullable(),
    keep: z.number().int(),
  }),
});

/** How what serves was started: what a baseline and a way back start again. */
export const startedAs = z.object({
  digest: digestSchema,
  version: lineSchema,
  release: z.string().max(64),
  run: agentRunSchema,
  configuration: z.record(z.string().max(128), z.string().max(65_536)),
  dependsOn: z.array(nameSchema).max(100),
});

const reportedAct = z.object({
  act: idOf('act'),
  deployment: idOf('dep'),
  service: nameSchema,
  environment: nameSchema,
  phase: z.string().max(20),
  token: z.number().int().min(0),
  digest: digestSchema.nullable(),
  release: z.string().max(64).nullable(),
  at: z.string().max(40),
  /** Null: it was begun and has not ended. */
  result: actResult.nullable(),
});

export const reportSchema = z.object({
  slots: z
    .array(
      z.object({
        picture: slotPicture,
        serving: z.object({ instance: z.string().max(80), deployment: idOf('dep'), as: startedAs }).nullable(),
      }),
    )
    .max(1000),
  /** The highest token that it has seen, anywhere. */
  highestToken: z.number().int().min(0),
  /** Of its own log: the acts it was asked about, and everything since the moment of the backup. */
  acts: z.array(reportedAct).max(2000),
  /** There were more than it could tell. */
  cut: z.boolean(),
});
export type RestoreReport = z.infer<typeof reportSchema>;

export const tellRestored = defineRoute({
  method: 'POST',
  path: '/v1/agent/restored/{restore}',
  summary: 'After a restore: what runs on this machine, the highest token it has seen, and what it did since the backup',
  whilePaused: true,
  access: { kind: 'agent' },
  params: z.object({ restore: idOf('res') }),
  body: reportSchema,
  answer: z.object({ taken: z.boolean() }),
});

const running = z.object({ release: z.string(), version: z.string(), digest: z.string() });
export const restoreStatusSchema = z.object({
  restore: z
    .object({
      id: idOf('res'),
      state: z.enum(['paused', 'resumed']),
      snapshotAt: z.string(),
      restoredAt: z.string(),
      /** The name under which the ledger goes on. */
      origin: z.string(),
      reason: z.string().nullable(),
      resumedBy: z.string().nullable(),
      resumedAt: z.string().nullable(),
    })
    .nullable(),
  agents: z.array(
    z.object({
      id: idOf('agt'),
      name: z.string(),
      /** Null: it has not been heard of since the restore. */
      reportedAt: z.string().nullable(),
      /** Something of it is in these books: what it says decides how they go on. */
      needed: z.boolean(),
      cut: z.boolean(),
    }),
  ),
  /** Where the books and the machine say the same or not. */
  places: z.array(
    z.object({
      service: z.string(),
      environment: z.string(),
      agent: z.string().nullable(),
      books: running.nullable(),
      machine: running.nullable(),
      same: z.boolean(),
      /** What is left beside what serves. */
      beside: z.array(z.string()),
      says: z.string(),
    }),
  ),
  /** Deployments that were under way at the moment of the backup, and what becomes of them. */
  deployments: z.array(
    z.object({
      id: idOf('dep'),
      service: z.string(),
      environment: z.string(),
      version: z.string(),
      state: z.string(),
      becomes: z.enum(['goes-on', 'ends', 'waits-for-agent']),
      says: z.string(),
    }),
  ),
  /** What machines did after the backup, of which these books know nothing. */
  unknownActs: z.array(
    z.object({
      act: z.string(),
      deployment: z.string(),
      service: z.string(),
      environment: z.string(),
      phase: z.string(),
      release: z.string().nullable(),
      at: z.string(),
      outcome: z.string(),
    }),
  ),
});

export const restoreStatus = defineRoute({
  method: 'GET',
  path: '/v1/admin/restore',
  summary: 'After a restore: what differs between these books and what runs, and what a resume will do',
  access: { kind: 'may', action: 'admin.operate' },
  answer: restoreStatusSchema,
});

export const resumeRestore = defineRoute({
  method: 'POST',
  path: '/v1/admin/restore/resume',
  summary: 'Resume a restored instance: the books take what machines say, no act is repeated, and from here on it acts again',
  whilePaused: true,
  access: { kind: 'may', action: 'admin.operate' },
  body: z.object({
    reason: proseSchema,
    /** Agents (by name) that will not come: nothing is known of their machines. */
    without: z.array(nameSchema).max(100).default([]),
  }),
  answer: restoreStatusSchema,
});
