import type { PackageUrl } from '../sbom/package-url.ts';
import { parsePurl } from '../sbom/package-url.ts';
import type { Advisory, Affected } from './advisory.ts';
import { compareFor, compareSemver } from './compare.ts';

/** What of a component an advisory speaks of: `ecosystem` in OSV's words, `release` where a distribution has several. */
export type Subject = { readonly ecosystem: string; readonly release: string | null; readonly name: string; readonly version: string };

export type Match = {
  readonly advisory: string;
  readonly purl: string;
  /** `affected`, or `unknown`: the versions can't be compared, so nobody knows that it is not. */
  readonly verdict: 'affected' | 'unknown';
  /** The versions that repair it, where the advisory names them. */
  readonly fixed: readonly string[];
};

/** What an OSV ecosystem calls the package of a purl, or null where OSV knows no such kind, or it has no version. */
export function subjectOf(purl: PackageUrl): Subject | null {
  const { type, namespace, name, version, qualifiers } = purl;
  if (version === null) return null;
  const plain = (ecosystem: string, text: string, at = version): Subject => ({ ecosystem, release: null, name: text, version: at });
  const scoped = namespace === null ? name : `${namespace}/${name}`;
  switch (type) {
    case 'npm':
      return plain('npm', scoped);
    case 'pypi':
      return plain('PyPI', name);
    case 'maven':
      return plain('Maven', `${namespace ?? ''}:${name}`);
    case 'golang':
      return plain('Go', scoped);
    case 'cargo':
      return plain('crates.io', name);
    case 'nuget':
      return plain('NuGet', name);
    case 'gem':
      return plain('RubyGems', name);
    case 'composer':
      return plain('Packagist', scoped);
    case 'hex':
      return plain('Hex', scoped);
    case 'pub':
      return plain('Pub', name);
    case 'swift':
      return plain('SwiftURL', scoped);
    case 'deb':
    case 'apk':
      return distribution(purl, qualifiers ?? {});
    default:
      return null;
  }
}

const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  debian: 'Debian',
  ubuntu: 'Ubuntu',
  alpine: 'Alpine',
  wolfi: 'Wolfi',
  chainguard: 'Chainguard',
};

/** Advisories of distributions name the source package and, where it differs, its version. */
function distribution({ namespace, name, version }: PackageUrl, qualifiers: Readonly<Record<string, string>>): Subject | null {
  const ecosystem = Object.hasOwn(DISTRIBUTIONS, namespace ?? '') ? (DISTRIBUTIONS[namespace ?? ''] ?? null) : null;
  if (ecosystem === null || version === null) return null;
  const [source = name, sourceVersion = version] = (qualifiers['upstream'] ?? name).split('@');
  const distro = qualifiers['distro'] ?? '';
  const number = distro.startsWith(`${namespace ?? ''}-`) ? distro.slice((namespace ?? '').length + 1) : null;
  const release =
    number === null
      ? null
      : ecosystem === 'Alpine'
        ? `v${number.split('.').slice(0, 2).join('.')}`
        : ecosystem === 'Debian'
          ? (number.split('.')[0] ?? number)
          : number;
  return { ecosystem, release, name: source, version: sourceVersion };
}

/** Advisories by what they speak of, for matching many components. */
export type AdvisoryIndex = ReadonlyMap<string, readonly { readonly advisory: Advisory; readonly affected: Affected }[]>;

export function indexAdvisories(advisories: readonly Advisory[]): AdvisoryIndex {
  const index = new Map<string, { advisory: Advisory; affected: Affected }[]>();
  for (const advisory of advisories) {
    if (advisory.withdrawn != null) continue;
    for (const one of advisory.affected ?? []) {
      if (one.package === undefined) continue;
      const key = keyOf(one.package.ecosystem.split(':')[0] ?? '', one.package.name);
      const list = index.get(key) ?? [];
      list.push({ advisory, affected: one });
      index.set(key, list);
    }
  }
  return index;
}

/** One text for a package of an ecosystem, whatever its writing. */
export function keyOf(ecosystem: string, name: string): string {
  if (ecosystem === 'PyPI') return `${ecosystem} ${name.toLowerCase().replace(/[-_.]+/g, '-')}`;
  return `${ecosystem} ${ecosystem === 'NuGet' || ecosystem === 'Packagist' ? name.toLowerCase() : name}`;
}

