import { z } from 'zod';
import { commitSchema, digestSchema, idOf, nameSchema, pageOf, pageQuery } from './common.ts';
import { externalSchema, signerIdentitySchema, toldSchema } from './record.ts';
import { defineRoute } from './route.ts';

/** What was built, what is attested of it, and taking it out of use. Bytes are named by digest, never by a tag. */

export const buildSchema = z.object({
  id: idOf('bld'),
  digest: digestSchema,
  name: z.string(),
  size: z.number().int(),
  service: z.string(),
  run: idOf('run'),
  job: idOf('job'),
  commit: z.string().nullable(),
  trust: z.string(),
  state: z.enum(['accepted', 'signed']),
  /** Why signing failed the last time; null while there is nothing to say. */
  lastError: z.string().nullable(),
  /** Of what a foreign CI made and told: which run there, and who told it. null: we made it. */
  recorded: externalSchema.extend({ told: toldSchema }).nullable().default(null),
  createdAt: z.string(),
});

export const attestationSchema = z.object({
  id: idOf('att'),
  build: idOf('bld'),
  kind: z.enum(['sbom', 'provenance', 'recorded']),
  predicateType: z.string(),
  keyId: z.string(),
  /** What an SBOM says that it can't know; empty: it is whole. */
  incomplete: z.array(z.string()),
  /** The digest of the signed document. */
  document: digestSchema,
  createdAt: z.string(),
});

export const artifactSchema = z.object({
  digest: digestSchema,
  name: z.string(),
  size: z.number().int(),
  createdAt: z.string(),
  revoked: z.object({ at: z.string(), by: z.string(), reason: z.string() }).nullable(),
  /** Since when the stored bytes are known to differ from the digest; null: they are whole. */
  damagedAt: z.string().nullable(),
  /** False: it was recorded by its digest, and its bytes lie elsewhere. */
  kept: z.boolean().default(true),
  reference: z.string().nullable().default(null),
  builds: z.array(buildSchema),
  attestations: z.array(attestationSchema),
  /** What others signed about it and handed in, and who registered signed each; `unsigned` says why nobody did. */
  handedIn: z
    .array(
      z.object({
        id: idOf('rat'),
        service: z.string(),
        predicateType: z.string(),
        envelope: digestSchema,
        createdAt: z.string(),
        key: z.object({ name: z.string(), keyId: z.string() }).nullable(),
        identity: signerIdentitySchema.nullable(),
        unsigned: z.string().nullable(),
      }),
    )
    .default([]),
});

const digestParams = z.object({ digest: digestSchema });
const reads = { kind: 'may', action: 'artifact.read', list: true } as const;

export const listArtifacts = defineRoute({
  method: 'GET',
  path: '/v1/artifacts',
  summary: 'Builds of artifacts, newest first',
  access: reads,
  query: z.object({ ...pageQuery, service: nameSchema.optional(), commit: commitSchema.optional(), run: idOf('run').optional() }),
  answer: pageOf(buildSchema),
});

export const getArtifact = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}',
  summary: 'One artifact with its builds and what is attested of it',
  access: reads,
  params: digestParams,
  answer: artifactSchema,
});

export const getArtifactBytes = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/bytes',
  summary: 'The bytes; the stream breaks off where they are not what the digest says',
  access: reads,
  params: digestParams,
  answer: { bytes: true, mediaType: 'application/octet-stream', limit: 2 * 1024 ** 3 },
});

export const getArtifactSbom = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/sbom',
  summary: 'The CycloneDX SBOM',
  access: reads,
  params: digestParams,
  answer: { bytes: true, mediaType: 'application/vnd.cyclonedx+json', limit: 64 * 1024 ** 2 },
});

export const getArtifactFiles = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/files',
  summary: 'What an artifact holds: the files of its archive, the first 2,000 of at most 1 GiB',
  access: reads,
  params: digestParams,
  transaction: 'none',
  answer: z.object({
    items: z.array(
      z.object({ path: z.string(), kind: z.enum(['file', 'folder', 'link', 'other']), size: z.number().int(), to: z.string() }),
    ),
    /** Whether these are all; `why` says why not. */
    complete: z.boolean(),
    why: z.string().nullable(),
  }),
});

