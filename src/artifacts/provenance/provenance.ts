import { z } from 'zod';
import type { Digest } from '../../kernel/digest.ts';
import { hexOf } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Statement } from './statement.ts';
import { makeStatement, PROVENANCE_PREDICATE } from './statement.ts';

/** What the server planned and the runner's supervisor reported of a build. Nothing here is a step's word. */
export type BuildRecord = {
  readonly org: string;
  /** The service's id: a name can be given to another one day. */
  readonly service: string;
  readonly run: string;
  readonly job: string;
  readonly attempt: number;
  readonly name: string;
  readonly digest: Digest;
  readonly repository: string | null;
  readonly ref: string | null;
  readonly commit: string | null;
  readonly trust: string;
  readonly executor: string;
  readonly isolation: readonly string[];
  readonly planDigest: Digest;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly materials: readonly { readonly path: string; readonly digest: Digest }[];
  readonly inputs: readonly { readonly name: string; readonly digest: Digest }[];
};

export const BUILD_TYPE = 'urn:yardmaster:build:job:v1';

/** Whose builders we trust: all of this organisation. A builder's id is this and its executor. */
export function builderPrefix(org: string): string {
  return `urn:yardmaster:builder:${org}/`;
}

/** The executors that a builder's id can end with. `host` isolates nothing, says so, and is never more than Build L2. */
export const BUILDERS = ['host', 'sandbox'] as const;

const dependency = z.strictObject({ uri: z.string().optional(), name: z.string().optional(), digest: z.record(z.string(), z.string()) });

/**
 * The SLSA v1 provenance that we write and accept. SLSA asks a verifier to refuse external parameters that it does not
 * know, so this is strict.
 */
export const provenanceSchema = z.strictObject({
  buildDefinition: z.strictObject({
    buildType: z.literal(BUILD_TYPE),
    externalParameters: z.strictObject({
      service: z.string(),
      artifact: z.string(),
      source: z.strictObject({ repository: z.string().nullable(), ref: z.string().nullable() }),
    }),
    internalParameters: z.strictObject({
      run: z.string(),
      job: z.string(),
      attempt: z.number().int(),
      trust: z.string(),
      executor: z.string(),
      /** What kept the build from its surroundings, in words; empty: nothing did. */
      isolation: z.array(z.string()),
      plan: z.strictObject({ sha256: z.string() }),
    }),
    resolvedDependencies: z.array(dependency),
  }),
  runDetails: z.strictObject({
    builder: z.strictObject({ id: z.string() }),
    metadata: z.strictObject({ invocationId: z.string(), startedOn: z.string(), finishedOn: z.string() }),
  }),
});
export type Provenance = z.infer<typeof provenanceSchema>;

/** Writes the SLSA v1 provenance of one build (https://slsa.dev/spec/v1.0/provenance). */
export function writeProvenance(build: BuildRecord): Statement<Provenance> {
  return makeStatement(build.name, build.digest, PROVENANCE_PREDICATE, {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { service: build.service, artifact: build.name, source: { repository: build.repository, ref: build.ref } },
      internalParameters: {
        run: build.run,
        job: build.job,
        attempt: build.attempt,
        trust: build.trust,
        executor: build.executor,
        isolation: [...build.isolation],
        plan: { sha256: hexOf(build.planDigest) },
      },
      resolvedDependencies: dependencies(build),
    },
    runDetails: {
      builder: { id: `${builderPrefix(build.org)}${build.executor}` },
      metadata: { invocationId: `${build.run}/${build.job}/${build.attempt}`, startedOn: build.startedAt, finishedOn: build.finishedAt },
    },
  });
}

function dependencies(build: BuildRecord): z.infer<typeof dependency>[] {
  const source =
    build.repository === null || build.commit === null
      ? []
      : [{ uri: sourceUri(build.repository, build.ref), digest: { gitCommit: build.commit } }];
  return [
    ...source,
    ...build.inputs.map(({ name, digest }) => ({ name, digest: { sha256: hexOf(digest) } })),
    ...build.materials.map(({ path, digest }) => ({ name: path, digest: { sha256: hexOf(digest) } })),
  ];
}

/** `git+URL@REF`: how SLSA names a repository at a ref. */
export function sourceUri(repository: string, ref: string | null): string {
  return `git+${repository}${ref === null ? '' : `@${ref}`}`;
}