/** What the advisories say of components, named by their purls; each advisory once for each purl, in order. */
export function matchPurls(purls: readonly string[], index: AdvisoryIndex): Match[] {
  const found = new Map<string, Match>();
  for (const text of new Set(purls)) {
    const parsed = parsePurl(text, true);
    const subject = parsed === null ? null : subjectOf(parsed);
    if (subject === null) continue;
    for (const { advisory, affected } of index.get(keyOf(subject.ecosystem, subject.name)) ?? []) {
      const verdict = judge(subject, affected);
      if (verdict === 'unaffected') continue;
      const key = `${text} ${advisory.id}`;
      const before = found.get(key);
      const fixed = [...new Set([...(before?.fixed ?? []), ...fixesOf(affected)])].slice(0, 20);
      found.set(key, { advisory: advisory.id, purl: text, verdict: before?.verdict === 'affected' ? 'affected' : verdict, fixed });
    }
  }
  return [...found.values()].sort((a, b) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : a.advisory < b.advisory ? -1 : 1));
}

function fixesOf({ ranges }: Affected): string[] {
  return (ranges ?? []).filter((range) => range.type !== 'GIT').flatMap((range) => range.events.flatMap((event) => event.fixed ?? []));
}

/** Whether a version is affected, after the evaluation that the OSV schema describes. */
export function judge(subject: Subject, affected: Affected): 'affected' | 'unaffected' | 'unknown' {
  const [, release = null] = (affected.package?.ecosystem ?? '').split(/:(.*)/s);
  // Of another release of the distribution it says nothing; where ours is not known, it may speak of it.
  if (release !== null && subject.release !== null && release !== subject.release && !release.startsWith(`${subject.release}:`))
    return 'unaffected';
  const ranges = (affected.ranges ?? []).filter((range) => range.type !== 'GIT');
  const listed = affected.versions ?? [];
  const compare = compareFor(subject.ecosystem);
  if (listed.some((version) => version === subject.version || (compare?.(version, subject.version) ?? 1) === 0)) return 'affected';
  let verdict: 'unaffected' | 'unknown' = ranges.length === 0 && listed.length === 0 ? 'unknown' : 'unaffected';
  for (const range of ranges) {
    const order = range.type === 'SEMVER' ? compareSemver : compare;
    const said = order === null ? 'unknown' : within(subject.version, range.events, order);
    if (said === 'affected') return 'affected';
    // A list of versions is whole where there is one; else what can't be compared may well be affected.
    if (said === 'unknown' && listed.length === 0) verdict = 'unknown';
  }
  return verdict;
}

type Event = NonNullable<Affected['ranges']>[number]['events'][number];
type Order = (a: string, b: string) => number | null;

function within(version: string, events: readonly Event[], order: Order): 'affected' | 'unaffected' | 'unknown' {
  const limits = events.flatMap((event) => event.limit ?? []).filter((limit) => limit !== '*');
  const steps: { at: string; opens: boolean; after: boolean }[] = [];
  for (const { introduced, fixed, last_affected: last } of events) {
    if (introduced !== undefined) steps.push({ at: introduced, opens: true, after: false });
    if (fixed !== undefined) steps.push({ at: fixed, opens: false, after: false });
    if (last !== undefined) steps.push({ at: last, opens: false, after: true });
  }
  let unknown = false;
  const compare = (a: string, b: string): number => {
    if (a === '0' || b === '0') return a === b ? 0 : a === '0' ? -1 : 1;
    const difference = order(a, b);
    if (difference === null) unknown = true;
    return difference ?? 0;
  };
  // What opens at a version stands before what closes there.
  const sorted = steps.toSorted((a, b) => compare(a.at, b.at) || Number(b.opens) - Number(a.opens));
  let inside = false;
  for (const step of sorted) {
    const difference = compare(version, step.at);
    if (step.after ? difference > 0 : difference >= 0) inside = step.opens;
  }
  if (inside && limits.length > 0 && limits.every((limit) => compare(version, limit) >= 0)) inside = false;
  return unknown ? 'unknown' : inside ? 'affected' : 'unaffected';
}
