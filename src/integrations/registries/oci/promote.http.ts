import type { Carried, CarriedDocument, Copied, PromotionJob } from '../../../artifacts/promotion/registry.port.ts';
import type { Digest } from '../../../kernel/digest.ts';
import { digestOf } from '../../../kernel/digest.ts';
import type { Floor } from '../../../platform/floor.ts';
import { alone, type Alone } from '../../../platform/lease.work.ts';
import type { Format, RegistryAt } from '../format.ts';
import { badSettings, notThere } from '../registries.problems.ts';
import { copyImage, readBack } from './copy.http.ts';
import { artifactManifest, descriptorOf, EMPTY_CONFIG, type Descriptor, type Manifest } from './manifest.ts';
import { isRepository, isTag } from './names.ts';
import { attach, referrersOf } from './referrers.http.ts';
import type { OciRepository, Source } from './repository.http.ts';
import { allOf, repositoryAt, sourceAt } from './source.http.ts';

/** What an artifact that is no image calls itself in an OCI registry. */
export const ARTIFACT_TYPE = 'application/vnd.yardmaster.artifact.v1';
const STATEMENT_TYPE = 'application/vnd.in-toto+json';
const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';
/** As cosign and gh lay a Sigstore bundle beside an image. */
const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PREDICATE = 'in-toto.io/predicate-type';
const ENVELOPE_LIMIT = 4 * 1024 ** 2;

/**
 * Promotion into an OCI registry. An image is copied as it is, from the registry where it lies, with all that speaks of
 * it there; other bytes become the one layer of a manifest of their own, so that their digest is the registry's name for
 * them. Statements and documents are referrers of the manifest. All is read back before the tag is given.
 */
export const ociFormat: Format = {
  vendor: 'oci',
  wrong: (repository) => (isRepository(repository) ? null : `"${repository.slice(0, 100)}" is no name of a repository`),
  async location(at, job) {
    const digest = job.artifact.kept ? manifestFor(job).digest : job.artifact.digest;
    if (!job.artifact.kept) await sourceAt(allOf(at), job.artifact);
    return `oci://${new URL(at.connection.url).host}/${job.repository}@${digest}`;
  },
  async copy(at, job, along, beforeTag): Promise<Copied> {
    if (job.tag !== null && !isTag(job.tag)) throw badSettings({ why: `"${job.tag}" is no tag` });
    const { target, manifest } = job.artifact.kept ? await pushBytes(at, job) : await pushImage(at, job);
    const said = await attachAll(at.floor, target, manifest, along, aloneOf(at, job));
    await readBack(target, manifest.digest);
    const found = new Set((await referrersOf(target, manifest.digest)).map((one) => one.digest));
    for (const one of said) {
      if (!found.has(one)) throw notThere({ host: target.host, what: `${one} among what refers to ${manifest.digest}` });
      await readBack(target, one);
    }
    await beforeTag();
    if (job.tag !== null) await target.tag(job.tag, manifest);
    return { manifest: manifest.digest, carried: said.length };
  },
};

/** The same artifact, version and source give the same manifest, whoever makes it and however often. */
function manifestFor({ artifact, version, source }: PromotionJob): Manifest {
  const { name, digest, size } = artifact;
  // A tool that pulls it writes a file of this name.
  const title = name.includes('.') ? name : `${name}.tar.gz`;
  const annotations = {
    'org.opencontainers.image.title': name,
    ...(version === null ? {} : { 'org.opencontainers.image.version': version }),
    ...(source.commit === null ? {} : { 'org.opencontainers.image.revision': source.commit }),
    ...(source.repository === null ? {} : { 'org.opencontainers.image.source': source.repository }),
  };
  const layer = { mediaType: 'application/octet-stream', digest, size, annotations: { 'org.opencontainers.image.title': title } };
  return artifactManifest({ artifactType: ARTIFACT_TYPE, layers: [layer], annotations });
}

async function pushBytes(at: RegistryAt, job: PromotionJob): Promise<{ target: OciRepository; manifest: Manifest }> {
  const target = repositoryAt(at, job.repository, 'pull,push');
  const { digest, size } = job.artifact;
  await target.push(bytesSource(EMPTY_CONFIG), null);
  await target.push({ digest, size, open: () => opened(at.floor, digest) }, null);
  const manifest = manifestFor(job);
  await target.putManifest(manifest);
  return { target, manifest };
}

async function pushImage(at: RegistryAt, job: PromotionJob): Promise<{ target: OciRepository; manifest: Manifest }> {
  const { source, manifest } = await sourceAt(allOf(at), job.artifact);
  const target = repositoryAt(at, job.repository, 'pull,push', source.host === new URL(at.connection.url).host ? [source.name] : []);
  await copyImage(source, target, manifest, { referrers: true, alone: aloneOf(at, job) });
  return { target, manifest };
}

function aloneOf({ floor }: RegistryAt, { org }: PromotionJob): Alone {
  return (name, act) => alone(floor, org, name, act);
}

/** Makes referrers of what goes along; answers the digests of their manifests. */
async function attachAll(
  floor: Floor,
  target: OciRepository,
  about: Manifest,
  along: { readonly statements: readonly Carried[]; readonly documents: readonly CarriedDocument[] },
  byItself: Alone,
): Promise<Digest[]> {
  const subject = descriptorOf(about);
  await target.push(bytesSource(EMPTY_CONFIG), null);
  const said: Digest[] = [];
  const put = async (artifactType: string, layer: Descriptor, annotations: Readonly<Record<string, string>>): Promise<void> => {
    const manifest = artifactManifest({ artifactType, layers: [layer], annotations, subject });
    await attach(target, manifest, byItself);
    said.push(manifest.digest);
  };
  for (const { envelope, predicateType, bundle = false } of along.statements) {
    const bytes = await floor.blobs.read(envelope, ENVELOPE_LIMIT);
    await target.push(bytesSource(bytes), null);
    const annotations = { [PREDICATE]: predicateType };
    const [type, mediaType] = bundle ? [BUNDLE_TYPE, BUNDLE_TYPE] : [STATEMENT_TYPE, ENVELOPE_TYPE];
    await put(type, { mediaType, digest: envelope, size: bytes.length, annotations }, annotations);
  }
  for (const { mediaType, digest, size } of along.documents) {
    await target.push({ digest, size, open: () => opened(floor, digest) }, null);
    await put(mediaType, { mediaType, digest, size }, {});
  }
  return said;
}

async function* opened(floor: Floor, digest: Digest): AsyncGenerator<Uint8Array> {
  yield* await floor.blobs.open(digest);
}

function bytesSource(bytes: Uint8Array): Source {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}
