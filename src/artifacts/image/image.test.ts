import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { images } from '../../integrations/registries/image.http.ts';
import { addConnection } from '../../integrations/connections/connection.commands.ts';
import { ociRepository, type OciRepository } from '../../integrations/registries/oci/repository.http.ts';
import { readManifest, type Descriptor, type Manifest } from '../../integrations/registries/oci/manifest.ts';
import { vendors } from '../../integrations/vendors.ts';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import { testFloor } from '../../testing/database.ts';
import { HAS_REGISTRY, REGISTRY_PASSWORD, REGISTRY_USER, startRegistry } from '../../testing/docker-registry.ts';
import { releaseWorld } from '../../testing/release-world.ts';
import { packFolder } from '../../testing/tar.ts';
import { acceptArtifact } from '../accept.api.ts';
import { attestationsOf } from '../artifacts.queries.ts';
import { askImageSbom } from './image.commands.ts';
import { imageSbomOf } from './image.store.ts';
import { readImage } from './image.work.ts';

const world = await releaseWorld(await testFloor({ config: { egressAllow: '127.0.0.1' } }));
const { floor, people, shop } = world;
const { org } = floor;
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

const OCI = 'application/vnd.oci.image';
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const CONFIG = {
  created: '2026-11-20T10:00:00Z',
  config: {
    User: '1000',
    Env: ['PATH=/bin', 'TOKEN=hunter2'],
    Entrypoint: ['/app'],
    Cmd: ['--serve'],
    ExposedPorts: { '8080/tcp': {} },
    Labels: { a: 'b' },
  },
  history: [
    { created_by: 'FROM alpine' },
    { created_by: 'ENV PATH=/bin', empty_layer: true },
    { created_by: '|1 TOKEN=hunter2 /bin/sh -c apk add --no-cache curl' },
  ],
};
const APK = 'C:Q1x\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n';

async function blob(to: OciRepository, bytes: Buffer, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(bytes);
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  await to.push({ digest, size: bytes.length, open }, null);
  return { mediaType, digest, size: bytes.length };
}

async function manifest(to: OciRepository, value: object, mediaType: string): Promise<Manifest> {
  const made = readManifest(json({ schemaVersion: 2, mediaType, ...value }), mediaType);
  if (typeof made === 'string') throw new Error(made);
  await to.putManifest(made);
  return made;
}

/** An image of one platform: Alpine's list, written anew by its second layer. */
async function imageIn(to: OciRepository, architecture: string, config: object = CONFIG): Promise<Manifest> {
  const first = packFolder([
    ['etc/os-release', 'ID=alpine\nVERSION_ID=3.20.1\n'],
    ['lib/apk/db/installed', APK],
  ]);
  const second = packFolder([['lib/apk/db/installed', `${APK}C:Q1y\nP:curl\nV:8.9.0-r0\nA:x86_64\nL:curl\n\n`]]);
  return manifest(
    to,
    {
      config: await blob(to, json({ os: 'linux', architecture, ...config }), `${OCI}.config.v1+json`),
      layers: [
        await blob(to, gzipSync(first), `${OCI}.layer.v1.tar+gzip`),
        await blob(to, zstdCompressSync(second), `${OCI}.layer.v1.tar+zstd`),
      ],
    },
    `${OCI}.manifest.v1+json`,
  );
}

async function recorded(digest: Digest, reference: string): Promise<void> {
  const now = await world.tx((t) => t.now());
  const told = { by: 'jenkins', at: now };
  await world.tx((t) =>
    acceptArtifact(t, {
      run: floor.newId('run'),
      job: floor.newId('job'),
      attempt: 1,
      service: shop.id,
      name: 'app',
      digest,
      size: 0,
      actor: people.root,
      commit: 'c'.repeat(40),
      repository: shop.repository?.url ?? '',
      ref: 'refs/heads/main',
      startedAt: now,
      finishedAt: now,
      trust: 'protected',
      executor: 'recorded',
      isolation: [],
      planDigest: digestOf('told'),
      materials: [],
      inputs: [],
      recorded: { told: told as never, system: 'jenkins', id: '7', attempt: 1, url: null, reference, kept: false },
    }),
  );
}

