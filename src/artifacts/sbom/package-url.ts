/**
 * Package URLs (https://github.com/package-url/purl-spec, ECMA-427): read, checked against the rules of their type, and
 * written in the one canonical form, so that two names of one package are one text.
 */
export type PackageUrl = {
  readonly type: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly qualifiers: Readonly<Record<string, string>> | null;
  readonly subpath: string | null;
};

/** What may be given to {@link buildPurl}: like a purl, not yet checked. */
export type PurlParts = {
  readonly type: string | null;
  readonly namespace?: string | null;
  readonly name: string | null;
  readonly version?: string | null;
  readonly qualifiers?: Readonly<Record<string, string>> | null;
  readonly subpath?: string | null;
};

type Rules = {
  /** `no`: has none; `yes`: must have one. */
  readonly namespace?: 'no' | 'yes';
  /** Parts that are written in lower case. */
  readonly lower?: readonly ('namespace' | 'name' | 'version')[];
  readonly needs?: readonly string[];
};

const NO: Rules = { namespace: 'no' };
const YES: Rules = { namespace: 'yes' };
const BOTH = ['namespace', 'name'] as const;

/** What types ask for; of a type that is not here only the rules of all are known. */
const TYPES = new Map<string, Rules>([
  ['alpm', { namespace: 'yes', lower: BOTH }],
  ['apk', { namespace: 'yes', lower: BOTH }],
  ['bazel', NO],
  ['bitbucket', { namespace: 'yes', lower: BOTH }],
  ['bitnami', { namespace: 'no', lower: ['name'] }],
  ['brew', { lower: BOTH }],
  ['cargo', NO],
  ['chrome-extension', { namespace: 'no', lower: ['name'] }],
  ['cocoapods', NO],
  ['composer', { namespace: 'yes', lower: BOTH }],
  ['conda', NO],
  ['cran', NO],
  ['deb', { namespace: 'yes', lower: BOTH }],
  ['gem', NO],
  ['git', YES],
  ['github', { namespace: 'yes', lower: BOTH }],
  ['golang', YES],
  ['hackage', NO],
  ['hex', { lower: BOTH }],
  ['huggingface', { namespace: 'yes', lower: ['version'] }],
  ['julia', { namespace: 'no', needs: ['uuid'] }],
  ['luarocks', { lower: BOTH }],
  ['maven', YES],
  ['mlflow', NO],
  ['nuget', NO],
  ['oci', { namespace: 'no', lower: ['name', 'version'] }],
  ['opam', NO],
  ['otp', { namespace: 'no', lower: ['name'] }],
  ['pub', { namespace: 'no', lower: ['name'] }],
  ['pypi', { namespace: 'no', lower: ['name', 'version'] }],
  ['qpkg', { namespace: 'yes', lower: ['namespace'] }],
  ['rpm', { namespace: 'yes', lower: ['namespace'] }],
  ['swid', { needs: ['tag_id'] }],
  ['swift', YES],
  ['vcpkg', NO],
  ['vscode-extension', { namespace: 'yes', lower: ['namespace', 'name', 'version'] }],
  ['yocto', { lower: ['namespace'] }],
]);

const TYPE = /^[a-z][a-z0-9.-]{0,99}$/;
const KEY = /^[a-z][a-z0-9._-]{0,99}$/;
const LIMIT = 8192;

/**
 * Reads a package URL; null where it is none. Keys of qualifiers must begin in lower case; where `lenient`,
 * what other tools wrote is put there.
 */
