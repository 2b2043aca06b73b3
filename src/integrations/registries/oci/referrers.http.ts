import type { Digest } from '../../../kernel/digest.ts';
import { wrongDigest } from '../registries.problems.ts';
import { descriptorOf, indexManifest, type Descriptor, type Manifest } from './manifest.ts';
import { referrersTag } from './names.ts';
import type { OciRepository } from './repository.http.ts';

/** Others may write the same referrers tag at the same moment; ours is looked for and written again this often. */
const TRIES = 5;

/** What speaks of a manifest: by the referrers API, else by the index under its referrers tag. */
export async function referrersOf(repository: OciRepository, digest: Digest): Promise<readonly Descriptor[]> {
  const asked = await repository.referrersAsked(digest);
  const index = asked ?? (await repository.manifest(referrersTag(digest)));
  return index?.manifests ?? [];
}

/**
 * Puts a manifest whose subject is another one, and makes it findable from there: by the registry itself, or by the
 * index under the referrers tag as the specification describes it ("Referrers Tag Schema"). Repeated it changes nothing.
 */
export async function attach(repository: OciRepository, manifest: Manifest): Promise<void> {
  const { subject } = manifest;
  if (subject === null) throw new Error('a referrer has a subject');
  const { keptSubject } = await repository.putManifest(manifest);
  if (keptSubject) return;
  const tag = referrersTag(subject.digest);
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const known = (await repository.manifest(tag))?.manifests ?? [];
    if (known.some((one) => one.digest === manifest.digest)) return;
    const { artifactType, annotations } = manifest;
    const own = { ...descriptorOf(manifest), ...(artifactType === null ? {} : { artifactType }), annotations: { ...annotations } };
    await repository.moveTag(tag, indexManifest([...known, own]));
  }
  throw wrongDigest({ host: repository.host, what: `${repository.name}:${tag}`, expected: manifest.digest, found: 'an index without it' });
}
