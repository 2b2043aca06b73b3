import semver from 'semver';

/** A tag, or a version that our own record of releases knows, with the commit it names (null where not known). */
export type VersionTag = { readonly name: string; readonly commit: string | null };

/** A tag read as a version of one service. `version` is canonical SemVer 2.0.0 without build metadata. */
export type TaggedVersion = { readonly tag: string; readonly version: string; readonly commit: string | null };

/** Whose tags: a service alone in its repository, or one of several under their own paths. */
export type Tagging = { readonly service: string; readonly monorepo: boolean };

/**
 * How tags of this service may begin, most specific first. In a repository of several services a bare `v1.2.3` belongs
 * to nobody, so only tags that name the service count.
 */
function prefixes({ service, monorepo }: Tagging): readonly string[] {
  const named = [`${service}@v`, `${service}@`, `${service}-v`, `${service}/v`];
  return monorepo ? named : [...named, 'v', ''];
}

/** The versions that `tags` give this service, highest first; what is no strict SemVer is passed over. */
export function versionsOf(tags: readonly VersionTag[], tagging: Tagging): TaggedVersion[] {
  const found: TaggedVersion[] = [];
  for (const { name, commit } of tags) {
    for (const prefix of prefixes(tagging)) {
      const version = name.startsWith(prefix) ? strictVersion(name.slice(prefix.length)) : null;
      if (version === null) continue;
      found.push({ tag: name, version, commit });
      break;
    }
  }
  return found.sort((a, b) => semver.rcompare(a.version, b.version) || (a.tag < b.tag ? -1 : 1));
}

/** `text` as a canonical version, or null: SemVer to the letter, no leading `v`, no leading zeros, 100 characters at most. */
export function strictVersion(text: string): string | null {
  const version = text.length <= 100 && /^\d/.test(text) ? semver.parse(text) : null;
  return version?.version ?? null;
}

/** The tag to give `version`, in the style of the tag before it. */
export function tagFor(version: string, before: TaggedVersion | null, tagging: Tagging): string {
  const style =
    before === null
      ? null
      : prefixes(tagging).find((prefix) => before.tag.startsWith(prefix) && strictVersion(before.tag.slice(prefix.length)) !== null);
  return `${style ?? (tagging.monorepo ? `${tagging.service}@` : 'v')}${version}`;
}
