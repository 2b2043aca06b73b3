import { z } from 'zod';
import { commitSchema, digestSchema, idOf, instantSchema, lineSchema, nameSchema } from './common.ts';
import { defineRoute } from './route.ts';
import { TRUST } from './runner.ts';

/**
 * What a CI of your own tells: builds, reports, artifacts and attestations of what it built. Told twice is once, in any
 * order; everything is bound by service, run, name, commit and digest. `ym record` and plain curl send the same.
 */

/** One line of visible characters: ids and names as other systems write them. */
const foreign = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\0-\x1f\x7f]+$/, 'one line without control characters');

export const systemSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits, dots and dashes');
export const webUrlSchema = z
  .string()
  .max(2000)
  .refine((text) => /^https?:\/\/[^\s"'<>\\]+$/.test(text) && URL.canParse(text), 'an http or https address');
export const artifactNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/, 'letters, digits, dots, dashes and underscores, 128 at most');

/** Which run of which system. A rerun there is another `attempt`. */
const externalFields = {
  service: nameSchema,
  /** `github-actions`, `gitlab-ci`, `jenkins` ... or any name of your own. */
  system: systemSchema,
  /** The id of the run in that system. */
  id: foreign(200),
  attempt: z.coerce.number().int().min(1).max(100_000).default(1),
  url: webUrlSchema.optional(),
  commit: commitSchema,
  /** The whole ref: `refs/heads/main`. */
  ref: z.string().min(1).max(250).optional(),
};
const jobField = { job: foreign(200).default('build') };

export const externalSchema = z.object({ system: z.string(), id: z.string(), attempt: z.number().int(), url: z.string().nullable() });

export const toldSchema = z.object({
  by: z.string(),
  via: z.enum(['session', 'token', 'workload', 'machine']),
  workload: z
    .object({
      trust: z.string(),
      issuer: z.string(),
      subject: z.string(),
      repository: z.string().nullable(),
      repositoryId: z.string().nullable(),
      ref: z.string().nullable(),
      refProtected: z.boolean().nullable(),
      workflow: z.string().nullable(),
      environment: z.string().nullable(),
      runId: z.string().nullable(),
      sha: z.string().nullable(),
    })
    .nullable(),
});

const recorded = {
  run: idOf('run'),
  /** False: it was told before, and nothing changed. */
  fresh: z.boolean(),
  /** As the server judged it: by the workload's claims, or by where the commit stands in our copy of the repository. */
  trust: z.enum(TRUST),
};

export const RECORDED_STATES = ['running', 'succeeded', 'failed', 'cancelled'] as const;

export const recordBuild = defineRoute({
  method: 'POST',
  path: '/v1/record/builds',
  summary: 'Tell how a run of a foreign CI, or one job of it, stands; told twice is once',
  access: { kind: 'may', action: 'record.write', on: ['body.service'] },
  transaction: 'none',
  body: z.strictObject({
    ...externalFields,
    attempt: z.number().int().min(1).max(100_000).default(1),
    /** Absent: it is about the run as a whole. */
    job: foreign(200).optional(),
    state: z.enum(RECORDED_STATES),
    startedAt: instantSchema.optional(),
    finishedAt: instantSchema.optional(),
  }),
  answer: z.object({ ...recorded, state: z.string(), job: z.string().nullable() }),
});

const ARTIFACT_LIMIT = 2 * 1024 ** 3;
const REPORT_LIMIT = 200 * 1024 ** 2;

export const recordArtifact = defineRoute({
  method: 'POST',
  path: '/v1/record/artifacts',
  summary: 'Tell that a foreign CI made an artifact, and upload its bytes; the digest is computed here',
  access: { kind: 'may', action: 'record.write', on: ['query.service'] },
  transaction: 'none',
  query: z.object({ ...externalFields, ...jobField, name: artifactNameSchema, digest: digestSchema.optional() }),
  body: { bytes: true, mediaType: 'application/octet-stream', limit: ARTIFACT_LIMIT },
  answer: z.object({ ...recorded, name: z.string(), digest: digestSchema, size: z.number().int(), kept: z.boolean() }),
});

export const recordArtifactDigest = defineRoute({
  method: 'POST',
  path: '/v1/record/artifact-digests',
  summary: 'Tell that a foreign CI made an artifact that lies elsewhere: its digest and where',
  access: { kind: 'may', action: 'record.write', on: ['body.service'] },
  transaction: 'none',
  body: z.strictObject({
    ...externalFields,
    ...jobField,
    attempt: z.number().int().min(1).max(100_000).default(1),
    name: artifactNameSchema,
    digest: digestSchema,
    /** `registry.example.org/shop@sha256:...`: a word for people and scripts, never fetched here. */
    reference: foreign(1000).optional(),
  }),
  answer: recordArtifact.answer,
});

export const recordReport = defineRoute({
  method: 'POST',
  path: '/v1/record/reports',
  summary: 'Upload a report of a foreign CI: it speaks for its run, for the artifact of a name at its commit, or for a digest',
  access: { kind: 'may', action: 'record.write', on: ['query.service'] },
  transaction: 'none',
  query: z.object({
    ...externalFields,
    ...jobField,
    kind: z.string().regex(/^[a-z0-9-]{1,40}$/),
    /** Default: the job and the kind. Two reports of one kind in a job need two names. */
    name: foreign(250).optional(),
    /** It speaks for the artifact of this name that is made from this commit, by whichever run, now or later. */
    artifact: artifactNameSchema.optional(),
    /** It speaks for these very bytes. */
    digest: digestSchema.optional(),
    path: foreign(1000).optional(),
  }),
  body: { bytes: true, mediaType: 'application/octet-stream', limit: REPORT_LIMIT },
  answer: z.object({
    ...recorded,
    kind: z.string(),
    name: z.string(),
    digest: digestSchema,
    /** null: it is read in a moment, or was told before. */
    report: z.object({ id: idOf('rep'), state: z.string(), reason: z.string().nullable() }).nullable(),
  }),
});

const envelopeSchema = z.strictObject({
  payloadType: lineSchema,
  payload: z.string().min(1).max(700_000),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200).default(''), sig: z.string().min(1).max(2000) }))
    .min(1)
    .max(10),
});

