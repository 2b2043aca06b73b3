import type { Digest } from '../../../kernel/digest.ts';
import type { Alone } from '../../../platform/lease.work.ts';
import { wrongDigest } from '../registries.problems.ts';
import { descriptorOf, indexManifest, type Descriptor, type Manifest } from './manifest.ts';
import { referrersTag } from './names.ts';
import type { OciRepository } from './repository.http.ts';

/** Other tools may write the same referrers tag at the same moment; ours is looked for and written again this often. */
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
 * That schema knows no lock: `alone` keeps our own writers apart, so that none writes an index without another's entry.
 */
export async function attach(repository: OciRepository, manifest: Manifest, alone: Alone): Promise<void> {
  const { subject } = manifest;
  if (subject === null) throw new Error('a referrer has a subject');
  const { keptSubject } = await repository.putManifest(manifest);
  if (keptSubject) return;
  const tag = referrersTag(subject.digest);
  const { artifactType, annotations } = manifest;
  const own = { ...descriptorOf(manifest), ...(artifactType === null ? {} : { artifactType }), annotations: { ...annotations } };
  const isThere = await alone(`oci-referrers ${repository.host}/${repository.name}@${subject.digest}`, async () => {
    for (let writes = 0; ; writes += 1) {
      const known = (await repository.manifest(tag))?.manifests ?? [];
      if (known.some((one) => one.digest === manifest.digest)) return true;
      if (writes === TRIES) return false;
      await repository.moveTag(tag, indexManifest([...known, own]));
    }
  });
  if (isThere) return;
  throw wrongDigest({ host: repository.host, what: `${repository.name}:${tag}`, expected: manifest.digest, found: 'an index without it' });
}
