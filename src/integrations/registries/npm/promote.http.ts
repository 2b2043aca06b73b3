import { ARCHIVE_LIMITS } from '../../../host/archive-names.ts';
import { readTar } from '../../../host/archive.read.ts';
import type { PromotionJob } from '../../../artifacts/promotion/registry.port.ts';
import { digestOf } from '../../../kernel/digest.ts';
import { Problem } from '../../../kernel/problem.ts';
import { at, text } from '../../forges/loose.ts';
import type { Format, RegistryAt } from '../format.ts';
import { answered, badSettings, notThere, refused, taken, wrongDigest } from '../registries.problems.ts';
import { distTagOf, isPackageName, packagePath, publishBody, readPackage, sumsOf, tarballPath, type NpmPackage } from './package.ts';

/** A tarball goes up inside JSON, so all of it is in memory, and again by a third. */
const TARBALL = 64 * 1024 ** 2;
const PACKAGE_JSON = 1024 ** 2;
const LIMITS = { ...ARCHIVE_LIMITS, bytes: 1024 ** 3 };
const LONG_MS = 5 * 60_000;

/**
 * Promotion into a registry that speaks npm's API. The artifact is the tarball that `npm pack` made, and its bytes are
 * published as they are: what a client installs has the approved digest. A version that is there is never published again;
 * the same one is done already. The version and its dist-tag come to be in one request, after the last answer.
 */
export const npmFormat: Format = {
  vendor: 'npm',
  wrong: (repository) =>
    repository === '*' || isPackageName(repository)
      ? null
      : `"${repository.slice(0, 100)}" is no name of a package; * is the one that the tarball names`,
  async location(where, job) {
    const { found } = await tarballOf(where, job);
    return new URL(tarballPath(found), base(where)).href;
  },
  async copy(where, job, _along, beforeTag) {
    const { bytes, found } = await tarballOf(where, job);
    const before = await published(where, found);
    if (before === null) {
      await beforeTag();
      await publish(where, found, bytes, job.tag);
    }
    const after = before ?? (await published(where, found));
    const { host } = new URL(where.connection.url);
    const what = `${found.name}@${found.version}`;
    if (after === null) throw notThere({ host, what: `${what}, which it took a moment ago` });
    if (after.integrity !== null && after.integrity !== sumsOf(bytes).integrity) throw taken({ host, what, holds: after.integrity });
    const there = await download(where, found, bytes.length);
    if (there !== job.artifact.digest)
      throw before === null
        ? wrongDigest({ host, what, expected: job.artifact.digest, found: there })
        : taken({ host, what, holds: there });
    return { manifest: null, carried: 0 };
  },
};

function base({ connection }: Pick<RegistryAt, 'connection'>): string {
  return connection.url.endsWith('/') ? connection.url : `${connection.url}/`;
}

/** The artifact's bytes and what they say of themselves; throws where they are no package, or another than the destination's. */
async function tarballOf({ floor }: RegistryAt, { artifact, repository }: PromotionJob): Promise<{ bytes: Uint8Array; found: NpmPackage }> {
  if (!artifact.kept) throw badSettings({ why: 'its bytes are not here' });
  const bytes = await floor.blobs.read(artifact.digest, TARBALL);
  const found = await packageIn(bytes);
  if (typeof found === 'string') throw badSettings({ why: `the artifact is no package for npm: ${found}` });
  if (repository !== '*' && repository !== found.name)
    throw badSettings({ why: `the artifact is the package ${found.name}, and the destination takes ${repository}` });
  return { bytes, found };
}

async function packageIn(bytes: Uint8Array): Promise<NpmPackage | string> {
  try {
    let found: NpmPackage | string =
      'it holds no package/package.json. A job yields it from the folder dist after: tar -xzf "$(npm pack)" -C dist';
    for await (const entry of readTar(one(bytes), LIMITS)) {
      if (entry.name !== 'package/package.json' || entry.type !== '0') continue;
      if (entry.size > PACKAGE_JSON) return 'its package.json is larger than 1 MiB';
      const parts: Uint8Array[] = [];
      for await (const part of entry.bytes) parts.push(part);
      // Of two the last one is unpacked, so that one counts.
      found = readPackage(Buffer.concat(parts).toString('utf8'));
    }
    return found;
  } catch (error) {
    if (error instanceof Problem) return error.sentence;
    throw error;
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What the registry knows of this version; null: it has none. */
async function published(where: RegistryAt, { name, version }: NpmPackage): Promise<{ readonly integrity: string | null } | null> {
  const answer = await ask(where, 'GET', packagePath(name), null);
  if (answer.status === 404) return null;
  if (answer.status !== 200) throw failure(where, answer.status, name);
  const versions = at(parse(answer.body), 'versions');
  if (typeof versions !== 'object' || versions === null || !Object.hasOwn(versions, version)) return null;
  return { integrity: text(at(versions, version, 'dist', 'integrity'), 200) };
}

async function publish(where: RegistryAt, found: NpmPackage, bytes: Uint8Array, asked: string | null): Promise<void> {
  const body = publishBody(found, bytes, distTagOf(asked, found.version), base(where));
  const answer = await ask(where, 'PUT', packagePath(found.name), JSON.stringify(body));
  // Somebody may have been faster by a moment: what is there now is looked at next.
  if (answer.status === 409) return;
  if (answer.status >= 300)
    throw failure(where, answer.status, `${found.name}@${found.version}`, text(at(parse(answer.body), 'error'), 300) ?? '');
}

async function download(where: RegistryAt, found: NpmPackage, size: number): Promise<string> {
  const answer = await ask(where, 'GET', tarballPath(found), null, size + 1);
  if (answer.status !== 200) throw failure(where, answer.status, tarballPath(found));
  return digestOf(answer.body);
}

async function ask(where: RegistryAt, method: 'GET' | 'PUT', path: string, body: string | null, limit = 32 * 1024 ** 2) {
  const { token } = where.credential;
  return where.floor.egress.call({
    method,
    url: new URL(path, base(where)).href,
    headers: {
      accept: 'application/json',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === null ? {} : { body }),
    limit,
    timeoutMs: LONG_MS,
    redirects: method === 'GET' ? 3 : 0,
  });
}

function failure(where: RegistryAt, status: number, what: string, said = ''): Problem {
  const { host } = new URL(where.connection.url);
  return status === 401 || status === 403 ? refused({ host, status, what }) : answered({ host, status, what, said });
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}
