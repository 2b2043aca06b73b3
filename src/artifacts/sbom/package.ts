/** One package that a lock file names. */
export type LockedPackage = {
  /** Unique in its lock file: the place of an installation, or name and version. */
  readonly key: string;
  readonly name: string;
  readonly version: string | null;
  readonly purl: string | null;
  readonly hashes: readonly Hash[];
  /** As the lock file writes it: an SPDX expression, or free text; null where it says nothing. */
  readonly licence: string | null;
  /** `development`: needed to build or test, not to run. */
  readonly scope: 'required' | 'optional' | 'development';
  /** Keys of the packages that it depends on. */
  readonly dependsOn: readonly string[];
  /** That a hash fixes its bytes although `hashes` is empty: it has several files, and nobody knows which was installed. */
  readonly hashed?: boolean;
  /** What the lock file says of who gave it up. */
  readonly deprecated?: string;
  /** When the version was published, where the lock file says it (RFC 3339). */
  readonly publishedAt?: string;
};

/** `content`: lower-case hex. */
export type Hash = { readonly algorithm: 'MD5' | 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'; readonly content: string };

/** What a lock file tells. `incomplete` names what it can't tell, in sentences; empty: the list is whole. */
export type Locked = {
  readonly packages: readonly LockedPackage[];
  /** Keys of the packages that the project itself depends on. */
  readonly direct: readonly string[];
  readonly incomplete: readonly string[];
};

const LENGTHS: Readonly<Record<string, readonly [Hash['algorithm'], number]>> = {
  md5: ['MD5', 16],
  sha1: ['SHA-1', 20],
  sha256: ['SHA-256', 32],
  sha384: ['SHA-384', 48],
  sha512: ['SHA-512', 64],
};

/** Hashes of a Subresource Integrity text (`sha512-BASE64 sha1-BASE64`); what is no hash is left out. */
export function hashesOfIntegrity(text: string): Hash[] {
  const hashes: Hash[] = [];
  for (const part of text.slice(0, 4000).split(/\s+/)) {
    const dash = part.indexOf('-');
    const hash = toHash(part.slice(0, dash), Buffer.from(part.slice(dash + 1).split('?')[0] ?? '', 'base64').toString('hex'));
    if (dash > 0 && hash !== null && !hashes.some((other) => other.content === hash.content)) hashes.push(hash);
  }
  return hashes;
}

/** A hash from an algorithm's name and hex digits, or null where the length is not that algorithm's. */
export function toHash(algorithm: string, hex: string): Hash | null {
  const [name, bytes] = Object.hasOwn(LENGTHS, algorithm) ? (LENGTHS[algorithm] ?? []) : [];
  const content = hex.toLowerCase();
  return name !== undefined && bytes !== undefined && content.length === bytes * 2 && /^[0-9a-f]+$/.test(content)
    ? { algorithm: name, content }
    : null;
}

/** A package with what most lock files leave open. */
export function lockedPackage(given: Pick<LockedPackage, 'key' | 'name' | 'version' | 'purl'> & Partial<LockedPackage>): LockedPackage {
  return { hashes: [], licence: null, scope: 'required', dependsOn: [], ...given };
}

/** Nothing, and why. */
export function unread(why: string): Locked {
  return { packages: [], direct: [], incomplete: [why] };
}

/** Packages by key, the first of each. */
export function uniquePackages(packages: readonly LockedPackage[]): LockedPackage[] {
  const found = new Map<string, LockedPackage>();
  for (const entry of packages) if (!found.has(entry.key)) found.set(entry.key, entry);
  return [...found.values()];
}

/**
 * Packages that nothing needed at run time leads to are of development. For lock files that say of the project's own
 * needs what kind they are, and nothing of what those need in turn.
 */
export function scopedByReach(
  packages: readonly LockedPackage[],
  roots: Readonly<Record<'required' | 'optional', readonly string[]>>,
): LockedPackage[] {
  const byKey = new Map(packages.map((entry) => [entry.key, entry]));
  const reach = (from: readonly string[]): Set<string> => {
    const seen = new Set<string>();
    const open = [...from];
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      const entry = byKey.get(key);
      if (entry === undefined || seen.has(key)) continue;
      seen.add(key);
      open.push(...entry.dependsOn);
    }
    return seen;
  };
  const required = reach(roots.required);
  const optional = reach(roots.optional);
  const scope = (key: string): LockedPackage['scope'] => (required.has(key) ? 'required' : optional.has(key) ? 'optional' : 'development');
  return packages.map((entry) => ({ ...entry, scope: scope(entry.key) }));
}

/** An object that a file holds, or null. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : null;
}

/** A text of a file that is short enough to be a name or a version, or null. */
export function asName(value: unknown, limit = 300): string | null {
  return typeof value === 'string' && value !== '' && value.length <= limit ? value : null;
}

/** JSON, or null where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
