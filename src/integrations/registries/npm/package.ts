import { createHash } from 'node:crypto';
import { hasDuplicateKeys } from '../../../kernel/strict-json.ts';

/** What a tarball says of itself, and the sums by which npm knows it. */
export type NpmPackage = { readonly name: string; readonly version: string; readonly manifest: Readonly<Record<string, unknown>> };

const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const VERSION = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-.]+)?$/;

/** Whether `text` is a name that npm gives: small letters, with or without a scope (https://docs.npmjs.com/cli/configuring-npm/package-json#name). */
export function isPackageName(text: string): boolean {
  return text.length <= 214 && NAME.test(text);
}

/** The package.json of a tarball, or why it is none that can be published. */
export function readPackage(json: string): NpmPackage | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'its package.json is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'its package.json is no object';
  if (hasDuplicateKeys(json)) return 'its package.json names a member twice';
  const { name, version, private: secret } = value as Record<string, unknown>;
  if (typeof name !== 'string' || !isPackageName(name)) return 'its package.json has no name that npm takes';
  if (typeof version !== 'string' || version.length > 200 || !VERSION.test(version)) return 'its package.json has no version';
  if (secret === true) return 'its package.json says that it is private';
  return { name, version, manifest: value as Record<string, unknown> };
}

/** The dist-tag under which a version goes: what is asked for where that is a word, else `latest`, and for prereleases their own word. */
export function distTagOf(asked: string | null, version: string): string {
  if (asked !== null && /^[a-z][a-z0-9._-]{0,50}$/i.test(asked) && !/^v?\d/.test(asked) && !/^x$/i.test(asked)) return asked;
  const prerelease = /-([A-Za-z][A-Za-z-]*)/.exec(version)?.[1];
  return version.split('+')[0]?.includes('-') === true ? (prerelease?.toLowerCase() ?? 'next') : 'latest';
}

/** What npm's publish API takes (PUT /NAME): the version's manifest with its sums, the dist-tag and the tarball itself. */
export function publishBody(of: NpmPackage, tarball: Uint8Array, tag: string, registry: string): Readonly<Record<string, unknown>> {
  const { name, version, manifest } = of;
  const file = `${name}-${version}.tgz`;
  return {
    _id: name,
    name,
    ...(typeof manifest['description'] === 'string' ? { description: manifest['description'] } : {}),
    'dist-tags': { [tag]: version },
    versions: {
      [version]: {
        ...manifest,
        _id: `${name}@${version}`,
        dist: { ...sumsOf(tarball), tarball: new URL(`${name}/-/${file}`, registry).href },
      },
    },
    access: null,
    _attachments: {
      [file]: { content_type: 'application/octet-stream', data: Buffer.from(tarball).toString('base64'), length: tarball.length },
    },
  };
}

/** Subresource integrity and the older sum that registries still ask for. */
export function sumsOf(tarball: Uint8Array): { readonly integrity: string; readonly shasum: string } {
  return {
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
  };
}

/** The path of a package below a registry: a scope's slash is part of the name and not of the path. */
export function packagePath(name: string): string {
  return name.replace('/', '%2f');
}

/** The path of a version's tarball, as npm's clients know it. */
export function tarballPath({ name, version }: Pick<NpmPackage, 'name' | 'version'>): string {
  return `${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}