export function parsePurl(text: string, lenient = false): PackageUrl | null {
  if (text.length > LIMIT || !text.isWellFormed()) return null;
  const scheme = /^pkg:\/*/i.exec(text);
  if (scheme === null) return null;
  const [beforeHash, subpath] = cut(text.slice(scheme[0].length), '#');
  const [beforeQuery, query] = cut(beforeHash, '?');
  const slash = beforeQuery.indexOf('/');
  if (slash < 0) return null;
  const rest = beforeQuery.slice(slash + 1).replace(/^\/+|\/+$/g, '');
  // A version begins at the last @; one before a slash is a scope's that was not encoded.
  const at = rest.lastIndexOf('@');
  const versioned = at >= 0 && !rest.slice(at).includes('/');
  const [path, version] = versioned ? [rest.slice(0, at), rest.slice(at + 1)] : [rest, null];
  if (path === '' || path.endsWith('/')) return null;
  const segments = path.split('/').filter((segment) => segment !== '');
  const name = decode(segments.at(-1) ?? '');
  const spaces = segments.slice(0, -1).map(decode);
  const qualifiers = query === null ? {} : readQualifiers(query, lenient);
  const under = subpath === null ? [] : subpath.split('/').map(decode);
  const given = version === null || version === '' ? null : decode(version);
  if (name === null || qualifiers === null || (version !== null && version !== '' && given === null)) return null;
  if (!isText(spaces) || !isText(under)) return null;
  const type = beforeQuery.slice(0, slash);
  // Of a git repository the host is the namespace, and all of the path the name.
  if (/^git$/i.test(type) && spaces.length > 0)
    return normalize({
      type,
      namespace: spaces[0] ?? '',
      name: [...spaces.slice(1), name].join('/'),
      version: given,
      qualifiers,
      subpath: under.join('/'),
    });
  const namespace = spaces.length === 0 ? null : spaces.join('/');
  return normalize({ type, namespace, name, version: given, qualifiers, subpath: under.join('/') });
}

/** Writes a package URL in canonical form; null where the parts can't be one. */
export function buildPurl(parts: PurlParts): string | null {
  const whole = normalize(parts);
  return whole === null ? null : formatPurl(whole);
}

/** The canonical text of a package URL. */
export function formatPurl({ type, namespace, name, version, qualifiers, subpath }: PackageUrl): string {
  const path = [...(namespace?.split('/') ?? []), ...(type === 'git' ? name.split('/') : [name])].map(encode).join('/');
  const query = Object.entries(qualifiers ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encode(value)}`)
    .join('&');
  const under = subpath === null ? '' : `#${subpath.split('/').map(encode).join('/')}`;
  return `pkg:${type}/${path}${version === null ? '' : `@${encode(version)}`}${query === '' ? '' : `?${query}`}${under}`;
}

/** Which package it is, whatever its version: type, namespace and name, in canonical form. */
export function packageOf({ type, namespace, name }: PackageUrl): string {
  return formatPurl({ type, namespace, name, version: null, qualifiers: null, subpath: null });
}

function normalize(parts: PurlParts): PackageUrl | null {
  const type = parts.type?.toLowerCase() ?? '';
  const rules = TYPES.get(type) ?? {};
  const lower = (part: 'namespace' | 'name' | 'version', text: string): string => (rules.lower?.includes(part) ? text.toLowerCase() : text);
  // Hosts whose names know no case.
  const fold = type === 'git' && /^(?:github|bitbucket)(?:\.|$)/i.test(parts.namespace ?? '');
  const whole = (text: string): string => (fold ? text.toLowerCase() : text);
  const namespace = whole(lower('namespace', trimmed(parts.namespace ?? ''))) || null;
  const name = special(type, whole(lower('name', trimmed(parts.name ?? ''))), parts.qualifiers ?? {});
  const version = lower('version', parts.version ?? '') || null;
  const texts = [namespace, name, version, ...Object.values(parts.qualifiers ?? {}), parts.subpath ?? ''];
  if (!TYPE.test(type) || name === '' || texts.some((text) => text?.includes('\0') === true || text?.isWellFormed() === false)) return null;
  if (rules.namespace === 'no' && namespace !== null) return null;
  if (rules.namespace === 'yes' && namespace === null) return null;
  const qualifiers = cleanQualifiers(parts.qualifiers ?? {});
  if (qualifiers === null || rules.needs?.some((key) => !Object.hasOwn(qualifiers, key)) === true) return null;
  const subpath = (parts.subpath ?? '').split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const checked = {
    type,
    namespace,
    name,
    version,
    qualifiers: Object.keys(qualifiers).length === 0 ? null : qualifiers,
    subpath: subpath.length === 0 ? null : subpath.join('/'),
  };
  return fits(checked) ? checked : null;
}

/** Names that a type writes in its own way. */
function special(type: string, name: string, qualifiers: Readonly<Record<string, string>>): string {
  if (type === 'pypi') return name.replaceAll('_', '-');
  if (type === 'pub') return name.replace(/[^a-z0-9_]/g, '_');
  // MLflow keeps names as its host does: Azure Databricks without case.
  if (type === 'mlflow' && /databricks/i.test(qualifiers['repository_url'] ?? '')) return name.toLowerCase();
  return name;
}

/** Rules that look at several parts. */
function fits({ type, namespace, name, version }: PackageUrl): boolean {
  if (type === 'cpan') return !name.includes('::') && (namespace === null || namespace === namespace.toUpperCase());
  if (type === 'chrome-extension') return /^[a-p]{32}$/.test(name) && (version === null || /^\d+(?:\.\d+){0,3}$/.test(version));
  return true;
}

function cleanQualifiers(given: Readonly<Record<string, string>>): Record<string, string> | null {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(given)) {
    const lower = key.toLowerCase();
    if (!KEY.test(lower) || found.has(lower)) return null;
    if (value !== '') found.set(lower, value);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readQualifiers(query: string, lenient: boolean): Record<string, string> | null {
  const found = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [key, value] = cut(pair, '=', true);
    const text = decode(value ?? '');
    if (text === null || found.has(key.toLowerCase()) || (!lenient && !/^[a-z]/.test(key))) return null;
    found.set(key.toLowerCase(), text);
  }
  return Object.fromEntries(found);
}

/** Before and after a separator: the last one, or the first one where `first`. Null after it where there is none. */
function cut(text: string, separator: string, first = false): [string, string | null] {
  const at = first ? text.indexOf(separator) : text.lastIndexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function trimmed(text: string): string {
  return text
    .split('/')
    .filter((segment) => segment !== '')
    .join('/');
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function isText(texts: readonly (string | null)[]): texts is readonly string[] {
  return texts.every((text) => text !== null);
}

/** Percent encoding of all but letters, digits and `.-_~:`. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}
