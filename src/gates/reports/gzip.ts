import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';

const RATIO = 200;

/**
 * The bytes of a report, unpacked where they are gzip (RFC 1952). What unpacks to more than the limit of any report, or
 * to more than 200 times its own size, is refused as it grows.
 */
export async function* unzipped(bytes: ByteStream): AsyncGenerator<Uint8Array> {
  const source = bytes[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  }
  yield* head[0] === 0x1f && head[1] === 0x8b ? unpacked(all()) : all();
}

async function* unpacked(bytes: ByteStream): AsyncGenerator<Uint8Array> {
  const seen = { given: 0, fault: null as { error: unknown } | null };
  const source = bytes[Symbol.asyncIterator]();
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const next = await source.next();
        if (next.done === true) return controller.close();
        seen.given += next.value.length;
        controller.enqueue(new Uint8Array(next.value));
      } catch (error) {
        seen.fault = { error };
        controller.error(error);
      }
    },
  });
  let made = 0;
  try {
    for await (const chunk of packed.pipeThrough(new DecompressionStream('gzip')) as unknown as AsyncIterable<Uint8Array>) {
      made += chunk.length;
      if (made > LIMITS.bytes) throw new ReportFault(`unpacked, the file is larger than ${LIMITS.bytes / 1024 / 1024} MB`);
      if (made > 1024 * 1024 && made > seen.given * RATIO) throw new ReportFault(`the file unpacks to more than ${RATIO} times its size`);
      yield chunk;
    }
  } catch (error) {
    if (seen.fault !== null) throw seen.fault.error;
    if (error instanceof ReportFault) throw error;
    throw new ReportFault(`not whole gzip: ${error instanceof Error ? error.message.slice(0, 100) : 'unknown'}`);
  }
}
