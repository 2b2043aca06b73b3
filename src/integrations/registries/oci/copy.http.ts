import type { Alone } from '../../../platform/lease.work.ts';
import { badManifest, notThere } from '../registries.problems.ts';
import { attach, referrersOf } from './referrers.http.ts';
import type { Manifest } from './manifest.ts';
import type { OciRepository } from './repository.http.ts';

/** An index may hold indexes; deeper ones are nobody's image. */
const DEPTH = 4;
/** What speaks of one manifest: more than this is not carried along, and said. */
const REFERRERS = 500;

export type Copied = { readonly manifests: number; readonly blobs: number; readonly mounted: number; readonly uploaded: number };

/**
 * Copies an image, or an index with all of its images, by digest from one repository to another: blobs first, then what
 * names them, so that nothing visible is ever in pieces. What is there already is not sent again; where both are of one
 * registry blobs are mounted. With `referrers`, what speaks of each manifest (signatures, attestations) comes along.
 */
export async function copyImage(
  from: OciRepository,
  to: OciRepository,
  root: Manifest,
  options: { readonly referrers: boolean; readonly alone: Alone },
): Promise<Copied> {
  const done = { manifests: 0, blobs: 0, mounted: 0, uploaded: 0 };
  const seen = new Set<string>();
  const copy = async (manifest: Manifest, depth: number): Promise<void> => {
    if (seen.has(manifest.digest)) return;
    seen.add(manifest.digest);
    if (depth > DEPTH) throw badManifest({ host: from.host, what: manifest.digest, why: 'it holds indexes in indexes' });
    for (const child of manifest.manifests) await copy(await must(from, child.digest), depth + 1);
    for (const blob of manifest.blobs) {
      if (blob.urls !== undefined && blob.urls.length > 0 && !(await from.has(blob))) continue;
      const open = (): AsyncIterable<Uint8Array> => later(from.blob(blob));
      const how = await to.push({ digest: blob.digest, size: blob.size, open }, from.host === to.host ? from.name : null);
      done.blobs += 1;
      if (how !== 'there') done[how] += 1;
    }
    if (manifest.subject === null) await to.putManifest(manifest);
    else await attach(to, manifest, options.alone);
    done.manifests += 1;
    if (!options.referrers) return;
    const referrers = await referrersOf(from, manifest.digest);
    if (referrers.length > REFERRERS)
      throw badManifest({ host: from.host, what: manifest.digest, why: `more than ${REFERRERS} things speak of it` });
    for (const one of referrers) {
      const speaker = await must(from, one.digest);
      if (speaker.subject?.digest === manifest.digest) await copy(speaker, depth + 1);
    }
  };
  await copy(root, 0);
  return done;
}

async function must(from: OciRepository, digest: string): Promise<Manifest> {
  const manifest = await from.manifest(digest);
  if (manifest === null) throw notThere({ host: from.host, what: `manifest ${digest} in ${from.name}` });
  return manifest;
}

/** A stream that is still to be opened. */
async function* later(opened: Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
  yield* await opened;
}

/** Reads back everything that a manifest names, from outside, and throws where anything is not what its digest says. */
export async function readBack(from: OciRepository, digest: string): Promise<number> {
  const manifest = await must(from, digest);
  let bytes = manifest.bytes.length;
  for (const child of manifest.manifests) bytes += await readBack(from, child.digest);
  for (const blob of manifest.blobs) {
    if (blob.urls !== undefined && blob.urls.length > 0) continue;
    for await (const part of await from.blob(blob)) bytes += part.length;
  }
  return bytes;
}
