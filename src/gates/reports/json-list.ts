import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';

/** Called for each item that is taken out of the document. `path`: the keys and positions of the containers around it. */
export type ItemHandler = (item: unknown, path: readonly (string | number)[]) => void;

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [34, 92, 44, 58, 91, 93, 123, 125];
const ITEM = 16 * 1024 * 1024;
const REST = 32 * 1024 * 1024;
const KEY = 4096;

/** A container on the way to the list, or the list itself (`streams`). */
type Frame = { readonly list: boolean; readonly streams: boolean; key: string | number; wantsKey: boolean; items: number; comma: boolean };

/**
 * Reads a JSON document (RFC 8259) whose bulk is one kind of list, without ever holding that list. `pattern` leads to it
 * (`runs`, `*`, `results`); each of its items is parsed alone and given to `onItem`. What remains, with these lists
 * empty, is answered as one value. Bytes are only scanned for strings and brackets, values are left to the platform's
 * parser. Limits: an item 16 MB, the remains 32 MB, nesting 200.
 */
export async function readJsonList(bytes: ByteStream, pattern: readonly string[], onItem: ItemHandler): Promise<unknown> {
  const reader = new ListReader(pattern, onItem);
  for await (const chunk of bytes) reader.write(chunk);
  return reader.end();
}

class ListReader {
  readonly #pattern: readonly string[];
  readonly #onItem: ItemHandler;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  readonly #stack: Frame[] = [];
  readonly #rest: Buffer[] = [];
  #restSize = 0;
  /** Brackets open below the containers on the way, or inside an item. */
  #deep = 0;
  #quoted = false;
  /** Whether the bytes before this chunk end in an odd number of backslashes inside a string. */
  #escaped = false;
  #key: Buffer[] | null = null;
  #item: Buffer[] | null = null;
  #itemSize = 0;
  #begun = false;
  #size = 0;

  constructor(pattern: readonly string[], onItem: ItemHandler) {
    this.#pattern = pattern;
    this.#onItem = onItem;
  }

  write(given: Uint8Array): void {
    const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    this.#size += chunk.length;
    if (this.#size > LIMITS.bytes) throw new ReportFault(`the file is larger than ${LIMITS.bytes / 1024 / 1024} MB`);
    let at = 0;
    while (at < chunk.length) at = this.#item === null ? this.#outside(chunk, at) : this.#inside(chunk, at);
  }

  end(): unknown {
    if (this.#size === 0) throw new ReportFault('the file is empty', 'empty');
    if (this.#item !== null || this.#quoted || this.#stack.length > 0 || this.#deep > 0) throw fault('the document ends in its middle');
    return this.#parse(this.#rest, 'the document');
  }

  /** From a place between items to the begin of the next one, or to the end of the chunk. What is passed over is kept. */
  #outside(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#quoted) {
        at = this.#string(chunk, at);
        continue;
      }
      const code = chunk[at] ?? 0;
      const frame = this.#stack.at(-1);
      if (frame?.streams === true && code > 32 && code !== CLOSE_LIST) {
        if (this.#separates(frame, code)) {
          this.#keep(chunk.subarray(from, at));
          return at + 1;
        }
        this.#keep(chunk.subarray(from, at));
        this.#item = [];
        this.#itemSize = 0;
        return at;
      }
      this.#structure(code, frame);
      at++;
    }
    this.#keep(chunk.subarray(from, at));
    return at;
  }

