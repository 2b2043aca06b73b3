import { buildPurl } from './package-url.ts';

/** The package URL of an npm package; `name` may carry its scope. Null where the name or version can't be one. */
export function npmPurl(name: string, version: string | null): string | null {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1;
  // The name's case is kept: npm has old packages whose names differ by it alone.
  return slash > 0 ? purl('npm', name.slice(0, slash), name.slice(slash + 1), version) : purl('npm', null, name, version);
}

/** The package URL of a PyPI package: lower case, `_` as `-`, after the purl type definition. */
export function pypiPurl(name: string, version: string | null): string | null {
  return purl('pypi', null, name.toLowerCase().replaceAll('_', '-'), version);
}

/** The package URL of something of our own: a service at a version, with the digest of its bytes. */
export function genericPurl(name: string, version: string | null, digest: string | null): string | null {
  return purl('generic', null, name, version, digest === null ? undefined : { checksum: digest });
}

function purl(
  type: string,
  namespace: string | null,
  name: string,
  version: string | null,
  qualifiers?: Record<string, string>,
): string | null {
  return buildPurl({ type, namespace, name, version, qualifiers: qualifiers ?? null });
}
