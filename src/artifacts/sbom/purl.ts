import { buildPurl } from './package-url.ts';

/**
 * The package URL of an npm package; `name` may carry its scope. Of one that comes from a repository it names that
 * (`resolved`). Null where the name or version can't be one.
 */
export function npmPurl(name: string, version: string | null, resolved: string | null = null): string | null {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1;
  // The name's case is kept: npm has old packages whose names differ by it alone.
  const [namespace, bare] = slash > 0 ? [name.slice(0, slash), name.slice(slash + 1)] : [null, name];
  const qualifiers = resolved?.startsWith('git+') === true && !/\/\/[^/]*:[^/]*@/.test(resolved) ? { vcs_url: resolved } : null;
  return buildPurl({ type: 'npm', namespace, name: bare, version, qualifiers });
}

/** The package URL of a PyPI package. */
export function pypiPurl(name: string, version: string | null): string | null {
  return buildPurl({ type: 'pypi', name, version });
}

/** The package URL of a Maven artifact; a type other than jar and a classifier are named. */
export function mavenPurl(group: string, artifact: string, version: string | null, type = 'jar', classifier = ''): string | null {
  const qualifiers = { ...(type === 'jar' ? {} : { type }), ...(classifier === '' ? {} : { classifier }) };
  return buildPurl({ type: 'maven', namespace: group, name: artifact, version, qualifiers });
}

/** The package URL of a Go module by its path. */
export function goPurl(path: string, version: string | null): string | null {
  const slash = path.lastIndexOf('/');
  return buildPurl({ type: 'golang', namespace: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1), version });
}

/** The package URL of a package whose type needs nothing else: cargo, nuget. */
export function plainPurl(type: 'cargo' | 'nuget', name: string, version: string | null): string | null {
  return buildPurl({ type, name, version });
}

/** The package URL of a package of a distribution (`debian`, `alpine`). */
export function distributionPurl(
  type: 'deb' | 'apk',
  vendor: string,
  name: string,
  version: string,
  more: { readonly arch?: string; readonly distro?: string; readonly upstream?: string },
): string | null {
  const qualifiers = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== ''));
  return buildPurl({ type, namespace: vendor, name, version, qualifiers });
}

/** The package URL of something of our own: a service at a version, with the digest of its bytes. */
export function genericPurl(name: string, version: string | null, digest: string | null): string | null {
  return buildPurl({ type: 'generic', name, version, qualifiers: digest === null ? null : { checksum: digest } });
}
