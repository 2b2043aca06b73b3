import { buildMatcher, gateBit, type Matcher } from './matcher.ts';
import { secretForms, SHORTEST_SECRET } from './secret-forms.ts';

/** What stands where a secret stood. */
export const MASK = '***';

/**
 * Masks secrets in a stream of bytes. Bytes that may be the beginning of a secret are held back until it is clear, so
 * nothing leaks over the borders of chunks; line breaks inside a secret are read over and kept.
 */
export type Redactor = {
  /** Takes the next bytes and answers those that are safe to show. */
  push(chunk: Uint8Array): Uint8Array;
  /** Lets go of up to three bytes that are held back, when the stream has paused: too few to tell a secret by, and a live log reads better. */
  pause(): Uint8Array;
  /** The rest, at the end of the stream. */
  end(): Uint8Array;
};

/** Makes redactors for these secret values; build it once for a job, it is the costly part. */
export function redactorOf(values: readonly string[]): () => Redactor {
  const forms = new Map(values.flatMap(secretForms).map((form) => [Buffer.from(form).toString('latin1'), form]));
  if (forms.size === 0) return () => ({ push: (chunk) => chunk, pause: () => EMPTY, end: () => EMPTY });
  const matcher = buildMatcher([...forms.values()]);
  return () => new Stream(matcher);
}

/** The names of secrets whose values are too short to be masked: a job must not start with one. */
export function unmaskable(secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, value]) =>
    value !== '' && Buffer.byteLength(value.trim()) < SHORTEST_SECRET ? [name] : [],
  );
}

/** Masks a whole text. */
export function redactText(redactor: () => Redactor, text: string): string {
  return Buffer.from(redactBytes(redactor, Buffer.from(text))).toString('utf8');
}

/** Masks whole bytes, such as a report before it is uploaded. */
export function redactBytes(redactor: () => Redactor, bytes: Uint8Array): Uint8Array {
  const stream = redactor();
  return Buffer.concat([stream.push(bytes), stream.end()]);
}

const EMPTY = new Uint8Array(0);
const isBreak = (byte: number | undefined): boolean => byte === 10 || byte === 13;

class Stream implements Redactor {
  readonly #matcher: Matcher;
  #state = 0;
  #window = 0;
  #held: Uint8Array = EMPTY;
  /** Which of the held bytes are already known to be masked; null: none. */
  #heldMask: Uint8Array | null = null;
  /** The last byte shown was masked: a run of masked bytes shows one mask. */
  #inMask = false;

  constructor(matcher: Matcher) {
    this.#matcher = matcher;
  }

  push(chunk: Uint8Array): Uint8Array {
    const held = this.#held.length;
    const bytes = held === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const mask = this.#scan(bytes, held);
    return this.#show(bytes, mask, this.#safe(bytes));
  }

  pause(): Uint8Array {
    return this.#state === 0 ? this.#show(this.#held, this.#heldMask, this.#held.length) : EMPTY;
  }

  end(): Uint8Array {
    const rest = this.#show(this.#held, this.#heldMask, this.#held.length);
    this.#state = 0;
    this.#window = 0;
    return rest;
  }

  /** Reads on from `from` and marks what is found; answers the marks, or null where nothing is masked. */
  #scan(bytes: Uint8Array, from: number): Uint8Array | null {
    const { gate, enter, step, found } = this.#matcher;
    let mask = this.#heldMask === null ? null : grown(this.#heldMask, bytes.length);
    let state = this.#state;
    let window = this.#window;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === 10 || byte === 13) continue;
      window = (window << 8) | byte;
      if (state === 0) {
        const bit = gateBit(window);
        if (((gate[bit >>> 5] as number) & (1 << (bit & 31))) === 0) continue;
        state = enter(window);
      } else {
        state = step(state, window, byte);
      }
      const length = found[state] as number;
      if (length > 0) mark((mask ??= new Uint8Array(bytes.length)), bytes, at, length);
    }
    this.#state = state;
    this.#window = window;
    return mask;
  }

  /** How many bytes from the start can be shown: those before what may yet become a secret. */
  #safe(bytes: Uint8Array): number {
    let back = this.#matcher.depthOf(this.#state, this.#window);
    let at = bytes.length;
    while (back > 0 && at > 0) if (!isBreak(bytes[--at])) back--;
    return at;
  }

  #show(bytes: Uint8Array, mask: Uint8Array | null, until: number): Uint8Array {
    this.#held = bytes.slice(until);
    this.#heldMask = mask === null ? null : mask.slice(until);
    if (mask === null) {
      if (until > 0) this.#inMask = false;
      return bytes.subarray(0, until);
    }
    const parts: Uint8Array[] = [];
    for (let at = 0; at < until;) {
      const start = at;
      const masked = mask[at] === 1;
      while (at < until && (mask[at] === 1) === masked) at++;
      if (!masked) parts.push(bytes.subarray(start, at));
      else if (start > 0 || !this.#inMask) parts.push(Buffer.from(MASK));
      this.#inMask = masked;
    }
    return Buffer.concat(parts);
  }
}

/** Marks the `length` bytes up to `end` that are no line breaks; what was shown already (after a pause) is out of reach. */
function mark(mask: Uint8Array, bytes: Uint8Array, end: number, length: number): void {
  for (let at = end, left = length; at >= 0 && left > 0; at--) {
    if (isBreak(bytes[at])) continue;
    mask[at] = 1;
    left--;
  }
}

function grown(mask: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(mask);
  return whole;
}
