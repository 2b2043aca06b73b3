import type { EgressStream } from '../../../host/egress.http.ts';
import { Problem } from '../../../kernel/problem.ts';
import { digestOf, isDigest, type Digest } from '../../../kernel/digest.ts';
import { answered, badManifest, elsewhere, notThere, taken, wrongDigest } from '../registries.problems.ts';
import { inPieces, verified } from '../verified.ts';
import { MANIFEST_BYTES, MANIFEST_TYPES, readManifest, type Descriptor, type Manifest } from './manifest.ts';
import { isRepository, isTag } from './names.ts';
import { ociPlace, type OciAt, type OciPlace } from './place.http.ts';

/** Up to this a blob goes up in one request, above it in pieces of this size, of which one is in memory. */
const PIECE = 16 * 1024 ** 2;
const LONG_MS = 30 * 60_000;

/** Bytes to push: opened anew at each try. */
export type Source = { readonly digest: Digest; readonly size: number; readonly open: () => AsyncIterable<Uint8Array> };

/**
 * A repository of an OCI registry (distribution specification 1.1). Everything that comes out of it is verified against
 * the digest that it was asked by, and everything that goes in is named by its digest. Problems: `registries.*`, `egress.*`.
 */
export type OciRepository = {
  readonly host: string;
  readonly name: string;
  /** The manifest by digest, or what a tag leads to now; null where there is none. */
  manifest(reference: string): Promise<Manifest | null>;
  /** Puts the bytes under their digest; tells whether the registry keeps its subject by the referrers API. */
  putManifest(manifest: Manifest): Promise<{ readonly keptSubject: boolean }>;
  /** Lets a tag lead to a manifest that is there. One that leads elsewhere already stays so: `registries.taken`. */
  tag(tag: string, manifest: Manifest): Promise<void>;
  /** The same, also where it leads elsewhere: for the index of a referrers tag alone. */
  moveTag(tag: string, manifest: Manifest): Promise<void>;
  has(blob: Descriptor): Promise<boolean>;
  /** The blob's bytes; the stream throws at its end where they are not what the digest says. */
  blob(blob: Descriptor): Promise<AsyncIterable<Uint8Array>>;
  /** Brings a blob here: not at all where it is, mounted where `from` of the same registry has it, else uploaded. */
  push(source: Source, from: string | null): Promise<'there' | 'mounted' | 'uploaded'>;
  /** What the registry says of a manifest's referrers; null where it does not know that question. */
  referrersAsked(digest: Digest): Promise<Manifest | null>;
};

/** Opens a repository for `pull`, or for `pull,push`; `from` are repositories of the same registry that blobs are mounted from. */
export function ociRepository(registry: OciAt, name: string, may: 'pull' | 'pull,push', from: readonly string[] = []): OciRepository {
  if (!isRepository(name)) throw new Error(`no repository: ${name}`);
  const place = ociPlace(registry, [`repository:${name}:${may}`, ...from.map((one) => `repository:${one}:pull`)]);
  const at = (path: string): string => `v2/${name}/${path}`;
  return {
    host: place.host,
    name,
    manifest: (reference) => getManifest(place, at(`manifests/${reference}`), reference),
    putManifest: async (manifest) => ({
      keptSubject: (await putManifest(place, at, manifest.digest, manifest))['oci-subject'] !== undefined,
    }),
    async tag(tag, manifest) {
      if (!isTag(tag)) throw new Error(`no tag: ${tag}`);
      const before = await getManifest(place, at(`manifests/${tag}`), tag);
      if (before !== null && before.digest !== manifest.digest)
        throw taken({ host: place.host, what: `${name}:${tag}`, holds: before.digest });
      if (before === null) await putManifest(place, at, tag, manifest);
      const after = await getManifest(place, at(`manifests/${tag}`), tag);
      if (after?.digest !== manifest.digest)
        throw wrongDigest({ host: place.host, what: `${name}:${tag}`, expected: manifest.digest, found: after?.digest ?? 'nothing' });
    },
    moveTag: async (tag, manifest) => void (await putManifest(place, at, tag, manifest)),
    has: (blob) => hasBlob(place, at, blob),
    blob: (blob) => openBlob(place, at, blob),
    push: (source, mountFrom) => pushBlob(place, at, source, mountFrom),
    async referrersAsked(digest) {
      const what = `what refers to ${digest}`;
      const answer = await place.call({ path: at(`referrers/${digest}`), expect: [404, 400, 405], what });
      if (answer.status !== 200) return null;
      const index = readManifest(answer.body, answer.headers['content-type'] ?? '');
      if (typeof index === 'string') throw badManifest({ host: place.host, what, why: index });
      return index;
    },
  };
}

type At = (path: string) => string;

async function getManifest(place: OciPlace, path: string, reference: string): Promise<Manifest | null> {
  const { host } = place;
  const answer = await place.call({
    path,
    headers: { accept: MANIFEST_TYPES.join(', ') },
    expect: [404],
    limit: MANIFEST_BYTES,
    what: `the manifest ${reference}`,
  });
  if (answer.status === 404) return null;
  const manifest = readManifest(answer.body, answer.headers['content-type'] ?? '');
  if (typeof manifest === 'string') throw badManifest({ host, what: reference, why: manifest });
  const expected = isDigest(reference) ? reference : answer.headers['docker-content-digest'];
  if (expected !== undefined && expected !== manifest.digest)
    throw wrongDigest({ host, what: `the manifest ${reference}`, expected: expected.slice(0, 100), found: digestOf(answer.body) });
  return manifest;
}

