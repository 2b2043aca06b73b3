import { z } from 'zod';
import { canonicalBytes } from '../../../kernel/canonical.ts';
import { digestOf, isDigest, type Digest } from '../../../kernel/digest.ts';
import { hasDuplicateKeys } from '../../../kernel/strict-json.ts';

/** Manifests of the OCI image specification 1.1 and their Docker predecessors (https://github.com/opencontainers/image-spec). */
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const MANIFEST_TYPES = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST] as const;
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
/** Registries take manifests up to 4 MiB; more is refused before it is read. */
export const MANIFEST_BYTES = 4 * 1024 ** 2;
const MOST = 1000;
const BLOB_MOST = 1024 ** 4;

const annotations = z.record(z.string().max(1000), z.string().max(100_000)).optional();
const descriptorSchema = z.looseObject({
  mediaType: z.string().min(3).max(255),
  digest: z.custom<Digest>(isDigest, 'only sha256 digests are taken'),
  size: z.number().int().min(0).max(BLOB_MOST),
  annotations,
  artifactType: z.string().max(255).optional(),
  /** Bytes that lie elsewhere by address: Docker's foreign layers. */
  urls: z.array(z.string()).max(10).optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

const imageSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().max(255).optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(MOST),
  subject: descriptorSchema.optional(),
  annotations,
});
const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().max(255).optional(),
  manifests: z.array(descriptorSchema).max(MOST),
  subject: descriptorSchema.optional(),
  annotations,
});

/** A manifest as its bytes are; only what a copy needs is read out of it. */
export type Manifest = {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** Config and layers of an image. */
  readonly blobs: readonly Descriptor[];
  /** The manifests of an index. */
  readonly manifests: readonly Descriptor[];
  readonly subject: Descriptor | null;
};

/**
 * Reads a manifest as `mediaType` says, or says why not. What could be read as an image and as an index at once, or
 * names a member twice, is refused: two readers would see two images (CVE-2021-41190).
 */
export function readManifest(bytes: Uint8Array, mediaType: string): Manifest | string {
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isIndex = type === OCI_INDEX || type === DOCKER_LIST;
  if (!isIndex && type !== OCI_MANIFEST && type !== DOCKER_MANIFEST) return `its type is ${mediaType.slice(0, 100) || 'not given'}`;
  if (bytes.length > MANIFEST_BYTES) return `it is larger than ${MANIFEST_BYTES} bytes`;
  const value = parse(bytes);
  if (typeof value === 'string') return value;
  if ('manifests' in value && ('layers' in value || 'config' in value || 'fsLayers' in value)) return 'it is an image and an index at once';
  const parsed = isIndex ? indexSchema.safeParse(value) : imageSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `it has another form at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  }
  const { data } = parsed;
  if (data.mediaType !== undefined && data.mediaType !== type)
    return `it calls itself ${data.mediaType.slice(0, 100)} and was sent as ${type}`;
  const blobs = 'layers' in data ? [data.config as Descriptor, ...(data.layers as Descriptor[])] : [];
  return {
    mediaType: type,
    digest: digestOf(bytes),
    bytes,
    artifactType: data.artifactType ?? ('config' in data ? artifactTypeOf(data.config as Descriptor) : null),
    annotations: data.annotations ?? {},
    blobs,
    manifests: 'manifests' in data ? (data.manifests as Descriptor[]) : [],
    subject: data.subject ?? null,
  };
}

/** Before artifactType there was the media type of the config. */
function artifactTypeOf(config: Descriptor): string | null {
  return config.mediaType === EMPTY_TYPE ? null : config.mediaType;
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object';
    return hasDuplicateKeys(text) ? 'it names a member twice' : (value as Readonly<Record<string, unknown>>);
  } catch {
    return 'it is no JSON';
  }
}

/** The descriptor of a manifest, for an index or as a subject. */
export function descriptorOf(manifest: Manifest): Descriptor {
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
}

/** The config of what is no image: the two bytes `{}`, as the image specification gives them. */
export const EMPTY_CONFIG = Buffer.from('{}');
const emptyDescriptor: Descriptor = { mediaType: EMPTY_TYPE, digest: digestOf(EMPTY_CONFIG), size: EMPTY_CONFIG.length };

export type ArtifactParts = {
  readonly artifactType: string;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly subject?: Descriptor;
};

/** A manifest for bytes that are no image. The same parts give the same bytes, so that who pushes twice changes nothing. */
export function artifactManifest({ artifactType, layers, annotations: said, subject }: ArtifactParts): Manifest {
  return made(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: emptyDescriptor,
    layers,
    ...(subject === undefined ? {} : { subject }),
    ...(Object.keys(said).length === 0 ? {} : { annotations: said }),
  });
}

/** An index of these manifests: what a referrers tag leads to. */
export function indexManifest(manifests: readonly Descriptor[]): Manifest {
  return made(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}

function made(mediaType: string, value: unknown): Manifest {
  const manifest = readManifest(canonicalBytes(value), mediaType);
  if (typeof manifest === 'string') throw new Error(`our own manifest: ${manifest}`);
  return manifest;
}
