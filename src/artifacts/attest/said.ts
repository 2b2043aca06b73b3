import { z } from 'zod';

/** What a statement says of a build, in one form for every builder; null: it does not say. */
export type Said = {
  readonly predicateType: string;
  readonly subjects: readonly string[];
  /** The builder's id without a version, and the version or ref behind its `@`. */
  readonly builder: string | null;
  readonly builderVersion: string | null;
  /** Host and path of the repository: `github.com/org/name`. Other sources (`gs://...`) as they are. */
  readonly source: string | null;
  readonly commit: string | null;
  /** `refs/heads/main`, `refs/tags/v1`: what was built. */
  readonly ref: string | null;
};

const statementSchema = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1']),
  predicateType: z.string().max(500),
  subject: z
    .array(z.object({ digest: z.record(z.string(), z.string().max(200)) }))
    .min(1)
    .max(10_000),
  predicate: z.record(z.string(), z.unknown()).optional(),
});

/** Reads the signed bytes of an in-toto statement (v0.1, v1) with SLSA provenance v0.1, v0.2 or v1; null: they are none. */
export function readStatement(payload: Uint8Array): Said | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return null;
  }
  const read = statementSchema.safeParse(value);
  if (!read.success) return null;
  const { predicateType, subject, predicate = {} } = read.data;
  const subjects = subject.flatMap(({ digest }) => (digest['sha256'] === undefined ? [] : [`sha256:${digest['sha256']}`]));
  const told = predicateType.startsWith('https://slsa.dev/provenance/') ? provenance(predicateType, predicate) : NOTHING;
  const at = told.builder?.lastIndexOf('@') ?? -1;
  const [builder, builderVersion] =
    at < 0 ? [told.builder, null] : [told.builder?.slice(0, at) ?? null, told.builder?.slice(at + 1) ?? null];
  return { predicateType, subjects, ...told, builder, builderVersion };
}

type Told = {
  readonly builder: string | null;
  readonly source: string | null;
  readonly commit: string | null;
  readonly ref: string | null;
};
const NOTHING: Told = { builder: null, source: null, commit: null, ref: null };

function provenance(type: string, predicate: Readonly<Record<string, unknown>>): Told {
  return type === 'https://slsa.dev/provenance/v1' ? first(predicate) : early(predicate);
}

/** SLSA v1.0: GitHub's, Google's and our own build types name the source in their external parameters. */
function first(predicate: Readonly<Record<string, unknown>>): Told {
  const definition = at(predicate, 'buildDefinition');
  const external = at(definition, 'externalParameters');
  const internal = at(definition, 'internalParameters');
  const from = [at(external, 'workflow'), at(external, 'buildConfigSource'), at(external, 'source')].find(
    (one) => text(one, 'repository') !== null,
  );
  const dependencies = list(definition, 'resolvedDependencies');
  const named = uriOf(text(from, 'repository') ?? text(external, 'source') ?? text(dependencies[0], 'uri'));
  const own = dependencies.find((one) => uriOf(text(one, 'uri')).source === named.source);
  const digest = at(own, 'digest');
  return {
    builder: text(at(at(predicate, 'runDetails'), 'builder'), 'id'),
    source: named.source,
    commit: text(digest, 'gitCommit') ?? text(digest, 'sha1'),
    ref: text(from, 'ref') ?? tagOf(at(internal, 'systemSubstitutions')) ?? named.ref ?? uriOf(text(own, 'uri')).ref,
  };
}

/** SLSA v0.1 and v0.2: `recipe` and `materials`, or `invocation.configSource`. */
function early(predicate: Readonly<Record<string, unknown>>): Told {
  const source = at(at(predicate, 'invocation'), 'configSource');
  const material = list(predicate, 'materials')[0];
  const named = uriOf(text(source, 'uri') ?? text(material, 'uri'));
  const digest = at(source, 'digest') ?? at(material, 'digest');
  const substitutions =
    at(at(at(predicate, 'recipe'), 'arguments'), 'substitutions') ?? at(at(at(predicate, 'invocation'), 'parameters'), 'substitutions');
  return {
    builder: text(at(predicate, 'builder'), 'id'),
    source: named.source,
    commit: text(digest, 'sha1') ?? text(digest, 'gitCommit') ?? named.commit,
    ref: named.ref ?? tagOf(substitutions),
  };
}

/** Google's builder says the tag or branch among its substitutions. */
function tagOf(substitutions: unknown): string | null {
  const tag = text(substitutions, 'TAG_NAME');
  if (tag !== null) return `refs/tags/${tag}`;
  const branch = text(substitutions, 'BRANCH_NAME');
  return branch === null ? null : `refs/heads/${branch}`;
}

/** `git+https://host/path@refs/tags/v1`, `https://host/path/commit/abc`, `https://host/path`, `git+ssh://git@host/path.git@refs/heads/main`. */
function uriOf(uri: string | null): { readonly source: string | null; readonly ref: string | null; readonly commit: string | null } {
  const git = /^(?:git\+)?https:\/\/([^@?#\s]{1,500}?)(?:\.git)?(?:\/commit\/([0-9a-f]{40}))?(?:@(.{1,500}))?$/.exec(uri ?? '');
  if (git === null) {
    // Repositories by ssh, on disk: as they are, without git's own prefix, ending and ref.
    const other = /^(?:git\+)?(.{1,2000}?)(?:\.git)?(?:@(refs\/.{1,500}))?$/.exec(uri?.replace(/#.*$/, '') ?? '');
    return { source: other?.[1] ?? null, ref: other?.[2] ?? null, commit: null };
  }
  return { source: git[1] ?? null, ref: git[3] ?? null, commit: git[2] ?? null };
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown, name: string): string | null {
  const found = at(value, name);
  return typeof found === 'string' && found !== '' && found.length <= 2000 ? found : null;
}

function list(value: unknown, name: string): readonly unknown[] {
  const found = at(value, name);
  return Array.isArray(found) ? found : [];
}
