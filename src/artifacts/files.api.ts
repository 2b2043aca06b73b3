import { ARCHIVE_LIMITS } from '../host/archive-names.ts';
import { readTar } from '../host/archive.read.ts';
import { Problem } from '../kernel/problem.ts';
import type { OpenedArtifact } from './open.api.ts';

/** More entries than this are nothing that somebody reads; more bytes than this are not unpacked to answer a page. */
const MOST = 2000;
const LIMITS = { ...ARCHIVE_LIMITS, bytes: 1024 ** 3 };
const KINDS: Readonly<Record<string, 'file' | 'folder' | 'link'>> = { '0': 'file', '5': 'folder', '1': 'link', '2': 'link' };

export type HeldFile = {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
  readonly to: string;
};
export type HeldFiles = { items: HeldFile[]; complete: boolean; why: string | null };

/** The names in an artifact's tar or tar.gz, in their order. Nothing is unpacked to disk; names are text and nothing else. */
export async function filesOf({ stream }: Pick<OpenedArtifact, 'stream'>): Promise<HeldFiles> {
  const items: HeldFile[] = [];
  try {
    for await (const entry of readTar(stream as unknown as AsyncIterable<Uint8Array>, LIMITS)) {
      if (items.length === MOST) return { items, complete: false, why: `it holds more than ${MOST} entries` };
      const text = (name: string): string => name.slice(0, 500).replaceAll('\0', '').toWellFormed();
      items.push({ path: text(entry.name), kind: KINDS[entry.type] ?? 'other', size: entry.size, to: text(entry.link) });
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // A damaged archive and bytes that are none both end here; what was read before is still true.
    return { items, complete: false, why: items.length === 0 ? 'its bytes are no tar archive' : error.sentence };
  }
  return { items, complete: true, why: null };
}
