import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, realpathSync } from 'node:fs';
import { Readable } from 'node:stream';
import { recordArtifact } from '../contract/record.ts';
import { beginUpload, putUploadPart, recordStoredArtifact } from '../contract/uploads.ts';
import type { AnswerOf } from '../contract/route.ts';
import type { Client } from '../host/client.http.ts';
import { archiveOf, lookAtFolder, shapeOfFile } from '../host/folder.read.ts';
import type { Digest } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import { unreadable, usage } from './cli.problems.ts';
import { streamIn } from './files.disk.ts';
import type { NamedRun } from './record-options.ts';
import { keepSeen, seenBefore } from './seen.disk.ts';
import type { Look } from './seen.ts';

/** From this size on it goes in parts, so that a broken connection costs a part and not the whole. */
const LARGE = 32 * 1024 ** 2;
const PART = 8 * 1024 ** 2;
/** So often it goes on from an offset that the server names without getting any further. */
const PATIENCE = 5;

type Env = Readonly<Record<string, string | undefined>>;
type Named = NamedRun & { readonly job?: string; readonly name: string };
type Told = AnswerOf<typeof recordArtifact>;
type Thing = { readonly look: Look; readonly bytes: number; readonly open: () => AsyncIterable<Uint8Array> };

/**
 * Sends a file, or a folder as a tar archive (the same content makes the same bytes), as an artifact of a recorded run.
 * What was sent before and has not changed since is not read again; what the server holds for the service is not sent
 * again; what is large goes in parts and, cut off, goes on where it stopped, also in a later call.
 */
export async function sendArtifact(client: Client, named: Named, path: string, expected: string | undefined, env: Env): Promise<Told> {
  if (path === '-') return sendWhole(client, named, expected, await streamIn(path));
  const startedNs = BigInt(Date.now()) * 1_000_000n;
  const thing = lookAt(path);
  const seen = seenBefore(path, thing.look, env);
  if (seen === null && thing.bytes < LARGE) {
    const told = await sendWhole(client, named, expected, () => webStream(thing.open()));
    keepSeen(path, thing.look, { digest: told.digest as Digest, size: told.size }, startedNs, env);
    return told;
  }
  const known = seen ?? (await measure(thing.open()));
  if (seen === null) keepSeen(path, thing.look, known, startedNs, env);
  if (expected !== undefined && expected !== known.digest)
    throw usage({ what: `The bytes of ${path} are ${known.digest}, not ${expected}.`, try: 'Give the digest of these bytes, or none.' });
  if (!(await sendParts(client, named.service, known, thing.open)))
    return sendWhole(client, named, known.digest, () => webStream(thing.open()));
  return client.call(recordStoredArtifact, { body: { ...named, digest: known.digest } });
}

function sendWhole(client: Client, named: Named, digest: string | undefined, body: () => ReadableStream<Uint8Array>): Promise<Told> {
  const query = { ...named, ...(digest === undefined ? {} : { digest }) };
  return client.call(recordArtifact, { query, body }, { idempotencyKey: null });
}

/** Sends what the server has not. False: it is of a release that takes no parts. */
async function sendParts(
  client: Client,
  service: string,
  known: { readonly digest: Digest; readonly size: number },
  open: () => AsyncIterable<Uint8Array>,
): Promise<boolean> {
  let { offset } = await client.call(beginUpload, { body: { service, ...known } }).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'platform.not-found') return { offset: -1 };
    throw error;
  });
  if (offset < 0) return false;
  for (let stuck = 0; offset < known.size;) {
    const before = offset;
    try {
      for await (const part of partsFrom(open(), offset)) {
        const at = { params: { service, digest: known.digest }, query: { offset }, body: part };
        ({ offset } = await client.call(putUploadPart, at, { idempotencyKey: null }));
      }
      // Shorter than it was measured: the server has the offset, and says what is missing.
      if (offset < known.size) return true;
    } catch (error) {
      const at = error instanceof Problem && error.code === 'pipelines.upload-offset' ? error.data['offset'] : null;
      // A part whose answer was lost came all the same.
      if (typeof at !== 'number' || ++stuck > PATIENCE) throw error;
      offset = at;
    }
    if (offset > before) stuck = 0;
  }
  return true;
}

/** The bytes from `from` on, in parts. */
async function* partsFrom(bytes: AsyncIterable<Uint8Array>, from: number): AsyncGenerator<Buffer> {
  let skip = from;
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    const rest = skip >= chunk.length ? null : chunk.subarray(skip);
    skip -= Math.min(skip, chunk.length);
    if (rest === null) continue;
    held.push(rest);
    size += rest.length;
    if (size < PART) continue;
    yield Buffer.concat(held);
    [held, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(held);
}

function lookAt(path: string): Thing {
  try {
    // The name may be a link; what it leads to is what is sent.
    const real = realpathSync(path);
    const there = lstatSync(real);
    if (there.isFile())
      return {
        look: shapeOfFile(real),
        bytes: there.size,
        open: () => createReadStream(real, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>,
      };
    if (!there.isDirectory()) throw unreadable({ file: path, why: 'it is neither a file nor a folder' });
    const folder = lookAtFolder(real);
    return { look: folder, bytes: folder.entries.reduce((sum, one) => sum + one.size, 0), open: () => archiveOf(folder) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof Problem || code === undefined) throw error;
    throw unreadable({ file: path, why: code === 'ENOENT' ? 'it is not there' : code === 'EACCES' ? 'you may not' : code });
  }
}

async function measure(bytes: AsyncIterable<Uint8Array>): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

function webStream(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(bytes, { objectMode: false, highWaterMark: 256 * 1024 })) as unknown as ReadableStream<Uint8Array>;
}
