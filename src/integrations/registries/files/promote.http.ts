import { createHash } from 'node:crypto';
import type { PromotionJob } from '../../../artifacts/promotion/registry.port.ts';
import type { EgressStream } from '../../../host/egress.http.ts';
import { canonicalBytes } from '../../../kernel/canonical.ts';
import { digestOf, hexOf, type Digest } from '../../../kernel/digest.ts';
import { Problem } from '../../../kernel/problem.ts';
import type { Format, RegistryAt } from '../format.ts';
import { answered, badSettings, notThere, refused, taken, wrongDigest } from '../registries.problems.ts';
import { verified } from '../verified.ts';
import { signed } from './index.ts';
import { fileNameOf, isPath, segmentOf } from './paths.ts';

const LONG_MS = 30 * 60_000;
const STATEMENT_LIMIT = 4 * 1024 ** 2;

/** One file to put: its bytes by digest, opened at each try. */
type File = { readonly digest: Digest; readonly size: number; readonly open: () => AsyncIterable<Uint8Array> };

/**
 * Promotion into a store of files: `repository/version/name-version.ending` by PUT with the checksums that Artifactory
 * and Nexus compare (X-Checksum-Sha256, -Sha1), statements beside it as `.intoto.jsonl` (one DSSE envelope a line) and the SBOM
 * as `.cdx.json`. What is there is read first and never overwritten; everything is read back. The name that people fetch is put
 * last of all: what speaks of it is there before it.
 */
export const filesFormat: Format = {
  vendor: 'files',
  wrong: (repository) => (isPath(repository) ? null : `"${repository.slice(0, 100)}" is no path below the store`),
  location: async (at, job) => addressOf(at, job).href,
  async copy(at, job, along, beforeTag) {
    if (!job.artifact.kept) throw badSettings({ why: 'its bytes are not here, and a store of files takes nothing by reference' });
    const base = addressOf(at, job);
    const { floor } = at;
    for (const { digest, size } of along.documents) await put(at, new URL(`${base.href}.cdx.json`), blob(at, digest, size));
    const lines: Uint8Array[] = [];
    for (const { envelope } of along.statements) lines.push(await floor.blobs.read(envelope, STATEMENT_LIMIT), Buffer.from('\n'));
    const statements = Buffer.concat(lines);
    await beforeTag();
    // Named after what it says: a promotion that is asked for anew says more, and overwrites nothing.
    const said = digestOf(canonicalBytes(along.statements.map((one) => one.envelope)));
    await put(at, new URL(`${base.href}.${hexOf(said).slice(0, 12)}.intoto.jsonl`), bytesOf(statements));
    await put(at, base, blob(at, job.artifact.digest, job.artifact.size));
    return { manifest: null, carried: along.statements.length + along.documents.length };
  },
};

function addressOf({ connection }: Pick<RegistryAt, 'connection'>, { repository, tag, version, artifact }: PromotionJob): URL {
  const root = connection.url.endsWith('/') ? connection.url : `${connection.url}/`;
  const name = tag ?? version ?? hexOf(artifact.digest).slice(0, 16);
  return new URL(`${repository}/${segmentOf(name)}/${fileNameOf(artifact.name, name)}`, root);
}

function blob({ floor }: Pick<RegistryAt, 'floor'>, digest: Digest, size: number): File {
  return {
    digest,
    size,
    async *open() {
      yield* await floor.blobs.open(digest);
    },
  };
}

function bytesOf(bytes: Uint8Array): File {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

/** Puts a file where none is; the same one there is done already, another one is `registries.taken`. */
async function put(at: RegistryAt, url: URL, file: File): Promise<void> {
  const what = url.pathname;
  const before = await held(at, url, file);
  if (before === 'same') return;
  if (before !== null) throw taken({ host: url.host, what, holds: before });
  const sha1 = createHash('sha1');
  for await (const part of file.open()) sha1.update(part);
  const headers = {
    'content-type': 'application/octet-stream',
    'x-checksum-sha256': hexOf(file.digest),
    'x-checksum-sha1': sha1.digest('hex'),
    // A store that honours it closes the gap between our look and our PUT.
    'if-none-match': '*',
  };
  const answer = await ask(at, 'PUT', url, { headers, file });
  if (answer.status >= 300) throw await failure(answer, url.host, what);
  answer.drop();
  const after = await held(at, url, file);
  if (after === null) throw notThere({ host: url.host, what: `${what}, which it took a moment ago` });
  if (after !== 'same') throw wrongDigest({ host: url.host, what, expected: file.digest, found: after });
}

/** What lies there: null nothing, `same` these very bytes, else what was found instead. The bytes are read, not their checksum believed. */
async function held(at: RegistryAt, url: URL, file: File): Promise<string | null> {
  const answer = await ask(at, 'GET', url, { limit: file.size + 1 });
  if (answer.status === 404) return (answer.drop(), null);
  if (answer.status !== 200) throw await failure(answer, url.host, url.pathname);
  let found = '';
  const notThose = (words: string): Error => new Error((found = words));
  try {
    for await (const _ of verified(answer.stream, file, notThose));
    return 'same';
  } catch (error) {
    if (found !== '') return found;
    if (error instanceof Problem && error.code === 'egress.too-large') return `more than ${file.size} bytes`;
    throw error;
  }
}

async function ask(
  { floor, credential }: RegistryAt,
  method: 'GET' | 'PUT',
  url: URL,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly file?: File; readonly limit?: number },
): Promise<EgressStream> {
  const { file } = more;
  return floor.egress.open({
    method,
    url: url.href,
    headers: { ...signed(credential), ...more.headers },
    ...(file === undefined ? {} : { body: file.open(), length: file.size }),
    ...(more.limit === undefined ? {} : { limit: more.limit }),
    timeoutMs: LONG_MS,
    // Stores send reads on to where their bytes lie; our headers do not go along to another origin.
    redirects: method === 'GET' ? 3 : 0,
  });
}

async function failure(answer: EgressStream, host: string, what: string): Promise<Problem> {
  answer.drop();
  const { status } = answer;
  if (status === 401 || status === 403) return refused({ host, status, what });
  if (status === 409 || status === 412) return taken({ host, what, holds: `it answers ${status}` });
  return answered({ host, status, what, said: '' });
}
