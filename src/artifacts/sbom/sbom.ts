import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Bom } from './cyclonedx.ts';
import { writeBom } from './cyclonedx.ts';
import { readCargoLock } from './locks/cargo.ts';
import { readGoMod, readGoSum } from './locks/go.ts';
import { readGradleLock, readGradleVerification, readMavenTree, readPom } from './locks/jvm.ts';
import { readNpmLock } from './locks/npm.ts';
import { readNugetAssets, readNugetLock } from './locks/nuget.ts';
import { readPnpmLock } from './locks/pnpm.ts';
import { readPipfileLock, readPoetryLock, readRequirements } from './locks/python.ts';
import { readYarnLock } from './locks/yarn.ts';
import type { Locked, LockedPackage } from './package.ts';

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
  [/^pnpm-lock\.yaml$/, readPnpmLock],
  [/^yarn\.lock$/, readYarnLock],
  [/^(?:poetry|uv|pdm)\.lock$/, readPoetryLock],
  [/^Pipfile\.lock$/, readPipfileLock],
  [/^requirements(?:[-.][\w.-]{1,60})?\.txt$/, readRequirements],
  [/^dependency-(?:tree|list)\.txt$/, readMavenTree],
  [/^pom\.xml$/, readPom],
  [/^(?:gradle|buildscript-gradle)\.lockfile$/, readGradleLock],
  [/^verification-metadata\.xml$/, readGradleVerification],
  [/^packages\.lock\.json$/, readNugetLock],
  [/^project\.assets\.json$/, readNugetAssets],
  [/^go\.mod$/, readGoMod],
  [/^go\.sum$/, readGoSum],
  [/^Cargo\.lock$/, readCargoLock],
];

/** Files that say less than another one beside them: then only the other one is read. */
const LESS: readonly (readonly [RegExp, RegExp])[] = [
  [/^go\.sum$/, /^go\.mod$/],
  [/^pom\.xml$/, /^dependency-tree\.txt$/],
  [/^dependency-list\.txt$/, /^dependency-tree\.txt$/],
  [/^verification-metadata\.xml$/, /^gradle\.lockfile$/],
  [/^packages\.lock\.json$/, /^project\.assets\.json$/],
  [/^package-lock\.json$/, /^npm-shrinkwrap\.json$/],
];

/** Without those that say less than another one of the same folder (Gradle's metadata stands in a folder of its own). */
export function withoutLess<Material extends { readonly path: string }>(materials: readonly Material[]): Material[] {
  const place = (path: string): [string, string] => {
    const at = path.lastIndexOf('/');
    const [folder, name] = [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
    return [name === 'verification-metadata.xml' ? folder.replace(/(?:^|\/)gradle$/, '') : folder.replace(/(?:^|\/)obj$/, ''), name];
  };
  const places = materials.map(({ path }) => place(path));
  return materials.filter(({ path }) => {
    const [folder, name] = place(path);
    return !LESS.some(([less, more]) => less.test(name) && places.some(([where, other]) => where === folder && more.test(other)));
  });
}

/** Whether a file of this path is one that an SBOM can be read from. */
export function isLockFile(path: string): boolean {
  return readerOf(path) !== null;
}

/** What several lock files say together. */
export type Gathered = {
  readonly packages: readonly LockedPackage[];
  readonly direct: readonly string[];
  readonly incomplete: readonly string[];
};

/** Reads lock files. What can't be read, or says less than the whole, is named in `incomplete`. */
export function gather(materials: readonly Material[]): Gathered {
  const incomplete: string[] = [];
  const read: Locked[] = [];
  for (const { path, text } of withoutLess(materials)) {
    const reader = readerOf(path);
    if (reader === null) continue;
    if (text === null) incomplete.push(`${path} could not be read`.toWellFormed());
    else read.push(underPath(path, asText(path, reader(text))));
  }
  if (read.length === 0 && incomplete.length === 0) incomplete.push('no lock file was found, so only the artifact itself is named');
  incomplete.push(...read.flatMap((locked) => locked.incomplete));
  return {
    packages: read.flatMap((locked) => locked.packages),
    direct: read.flatMap((locked) => locked.direct),
    incomplete: incomplete.slice(0, 50),
  };
}

/**
 * The SBOM of an artifact from the lock files it was built with. Where there is none, or one can't be read, it still
 * names the artifact and says that it is incomplete: `incomplete` holds why, in sentences.
 */
export function writeSbom(request: SbomRequest): { readonly bom: Bom; readonly incomplete: readonly string[] } {
  const { service, artifact, digest, commit, at } = request;
  const { packages, direct, incomplete } = gather(request.materials);
  const bom = writeBom({ service, artifact, digest, commit, packages, direct, complete: incomplete.length === 0, at });
  return { bom, incomplete };
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