describe.skipIf(!HAS_REGISTRY)('an image in a real registry', () => {
  test('is opened platform by platform, and its SBOM is made of its lists, signed, and read like any other', async () => {
    const real = await startRegistry('basic');
    ends.push(real.close);
    const credential = { user: REGISTRY_USER, password: REGISTRY_PASSWORD };
    await addConnection(floor, people.root, vendors, { name: 'build', vendor: 'oci', url: real.url, settings: {}, credential });
    const to = ociRepository({ egress: floor.egress, url: real.url, ...credential, tokenService: null }, 'build/app', 'pull,push');
    const arm = await imageIn(to, 'arm64');
    const amd = await imageIn(to, 'amd64');
    const odd = await imageIn(to, 'unknown', { config: null, history: 'none', created: 7 });
    const entry = (one: Manifest, os: string, architecture: string) => ({
      mediaType: one.mediaType,
      digest: one.digest,
      size: one.bytes.length,
      platform: { os, architecture },
    });
    const index = await manifest(
      to,
      { manifests: [entry(arm, 'linux', 'arm64'), entry(amd, 'linux', 'amd64'), entry(odd, 'unknown', 'unknown')] },
      `${OCI}.index.v1+json`,
    );
    const reference = `${real.host}/build/app@${index.digest}`;
    await recorded(index.digest, reference);

    const opened = await images.open(floor, org, { digest: index.digest, reference });
    expect(opened.platforms.map(({ platform }) => platform)).toEqual(['linux/arm64', 'linux/amd64']);
    expect(opened.others).toBe(1);
    expect(opened.platforms[1]).toMatchObject({
      digest: amd.digest,
      created: '2026-11-20T10:00:00Z',
      user: '1000',
      command: ['/app', '--serve'],
      ports: ['8080/tcp'],
      variables: ['PATH', 'TOKEN'],
      labels: [['a', 'b']],
      layers: [{ by: 'FROM alpine' }, { by: '|1 TOKEN=… /bin/sh -c apk add --no-cache curl' }],
    });
    expect(JSON.stringify(opened)).not.toContain('hunter2');
    // A config that says nothing that can be read is still an image.
    const bare = await images.open(floor, org, { digest: odd.digest, reference: `${real.host}/build/app@${odd.digest}` });
    expect(bare.platforms).toMatchObject([
      { platform: 'linux/unknown', created: null, user: null, command: [], layers: [{ by: null }, { by: null }] },
    ]);

    const asked = await world.tx((t) => askImageSbom(t, people.root, index.digest));
    expect(asked.state).toBe('reading');
    expect(await world.tx((t) => askImageSbom(t, people.root, index.digest)), 'asked again').toEqual(asked);
    await readImage(floor, images, org, index.digest);
    await readImage(floor, images, org, index.digest);
    expect(await world.tx((t) => imageSbomOf(t, index.digest))).toMatchObject({ state: 'made', packages: 2 });
    const made = (await world.tx((t) => attestationsOf(t, index.digest))).filter(({ kind }) => kind === 'sbom');
    expect(made).toHaveLength(1);
    expect(made[0]?.incomplete).toContainEqual('it is read for linux/amd64, one of 2 platforms');
    const document = JSON.parse(Buffer.from(await floor.blobs.read(made[0]?.document as Digest, 1_000_000)).toString()) as {
      components: { purl: string }[];
    };
    expect(document.components.map(({ purl }) => purl).sort()).toEqual([
      'pkg:apk/alpine/curl@8.9.0-r0?arch=x86_64&distro=alpine-3.20.1',
      'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1',
    ]);
    await expect(world.tx((t) => askImageSbom(t, people.root, index.digest))).rejects.toMatchObject({ code: 'artifacts.has-sbom' });
  });

  test('what can not be read is said, and may be asked for again', async () => {
    const missing: Digest = digestOf('no image');
    await recorded(missing, `registry.example:5000/app@${missing}`);
    await world.tx((t) => askImageSbom(t, people.root, missing));
    await readImage(floor, images, org, missing);
    const failed = await world.tx((t) => imageSbomOf(t, missing));
    expect(failed).toMatchObject({ state: 'failed', why: expect.stringContaining('no OCI registry of that host is connected') });
    expect(await world.tx((t) => askImageSbom(t, people.root, missing))).toMatchObject({ state: 'reading', why: null });
    await expect(world.tx((t) => askImageSbom(t, people.root, digestOf('never heard of')))).rejects.toMatchObject({
      code: 'artifacts.no-such-artifact',
    });
  });
});
