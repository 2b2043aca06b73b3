import { placeOfFault } from './json-place.ts';
import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';
import { decodeText } from './text.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A whole JSON document as an object: bounded in bytes and depth, measured before it is parsed. */
export async function readJsonObject(bytes: ByteStream): Promise<JsonObject> {
  const object = asObject(parseJson(await readJsonText(bytes)));
  if (object === null) throw new ReportFault('the document is no JSON object');
  return object;
}

/** The text of a JSON document, or of several one after another. */
export async function readJsonText(bytes: ByteStream): Promise<string> {
  const parts: string[] = [];
  for await (const text of decodeText(bytes, LIMITS.jsonBytes)) parts.push(text);
  const text = parts.join('').replace(/^\uFEFF/, '');
  if (text.trim() === '') throw new ReportFault('the file is empty', 'empty');
  return text;
}

/** One value of JSON, not nested deeper than the limit. */
export function parseJson(text: string): unknown {
  refuseDeep(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw jsonFault(error, text);
  }
}

/**
 * The values of a text that is one document of JSON, or several (JSON Lines, or one after another with only space
 * between). Where it is neither, the fault is that of the whole.
 */
export function parseJsonValues(text: string): readonly unknown[] {
  refuseDeep(text);
  try {
    return [JSON.parse(text)];
  } catch (error) {
    const parts = splitValues(text);
    if (parts.length < 2) throw jsonFault(error, text);
    return parts.map(({ from, to, line }) => {
      try {
        return JSON.parse(text.slice(from, to)) as unknown;
      } catch (inner) {
        const words = inner instanceof Error ? inner.message.slice(0, 200) : 'unknown';
        throw new ReportFault(`not JSON: the value in line ${line}: ${words}`, 'unreadable', { place: { line, column: 1 } });
      }
    });
  }
}

const MOST_VALUES = 2_000_000;

/** Where each value of a sequence begins and ends; a value that is not closed goes to the end. */
function splitValues(text: string): { from: number; to: number; line: number }[] {
  const parts: { from: number; to: number; line: number }[] = [];
  let depth = 0;
  let quoted = false;
  let from = -1;
  let line = 1;
  let begun = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) line++;
    if (quoted) {
      if (code === 92) at++;
      else if (code === 34) quoted = false;
      continue;
    }
    if (from < 0) {
      if (code <= 32) continue;
      from = at;
      begun = line;
    }
    if (code === 34) quoted = true;
    else if (code === 91 || code === 123) depth++;
    else if (code === 93 || code === 125) depth--;
    // A word or a number ends at a space, an object or a list at its bracket.
    const next = text.charCodeAt(at + 1);
    if (depth > 0 || (code !== 93 && code !== 125 && !(next <= 32 || Number.isNaN(next)))) continue;
    if (parts.length >= MOST_VALUES) throw new ReportFault(`the file has more than ${MOST_VALUES} documents`);
    parts.push({ from, to: at + 1, line: begun });
    from = -1;
    depth = 0;
  }
  if (from >= 0) parts.push({ from, to: text.length, line: begun });
  return parts;
}

/** What the platform's parser says, as a fault with its place: its own, or where the text stops to be JSON. */
function jsonFault(error: unknown, text: string): ReportFault {
  const words = error instanceof Error ? error.message : 'unknown';
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(words) ?? [];
  const place = line === undefined ? placeOfFault(text) : { line: Number(line), column: Number(column) };
  return new ReportFault(`not JSON: ${words.slice(0, 200)}`, 'unreadable', { place });
}

/** Members of the outermost object or list, and values of the whole document: more are a mistake or an attack, and dear to parse. */
const MOST_OUTER = 200_000;
const MOST_INNER = 6_000_000;

function refuseDeep(text: string): void {
  let depth = 0;
  let outer = 0;
  let all = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      at = endOfString(text, at);
    } else if (code === 44) {
      if (++all > MOST_INNER) throw new ReportFault(`the document holds more than ${MOST_INNER} values`);
      if (depth === 1 && ++outer > MOST_OUTER) throw new ReportFault(`the document has more than ${MOST_OUTER} members`);
    } else if (code === 91 || code === 123) {
      if (++depth > LIMITS.depth) throw new ReportFault(`the document is nested deeper than ${LIMITS.depth}`);
    } else if (code === 93 || code === 125) depth--;
    // Documents one after another: each has its own members.
    else if (code === 10 && depth === 0) outer = 0;
  }
}

/** Where the string that begins at `from` ends, or the text. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0) return quote;
    at = quote;
  }
}

/** `value` as an object, or null. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** An own member of `object`; prototypes are never asked. */
export function member(object: JsonObject | null | undefined, key: string): unknown {
  return object !== null && object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function objectAt(object: JsonObject | null | undefined, key: string): JsonObject | null {
  return asObject(member(object, key));
}

export function textAt(object: JsonObject | null | undefined, key: string): string | null {
  const value = member(object, key);
  return typeof value === 'string' ? value : null;
}

/** The objects of a list. A member that is no list, or holds anything but objects, refuses the report; an absent one is null. */
export function objectsAt(object: JsonObject | null | undefined, key: string): readonly JsonObject[] | null {
  const value = member(object, key);
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) throw new ReportFault(`"${key}" is no list`);
  return value.map((item) => {
    const entry = asObject(item);
    if (entry === null) throw new ReportFault(`"${key}" holds something that is no object`);
    return entry;
  });
}

/** The objects among the members of a list; anything else in it, or no list at all, is passed over. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as unknown[]).map(asObject).filter((one) => one !== null) : [];
}

export function numberAt(object: JsonObject | null | undefined, key: string): number | null {
  const value = member(object, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