export const signerIdentitySchema = z.object({
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  repository: z.string().nullable(),
  ref: z.string().nullable(),
  commit: z.string().nullable(),
});

export const recordAttestation = defineRoute({
  method: 'POST',
  path: '/v1/record/attestations',
  summary:
    'Hand in a signed in-toto statement about an artifact, before or after the artifact is known: a DSSE envelope, or a Sigstore bundle',
  access: { kind: 'may', action: 'record.write', on: ['body.service'] },
  body: z.strictObject({
    service: nameSchema,
    /** One of the two. */
    envelope: envelopeSchema.optional(),
    /** The JSON text of a Sigstore bundle (v0.1 to v0.3) of a DSSE envelope. */
    bundle: z.string().min(2).max(900_000).optional(),
  }),
  answer: z.object({
    digests: z.array(digestSchema),
    predicateType: z.string(),
    fresh: z.boolean(),
    /** The registered key whose signature verifies; null: none of them, and until one does it proves nothing. */
    key: z.object({ name: z.string(), keyId: z.string() }).nullable(),
    /** The registered identity whose certificate signed it, as the certificate says it; null: none of them. */
    identity: signerIdentitySchema.nullable().default(null),
    /** Why nobody registered signed it; null: somebody did. */
    unsigned: z.string().nullable().default(null),
  }),
});

export const recorderKeySchema = z.object({
  id: idOf('rky'),
  name: z.string(),
  keyId: z.string(),
  services: z.array(z.string()).nullable(),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});

export const listRecorderKeys = defineRoute({
  method: 'GET',
  path: '/v1/recorder-keys',
  summary: 'Keys whose attestations of recorded builds count',
  access: { kind: 'may', action: 'policy.read' },
  answer: z.object({ items: z.array(recorderKeySchema) }),
});

