import { mkdir, open as openFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { digestOf, hexOf, isDigest, type Digest } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Millis } from '../../kernel/time.ts';
import { randomHex } from '../../host/ids.system.ts';
import type { BlobStore, PutItem } from '../floor.ts';
import { blobDamaged, blobMismatch, blobMissing, blobStoreFailed, tooLarge } from '../platform.problems.ts';
import { elementOf, s3Caller, wordsOf, type S3Call, type S3Place } from './s3-call.system.ts';
import { writeFileOf, writeStream, type Written } from './write.system.ts';

const DEFAULT_LIMIT = 4 * 1024 ** 3;
const DEFAULT_READ_LIMIT = 16 * 1024 ** 2;
const RANGE_LIMIT = 16 * 1024 ** 2;
/** What is larger goes in parts of this size. S3 takes 10,000 parts of 5 MiB or more. */
const PART = 16 * 1024 ** 2;
const AT_ONCE = 4;
/** So often a reading that broke goes on where it broke. */
const RESUMES = 3;
/** A mark of removal that is older belongs to a server that died. */
const REMOVING_MS = 120_000;

type Options = { readonly limit?: number; readonly expect?: Digest };
type Kept = { readonly size: number; readonly at: number };

/**
 * Bytes under their sha256 in a bucket of S3, or of a service that speaks its protocol; servers that share the bucket share
 * the store. `spool` is a folder of this machine where a stream waits until its digest is known: a key exists only for
 * whole and right bytes. S3 compares the sha256 of every request's body with what was signed.
 */
export async function openS3Store(place: S3Place, spool: string): Promise<BlobStore> {
  await mkdir(spool, { recursive: true });
  const call = s3Caller(place);
  const keyOf = (digest: Digest): string => {
    if (!isDigest(digest)) throw new Error(`not a digest: ${String(digest)}`);
    return `${place.prefix}${hexOf(digest).slice(0, 2)}/${hexOf(digest)}`;
  };
  const markOf = (digest: Digest): string => `${place.prefix}removing/${hexOf(digest)}`;
  const head = (key: string): Promise<Kept | null> => headOf(call, key);
  const s3 = { call, keyOf, markOf, head };
  const spooled = async (options: Options, write: (to: string, limit: number) => Promise<Written>): Promise<Written> => {
    const file = join(spool, randomHex(16));
    try {
      const written = await write(file, options.limit ?? DEFAULT_LIMIT);
      fits(written.digest, options);
      await settle(s3, written, () => uploadFile(s3, file, written));
      return written;
    } finally {
      await rm(file, { force: true });
    }
  };
  const store: BlobStore = {
    async put(bytes, options = {}) {
      if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array))
        return spooled(options, (to, limit) => writeStream(to, bytes, limit, false));
      const whole = Buffer.from(bytes);
      if (whole.length > (options.limit ?? DEFAULT_LIMIT)) throw tooLarge({ limit: options.limit ?? DEFAULT_LIMIT });
      if (whole.length > PART) return spooled(options, (to, limit) => writeStream(to, single(whole), limit, false));
      const written = { digest: digestOf(whole), size: whole.length };
      fits(written.digest, options);
      await settle(s3, written, () => putObject(s3, written.digest, whole));
      return written;
    },
    putFile: (path, options = {}) => spooled(options, (to, limit) => writeFileOf(to, path, limit)),
    putAll: (items, options = {}) => many(items, (item) => putItem(store, item, { ...options, ...expecting(item) })),
    async open(digest) {
      const kept = await head(keyOf(digest));
      if (kept === null) throw blobMissing({ digest });
      return verified(s3, digest, kept.size);
    },
    async read(digest, limit = DEFAULT_READ_LIMIT) {
      const kept = await head(keyOf(digest));
      if (kept === null) throw blobMissing({ digest });
      if (kept.size > limit) throw tooLarge({ limit });
      const chunks: Uint8Array[] = [];
      for await (const chunk of verified(s3, digest, kept.size)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    readRange: (digest, from, to) => readRange(s3, digest, from, to),
    has: async (digest) => (await head(keyOf(digest))) !== null,
    size: async (digest) => (await head(keyOf(digest)))?.size ?? null,
    remove: (digest, olderThanMs) => remove(s3, digest, olderThanMs),
  };
  return store;
}

type S3 = {
  readonly call: S3Call;
  readonly keyOf: (digest: Digest) => string;
  readonly markOf: (digest: Digest) => string;
  readonly head: (key: string) => Promise<Kept | null>;
};

function fits(digest: Digest, { expect }: Options): void {
  if (expect !== undefined && expect !== digest) throw blobMismatch({ expected: expect, found: digest });
}

async function headOf(call: S3Call, key: string): Promise<Kept | null> {
  const response = await call({ method: 'HEAD', key, allow: [404] });
  if (response.status === 404) return null;
  const size = Number(response.headers.get('content-length'));
  const at = Date.parse(response.headers.get('last-modified') ?? '');
  if (!Number.isSafeInteger(size) || Number.isNaN(at)) throw blobStoreFailed({ why: 'it says neither size nor age of what it keeps' });
  return { size, at };
}

/**
 * Uploads, then looks whether somebody is removing the same key right now: he may have looked at its age before these bytes
 * came. Then it is uploaded again once he is done. Always written, never "only if absent": a key that is put again is young
 * again, which is what keeps it from being removed.
 */
async function settle(s3: S3, { digest, size }: Written, upload: () => Promise<void>): Promise<void> {
  await upload();
  for (;;) {
    const mark = await s3.head(s3.markOf(digest));
    if (mark === null || Date.now() - mark.at > REMOVING_MS) break;
    await sleep(200);
    await upload();
  }
  const kept = await s3.head(s3.keyOf(digest));
  if (kept?.size !== size) throw blobStoreFailed({ why: `it has ${kept?.size ?? 'nothing'} where ${size} bytes were put` });
}

