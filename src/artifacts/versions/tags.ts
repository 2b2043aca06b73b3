import semver from 'semver';

/** A tag, or a version that our own record of releases knows, with the commit it names (null where not known). */
export type VersionTag = { readonly name: string; readonly commit: string | null };

/** A tag read as a version of one service. `version` is canonical SemVer 2.0.0 without build metadata, or a calendar version. */
export type TaggedVersion = { readonly tag: string; readonly version: string; readonly commit: string | null };

/** Whose tags: a service alone in its repository, or one of several under their own paths. */
export type Tagging = {
  readonly service: string;
  readonly monorepo: boolean;
  /** Other names of the service: that of its package, its path. */
  readonly aliases?: readonly string[];
  /** How tags are written, with `{version}` once (`release-{version}`); then only such tags count. */
  readonly format?: string | null;
};

/**
 * How tags of this service may begin, most specific first. In a repository of several services a bare `v1.2.3` belongs
 * to nobody, so only tags that name the service count.
 */
function prefixes({ service, monorepo, aliases, format }: Tagging): readonly string[] {
  if (format != null) return [format.slice(0, format.indexOf('{version}'))];
  const named = [service, ...(aliases ?? [])].flatMap((name) => [
    `${name}@v`,
    `${name}@`,
    `${name}-v`,
    `${name}/v`,
    `${name}/`,
    `${name}-`,
  ]);
  return monorepo ? named : [...named, 'v', ''];
}

/** What a tag says the version is, after its prefix and before its suffix; null: it is no tag of this service. */
function readTag(name: string, tagging: Tagging, starts: readonly string[], read: (text: string) => string | null): string | null {
  const end = tagging.format == null ? '' : tagging.format.slice(tagging.format.indexOf('{version}') + '{version}'.length);
  if (!name.endsWith(end)) return null;
  for (const prefix of starts) {
    const version = name.startsWith(prefix) ? read(name.slice(prefix.length, name.length - end.length)) : null;
    if (version !== null) return version;
  }
  return null;
}

/** The versions that `tags` give this service, highest first; what is no strict SemVer is passed over. */
export function versionsOf(tags: readonly VersionTag[], tagging: Tagging): TaggedVersion[] {
  // Read once: comparing texts would read each of a thousand tags twenty times.
  const parsed = new Map<string, semver.SemVer>();
  const read = (text: string): string | null => {
    const version = text.length <= 100 && /^\d/.test(text) ? semver.parse(text) : null;
    if (version !== null) parsed.set(version.version, version);
    return version?.version ?? null;
  };
  const of = (version: string): semver.SemVer => parsed.get(version) ?? new semver.SemVer(version);
  return versionsIn(tags, tagging, read, (a, b) => of(b).compare(of(a)));
}

/** As {@link versionsOf}, for versions of any form: `read` knows the form, `descending` its order. */
export function versionsIn(
  tags: readonly VersionTag[],
  tagging: Tagging,
  read: (text: string) => string | null,
  descending: (a: string, b: string) => number,
): TaggedVersion[] {
  const starts = prefixes(tagging);
  const found = tags.flatMap(({ name, commit }) => {
    const version = readTag(name, tagging, starts, read);
    return version === null ? [] : [{ tag: name, version, commit }];
  });
  return found.sort((a, b) => descending(a.version, b.version) || (a.tag < b.tag ? -1 : 1));
}

/** `text` as a canonical version, or null: SemVer to the letter, no leading `v`, no leading zeros, 100 characters at most. */
export function strictVersion(text: string): string | null {
  const version = text.length <= 100 && /^\d/.test(text) ? semver.parse(text) : null;
  return version?.version ?? null;
}

/** The tag to give `version`, in the style of the tag before it. */
export function tagFor(version: string, before: TaggedVersion | null, tagging: Tagging): string {
  if (tagging.format != null) return tagging.format.replace('{version}', () => version);
  const style = before === null ? undefined : prefixes(tagging).find((prefix) => isStyle(before.tag, prefix));
  return `${style ?? (tagging.monorepo ? `${tagging.service}@` : 'v')}${version}`;
}

function isStyle(tag: string, prefix: string): boolean {
  return tag.startsWith(prefix) && /^\d/.test(tag.slice(prefix.length));
}

/**
 * The one prefix that all tags with a version share where it is none of the usual ones (`release-1.2.0`, `app_1.2.0`), or
 * null: several prefixes are several things, and we would not know whose are ours.
 */
export function commonPrefix(tags: readonly VersionTag[]): string | null {
  const found = new Set<string>();
  for (const { name } of tags) {
    const [, prefix, version] = /^(.{0,100}?)(\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,80})?)$/.exec(name) ?? [];
    if (prefix !== undefined && version !== undefined && strictVersion(version) !== null) found.add(prefix);
    if (found.size > 1) return null;
  }
  const [only] = found;
  return only === undefined || only === '' || only === 'v' || only.includes('{') ? null : only;
}
