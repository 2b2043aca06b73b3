import { Lexer, parseAllDocuments, type Document } from 'yaml';

/**
 * YAML of others, read tolerantly: merge keys, several documents and tags of their own are taken as they are used by
 * CI systems. Hostile files end in words and not in minutes: size, depth, words and expanded aliases are limited.
 */
export type LooseRead = { readonly ok: true; readonly documents: readonly unknown[] } | { readonly ok: false; readonly fault: string };

export const FILE_LIMIT = 1024 * 1024;
const TOKENS_MOST = 200_000;
const ALIASES_MOST = 100;
const DOCUMENTS_MOST = 20;

export function readLooseYaml(source: string): LooseRead {
  if (source.length > FILE_LIMIT) return { ok: false, fault: 'it is larger than 1 MB' };
  if (/(?:[[{][ \t]*){100}|(?:[-?:][ \t]+){200}/.test(source)) return { ok: false, fault: 'it is nested too deeply' };
  let tokens = 0;
  for (const _ of new Lexer().lex(source)) if ((tokens += 1) > TOKENS_MOST) return { ok: false, fault: 'it holds too many values' };
  try {
    const parsed = parseAllDocuments(source, {
      version: '1.2',
      schema: 'core',
      merge: true,
      uniqueKeys: false,
      strict: false,
      prettyErrors: false,
      logLevel: 'silent',
      // `!reference [job, script]` of GitLab is a list of names.
      customTags: [{ tag: '!reference', collection: 'seq', resolve: (list) => list }],
    });
    if (!Array.isArray(parsed)) return { ok: true, documents: [] };
    const broken = parsed.flatMap((document: Document.Parsed) => document.errors)[0];
    if (broken !== undefined) return { ok: false, fault: (broken.message.split('\n')[0] ?? 'it is no YAML').slice(0, 200) };
    return {
      ok: true,
      documents: parsed
        .slice(0, DOCUMENTS_MOST)
        .map((document: Document.Parsed): unknown => document.toJS({ maxAliasCount: ALIASES_MOST })),
    };
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, fault: 'it is nested too deeply' };
    return {
      ok: false,
      fault: error instanceof Error ? (error.message.split('\n')[0]?.slice(0, 200) ?? 'it is no YAML') : 'it is no YAML',
    };
  }
}

type Map = Readonly<Record<string, unknown>>;

/** The entries of a map, by own keys, at most `most`; none where it is no map. */
export function entries(value: unknown, most = 1000): readonly (readonly [string, unknown])[] {
  return isMap(value) ? Object.entries(value).slice(0, most) : [];
}

export function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own key; undefined where there is none. */
export function get(value: unknown, key: string): unknown {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Texts of a text or of a list (and of lists in it); numbers and booleans as their words. */
export function texts(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  return Array.isArray(value) && depth < 5 ? value.slice(0, 1000).flatMap((one) => texts(one, depth + 1)) : [];
}

/** A text on one line, cut; null where there is none. */
export function word(value: unknown, most = 200): string | null {
  const [first] = texts(value);
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  const line = first
    ?.slice(0, most)
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
  return line === undefined || line === '' ? null : line.toWellFormed();
}

/** A list: of what it holds, or of the one value that stands in its place; none where it is absent. */
export function many(value: unknown, most = 1000): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.slice(0, most) : [value];
}
