import { isLockFile } from './sbom.ts';

/** More lock files than this are not read; a service is built from few. */
const LIMIT = 20;

/**
 * The lock files that speak for a service in the folder `path` of its repository (`.` for the root): those under it,
 * or where there is none those of the nearest folder above.
 */
export function materialsFor<Material extends { readonly path: string }>(path: string, materials: readonly Material[]): Material[] {
  const locks = materials.filter((material) => isLockFile(material.path)).slice(0, 1000);
  for (let folder = clean(path); ; folder = above(folder)) {
    const exact =
      folder === clean(path) ? locks.filter((lock) => isUnder(lock.path, folder)) : locks.filter((lock) => above(lock.path) === folder);
    if (exact.length > 0 || folder === '') return exact.slice(0, LIMIT);
  }
}

function clean(path: string): string {
  return path === '.' ? '' : path.replace(/^\.\//, '').replace(/\/+$/, '');
}

function above(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function isUnder(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}
