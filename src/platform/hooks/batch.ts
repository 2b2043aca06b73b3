import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Where in its batch a delivery lies: its headers from `place` on, `head` bytes of JSON, and after them `size` bytes of body. */
export type Place = { readonly place: number; readonly head: number; readonly size: number };
/** Where a batch is laid out before it is packed: the same memory each time, because nothing waits in between. */
const DESK = 256 * 1024;
let desk = Buffer.allocUnsafeSlow(DESK);

function roomFor(length: number): void {
  if (length <= desk.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(length, desk.length * 2));
  desk.copy(larger);
  desk = larger;
}

type Brought = { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array };

/** More is never packed together: the most bytes that are unpacked. */
const MOST = 16 * 1024 ** 2;
/** Small, because each packer keeps one such piece alive until the next whole garbage collection. */
const CHUNK = 2 * 1024;
/** Fast before small: payloads repeat themselves so much that most is gained at once. What was turned on the disk is refused. */
const PARAMS = { [constants.ZSTD_c_compressionLevel]: -5, [constants.ZSTD_c_checksumFlag]: 1 };

/** What several deliveries brought as one zstd frame (RFC 8878), and where in it each lies. */
export function pack(brought: readonly Brought[]): { readonly bytes: Buffer; readonly places: readonly Place[] } {
  const places: Place[] = [];
  let place = 0;
  for (const { headers, body } of brought) {
    const text = JSON.stringify(headers);
    roomFor(place + text.length * 3 + body.length);
    const head = desk.write(text, place);
    desk.set(body, place + head);
    places.push({ place, head, size: body.length });
    place += head + body.length;
  }
  const whole = desk.subarray(0, place);
  const bytes = zstdCompressSync(whole, { params: PARAMS, pledgedSrcSize: place, chunkSize: CHUNK });
  if (desk.length > DESK) desk = Buffer.allocUnsafeSlow(DESK);
  return { bytes, places };
}

/** One delivery out of the bytes of its batch, exactly as it came. Throws where they are not what `pack` made. */
export function unpack(bytes: Uint8Array, { place, head, size }: Place): { headers: Record<string, string>; body: Buffer } {
  const whole = zstdDecompressSync(bytes, { maxOutputLength: MOST });
  if (whole.length < place + head + size) throw new Error('a batch of deliveries is shorter than what it holds');
  const headers = JSON.parse(whole.subarray(place, place + head).toString('utf8')) as Record<string, string>;
  return { headers, body: Buffer.from(whole.subarray(place + head, place + head + size)) };
}
