import semver from 'semver';

/** Less than, equal to or greater than zero; null: one of them is no version of that kind, so nobody knows. */
export type Compare = (a: string, b: string) => number | null;

/** The order of versions of an OSV ecosystem (its name without a release: `Debian` of `Debian:12`), or null where we know none. */
export function compareFor(ecosystem: string): Compare | null {
  return ORDERS.get(ecosystem.split(':')[0] ?? '') ?? null;
}

/** Semantic versions, read leniently: a leading v is passed over, as Go writes it. */
export const compareSemver: Compare = (a, b) => {
  const [one, two] = [semver.parse(a, { loose: true }), semver.parse(b, { loose: true })].map(
    (read, at) => read ?? coerced(at === 0 ? a : b),
  );
  return one == null || two == null ? null : one.compare(two);
};

/** `1`, `1.2` and `0` as advisories write them. */
function coerced(text: string): semver.SemVer | null {
  const [, major, minor = '0', rest = ''] = /^v?(\d{1,9})(?:\.(\d{1,9}))?((?:-|\+)[0-9A-Za-z.+-]{1,100})?$/.exec(text) ?? [];
  return major === undefined ? null : semver.parse(`${major}.${minor}.0${rest}`);
}

const PEP440 =
  /^v?(?:(\d{1,9})!)?(\d{1,15}(?:\.\d{1,15}){0,30})(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d{0,15}))?(?:-(\d{1,15})|[-_.]?(post|rev|r)[-_.]?(\d{0,15}))?(?:[-_.]?(dev)[-_.]?(\d{0,15}))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+){0,20}))?$/;

/** Python's versions, after PEP 440. */
export const comparePep440: Compare = (a, b) => {
  const [one, two] = [a, b].map((text) => pep440(text.trim().toLowerCase()));
  return one == null || two == null ? null : comparePlaces(one, two);
};

function pep440(text: string): (number | string)[] | null {
  const found = PEP440.exec(text);
  if (found === null) return null;
  const [, epoch = '0', release = '', pre, preNumber = '', implicit, post, postNumber = '', dev, devNumber = '', local] = found;
  const numbers = release.split('.').map(Number);
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop();
  const phase = pre === undefined ? null : pre.startsWith('a') ? 0 : pre.startsWith('b') ? 1 : 2;
  const isPost = implicit !== undefined || post !== undefined;
  // A development release of the number itself stands before its pre-releases, and those before it.
  const stage = phase !== null ? phase : !isPost && dev !== undefined ? -1 : 3;
  const after = isPost ? Number(implicit ?? (postNumber || 0)) : -1;
  const developed = dev === undefined ? Infinity : Number(devNumber || 0);
  const places = [
    Number(epoch),
    ...Array.from({ length: 32 }, (_, at) => numbers[at] ?? 0),
    stage,
    Number(preNumber || 0),
    after,
    developed,
  ];
  const locals = local === undefined ? [-1] : local.split(/[-_.]/).flatMap((part) => (/^\d+$/.test(part) ? [1, Number(part)] : [0, part]));
  return [...places, ...locals];
}

function comparePlaces(one: readonly (number | string)[], two: readonly (number | string)[]): number {
  for (let at = 0; at < Math.max(one.length, two.length); at += 1) {
    const [a, b] = [one[at], two[at]];
    if (a === b) continue;
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return 0;
}

const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const ALIASES: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
type MavenItem = number | string | MavenItem[];

/** Maven's versions, as its ComparableVersion orders them. */
export const compareMaven: Compare = (a, b) => {
  if (a === '' || b === '' || a.length > 200 || b.length > 200) return null;
  return compareItems(mavenItems(a), mavenItems(b));
};

function mavenItems(text: string): MavenItem[] {
  const root: MavenItem[] = [];
  let list = root;
  const tokens = text.toLowerCase().match(/\d+|[^\d.-]+|[.-]/g) ?? [];
  let before = '';
  tokens.forEach((token, at) => {
    if (token === '.' || token === '-') {
      if (before === '' || before === '.' || before === '-') list.push(0);
      if (token === '-') list = nested(list);
    } else {
      // A change between digits and letters separates like a dash.
      if (before !== '' && before !== '.' && before !== '-') list = nested(list);
      list.push(/^\d/.test(token) ? Number(token) : word(token, /^\d/.test(tokens[at + 1] ?? '')));
    }
    before = token;
  });
  trim(root);
  return root;
}

function nested(list: MavenItem[]): MavenItem[] {
  const inner: MavenItem[] = [];
  list.push(inner);
  return inner;
}

function word(token: string, beforeDigit: boolean): string {
  const short: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };
  const long = beforeDigit && Object.hasOwn(short, token) ? (short[token] ?? token) : token;
  return Object.hasOwn(ALIASES, long) ? (ALIASES[long] ?? long) : long;
}

