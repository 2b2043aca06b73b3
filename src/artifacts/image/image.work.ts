import { LAYER_LIMITS } from '../../host/archive-names.ts';
import { readTar } from '../../host/archive.read.ts';
import { canonicalBytes } from '../../kernel/canonical.ts';
import type { Digest } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus } from '../../kernel/time.ts';
import { serviceById } from '../../catalog/catalog.queries.ts';
import type { Floor, Sweeper, Task } from '../../platform/floor.ts';
import { alone } from '../../platform/lease.work.ts';
import { artifactByDigest, buildsOf, type Build } from '../artifacts.queries.ts';
import { imageTooLarge, noSuchArtifact } from '../artifacts.problems.ts';
import { attestRecordedSbom } from '../recorded/attest-sbom.api.ts';
import { writeBom } from '../sbom/cyclonedx.ts';
import { addLayer, MOST_LAYERS, noFiles, packagesOfImage } from '../sbom/image.ts';
import type { Locked } from '../sbom/package.ts';
import { IMAGE_TASK } from './image.commands.ts';
import type { ImagePort, OpenImage, PlatformImage } from './image.port.ts';
import { endImageSbom, imageSbomOf, imagesBeingRead, type ImageSbomRow } from './image.store.ts';

/** What the layers of one platform may weigh, packed. They are read as a stream and not kept. */
const MOST_BYTES = 20 * 1024 ** 3;
/** After so long without an end it is begun again: by the same row's word, and by one server at a time. */
const LOST_AFTER_MS = 60_000;
const AT_ONCE = 5;

/**
 * Reads the lists of packages out of an image's layers, writes its SBOM and signs that it is the one of this digest. Begun
 * again after a kill it writes the same document. What fails is kept in words for who asked.
 */
export async function readImage(floor: Floor, port: ImagePort, org: string, digest: Digest): Promise<void> {
  const row = await floor.db.read(org, (tx) => imageSbomOf(tx, digest));
  if (row === null || row.state !== 'reading') return;
  const end = await made(floor, port, row).catch((error: unknown) => {
    if (error instanceof Problem) return { why: `${error.sentence} ${error.remedy}`.slice(0, 2000) };
    throw error;
  });
  await floor.db.tx(org, async (tx) => {
    if (await endImageSbom(tx, row.artifactId, end)) await tx.notify('artifact', row.artifactId);
  });
}

async function made(floor: Floor, port: ImagePort, { org, digest, at }: ImageSbomRow): Promise<{ packages: number }> {
  const { artifact, builds } = await floor.db.read(org, async (tx) => ({
    artifact: await artifactByDigest(tx, digest),
    builds: (await buildsOf(tx, digest)).filter((one) => one.recorded !== null),
  }));
  if (artifact === null) throw noSuchArtifact({ digest });
  const image = await port.open(floor, org, artifact);
  const { packages, direct, incomplete } = await packagesIn(image);
  for (const build of lastOfEach(builds)) {
    const service = await floor.db.read(org, (tx) => serviceById(tx, build.service));
    const bom = writeBom({
      service: service?.name ?? build.service,
      artifact: artifact.name,
      digest: artifact.digest,
      commit: build.commit,
      packages,
      direct,
      complete: false,
      at,
    });
    const { digest: document } = await floor.blobs.put(canonicalBytes(bom));
    await attestRecordedSbom(floor, org, { build: build.id, name: artifact.name, digest: artifact.digest, document, incomplete });
  }
  return { packages: packages.length };
}

/** Of each service the newest build: who may see one of them sees its contents. */
function lastOfEach(builds: readonly Build[]): Build[] {
  const last = new Map<string, Build>();
  for (const build of builds.toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1))) last.set(build.service, build);
  return [...last.values()];
}

/** Of several platforms linux/amd64, else the first; which one, and that there are others, is said. */
async function packagesIn({ platforms, layer }: OpenImage): Promise<Locked> {
  const chosen = platforms.find(({ platform }) => platform === 'linux/amd64') ?? platforms[0];
  if (chosen === undefined) return packagesOfImage(noFiles());
  refuseLarge(chosen);
  const files = noFiles();
  for (const one of chosen.layers) {
    const large = await addLayer(files, readTar(await layer(one), LAYER_LIMITS));
    if (large !== null) throw imageTooLarge({ what: `the list ${large} in it`, most: '64 MB' });
  }
  const found = packagesOfImage(files);
  if (platforms.length === 1) return found;
  return { ...found, incomplete: [...found.incomplete, `it is read for ${chosen.platform}, one of ${platforms.length} platforms`] };
}

function refuseLarge({ layers }: PlatformImage): void {
  if (layers.length > MOST_LAYERS) throw imageTooLarge({ what: `its ${layers.length} layers`, most: `${MOST_LAYERS}` });
  const bytes = layers.reduce((sum, { size }) => sum + size, 0);
  if (bytes > MOST_BYTES) throw imageTooLarge({ what: 'all its layers together', most: '20 GB' });
}

/** What wakes it. One server reads an image at a time; another that is woken leaves it. */
export function imageTask(port: ImagePort): Task {
  return {
    name: IMAGE_TASK,
    run: async (floor, payload, org) => {
      const { digest } = payload;
      if (typeof digest !== 'string' || floor.paused()) return;
      await alone(floor, org, `image-sbom ${digest}`, () => readImage(floor, port, org, digest as Digest), 0).catch((error: unknown) => {
        if (!(error instanceof Problem && error.code === 'platform.in-other-hands')) throw error;
      });
    },
  };
}

/** Wakes what was in the hand of a server that ended. */
export const imageSweeper: Sweeper = {
  name: 'artifacts.images',
  sweep: async (tx) => {
    for (const { digest, org } of await imagesBeingRead(tx, plus(await tx.now(), -LOST_AFTER_MS), AT_ONCE))
      await tx.wake(IMAGE_TASK, digest, { digest, org });
  },
};
