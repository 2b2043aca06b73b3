import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { allowedPlaces } from '../../../host/addresses.ts';
import { makeEgress } from '../../../host/egress.http.ts';
import { digestOf } from '../../../kernel/digest.ts';
import { alone, type Alone } from '../../../platform/lease.work.ts';
import { testFloor } from '../../../testing/database.ts';
import { HAS_REGISTRY, REGISTRY_PASSWORD, REGISTRY_USER, startRegistry, startTokenService } from '../../../testing/docker-registry.ts';
import { copyImage, readBack } from './copy.http.ts';
import { artifactManifest, descriptorOf, EMPTY_CONFIG, indexManifest, type Manifest } from './manifest.ts';
import { attach, referrersOf } from './referrers.http.ts';
import { ociRepository, type OciRepository, type Source } from './repository.http.ts';

const places = allowedPlaces('127.0.0.1');
if ('wrong' in places) throw new Error(places.wrong);
const egress = makeEgress(places.allowed);
const floor = await testFloor();
const byItself: Alone = (name, act) => alone(floor, floor.org, name, act);
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
  egress.close();
});

const login = { user: REGISTRY_USER, password: REGISTRY_PASSWORD };
const nobody = { user: null, password: null };

function source(bytes: Uint8Array): Source {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
    },
  };
}

async function pushImage(to: OciRepository, layer: Uint8Array): Promise<Manifest> {
  await to.push(source(EMPTY_CONFIG), null);
  await to.push(source(layer), null);
  const manifest = artifactManifest({
    artifactType: 'application/vnd.test',
    layers: [{ mediaType: 'application/octet-stream', digest: digestOf(layer), size: layer.length }],
    annotations: { 'org.opencontainers.image.title': 'x' },
  });
  await to.putManifest(manifest);
  return manifest;
}

async function speakOf(to: OciRepository, about: Manifest, word: string): Promise<Manifest> {
  const bytes = Buffer.from(word);
  await to.push(source(bytes), null);
  await to.push(source(EMPTY_CONFIG), null);
  const manifest = artifactManifest({
    artifactType: 'application/vnd.in-toto+json',
    layers: [{ mediaType: 'text/plain', digest: digestOf(bytes), size: bytes.length }],
    annotations: {},
    subject: descriptorOf(about),
  });
  await attach(to, manifest, byItself);
  return manifest;
}

describe.skipIf(!HAS_REGISTRY)('a real registry', () => {
  test('with a password: pushes small and in pieces, pulls, tags once, and refuses another credential', async () => {
    const registry = await startRegistry('basic');
    ends.push(registry.close);
    const at = { egress, url: registry.url, ...login, tokenService: null };
    const one = ociRepository(at, 'acme/build', 'pull,push');
    const large = randomBytes(17 * 1024 ** 2);
    const image = await pushImage(one, large);
    expect(await one.push(source(large), null)).toBe('there');
    expect((await one.manifest(image.digest))?.digest).toBe(image.digest);
    expect(await readBack(one, image.digest)).toBeGreaterThan(large.length);
    await one.tag('1.0.0', image);
    await one.tag('1.0.0', image);
    expect((await one.manifest('1.0.0'))?.digest).toBe(image.digest);
    const other = await pushImage(one, randomBytes(10));
    await expect(one.tag('1.0.0', other)).rejects.toMatchObject({ code: 'registries.taken' });
    expect((await one.manifest('1.0.0'))?.digest).toBe(image.digest);
    expect(await one.manifest('none')).toBeNull();
    const stranger = ociRepository({ ...at, ...nobody }, 'acme/build', 'pull');
    await expect(stranger.manifest(image.digest)).rejects.toMatchObject({ code: 'registries.refused' });
    const wrong = ociRepository({ ...at, user: 'ada', password: 'guess' }, 'acme/build', 'pull');
    await expect(wrong.manifest(image.digest)).rejects.toMatchObject({ code: 'registries.refused' });
    const lie = { ...source(randomBytes(100)), digest: digestOf('other') };
    await expect(one.push(lie, null)).rejects.toThrow();
  });

  test('with bearer tokens: scopes are asked for, an index is copied with mounts and all that speaks of it', async () => {
    const tokens = await startTokenService();
    const registry = await startRegistry(tokens);
    ends.push(registry.close, tokens.close);
    const at = { egress, url: registry.url, ...login, tokenService: new URL(tokens.realm).host };
    const build = ociRepository(at, 'acme/build', 'pull,push');
    const [amd, arm] = [await pushImage(build, randomBytes(5000)), await pushImage(build, randomBytes(5000))];
    const index = indexManifest([amd, arm].map(descriptorOf));
    await build.putManifest(index);
    const said = await speakOf(build, index, 'signed by nobody');
    const below = await speakOf(build, amd, 'sbom');
    expect((await referrersOf(build, index.digest)).map((one) => one.digest)).toEqual([said.digest]);

    const release = ociRepository(at, 'acme/release', 'pull,push', ['acme/build']);
    const copied = await copyImage(build, release, index, { referrers: true, alone: byItself });
    expect(copied).toMatchObject({ manifests: 5, uploaded: 0 });
    expect(copied.mounted).toBeGreaterThan(3);
    expect(await copyImage(build, release, index, { referrers: true, alone: byItself })).toMatchObject({ mounted: 0, uploaded: 0 });
    expect((await release.manifest(index.digest))?.manifests).toHaveLength(2);
    expect((await referrersOf(release, index.digest)).map((one) => one.digest)).toEqual([said.digest]);
    expect((await referrersOf(release, amd.digest)).map((one) => one.digest)).toEqual([below.digest]);
    expect(await readBack(release, index.digest)).toBeGreaterThan(10_000);
    expect(tokens.asked.some((one) => decodeURIComponent(one).includes('scope=repository:acme/release:pull,push'))).toBe(true);
    expect(tokens.asked.length).toBeLessThan(5);

    const unnamed = ociRepository({ ...at, tokenService: null }, 'acme/build', 'pull');
    const before = tokens.asked.length;
    await expect(unnamed.manifest(index.digest)).rejects.toMatchObject({ code: 'registries.token-elsewhere' });
    expect(tokens.asked).toHaveLength(before);
  });

  test('twelve who speak of the same image at once are all found', async () => {
    const registry = await startRegistry();
    ends.push(registry.close);
    const one = ociRepository({ egress, url: registry.url, ...nobody, tokenService: null }, 'acme/x', 'pull,push');
    const image = await pushImage(one, randomBytes(10));
    const words = Array.from({ length: 12 }, (_, at) => `word ${at}`);
    const said = await Promise.all(words.map((word) => speakOf(one, image, word)));
    expect((await speakOf(one, image, 'word 0')).digest).toBe(said[0]?.digest);
    const found = (await referrersOf(one, image.digest)).map(({ digest }) => digest);
    expect(found.toSorted()).toEqual(said.map(({ digest }) => digest).toSorted());
  });

  test('bytes that rotted in the registry are refused when they are read', async () => {
    const registry = await startRegistry();
    ends.push(registry.close);
    const one = ociRepository({ egress, url: registry.url, ...nobody, tokenService: null }, 'acme/x', 'pull,push');
    const layer = randomBytes(3000);
    const image = await pushImage(one, layer);
    const { writeFile } = await import('node:fs/promises');
    const hex = digestOf(layer).slice(7);
    await writeFile(`${registry.folder}/data/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, randomBytes(3000));
    await expect(readBack(one, image.digest)).rejects.toMatchObject({ code: 'registries.wrong-digest' });
  });
});