async function putManifest(place: OciPlace, at: At, reference: string, manifest: Manifest): Promise<EgressStream['headers']> {
  const { headers } = await place.call({
    method: 'PUT',
    path: at(`manifests/${reference}`),
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
    what: `a push of the manifest ${reference}`,
  });
  const said = headers['docker-content-digest'];
  if (said !== undefined && said !== manifest.digest)
    throw wrongDigest({ host: place.host, what: `the manifest ${reference}`, expected: manifest.digest, found: said.slice(0, 100) });
  return headers;
}

async function hasBlob(place: OciPlace, at: At, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
  const answer = await place.call({ method: 'HEAD', path: at(`blobs/${digest}`), expect: [404], what: `the blob ${digest}` });
  if (answer.status === 404) return false;
  const length = answer.headers['content-length'];
  if (length !== undefined && length !== String(size))
    throw wrongDigest({ host: place.host, what: `the blob ${digest}`, expected: `${size} bytes`, found: `${length.slice(0, 20)} bytes` });
  return true;
}

async function openBlob(place: OciPlace, at: At, { digest, size }: Descriptor): Promise<AsyncIterable<Uint8Array>> {
  const { host } = place;
  const what = `the blob ${digest}`;
  const answer = await place.open({ path: at(`blobs/${digest}`), expect: [404], limit: size + 1, timeoutMs: LONG_MS, what });
  if (answer.status === 404) {
    answer.drop();
    throw notThere({ host, what });
  }
  return verified(answer.stream, { digest, size }, (found) => wrongDigest({ host, what, expected: digest, found }));
}

async function pushBlob(place: OciPlace, at: At, source: Source, from: string | null): Promise<'there' | 'mounted' | 'uploaded'> {
  const { digest, size } = source;
  if (await hasBlob(place, at, source)) return 'there';
  const what = `a push of the blob ${digest}`;
  const query = from === null ? '' : `?${new URLSearchParams({ mount: digest, from }).toString()}`;
  const begun = await place.call({ method: 'POST', path: `${at('blobs/uploads/')}${query}`, headers: { 'content-length': '0' }, what });
  if (begun.status === 201) return 'mounted';
  let location = locationOf(place, begun.headers);
  if (size <= PIECE) await finish(place, location, source, what);
  else {
    for await (const { piece, start } of numbered(inPieces(source.open(), PIECE)))
      location = await sendPiece(place, location, piece, start, what);
    await finish(place, location, { digest }, what);
  }
  if (!(await hasBlob(place, at, source))) throw notThere({ host: place.host, what: `the blob ${digest}, which it took a moment ago` });
  return 'uploaded';
}

/** Ends an upload under its digest, with all of the bytes or with those that were sent before. */
async function finish(place: OciPlace, location: URL, source: Pick<Source, 'digest'> & Partial<Source>, what: string): Promise<void> {
  const url = new URL(location);
  url.searchParams.set('digest', source.digest);
  const { open, size } = source;
  const { headers } = await place.call({
    method: 'PUT',
    path: url.href,
    headers: { 'content-type': 'application/octet-stream' },
    ...(open === undefined || size === undefined ? { body: '' } : { parts: { length: size, open } }),
    timeoutMs: LONG_MS,
    once: true,
    what,
  });
  const said = headers['docker-content-digest'];
  if (said !== undefined && said !== source.digest)
    throw wrongDigest({ host: place.host, what, expected: source.digest, found: said.slice(0, 100) });
}

/** One piece. Where the answer is lost the registry is asked how far it came, and the piece is sent again or not. */
async function sendPiece(place: OciPlace, location: URL, piece: Uint8Array, start: number, what: string): Promise<URL> {
  const end = start + piece.length - 1;
  const headers = { 'content-type': 'application/octet-stream', 'content-range': `${start}-${end}` };
  const once = async (to: URL): Promise<URL> =>
    locationOf(
      place,
      (await place.call({ method: 'PATCH', path: to.href, headers, body: piece, timeoutMs: LONG_MS, once: true, what })).headers,
    );
  try {
    return await once(location);
  } catch (error) {
    if (!(error instanceof Problem) || !['egress.failed', 'registries.answered-badly'].includes(error.code)) throw error;
    const state = await place.call({ path: location.href, what });
    const came = Number(/^(?:bytes=)?0-(\d{1,15})$/.exec(state.headers['range'] ?? '')?.[1] ?? -1);
    if (came === end) return locationOf(place, state.headers);
    if (came + 1 === start || (start === 0 && came <= 0)) return once(locationOf(place, state.headers));
    throw error;
  }
}

async function* numbered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<{ readonly piece: Uint8Array; readonly start: number }> {
  let start = 0;
  for await (const piece of pieces) {
    yield { piece, start };
    start += piece.length;
  }
}

/** Where the upload goes on: at the registry itself, or nowhere. */
function locationOf(place: OciPlace, headers: EgressStream['headers']): URL {
  const to = URL.parse(headers['location'] ?? '', place.base.href);
  if (headers['location'] === undefined || to === null)
    throw answered({ host: place.host, status: 202, what: 'an upload', said: 'without a Location' });
  if (to.origin !== place.base.origin) throw elsewhere({ host: place.host, to: to.origin.slice(0, 200) });
  return to;
}
