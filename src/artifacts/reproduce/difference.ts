import type { Digest } from '../../kernel/digest.ts';

/** One entry of an archive, with everything that two builds can differ in. */
export type Entry = {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  /** Seconds since 1970; null: the header holds none. */
  readonly modified: number | null;
  readonly owner: string;
  readonly to: string;
  readonly digest: Digest;
};

export const CAUSES = [
  'only-before',
  'only-again',
  'contents',
  'kind',
  'link',
  'permissions',
  'owners',
  'timestamps',
  'order',
  'packing',
] as const;
export type Cause = (typeof CAUSES)[number];

/** One way in which two builds of the same source differ, in how many entries, and in which of them (the first 50). */
export type Difference = {
  readonly cause: Cause;
  readonly count: number;
  readonly paths: readonly string[];
};

const SHOWN = 50;

/**
 * How two archives differ, worst first: what is in one only, what its bytes are, how it is described, its order. Archives
 * whose entries are all the same differ in how they were packed. Of entries of one name the last counts, as when they are unpacked.
 */
export function differences(before: readonly Entry[], again: readonly Entry[]): Difference[] {
  const [old, now] = [byPath(before), byPath(again)];
  const found = new Map<Cause, string[]>();
  const say = (cause: Cause, path: string): void => void found.set(cause, [...(found.get(cause) ?? []), path]);
  for (const [path, one] of old) {
    const other = now.get(path);
    if (other === undefined) say('only-before', path);
    else for (const cause of causesOf(one, other)) say(cause, path);
  }
  for (const path of now.keys()) if (!old.has(path)) say('only-again', path);
  const common = (all: readonly Entry[]): string[] => all.map(({ path }) => path).filter((path) => old.has(path) && now.has(path));
  const [first, second] = [common(before), common(again)];
  const moved = first.filter((path, at) => path !== second[at]);
  for (const path of moved) say('order', path);
  if (found.size === 0) say('packing', '');
  return CAUSES.flatMap((cause) => {
    const paths = found.get(cause);
    return paths === undefined ? [] : [{ cause, count: paths.length, paths: paths.filter((path) => path !== '').slice(0, SHOWN) }];
  });
}

function byPath(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

function causesOf(one: Entry, other: Entry): Cause[] {
  const causes: Cause[] = [];
  if (one.type !== other.type) causes.push('kind');
  if (one.digest !== other.digest) causes.push('contents');
  if (one.to !== other.to) causes.push('link');
  if (one.mode !== other.mode) causes.push('permissions');
  if (one.owner !== other.owner) causes.push('owners');
  if (one.modified !== other.modified) causes.push('timestamps');
  return causes;
}

/** What makes the bytes of a file differ, as far as text shows it. */
export type Why = 'dates' | 'paths' | 'ids' | 'line-order' | 'line-ends' | 'binary' | 'other';

/* Each is tried alone: masked, both texts must be equal. */
const MASKS: readonly (readonly [Why, RegExp])[] = [
  [
    'dates',
    /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [A-Za-z0-9:+ ]{10,40}|\b1[5-9]\d{8}(?:\d{3})?\b/g,
  ],
  ['paths', /(?:\/[A-Za-z0-9._@+-]{1,100}){2,30}/g],
  ['ids', /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{16,128}\b/gi],
];

/** Says what differs between two texts of a file; `null` for a text: it is binary or too large to look into. */
export function whyOf(before: string | null, again: string | null): Why {
  if (before === null || again === null) return 'binary';
  const lines = (text: string): string => text.replaceAll('\r\n', '\n');
  if (lines(before) === lines(again)) return 'line-ends';
  const sorted = (text: string): string => text.split('\n').sort().join('\n');
  if (sorted(before) === sorted(again)) return 'line-order';
  for (const [why, mask] of MASKS) if (before.replaceAll(mask, '*') === again.replaceAll(mask, '*')) return why;
  return 'other';
}
