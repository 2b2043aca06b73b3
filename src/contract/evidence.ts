import { z } from 'zod';
import { idOf, instantSchema, nameSchema, pageOf, pageQuery } from './common.ts';
import { defineRoute } from './route.ts';

/** Evidence: facts, traces, the ledger's proofs, bundles, and what a stranger must trust to verify them. */

export const factSchema = z.object({
  id: idOf('fct'),
  type: z.string(),
  subject: z.string(),
  service: z.string().nullable(),
  actor: z.string(),
  at: z.string(),
  body: z.unknown(),
  /** Its place in the ledger; null while it waits for one. */
  position: z.number().int().nullable(),
  /** What has happened, in words. */
  means: z.string(),
  /** Names of who acted, of the subject, and of the service, where they have one. */
  actorName: z.string().nullable(),
  label: z.string().nullable(),
  serviceName: z.string().nullable(),
});

/** Anything a trace can start from: an id, an artifact's digest, a full commit id. */
export const traceNodeSchema = z
  .string()
  .regex(/^(?:[a-z]{2,5}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$/, 'an id, a sha256: digest or a full commit id');

const hash = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const size = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const checkpointSchema = z.object({
  origin: z.string(),
  size: z.number().int(),
  root: hash,
  /** The signed note, C2SP tlog-checkpoint. */
  note: z.string(),
  at: z.string(),
});

export const listFacts = defineRoute({
  method: 'GET',
  path: '/v1/facts',
  summary: 'Search what happened, newest first',
  access: { kind: 'may', action: 'evidence.read', list: true },
  query: z.object({
    /** A type (`service.deployed`), or all that begin with it when it ends in a dot (`service.`). */
    type: z
      .string()
      .regex(/^[a-z][a-z.-]{0,79}$/)
      .optional(),
    subject: traceNodeSchema.optional(),
    /** Facts that name this anywhere. */
    mentions: traceNodeSchema.optional(),
    service: nameSchema.optional(),
    actor: z.string().max(100).optional(),
    since: instantSchema.optional(),
    until: instantSchema.optional(),
    ...pageQuery,
  }),
  answer: pageOf(factSchema),
});

export const traceFrom = defineRoute({
  method: 'GET',
  path: '/v1/trace/{node}',
  summary: 'Walk commit, run, artifact, release, approval, deployment, incident both ways from one of them',
  access: { kind: 'may', action: 'evidence.read', list: true },
  transaction: 'read',
  params: z.object({ node: traceNodeSchema }),
  answer: z.object({
    from: z.string(),
    nodes: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        direction: z.enum(['start', 'back', 'forward']),
        facts: z.array(idOf('fct')),
        /** What people call it; null where it has no name here. */
        label: z.string().nullable(),
        at: z.string().nullable(),
      }),
    ),
    edges: z.array(z.object({ from: z.string(), to: z.string(), facts: z.array(idOf('fct')) })),
    facts: z.array(factSchema),
    /** True where the walk was cut at its limit. */
    cut: z.boolean(),
  }),
});

export const getCheckpoint = defineRoute({
  method: 'GET',
  path: '/v1/ledger/checkpoint',
  summary: 'The newest signed checkpoint: keep it outside, and no later change of the past can hide from you',
  access: { kind: 'may', action: 'ledger.read' },
  transaction: 'read',
  answer: checkpointSchema,
});

export const proveInclusion = defineRoute({
  method: 'GET',
  path: '/v1/ledger/proof/inclusion',
  summary: "Prove that a fact is in the ledger: its exact bytes, its place, and the hashes up to a checkpoint's root",
  access: { kind: 'may', action: 'ledger.read' },
  transaction: 'read',
  query: z.object({ fact: idOf('fct'), size: size.optional() }),
  answer: z.object({
    fact: z.string(),
    position: z.number().int(),
    size: z.number().int(),
    leaf: z.string(),
    proof: z.array(hash),
    checkpoint: checkpointSchema.nullable(),
  }),
});

export const proveConsistency = defineRoute({
  method: 'GET',
  path: '/v1/ledger/proof/consistency',
  summary: 'Prove that the ledger of `to` entries begins with the one of `from` entries',
  access: { kind: 'may', action: 'ledger.read' },
  transaction: 'read',
  query: z.object({ from: size, to: size.optional() }),
  answer: z.object({ from: z.number().int(), to: z.number().int(), proof: z.array(hash) }),
});

export const getBundle = defineRoute({
  method: 'GET',
  path: '/v1/releases/{release}/bundle',
  summary: 'The evidence bundle of a release: one file that a stranger verifies offline',
  access: { kind: 'may', action: 'evidence.read', on: ['params.release'] },
  transaction: 'none',
  params: z.object({ release: idOf('rel') }),
  query: z.object({
    /** Sizes of checkpoints that you keep, with commas between: the bundle proves that its ledger continues them. */
    since: z
      .string()
      .regex(/^\d{1,15}(?:,\d{1,15}){0,63}$/)
      .optional(),
  }),
  answer: { bytes: true, mediaType: 'application/vnd.yardmaster.bundle+json', limit: 256 * 1024 ** 2 },
});

export const getTrust = defineRoute({
  method: 'GET',
  path: '/v1/trust',
  summary: 'The trust file: public keys and anchor checkpoints. Get it once over a way you trust, and keep it',
  access: { kind: 'public', why: 'public keys and signed roots are made for strangers, and hold nothing of a tenant' },
  transaction: 'read',
  answer: z.object({
    /** Oldest first. What a key signed from `revokedFrom` on counts for nothing; absent: it is good. */
    keys: z.array(z.object({ keyId: z.string(), publicKeyPem: z.string(), revokedFrom: z.string().optional() })),
    checkpoints: z.array(z.string()),
  }),
});