  /** Whether this byte of a streamed list is the comma between two items; else it begins an item. */
  #separates(frame: Frame, code: number): boolean {
    if (code === COMMA) {
      if (frame.comma || frame.items === 0) throw fault('a comma stands where an item was expected');
      frame.comma = true;
      return true;
    }
    if (frame.items > 0 && !frame.comma) throw fault('two items of a list have no comma between them');
    frame.comma = false;
    return false;
  }

  #structure(code: number, frame: Frame | undefined): void {
    if (code === QUOTE) {
      this.#quoted = true;
      this.#key = this.#deep === 0 && frame?.wantsKey === true ? [] : null;
    } else if (code === OPEN || code === OPEN_LIST) this.#open(code === OPEN_LIST, frame);
    else if (code === CLOSE || code === CLOSE_LIST) this.#close(code === CLOSE_LIST, frame);
    else if (this.#deep === 0 && frame !== undefined && code === COMMA) {
      if (frame.list) frame.key = Number(frame.key) + 1;
      else frame.wantsKey = true;
    } else if (this.#deep === 0 && code === COLON && frame !== undefined) frame.wantsKey = false;
  }

  #open(list: boolean, frame: Frame | undefined): void {
    const depth = this.#stack.length;
    if (depth + this.#deep >= LIMITS.depth) throw fault(`the document is nested deeper than ${LIMITS.depth}`);
    const wanted = this.#pattern[depth - 1];
    const onWay =
      this.#deep === 0 && (frame === undefined ? !this.#begun : !frame.streams && (frame.list ? wanted === '*' : frame.key === wanted));
    this.#begun = true;
    if (!onWay) this.#deep++;
    else {
      const streams = list && depth === this.#pattern.length;
      this.#stack.push({ list, streams, key: list ? 0 : '', wantsKey: !list, items: 0, comma: false });
    }
  }

  #close(list: boolean, frame: Frame | undefined): void {
    if (this.#deep > 0) this.#deep--;
    else if (frame === undefined || frame.list !== list) throw fault('a bracket closes what is not open');
    else if (frame.comma) throw fault('a comma stands before the end of a list');
    else this.#stack.pop();
  }

  /** From inside a string to after its quote, or to the end of the chunk. */
  #string(chunk: Buffer, from: number): number {
    const end = this.#quoteAfter(chunk, from);
    const stop = end < 0 ? chunk.length : end;
    if (this.#key !== null) this.#addToKey(chunk.subarray(from, stop));
    if (end < 0) return chunk.length;
    this.#quoted = false;
    const frame = this.#stack.at(-1);
    if (this.#key !== null && frame !== undefined) {
      const name = this.#parse([Buffer.from('"'), ...this.#key, Buffer.from('"')], 'a key');
      frame.key = typeof name === 'string' ? name : '';
      this.#key = null;
    }
    return end + 1;
  }

  #addToKey(part: Buffer): void {
    if (this.#key === null) return;
    this.#key.push(Buffer.from(part));
    if (this.#key.reduce((sum, one) => sum + one.length, 0) > KEY) throw fault('a key is longer than 4 KB');
  }

  /** Where the quote is that ends the string, or -1. A quote after an odd number of backslashes ends nothing. */
  #quoteAfter(chunk: Buffer, from: number): number {
    let at = from;
    for (;;) {
      const quote = chunk.indexOf(QUOTE, at);
      const stop = quote < 0 ? chunk.length : quote;
      let slashes = 0;
      while (stop - 1 - slashes >= at && chunk[stop - 1 - slashes] === BACKSLASH) slashes++;
      const odd = (slashes % 2 === 1) !== (this.#escaped && slashes === stop - at);
      this.#escaped = false;
      if (quote < 0) {
        this.#escaped = odd;
        return -1;
      }
      if (!odd) return quote;
      at = quote + 1;
    }
  }

  /** From inside an item to after its end, or to the end of the chunk. */
  #inside(chunk: Buffer, from: number): number {
    let at = from;
    let deep = this.#deep;
    while (at < chunk.length) {
      if (this.#quoted) {
        const end = this.#quoteAfter(chunk, at);
        if (end < 0) {
          at = chunk.length;
          break;
        }
        this.#quoted = false;
        at = end + 1;
        if (deep === 0) return this.#take(chunk.subarray(from, at), at);
        continue;
      }
      const code = chunk[at];
      if (code === QUOTE) this.#quoted = true;
      else if (code === OPEN || code === OPEN_LIST) {
        if (++deep > LIMITS.depth) throw fault(`the document is nested deeper than ${LIMITS.depth}`);
      } else if (code === CLOSE || code === CLOSE_LIST) {
        // A number or a word ends at the bracket of its list.
        if (deep === 0) return this.#take(chunk.subarray(from, at), at);
        if (--deep === 0) return this.#take(chunk.subarray(from, at + 1), at + 1);
      } else if (deep === 0 && (code === COMMA || (code ?? 0) <= 32)) return this.#take(chunk.subarray(from, at), at);
      at++;
    }
    this.#deep = deep;
    this.#itemSize += at - from;
    if (this.#itemSize > ITEM) throw fault('one item of a list is larger than 16 MB');
    this.#item?.push(Buffer.from(chunk.subarray(from, at)));
    return at;
  }

  #take(part: Buffer, next: number): number {
    const parts = [...(this.#item ?? []), part];
    this.#item = null;
    this.#deep = 0;
    const path = this.#stack.map((one) => one.key);
    const frame = this.#stack.at(-1);
    if (frame !== undefined) {
      frame.items++;
      frame.key = frame.items;
    }
    this.#onItem(this.#parse(parts, `the item ${path.join('.')}`), path);
    return next;
  }

  #keep(part: Buffer): void {
    // Between the items of a list only space is passed over, a million times.
    if (part.length === 0 || (part.length < 64 && this.#stack.at(-1)?.streams === true && blank(part))) return;
    this.#restSize += part.length;
    if (this.#restSize > REST) throw fault('what stands beside the results is larger than 32 MB');
    this.#rest.push(Buffer.from(part));
  }

  #parse(parts: readonly Buffer[], what: string): unknown {
    const [first] = parts;
    const bytes = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      throw new ReportFault('the file is not text in utf-8');
    }
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      const words = error instanceof Error ? error.message.slice(0, 160) : 'unknown';
      throw fault(`${what}: ${words}`);
    }
  }
}

function fault(reason: string): ReportFault {
  return new ReportFault(`not JSON: ${reason}`);
}

function blank(part: Buffer): boolean {
  for (const code of part) if (code > 32) return false;
  return true;
}
