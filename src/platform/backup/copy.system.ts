import type pg from 'pg';

/** COPY in both directions over a connection of `pg`, with bounded memory: the driver knows the messages but has no public way to them. */

type Wire = {
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(why: string): void;
  readonly stream: { pause(): void; resume(): void; readonly writableNeedDrain: boolean; once(event: string, heard: () => void): void };
};

/** More than this is not kept of what the database sends before somebody takes it. */
const AHEAD_BYTES = 4 * 1024 ** 2;

/** What every statement that `pg` runs must be able to hear. */
class Statement {
  readonly ended: Promise<void>;
  readonly #sql: string;
  readonly #settle: { readonly resolve: () => void; readonly reject: (error: Error) => void };
  protected failure: Error | null = null;

  constructor(sql: string) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => undefined);
    this.ended = promise;
    this.#sql = sql;
    this.#settle = { resolve, reject };
  }

  submit(wire: Wire): void {
    wire.query(this.#sql);
  }

  handleError(error: Error): void {
    this.failure ??= error;
    this.#settle.reject(this.failure);
  }

  handleReadyForQuery(): void {
    if (this.failure === null) this.#settle.resolve();
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('nothing is to be written');
  }
  handleCopyData(_message: { readonly chunk: Buffer }, _wire: Wire): void {}
}

class Out extends Statement {
  #rows: Buffer[] = [];
  #bytes = 0;
  #wire: Wire | null = null;
  #wake: () => void = () => undefined;

  override handleCopyData({ chunk }: { readonly chunk: Buffer }, wire: Wire): void {
    this.#wire = wire;
    // The driver uses its buffer again.
    this.#rows.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    if (this.#bytes > AHEAD_BYTES) wire.stream.pause();
    this.#wake();
  }

  async *rows(): AsyncGenerator<Buffer> {
    let over = false;
    void this.ended
      .catch(() => undefined)
      .finally(() => {
        over = true;
        this.#wake();
      });
    try {
      for (;;) {
        const rows = this.#rows;
        this.#rows = [];
        this.#bytes = 0;
        if (rows.length > 0) {
          for (const row of rows) yield row;
          this.#wire?.stream.resume();
        } else if (over) {
          await this.ended;
          return;
        } else await new Promise<void>((resolve) => void (this.#wake = resolve));
      }
    } finally {
      this.#wire?.stream.resume();
    }
  }
}

class In extends Statement {
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(sql: string, source: AsyncIterable<Uint8Array>) {
    super(sql);
    this.#source = source;
  }

  override handleCopyInResponse(wire: Wire): void {
    this.#send(wire).catch((error: unknown) => {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
      wire.sendCopyFail('what should be copied could not be read');
    });
  }

  async #send(wire: Wire): Promise<void> {
    for await (const chunk of this.#source) {
      if (this.failure !== null) return;
      wire.sendCopyFromChunk(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if (wire.stream.writableNeedDrain) await new Promise<void>((resolve) => wire.stream.once('drain', () => resolve()));
    }
    wire.endCopyFrom();
  }
}

/** The rows that `copy ... to stdout` sends, one buffer each, with their newline. The statement must be taken to its end. */
export function copyOut(client: pg.ClientBase, sql: string): AsyncIterable<Buffer> {
  const out = new Out(sql);
  client.query(out as unknown as pg.Submittable);
  return out.rows();
}

/** Sends `source` to `copy ... from stdin`. Throws what the database says, or what reading the source threw. */
export async function copyIn(client: pg.ClientBase, sql: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const into = new In(sql, source);
  client.query(into as unknown as pg.Submittable);
  await into.ended;
}
