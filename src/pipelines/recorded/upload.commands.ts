import { serviceByName } from '../../catalog/catalog.queries.ts';
import { PART_LEAST, PART_LIMIT } from '../../contract/uploads.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { noSuchService, noSuchUpload, notUploaded, smallPart, tooManyUploads, uploadOffset } from '../pipelines.problems.ts';
import * as store from './upload.store.ts';

/** An upload that nobody goes on with is kept for so long (the rule `uploads` of retention). */
export const UPLOAD_DAYS = 1;
const DAY_MS = 86_400_000;
/** Uploads of one service that may be under way at once: each can hold up to the largest artifact. */
const MOST_UPLOADS = 50;

export type Upload = {
  readonly upload: string | null;
  readonly held: boolean;
  readonly size: number;
  readonly offset: number;
  readonly expiresAt: Instant | null;
};

/** Begins an upload of known bytes, or answers how far it came. What the service holds already is not asked for again. */
export async function beginUpload(
  floor: Floor,
  actor: Actor,
  input: { readonly service: string; readonly digest: Digest; readonly size: number },
): Promise<Upload> {
  if ((await heldBytes(floor, actor, input.service, input.digest)) !== null)
    return { upload: null, held: true, size: input.size, offset: input.size, expiresAt: null };
  return floor.db.tx(actor.org, async (tx) => {
    const service = await serviceOf(tx, input.service);
    if ((await store.countUnfinished(tx, service, input.digest)) >= MOST_UPLOADS)
      throw tooManyUploads({ service: input.service, limit: MOST_UPLOADS });
    const row = await store.keepUpload(tx, { ...input, service, by: actorLabel(actor), at: await tx.now() });
    if (row.size !== input.size) throw uploadOffset({ offset: row.offset_bytes, why: `it was begun with ${row.size} bytes` });
    return shown(row);
  });
}

/**
 * Takes the next part. It is durable before it counts; sent twice, or from another offset than the upload is at, it is
 * refused with the offset to go on from.
 */
export async function putPart(
  floor: Floor,
  actor: Actor,
  at: { readonly service: string; readonly digest: Digest; readonly offset: number },
  bytes: AsyncIterable<Uint8Array>,
): Promise<Upload> {
  const here = await floor.db.read(actor.org, async (tx) => store.findUpload(tx, await serviceOf(tx, at.service), at.digest));
  if (here === null) throw noSuchUpload({ digest: at.digest });
  if (here.offset_bytes !== at.offset) throw uploadOffset({ offset: here.offset_bytes, why: `the part begins at ${at.offset}` });
  const part = await floor.blobs.put(bytes, { limit: Math.min(PART_LIMIT, here.size - here.offset_bytes) });
  const last = at.offset + part.size === here.size;
  if (part.size === 0 || (!last && part.size < PART_LEAST)) throw smallPart({ size: part.size, least: PART_LEAST });
  return floor.db.tx(actor.org, async (tx) => {
    const row = await store.lockUpload(tx, here.service_id, at.digest);
    if (row === null) throw noSuchUpload({ digest: at.digest });
    // Somebody else sent the same part meanwhile.
    if (row.offset_bytes !== at.offset) throw uploadOffset({ offset: row.offset_bytes, why: `the part begins at ${at.offset}` });
    return shown(await store.addPart(tx, row, { ...part, at: await tx.now() }));
  });
}

/**
 * Makes sure that the bytes of a digest are stored as a whole, for a service that uploaded all of them in parts or holds
 * them already; answers their size. The parts are read with their digests checked, and the whole is stored only under its own.
 */
export async function storedWhole(floor: Floor, actor: Actor, serviceName: string, digest: Digest): Promise<number> {
  const held = await heldBytes(floor, actor, serviceName, digest);
  if (held !== null) return held;
  const found = await floor.db.read(actor.org, async (tx) => {
    const row = await store.findUpload(tx, await serviceOf(tx, serviceName), digest);
    return row === null ? null : { row, parts: await store.partsOf(tx, row.id) };
  });
  if (found === null || found.row.offset_bytes < found.row.size) throw notUploaded({ digest, offset: found?.row.offset_bytes ?? 0 });
  const { row, parts } = found;
  try {
    return (await floor.blobs.put(joined(floor, parts), { expect: digest, limit: row.size })).size;
  } catch (error) {
    // What came is not what was announced, or a part is gone: it can only be sent anew.
    if (error instanceof Problem && ['platform.digest-mismatch', 'platform.blob-missing', 'platform.blob-damaged'].includes(error.code))
      await floor.db.tx(actor.org, (tx) => store.dropParts(tx, row.id));
    throw error;
  }
}

async function* joined(floor: Floor, parts: readonly Digest[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield* await floor.blobs.open(part);
}

/** The size of bytes that the service made or uploaded before, and that are still stored; else null. */
async function heldBytes(floor: Floor, actor: Actor, serviceName: string, digest: Digest): Promise<number | null> {
  const size = await floor.db.read(actor.org, async (tx) => store.heldSize(tx, await serviceOf(tx, serviceName), digest));
  return size !== null && (await floor.blobs.size(digest)) === size ? size : null;
}

async function serviceOf(tx: Tx, name: string): Promise<string> {
  const service = await serviceByName(tx, name);
  if (service === null) throw noSuchService({ service: name });
  return service.id;
}

function shown(row: store.UploadRow): Upload {
  return {
    upload: row.id,
    held: false,
    size: row.size,
    offset: row.offset_bytes,
    expiresAt: plus(row.touched_at, UPLOAD_DAYS * DAY_MS),
  };
}