/** Nothing at the end of a list counts: 1.0 is 1, 1-ga is 1. */
function trim(list: MavenItem[]): void {
  for (const item of list) if (Array.isArray(item)) trim(item);
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const item = list[at];
    if (item === 0 || item === '' || (Array.isArray(item) && item.length === 0)) list.splice(at, 1);
    else if (!Array.isArray(item)) break;
  }
}

function compareItems(one: readonly MavenItem[], two: readonly MavenItem[]): number {
  for (let at = 0; at < Math.max(one.length, two.length); at += 1) {
    const difference = compareItem(one[at], two[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareItem(a: MavenItem | undefined, b: MavenItem | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -compareItem(b, undefined);
  if (typeof a === 'number') {
    if (b === undefined) return a === 0 ? 0 : 1;
    return typeof b === 'number' ? a - b : 1;
  }
  if (typeof a === 'string') {
    if (b === undefined) return rank(a) < rank('') ? -1 : rank(a) > rank('') ? 1 : 0;
    if (typeof b !== 'string') return -1;
    return rank(a) !== rank(b) ? (rank(a) < rank(b) ? -1 : 1) : a < b ? -1 : a > b ? 1 : 0;
  }
  if (b === undefined) return a.length === 0 ? 0 : compareItem(a[0], undefined);
  if (typeof b === 'number') return -1;
  return typeof b === 'string' ? 1 : compareItems(a, b);
}

function rank(text: string): number {
  const at = QUALIFIERS.indexOf(text);
  return at < 0 ? QUALIFIERS.length : at;
}

const NUGET = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]{1,100}))?(?:\+[0-9A-Za-z.-]{1,200})?$/;

/** NuGet's versions: four numbers, pre-releases as SemVer has them, without case. */
export const compareNuget: Compare = (a, b) => {
  const [one, two] = [NUGET.exec(a), NUGET.exec(b)];
  if (one === null || two === null) return null;
  for (let at = 1; at <= 4; at += 1) {
    const difference = Number(one[at] ?? 0) - Number(two[at] ?? 0);
    if (difference !== 0) return difference;
  }
  const [pre, other] = [one[5]?.toLowerCase(), two[5]?.toLowerCase()];
  if (pre === other) return 0;
  if (pre === undefined || other === undefined) return pre === undefined ? 1 : -1;
  return compareIdentifiers(pre.split('.'), other.split('.'));
};

function compareIdentifiers(one: readonly string[], two: readonly string[]): number {
  for (let at = 0; at < Math.max(one.length, two.length); at += 1) {
    const [a, b] = [one[at], two[at]];
    if (a === b) continue;
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    const [isNumber, otherIs] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumber && otherIs && Number(a) !== Number(b)) return Number(a) - Number(b);
    if (isNumber !== otherIs) return isNumber ? -1 : 1;
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

/** Debian's versions, as deb-version(7) orders them: epoch, upstream, revision; `~` before everything. */
export const compareDebian: Compare = (a, b) => {
  const [one, two] = [debian(a), debian(b)];
  if (one === null || two === null) return null;
  return one.epoch - two.epoch || compareDpkg(one.upstream, two.upstream) || compareDpkg(one.revision, two.revision);
};

function debian(text: string): { epoch: number; upstream: string; revision: string } | null {
  const [, epoch = '0', rest = ''] = /^(?:(\d{1,9}):)?([A-Za-z0-9.+:~-]{1,300})$/.exec(text.trim()) ?? [];
  if (rest === '') return null;
  const dash = rest.lastIndexOf('-');
  return { epoch: Number(epoch), upstream: dash < 0 ? rest : rest.slice(0, dash), revision: dash < 0 ? '' : rest.slice(dash + 1) };
}

function compareDpkg(one: string, two: string): number {
  const weight = (character: string | undefined): number => {
    if (character === undefined || /\d/.test(character)) return 0;
    if (character === '~') return -1;
    return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
  };
  let [a, b] = [0, 0];
  while (a < one.length || b < two.length) {
    while ((a < one.length && !/\d/.test(one[a] ?? '')) || (b < two.length && !/\d/.test(two[b] ?? ''))) {
      const difference = weight(one[a]) - weight(two[b]);
      if (difference !== 0) return difference;
      a += 1;
      b += 1;
    }
    const digits = [/^\d*/.exec(one.slice(a))?.[0] ?? '', /^\d*/.exec(two.slice(b))?.[0] ?? ''] as const;
    a += digits[0].length;
    b += digits[1].length;
    const difference = BigInt(digits[0] || 0) - BigInt(digits[1] || 0);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return 0;
}

const ALPINE = /^(\d+(?:\.\d+){0,20})([a-z])?((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*){0,10})(?:~[0-9a-f]+)?(?:-r(\d+))?$/;
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];

/** Alpine's versions, as apk orders them. */
export const compareAlpine: Compare = (a, b) => {
  const [one, two] = [ALPINE.exec(a), ALPINE.exec(b)];
  if (one === null || two === null || a.length > 200 || b.length > 200) return null;
  return (
    compareNumbers(one[1] ?? '', two[1] ?? '') ||
    (one[2] ?? '').localeCompare(two[2] ?? '', 'en') ||
    comparePlaces(suffixes(one[3] ?? ''), suffixes(two[3] ?? '')) ||
    Number(one[4] ?? 0) - Number(two[4] ?? 0)
  );
};

function suffixes(text: string): number[] {
  const plain = SUFFIXES.indexOf('');
  const found = text.split('_').filter((part) => part !== '');
  return [...found, ''].flatMap((part) => {
    const [, name = '', number = ''] = /^([a-z]*)(\d*)$/.exec(part) ?? [];
    return part === '' ? [plain] : [SUFFIXES.indexOf(name), Number(number || 0)];
  });
}

/** After the first number, those with a leading zero are compared as fractions are: 1.05 before 1.1. */
function compareNumbers(one: string, two: string): number {
  const [left, right] = [one.split('.'), two.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [a, b] = [left[at], right[at]];
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    const fraction = at > 0 && (a.startsWith('0') || b.startsWith('0'));
    if (fraction && a !== b) return a < b ? -1 : 1;
    const difference = BigInt(a) - BigInt(b);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return 0;
}

/** Ruby's versions: numbers and words, words before numbers. */
export const compareGem: Compare = (a, b) => {
  const form = /^\d+(?:\.[0-9A-Za-z]+){0,20}(?:-[0-9A-Za-z.-]{1,60})?$/;
  if (!form.test(a) || !form.test(b)) return null;
  const parts = (text: string): (number | string)[] =>
    (text.replaceAll('-', '.pre.').match(/\d+|[a-z]+/gi) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part));
  const [one, two] = [parts(a), parts(b)];
  for (let at = 0; at < Math.max(one.length, two.length); at += 1) {
    const [x, y] = [one[at] ?? 0, two[at] ?? 0];
    if (x === y) continue;
    if (typeof x !== typeof y) return typeof x === 'string' ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
};

const ORDERS = new Map<string, Compare>([
  ['npm', compareSemver],
  ['Go', compareSemver],
  ['crates.io', compareSemver],
  ['Hex', compareSemver],
  ['Pub', compareSemver],
  ['SwiftURL', compareSemver],
  ['GitHub Actions', compareSemver],
  ['PyPI', comparePep440],
  ['Maven', compareMaven],
  ['NuGet', compareNuget],
  ['Debian', compareDebian],
  ['Ubuntu', compareDebian],
  ['Alpine', compareAlpine],
  ['Chainguard', compareAlpine],
  ['Wolfi', compareAlpine],
  ['RubyGems', compareGem],
]);
