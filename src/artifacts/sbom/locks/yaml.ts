/**
 * The YAML that package managers write into lock files: block maps and lists, one-line flow collections, plain and quoted
 * texts, block texts. No anchors, tags or merges: who writes those by hand means another file. Linear in its input; throws
 * where it meets anything else. Values are texts, lists and maps without a prototype; numbers stay texts.
 */
export type LockValue = string | readonly LockValue[] | LockMap;
export type LockMap = { readonly [key: string]: LockValue };

type Line = { readonly indent: number; readonly text: string };
const DEPTH = 30;

/** Reads a lock file's YAML. Throws an Error with the line's number where it can't. */
export function readLockYaml(source: string): LockValue {
  return new Reader(source).read();
}

/** A map's entry as a map, or an empty one. */
export function mapAt(map: LockValue | undefined, key?: string): LockMap {
  const value = key === undefined ? map : isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
  return isMap(value) ? value : {};
}

/** A map's entry as text, or null. */
export function textAt(map: LockValue | undefined, key: string): string | null {
  const value = isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
  return typeof value === 'string' ? value : null;
}

function isMap(value: LockValue | undefined): value is LockMap {
  return typeof value === 'object' && !Array.isArray(value);
}

class Reader {
  readonly #lines: Line[] = [];
  #at = 0;

  constructor(source: string) {
    for (const raw of source.split(/\r?\n/)) {
      const text = raw.trimEnd();
      const bare = text.trimStart();
      if (bare === '' || bare.startsWith('#') || bare === '---' || bare.startsWith('%')) continue;
      this.#lines.push({ indent: text.length - bare.length, text: bare });
    }
  }

  read(): LockValue {
    const value = this.#lines.length === 0 ? {} : this.#block(this.#lines[0]?.indent ?? 0, 0);
    if (this.#at < this.#lines.length) this.#fail();
    return value;
  }

  #fail(): never {
    throw new Error(`what stands at "${this.#lines[this.#at]?.text.slice(0, 60) ?? 'the end'}" is not of a lock file`);
  }

  #block(indent: number, depth: number): LockValue {
    if (depth > DEPTH) this.#fail();
    return this.#lines[this.#at]?.text.startsWith('- ') === true || this.#lines[this.#at]?.text === '-'
      ? this.#list(indent, depth)
      : this.#map(indent, depth);
  }

  #list(indent: number, depth: number): LockValue {
    const items: LockValue[] = [];
    for (let line = this.#lines[this.#at]; line?.indent === indent && /^-(?: |$)/.test(line.text); line = this.#lines[this.#at]) {
      const rest = line.text.slice(1).trimStart();
      const inner = indent + line.text.length - rest.length;
      if (rest !== '' && keyOf(rest) !== null && !rest.startsWith('{')) {
        this.#lines[this.#at] = { indent: inner, text: rest };
        items.push(this.#block(inner, depth + 1));
      } else {
        this.#at += 1;
        items.push(rest === '' ? this.#nested(indent, depth) : this.#scalar(rest, indent));
      }
    }
    return items;
  }

  #map(indent: number, depth: number): LockValue {
    const map = Object.create(null) as Record<string, LockValue>;
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      if (line.text.startsWith('- ')) break;
      const [key, value] = line.text.startsWith('? ') ? this.#longKey(line.text.slice(2), indent) : (keyOf(line.text) ?? this.#fail());
      this.#at += 1;
      map[key] = value === '' ? this.#nested(indent, depth) : this.#scalar(value, indent);
    }
    return map;
  }

  /** A key that is too long for its line: `? key`, then `: value`. */
  #longKey(text: string, indent: number): [string, string] {
    this.#at += 1;
    const line = this.#lines[this.#at];
    if (line?.indent !== indent || !/^:(?: |$)/.test(line.text)) return this.#fail();
    const value = line.text.slice(1).trimStart();
    // A map may begin on the colon's own line.
    if (keyOf(value) === null || value.startsWith('{')) return [unquote(text), value];
    this.#lines[this.#at] = { indent: indent + 2, text: value };
    this.#at -= 1;
    return [unquote(text), ''];
  }

  #nested(indent: number, depth: number): LockValue {
    const line = this.#lines[this.#at];
    if (line === undefined) return '';
    const isList = /^-(?: |$)/.test(line.text);
    return line.indent > indent || (line.indent === indent && isList) ? this.#block(line.indent, depth + 1) : '';
  }

  #scalar(text: string, indent: number): LockValue {
    if (/^[|>][-+0-9]*$/.test(text) || (/^["']/.test(text) && !isClosed(text))) {
      const words: string[] = /^["']/.test(text) ? [text] : [];
      for (let line = this.#lines[this.#at]; line !== undefined && line.indent > indent; line = this.#lines[this.#at]) {
        words.push(line.text);
        this.#at += 1;
      }
      return unquote(words.join(' '));
    }
    if (text.startsWith('{') || text.startsWith('[')) return flow(text);
    if (/^[&*!]/.test(text)) return this.#fail();
    return unquote(text.replace(/ #.*$/, ''));
  }
}

/** A line's key and what follows it, or null where it has none. Linear: quoted keys are walked, plain ones cut at `: `. */
function keyOf(text: string): [string, string] | null {
  if (text.startsWith('"') || text.startsWith("'")) {
    const end = closing(text);
    return end > 0 && /^:(?: |$)/.test(text.slice(end + 1, end + 3))
      ? [unquote(text.slice(0, end + 1)), text.slice(end + 2).trimStart()]
      : null;
  }
  const at = text.indexOf(': ');
  if (at > 0) return [text.slice(0, at), text.slice(at + 2).trimStart()];
  return text.endsWith(':') && text.length > 1 ? [text.slice(0, -1), ''] : null;
}

function closing(text: string): number {
  const quote = text[0];
  for (let at = 1; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) {
      if (quote === "'" && text[at + 1] === "'") at += 1;
      else return at;
    }
  }
  return -1;
}

function isClosed(text: string): boolean {
  return closing(text) > 0;
}

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

/** A flow collection on one line: `{integrity: sha512-x, tarball: y}`, `[x64, arm64]`. Nested ones become texts. */
function flow(text: string): LockValue {
  const inner = text.replace(/\s*#[^'"{}[\]]*$/, '').slice(1, -1);
  const parts: string[] = [];
  let [depth, quote, start] = [0, '', 0];
  for (let at = 0; at < inner.length; at += 1) {
    const character = inner[at] ?? '';
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (character === ',' && depth === 0) {
      parts.push(inner.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(inner.slice(start).trim());
  const some = parts.filter((part) => part !== '');
  if (text.startsWith('[')) return some.map(unquote);
  const map = Object.create(null) as Record<string, LockValue>;
  for (const part of some) {
    const [key, value] = keyOf(part) ?? [part, ''];
    map[key] = unquote(value);
  }
  return map;
}
