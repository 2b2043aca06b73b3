/** Bytes that may wait for one slow reader: past this it is let go, and comes back with its cursor. */
const WAITING_LIMIT = 256 * 1024;

export type EventStream = {
  readonly stream: ReadableStream<Uint8Array>;
  /** Hands over bytes of whole events; false where the reader is gone or was let go for being too slow. */
  send(bytes: Uint8Array): boolean;
  /** Ends the stream after what was sent. */
  end(): void;
};

/**
 * One reader's stream of server-sent events. Never holds more than 256 KiB for it, and ends with `signal`. `ended` is
 * called once, however it ended.
 */
export function openEventStream(signal: AbortSignal, ended: () => void): EventStream {
  let open = true;
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const over = (): boolean => {
    if (!open) return false;
    open = false;
    signal.removeEventListener('abort', end);
    ended();
    return true;
  };
  const end = (): void => {
    if (over()) controller.close();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (own) => void (controller = own),
      cancel: () => void over(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: WAITING_LIMIT }),
  );
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return {
    stream,
    send(bytes) {
      if (!open) return false;
      if ((controller.desiredSize ?? 0) < bytes.length) {
        // What waits is dropped with the connection: the reader resumes from its cursor.
        if (over()) controller.error(new Error('the reader is too slow'));
        return false;
      }
      controller.enqueue(bytes);
      return true;
    },
    end,
  };
}

/** One event in the form of the wire. `id` is what a reader resumes from; `data` is JSON, so it holds no line break. */
export function eventBytes(name: string, data: unknown, id: string | null = null): Uint8Array {
  return new TextEncoder().encode(`${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** How long a reader waits before it comes back after a cut. */
export function retryBytes(ms: number): Uint8Array {
  return new TextEncoder().encode(`retry: ${Math.round(ms)}\n\n`);
}
