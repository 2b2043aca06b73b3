import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { writeBom } from '../artifacts/sbom/cyclonedx.ts';
import { gather, isLockFile } from '../artifacts/sbom/sbom.ts';
import type { Gathered } from '../artifacts/sbom/sbom.ts';
import { readText } from './files.disk.ts';
import { noMaterials } from './sbom.problems.ts';

/** Folders in which nobody's own lock files stand. */
const SKIPPED = new Set(['node_modules', '.git', 'vendor', 'target', 'dist', '.venv', 'venv', '.gradle', '.yarn', '__pycache__']);
const [DEPTH, FILES] = [12, 200] as const;

export type SbomFormat = 'cyclonedx' | 'spdx';

/** `ym sbom make`: the SBOM of a folder, a lock file or an image, without a server. Nothing is executed or fetched. */
export async function makeSbom(path: string, format: SbomFormat, at: string): Promise<{ document: object; gathered: Gathered }> {
  const gathered = await gatherFrom(path);
  const name = basename(realpathSync(path)) || 'root';
  const { packages, direct, incomplete } = gathered;
  const input = { service: name, artifact: name, digest: null, commit: null, packages, direct, complete: incomplete.length === 0, at };
  const document = format === 'spdx' ? (await import('../artifacts/sbom/spdx.ts')).writeSpdx(input) : writeBom(input);
  return { document, gathered };
}

async function gatherFrom(path: string): Promise<Gathered> {
  if (isImage(path)) return (await import('./image.ts')).readImage(path);
  const files = isFolder(path) ? lockFilesIn(path) : isLockFile(path) ? [path] : [];
  if (files.length === 0) throw noMaterials({ path });
  const base = isFolder(path) ? path : '.';
  const materials = await Promise.all(
    files.map(async (file) => ({ path: isFolder(path) ? relative(base, file) : basename(file), text: await readText(file) })),
  );
  return gather(materials);
}

/** Whether a path is a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Lock files under a folder, in the order of their paths; links are not followed. */
function lockFilesIn(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= FILES) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < DEPTH && !SKIPPED.has(entry.name)) walk(path, depth + 1);
      else if (entry.isFile() && isLockFile(path)) found.push(path);
    }
  };
  walk(root, 0);
  return found;
}

/** Whether a path is an image that we can read: an OCI layout folder, or a tar of one (`docker save`, `skopeo copy oci-archive:`). */
export function isImage(path: string): boolean {
  if (!existsSync(path)) return false;
  return statSync(path).isDirectory()
    ? existsSync(join(path, 'oci-layout')) && existsSync(join(path, 'index.json'))
    : /\.tar(?:\.gz)?$|\.tgz$/.test(path);
}
