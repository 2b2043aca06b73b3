// What lies in an OCI registry, by its distribution specification alone: nothing of the product is used.
import { createHash } from 'node:crypto';

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

type Named = { readonly digest: string };
type Manifest = Named & {
  readonly config?: Named;
  readonly layers?: readonly Named[];
  readonly manifests?: readonly Named[];
  readonly subject?: Named;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
};
export type Outside = {
  readonly name: string;
  readonly manifest: (reference: string) => Promise<Manifest | null>;
  readonly blob: (digest: string) => Promise<Buffer>;
};

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Asks a repository of the registry at `url` with a user and a password. */
export function repositoryAt(url: string, user: string, password: string, name: string): Outside {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const get = async (path: string, accept = '*/*'): Promise<Buffer | null> => {
    const answer = await fetch(`${url}/v2/${name}/${path}`, { headers: { authorization, accept } });
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw new Error(`${path} of ${name} answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  };
  return {
    name,
    async manifest(reference) {
      const bytes = await get(`manifests/${reference}`, MANIFESTS);
      if (bytes === null) return null;
      const digest = digestOf(bytes);
      if (reference.startsWith('sha256:') && digest !== reference) throw new Error(`${reference} of ${name} holds other bytes`);
      return { ...(JSON.parse(bytes.toString('utf8')) as Omit<Manifest, 'digest'>), digest };
    },
    async blob(digest) {
      const bytes = await get(`blobs/${digest}`);
      if (bytes === null) throw new Error(`${name} names ${digest} and does not have it`);
      if (digestOf(bytes) !== digest) throw new Error(`${digest} of ${name} holds other bytes`);
      return bytes;
    },
  };
}

export type Whole = Named & { readonly layers: readonly string[]; readonly kinds: readonly string[] };

/**
 * What a tag leads to, with everything that it names and everything that speaks of it, each read and hashed; null: no such
 * tag. Throws where anything that is named is not there, not what its digest says, or named twice.
 */
export async function whole(repository: Outside, tag: string): Promise<Whole | null> {
  const root = await repository.manifest(tag);
  if (root === null) return null;
  const layers: string[] = [];
  for (const { digest } of [...(root.config === undefined ? [] : [root.config]), ...(root.layers ?? [])]) {
    await repository.blob(digest);
    layers.push(digest);
  }
  const index = await repository.manifest(root.digest.replace(':', '-'));
  const speakers = (index?.manifests ?? []).map(({ digest }) => digest);
  if (new Set(speakers).size !== speakers.length) throw new Error(`something speaks of ${tag} twice`);
  const kinds: string[] = [];
  for (const digest of speakers) {
    const speaker = await repository.manifest(digest);
    if (speaker === null) throw new Error(`${digest} is said to speak of ${tag} and is not there`);
    if (speaker.subject?.digest !== root.digest) throw new Error(`${digest} speaks of something else than ${tag}`);
    for (const layer of speaker.layers ?? []) await repository.blob(layer.digest);
    kinds.push(speaker.annotations?.['in-toto.io/predicate-type'] ?? speaker.artifactType ?? '');
  }
  return { digest: root.digest, layers, kinds: kinds.toSorted() };
}
