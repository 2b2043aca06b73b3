/**
 * Reading of what strangers send: nothing is taken for granted, everything has a limit, nothing throws. What is missing
 * or of another kind is null, and text stays text: well-formed, without NUL, and no longer than we keep.
 */

/** Characters of a name (login, branch, tag, repository), of a title or address, and of a body. */
export const NAME = 255;
export const LINE = 1000;
export const BODY = 10_000;
/** Entries of a list that are read: commits, labels, reviewers, changes. */
export const MANY = 500;

/** The value at a path of keys, or undefined. Only own properties count. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  let here: unknown = value;
  for (const key of keys) {
    if (typeof here !== 'object' || here === null || Array.isArray(here) || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

/** Text at a path, cut to `most`; a number counts as its digits; empty or missing is null. */
export function text(value: unknown, most: number = LINE): string | null {
  const raw = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof raw !== 'string' || raw === '') return null;
  const clean = raw.slice(0, most).replaceAll('\0', '').toWellFormed();
  return clean === '' ? null : clean;
}

/** A whole number from 0 to 2^53, also where it came as digits. */
export function count(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** A truth value, or null where none was said. */
export function flag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/** The first entries of a list; none where it is none. */
export function list(value: unknown, most: number = MANY): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** A commit id in full or, as some vendors give it, abbreviated (12 digits and more); forty zeros mean none. */
export function sha(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9a-f]{12,64}$/.test(value) && !/^0+$/.test(value) ? value : null;
}

/** An instant (RFC 3339 in UTC) from milliseconds since the epoch, or from the forms that forges write. */
export function instant(value: unknown): string | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.length > 40)) return null;
  // GitLab writes `2020-11-02 12:55:12 UTC` and `2021-04-28 21:50:00 +0200`.
  const form = typeof value === 'string' ? /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:UTC|([+-]\d\d):?(\d\d))$/.exec(value) : null;
  const readable = form === null ? value : `${form[1]}T${form[2]}${form[3] === undefined ? 'Z' : `${form[3]}:${form[4]}`}`;
  const date = new Date(readable);
  const year = Number.isNaN(date.getTime()) ? 0 : date.getUTCFullYear();
  return year < 1971 || year > 9999 ? null : date.toISOString();
}

/** An address that may be shown as a link: http or https, without credentials. */
export function link(value: unknown): string | null {
  const url = typeof value === 'string' && value.length <= 2000 ? URL.parse(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  return value as string;
}

/** The branch or tag behind `refs/heads/` or `refs/tags/`; other text as it stands. */
export function short(ref: string | null): string | null {
  return ref === null ? null : ref.replace(/^refs\/(?:heads|tags)\//, '');
}

/** The first that is not null. */
export function first<T>(...values: readonly (T | null)[]): T | null {
  return values.find((value) => value !== null) ?? null;
}