async function putObject({ call, keyOf }: S3, digest: Digest, bytes: Uint8Array): Promise<void> {
  const answer = await call({ method: 'PUT', key: keyOf(digest), body: bytes, headers: { 'content-type': 'application/octet-stream' } });
  await answer.body?.cancel();
}

async function uploadFile(s3: S3, path: string, { digest, size }: Written): Promise<void> {
  const file = await openFile(path, 'r');
  const part = async (at: number): Promise<Buffer> => {
    const bytes = Buffer.allocUnsafe(Math.min(PART, size - at));
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
      if (bytesRead === 0) throw new Error('the spool file was cut');
      done += bytesRead;
    }
    return bytes;
  };
  try {
    if (size <= PART) await putObject(s3, digest, await part(0));
    else await uploadParts(s3, digest, Math.ceil(size / PART), (number) => part(number * PART));
  } finally {
    await file.close();
  }
}

/** A multipart upload; what fails is aborted, so that its parts cost nothing. */
async function uploadParts({ call, keyOf }: S3, digest: Digest, count: number, part: (number: number) => Promise<Buffer>): Promise<void> {
  const key = keyOf(digest);
  const begun = await call({ method: 'POST', key, query: { uploads: '' }, headers: { 'content-type': 'application/octet-stream' } });
  const uploadId = elementOf(await wordsOf(begun), 'UploadId');
  if (uploadId === null) throw blobStoreFailed({ why: 'it began a multipart upload without a name' });
  try {
    const tags: string[] = [];
    let next = 0;
    const line = async (): Promise<void> => {
      while (next < count) {
        const number = next++;
        const query = { partNumber: String(number + 1), uploadId };
        const answer = await call({ method: 'PUT', key, query, body: await part(number) });
        await answer.body?.cancel();
        tags[number] = answer.headers.get('etag') ?? '';
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, line));
    const failed = ended.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const list = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`).join('');
    const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
    const words = await wordsOf(await call({ method: 'POST', key, query: { uploadId }, body }));
    // It begins to answer 200 before it knows how it ends.
    if (elementOf(words, 'ETag') === null)
      throw blobStoreFailed({ why: `the parts were not put together (${elementOf(words, 'Code') ?? 'no reason'})` });
  } catch (error) {
    await call({ method: 'DELETE', key, query: { uploadId }, allow: [404] }).catch(() => undefined);
    throw error;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

async function* verified({ call, keyOf }: S3, digest: Digest, size: number): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let done = 0;
  for (let resumed = 0; done < size;) {
    try {
      const answer = await call({ method: 'GET', key: keyOf(digest), headers: { range: `bytes=${done}-${size - 1}` }, allow: [404, 416] });
      if (answer.status === 404) throw blobMissing({ digest });
      if (answer.status !== 206 && !(answer.status === 200 && done === 0)) break;
      for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
        done += chunk.length;
        if (done > size) break;
        hash.update(chunk);
        yield chunk;
      }
      break;
    } catch (error) {
      if (error instanceof Problem || ++resumed > RESUMES) throw error;
    }
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) throw blobDamaged({ digest, found });
}

async function readRange({ call, keyOf }: S3, digest: Digest, from: number, to: number): Promise<Uint8Array> {
  if (!Number.isSafeInteger(from) || from < 0 || to < from || to - from > RANGE_LIMIT)
    throw new Error(`no range to read: ${from} to ${to}`);
  const wanted = Math.max(to - 1, from);
  const answer = await call({ method: 'GET', key: keyOf(digest), headers: { range: `bytes=${from}-${wanted}` }, allow: [404, 416] });
  if (answer.status === 404) throw blobMissing({ digest });
  if (answer.status === 416) return new Uint8Array();
  if (answer.status !== 206) throw blobStoreFailed({ why: `it answers ${answer.status} to a range` });
  return Buffer.from(await answer.arrayBuffer()).subarray(0, to - from);
}

/** Says first that it removes, then looks at the age: who puts the same bytes after that look sees the mark, and puts them again. */
async function remove({ call, keyOf, markOf, head }: S3, digest: Digest, olderThanMs: Millis): Promise<boolean> {
  const isOld = (kept: Kept | null): boolean => kept !== null && Date.now() - kept.at > olderThanMs;
  if (!isOld(await head(keyOf(digest)))) return false;
  const began = Date.now();
  await call({ method: 'PUT', key: markOf(digest), body: Buffer.from('being removed') });
  try {
    if (!isOld(await head(keyOf(digest))) || Date.now() - began > REMOVING_MS / 2) return false;
    await call({ method: 'DELETE', key: keyOf(digest), allow: [404] });
    return true;
  } finally {
    await call({ method: 'DELETE', key: markOf(digest), allow: [404] });
  }
}

async function many<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await act(items[at] as Item);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: 2 * AT_ONCE }, line));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results;
}

function putItem(store: BlobStore, { bytes }: PutItem, options: Options): ReturnType<BlobStore['put']> {
  if (bytes instanceof Uint8Array) return store.put(bytes, options);
  return typeof bytes === 'function' ? store.put(bytes(), options) : store.putFile(bytes.file, options);
}

function expecting({ expect }: PutItem): Options {
  return expect === undefined ? {} : { expect };
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Whether the bucket can be asked: a start that finds out later is worse. */
export async function s3Answers(place: S3Place): Promise<void> {
  await headOf(s3Caller(place), `${place.prefix}removing/none`);
}
