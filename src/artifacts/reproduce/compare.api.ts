import { createHash } from 'node:crypto';
import { ARCHIVE_LIMITS } from '../../host/archive-names.ts';
import { readTar } from '../../host/archive.read.ts';
import type { Digest } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Floor } from '../../platform/floor.ts';
import { openArtifact } from '../open.api.ts';
import { differences, whyOf, type Difference, type Entry, type Why } from './difference.ts';

const LIMITS = { ...ARCHIVE_LIMITS, bytes: 4 * 1024 ** 3, entries: 100_000 };
/** So many files are looked into, of at most so many bytes each. */
const LOOKED = 20;
const TEXT = 256 * 1024;

export type Explained = Difference & { readonly why: { readonly path: string; readonly why: Why }[] };

/** How the bytes of two artifacts differ; what is no archive differs in its contents and that is all that is known. */
export async function explain(floor: Floor, org: string, before: Digest, again: Digest): Promise<Explained[]> {
  const [old, now] = [await entriesOf(floor, org, before), await entriesOf(floor, org, again)];
  if (old === null || now === null) return [{ cause: 'contents', count: 1, paths: [], why: [{ path: '', why: 'binary' }] }];
  const found = differences(old, now);
  const changed = found.find(({ cause }) => cause === 'contents')?.paths.slice(0, LOOKED) ?? [];
  if (changed.length === 0) return found.map((one) => ({ ...one, why: [] }));
  const wanted = new Set(changed);
  const [texts, others] = [await textsOf(floor, org, before, wanted), await textsOf(floor, org, again, wanted)];
  const why = changed.map((path) => ({ path, why: whyOf(texts.get(path) ?? null, others.get(path) ?? null) }));
  return found.map((one) => ({ ...one, why: one.cause === 'contents' ? why : [] }));
}

/** The entries of an artifact's archive; null where it is none. */
async function entriesOf(floor: Floor, org: string, digest: Digest): Promise<Entry[] | null> {
  const { stream } = await openArtifact(floor, org, digest);
  const entries: Entry[] = [];
  try {
    for await (const entry of readTar(stream as unknown as AsyncIterable<Uint8Array>, LIMITS)) {
      const hash = createHash('sha256');
      for await (const part of entry.bytes) hash.update(part);
      if (entries.length >= LIMITS.entries) return null;
      const { name, type, size, mode, link: to, modified, owner } = entry;
      entries.push({ path: clean(name), type, size, mode, modified, owner, to: clean(to), digest: `sha256:${hash.digest('hex')}` });
    }
  } catch (error) {
    // Damaged bytes are not a difference of builds.
    if (error instanceof Problem && error.code.startsWith('archive.')) return null;
    throw error;
  }
  return entries;
}

async function textsOf(floor: Floor, org: string, digest: Digest, wanted: ReadonlySet<string>): Promise<Map<string, string>> {
  const { stream } = await openArtifact(floor, org, digest);
  const texts = new Map<string, string>();
  for await (const entry of readTar(stream as unknown as AsyncIterable<Uint8Array>, LIMITS)) {
    if (!wanted.has(clean(entry.name)) || entry.size > TEXT) continue;
    const parts: Uint8Array[] = [];
    for await (const part of entry.bytes) parts.push(part);
    const bytes = Buffer.concat(parts);
    if (!bytes.includes(0)) texts.set(clean(entry.name), bytes.toString('utf8'));
  }
  return texts;
}

function clean(name: string): string {
  return name.slice(0, 500).replaceAll('\0', '').toWellFormed();
}
