/**
 * Reads the text format of protocol buffers (https://protobuf.dev/reference/protobuf/textformat-spec/) as far as test data
 * need it: fields, messages in braces, lists, strings with escapes that follow each other, numbers, words, comments. Every
 * field is a list, because any may be repeated. Throws an `Error` with the offset where it is none of that.
 */
export type Message = { readonly [field: string]: readonly (Message | string | number | boolean | Uint8Array)[] };
type Value = Message[string][number];

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34, '?': 63 };

export function readTextproto(text: string): Message {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}`);
  };
  const skip = (): void => {
    for (let found = /[^\s#]|#/.exec(text.slice(at)); ; found = /[^\s#]|#/.exec(text.slice(at))) {
      if (found === null) return void (at = text.length);
      at += found.index;
      if (text[at] !== '#') return;
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end + 1;
    }
  };
  const take = (pattern: RegExp): string | null => {
    skip();
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const strings = (): Uint8Array => {
    const bytes: number[] = [];
    for (let quote = take(/["']/); quote !== null; quote = take(/["']/)) {
      for (; text[at] !== quote;) bytes.push(...character());
      at += 1;
    }
    return Uint8Array.from(bytes);
  };
  const character = (): readonly number[] => {
    if (at >= text.length) return fail('a text has no end');
    if (text[at] !== '\\') {
      const whole = String.fromCodePoint(text.codePointAt(at) ?? 0);
      at += whole.length;
      return [...Buffer.from(whole)];
    }
    const rest = text.slice(at + 1, at + 11);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    const hex = /^[xX]([0-9a-fA-F]{1,2})/.exec(rest);
    const unicode = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    at += 1 + (octal ?? hex?.[0] ?? unicode?.[0] ?? 'x').length;
    if (octal !== undefined) return [Number.parseInt(octal, 8) & 255];
    if (hex !== null) return [Number.parseInt(hex[1] ?? '', 16)];
    if (unicode !== null) return [...Buffer.from(String.fromCodePoint(Number.parseInt(unicode[1] ?? unicode[2] ?? '', 16)))];
    return [ESCAPES[rest[0] ?? ''] ?? fail('an escape is not known')];
  };
  const value = (): Value => {
    skip();
    if (text[at] === '{' || text[at] === '<') return braces();
    if (text[at] === '"' || text[at] === "'") return strings();
    const word = take(/-?[A-Za-z0-9_.+-]+/) ?? fail('a value is missing');
    if (word === 'true' || word === 'false') return word === 'true';
    return word;
  };
  const braces = (): Message => {
    const close = text[at] === '{' ? /\}/ : />/;
    at += 1;
    return message(close);
  };
  const message = (close: RegExp | null): Message => {
    const fields: Record<string, Value[]> = {};
    for (;;) {
      skip();
      if (close === null && at === text.length) return fields;
      if (close !== null && take(close) !== null) return fields;
      const name = take(/\[[^\]]+\]|[A-Za-z_][A-Za-z0-9_]*/) ?? fail('the name of a field is missing');
      take(/:/);
      const list = (fields[name] ??= []);
      if (take(/\[/) === null) list.push(value());
      else for (; take(/\]/) === null; take(/,/)) list.push(value());
      take(/[,;]/);
    }
  };
  return message(null);
}

/** The one message, text or word of a field; null where it is not there. */
export const messageIn = (message: Message, field: string): Message | null => {
  const found = message[field]?.[0];
  return typeof found === 'object' && !(found instanceof Uint8Array) ? found : null;
};
export const textIn = (message: Message, field: string): string | null => {
  const found = message[field]?.[0];
  if (found instanceof Uint8Array) return Buffer.from(found).toString('utf8');
  return found === undefined || typeof found === 'object' ? null : String(found);
};
