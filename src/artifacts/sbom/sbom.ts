import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Bom } from './cyclonedx.ts';
import { writeBom } from './cyclonedx.ts';
import { readNpmLock } from './npm-lock.ts';
import type { Locked, LockedPackage } from './package.ts';
import { readPoetryLock, readRequirements } from './python-lock.ts';

/** A file that says what the artifact was built with. `text` null: we could not read its bytes. */
export type Material = { readonly path: string; readonly text: string | null };

export type SbomRequest = {
  readonly service: string;
  readonly artifact: string;
  readonly digest: Digest;
  readonly commit: string | null;
  readonly materials: readonly Material[];
  readonly at: Instant;
};

const READERS: readonly (readonly [RegExp, (text: string) => Locked])[] = [
  [/^(?:package-lock|npm-shrinkwrap)\.json$/, readNpmLock],
  [/^(?:poetry|uv)\.lock$/, readPoetryLock],
  [/^requirements(?:[-.][\w.-]{1,60})?\.txt$/, readRequirements],
];

/** Whether a file of this path is one that an SBOM can be read from. */
export function isLockFile(path: string): boolean {
  return readerOf(path) !== null;
}

/**
 * The SBOM of an artifact from the lock files it was built with. Where there is none, or one can't be read, it still
 * names the artifact and says that it is incomplete: `incomplete` holds why, in sentences.
 */
export function writeSbom(request: SbomRequest): { readonly bom: Bom; readonly incomplete: readonly string[] } {
  const incomplete: string[] = [];
  const read: Locked[] = [];
  for (const { path, text } of request.materials.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const reader = readerOf(path);
    if (reader === null) continue;
    if (text === null) incomplete.push(`the lock file ${path} could not be read`);
    else read.push(underPath(path, asText(path, reader(text))));
  }
  if (read.length === 0 && incomplete.length === 0) incomplete.push('no lock file was found, so only the artifact itself is named');
  incomplete.push(...read.flatMap((locked) => locked.incomplete));
  const bom = writeBom({
    service: request.service,
    artifact: request.artifact,
    digest: request.digest,
    commit: request.commit,
    packages: read.flatMap((locked) => locked.packages),
    direct: read.flatMap((locked) => locked.direct),
    complete: incomplete.length === 0,
    at: request.at,
  });
  return { bom, incomplete: incomplete.slice(0, 50) };
}

/** JSON can hold halves of characters, which no signed document can: such entries are left out, and that is said. */
function asText(path: string, locked: Locked): Locked {
  const isText = ({ key, name, version }: LockedPackage): boolean => `${key}${name}${version ?? ''}`.isWellFormed();
  const packages = locked.packages.filter(isText).map((entry) => ({ ...entry, licence: entry.licence?.toWellFormed() ?? null }));
  const dropped = locked.packages.length - packages.length;
  const said =
    dropped === 0 ? [] : [`${dropped} ${dropped === 1 ? 'entry' : 'entries'} of ${path} ${dropped === 1 ? 'is' : 'are'} not text`];
  return { ...locked, packages, incomplete: [...locked.incomplete, ...said].map((text) => text.toWellFormed()) };
}

/** Keys made unique over several lock files. */
function underPath(path: string, locked: Locked): Locked {
  const key = (inner: string): string => `${path}#${inner}`;
  return {
    ...locked,
    packages: locked.packages.map((entry) => ({ ...entry, key: key(entry.key), dependsOn: entry.dependsOn.map(key) })),
    direct: locked.direct.map(key),
  };
}

function readerOf(path: string): ((text: string) => Locked) | null {
  const name = path.split('/').at(-1) ?? '';
  return READERS.find(([form]) => form.test(name))?.[1] ?? null;
}
