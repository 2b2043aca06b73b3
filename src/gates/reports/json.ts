import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';
import { decodeText } from './text.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A whole JSON document as an object: bounded in bytes and depth, measured before it is parsed. */
export async function readJsonObject(bytes: ByteStream): Promise<JsonObject> {
  const parts: string[] = [];
  for await (const text of decodeText(bytes, LIMITS.jsonBytes)) parts.push(text);
  const text = parts.join('').replace(/^\uFEFF/, '');
  if (text.trim() === '') throw new ReportFault('the file is empty', 'empty');
  refuseDeep(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ReportFault(`not JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}`);
  }
  const object = asObject(value);
  if (object === null) throw new ReportFault('the document is no JSON object');
  return object;
}

function refuseDeep(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 92) at++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 91 || code === 123) {
      if (++depth > LIMITS.depth) throw new ReportFault(`the document is nested deeper than ${LIMITS.depth}`);
    } else if (code === 93 || code === 125) depth--;
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
