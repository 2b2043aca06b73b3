import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { LOG_LIMIT } from '../contract/runner.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Redactor } from './redact.ts';

/** Held-back bytes that can't tell a secret are let go after this long without output. */
const PAUSE_MS = 250;
const LAST_WORDS = '\n[the log ends here: it reached its limit]\n';

/**
 * The log of one attempt, on disk. Only redacted, well-formed UTF-8 without NUL is ever written, so what is sent, stored
 * and left after a crash is the same text. Writes are in order; `changed` is called when there is more to send.
 */
export class LogSpool {
  readonly #file: FileHandle;
  readonly #redactor: Redactor;
  readonly #changed: () => void;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #hash = createHash('sha256');
  readonly #limit: number;
  #size = 0;
  #full = false;
  #line: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  private constructor(file: FileHandle, redactor: Redactor, changed: () => void, limit: number) {
    this.#file = file;
    this.#redactor = redactor;
    this.#changed = changed;
    this.#limit = limit;
  }

  static async create(path: string, redactor: Redactor, changed: () => void = () => undefined, limit = LOG_LIMIT): Promise<LogSpool> {
    return new LogSpool(await open(path, 'wx+', 0o600), redactor, changed, limit);
  }

  /** Bytes on disk: how far a sender may go. */
  get size(): number {
    return this.#size;
  }

  /** Adds output of a step, or words of the runner (a string). Resolves once it is on its way to disk. */
  write(chunk: Uint8Array | string): Promise<void> {
    return this.#next(() => this.#append(this.#redactor.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
  }

  /** The end of the log: what was held back is decided, and the digest is of everything. */
  async end(): Promise<{ readonly bytes: number; readonly digest: Digest }> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#next(async () => {
      await this.#append(this.#redactor.end());
      await this.#put(this.#decoder.decode());
    });
    if (this.#timer !== null) clearTimeout(this.#timer);
    return { bytes: this.#size, digest: `sha256:${this.#hash.copy().digest('hex')}` };
  }

  /** At most `limit` bytes from `offset`, cut between characters. */
  async read(offset: number, limit: number): Promise<string> {
    const buffer = Buffer.alloc(Math.min(limit, this.#size - offset));
    const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, offset);
    let end = bytesRead;
    // Everything on disk is whole UTF-8, so only the cut can split a character: step back over its continuation bytes.
    if (offset + end < this.#size) {
      while (end > 0 && ((await this.#byteAt(offset + end)) & 0xc0) === 0x80) end--;
    }
    return buffer.toString('utf8', 0, end);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #byteAt(offset: number): Promise<number> {
    const one = Buffer.alloc(1);
    await this.#file.read(one, 0, 1, offset);
    return one[0] ?? 0;
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#line.then(work);
    this.#line = done.catch(() => undefined);
    return done;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#put(this.#decoder.decode(bytes, { stream: true }));
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => void this.#next(async () => this.#put(this.#decoder.decode(this.#redactor.pause(), { stream: true }))).catch(() => undefined),
      PAUSE_MS,
    );
    this.#timer.unref();
  }

  async #put(text: string): Promise<void> {
    if (text === '' || this.#full) return;
    let bytes = Buffer.from(text.replaceAll('\0', '\ufffd'));
    if (this.#size + bytes.length > this.#limit - LAST_WORDS.length) {
      this.#full = true;
      let end = Math.max(0, this.#limit - LAST_WORDS.length - this.#size);
      while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
      bytes = Buffer.concat([bytes.subarray(0, end), Buffer.from(LAST_WORDS)]);
    }
    await this.#file.write(bytes, 0, bytes.length, this.#size);
    this.#hash.update(bytes);
    this.#size += bytes.length;
    this.#changed();
  }
}