const storedEnvelope = z.object({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })),
});

export const getArtifactAttestations = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/attestations',
  summary: 'The signed statements: in-toto in DSSE envelopes; `envelope` is null where its bytes are gone',
  access: reads,
  params: digestParams,
  answer: z.object({ items: z.array(attestationSchema.extend({ envelope: storedEnvelope.nullable() })) }),
});

export const reproductionSchema = z.object({
  id: idOf('rpd'),
  digest: digestSchema,
  /** What the rebuild gave. */
  other: digestSchema,
  same: z.boolean(),
  /** Whether another runner built it again. */
  runners: z.enum(['other', 'same', 'unknown']),
  /** The names of the runners that built it the first time and again; null: not known. */
  builtOn: z.string().nullable().default(null),
  rebuiltOn: z.string().nullable().default(null),
  /** Where they differ; empty: nowhere. `paths` are the first 50, `why` says of text files what differs in them. */
  causes: z.array(
    z.object({
      cause: z.string(),
      count: z.number().int(),
      paths: z.array(z.string()),
      why: z.array(z.object({ path: z.string(), why: z.string() })),
    }),
  ),
  requestedBy: z.string(),
  at: z.string(),
});
export type ReproductionView = z.infer<typeof reproductionSchema>;

/** A rebuild that was asked for; `compared` ones have their `reproduction`. */
export const rebuildSchema = z.object({
  id: idOf('rbd'),
  digest: digestSchema,
  run: idOf('run'),
  anyRunner: z.boolean(),
  state: z.enum(['building', 'compared', 'failed']),
  /** Why there is nothing to compare. */
  why: z.string().nullable(),
  reproduction: idOf('rpd').nullable(),
  requestedBy: z.string(),
  at: z.string(),
});
export type RebuildView = z.infer<typeof rebuildSchema>;

export const listReproductions = defineRoute({
  method: 'GET',
  path: '/v1/artifacts/{digest}/reproductions',
  summary: 'The rebuilds that an artifact was compared with',
  access: reads,
  params: digestParams,
  answer: z.object({
    items: z.array(reproductionSchema),
    /** What was asked for, newest first, also where it is being built, or nothing came of it. */
    rebuilds: z.array(rebuildSchema).default([]),
  }),
});

export const rebuildArtifact = defineRoute({
  method: 'POST',
  path: '/v1/artifacts/{digest}/rebuilds',
  summary: 'Build the commit of an artifact again, on another runner, and compare what comes of it',
  access: { kind: 'may', action: 'run.start', list: true },
  params: digestParams,
  transaction: 'none',
  /** `anyRunner`: also on the one that built it the first time. */
  body: z.strictObject({ anyRunner: z.boolean().default(false) }),
  status: 201,
  answer: rebuildSchema,
});

export const compareReproduction = defineRoute({
  method: 'POST',
  path: '/v1/artifacts/{digest}/reproductions',
  summary: 'Compare an artifact with what another run of the same commit made, and say where they differ',
  access: { kind: 'may', action: 'run.start', list: true },
  params: digestParams,
  transaction: 'none',
  body: z.strictObject({ run: idOf('run') }),
  answer: reproductionSchema,
});

export const revokeArtifact = defineRoute({
  method: 'POST',
  path: '/v1/artifacts/{digest}/revoke',
  summary: 'Take an artifact out of use for ever; asked of every service that built it',
  access: { kind: 'may', action: 'artifact.revoke', list: true },
  params: digestParams,
  body: z.strictObject({ reason: z.string().trim().min(3).max(1000) }),
  answer: artifactSchema,
});

export const artifactRoutes = [
  listArtifacts,
  getArtifact,
  getArtifactBytes,
  getArtifactSbom,
  getArtifactFiles,
  getArtifactAttestations,
  listReproductions,
  compareReproduction,
  rebuildArtifact,
  revokeArtifact,
] as const;