export const addRecorderKey = defineRoute({
  method: 'POST',
  path: '/v1/recorder-keys',
  summary: 'Trust a public key to sign attestations of recorded builds',
  access: { kind: 'may', action: 'admin.operate' },
  body: z.strictObject({
    name: nameSchema,
    /** SPKI in PEM: Ed25519 or ECDSA P-256. */
    publicKey: z.string().min(50).max(4000),
    services: z.array(nameSchema).min(1).max(200).optional(),
  }),
  status: 201,
  answer: recorderKeySchema,
});

export const revokeRecorderKey = defineRoute({
  method: 'DELETE',
  path: '/v1/recorder-keys/{key}',
  summary: 'Trust a key no more: what it signed proves nothing from now on',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.object({ key: idOf('rky') }),
  answer: recorderKeySchema,
});

export const recorderIdentitySchema = z.object({
  id: idOf('rid'),
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  repository: z.string().nullable(),
  services: z.array(z.string()).nullable(),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});

export const listRecorderIdentities = defineRoute({
  method: 'GET',
  path: '/v1/recorder-identities',
  summary: 'Identities of Sigstore certificates whose attestations of recorded builds count',
  access: { kind: 'may', action: 'policy.read' },
  answer: z.object({ items: z.array(recorderIdentitySchema) }),
});

export const addRecorderIdentity = defineRoute({
  method: 'POST',
  path: '/v1/recorder-identities',
  summary: 'Trust an identity of Sigstore certificates to sign attestations of recorded builds',
  access: { kind: 'may', action: 'admin.operate' },
  body: z.strictObject({
    name: nameSchema,
    issuer: webUrlSchema,
    /** As the certificate's subject alternative name has it; one `*` at its end stands for any rest without `@`. */
    subject: foreign(1000),
    /** The source repository that the certificate must name: `https://github.com/acme/ci`. Absent: the service's own. */
    repository: webUrlSchema.optional(),
    services: z.array(nameSchema).min(1).max(200).optional(),
  }),
  status: 201,
  answer: recorderIdentitySchema,
});

export const revokeRecorderIdentity = defineRoute({
  method: 'DELETE',
  path: '/v1/recorder-identities/{identity}',
  summary: 'Trust an identity no more: what it signed proves nothing from now on',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.object({ identity: idOf('rid') }),
  answer: recorderIdentitySchema,
});

export const sigstoreRootSchema = z.object({
  id: idOf('sgr'),
  name: z.string(),
  /** The digest of the document's canonical bytes. */
  document: z.string(),
  authorities: z.array(z.string()),
  logs: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});

export const listSigstoreRoots = defineRoute({
  method: 'GET',
  path: '/v1/sigstore-roots',
  summary: 'Sigstore instances that certificates are judged by',
  access: { kind: 'may', action: 'policy.read' },
  answer: z.object({ items: z.array(sigstoreRootSchema) }),
});

export const addSigstoreRoot = defineRoute({
  method: 'POST',
  path: '/v1/sigstore-roots',
  summary: 'Trust a Sigstore instance by its trusted_root.json; nothing is fetched, now or later',
  access: { kind: 'may', action: 'admin.operate' },
  body: z.strictObject({
    name: nameSchema,
    /** The JSON text of the document. */
    document: z.string().min(2).max(500_000),
  }),
  status: 201,
  answer: sigstoreRootSchema,
});

export const revokeSigstoreRoot = defineRoute({
  method: 'DELETE',
  path: '/v1/sigstore-roots/{root}',
  summary: 'Trust a Sigstore instance no more',
  access: { kind: 'may', action: 'admin.operate' },
  params: z.object({ root: idOf('sgr') }),
  answer: sigstoreRootSchema,
});

export const recordRoutes = [
  recordBuild,
  recordArtifact,
  recordArtifactDigest,
  recordReport,
  recordAttestation,
  listRecorderKeys,
  addRecorderKey,
  revokeRecorderKey,
  listRecorderIdentities,
  addRecorderIdentity,
  revokeRecorderIdentity,
  listSigstoreRoots,
  addSigstoreRoot,
  revokeSigstoreRoot,
] as const;
