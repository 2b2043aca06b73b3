import * as contract from '../../contract/images.ts';
import type { Digest } from '../../kernel/digest.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { noImage } from '../artifacts.problems.ts';
import { artifactView, makersOf } from '../artifacts.views.ts';
import { askImageSbom } from './image.commands.ts';
import type { ImagePort } from './image.port.ts';
import { imageSbomOf, type ImageSbomRow } from './image.store.ts';

/** The HTTP doors of images. `port`: the registries that are connected. */
export function imageRoutes(port: ImagePort): readonly Mounted[] {
  return [
    mount(contract.getImage, async ({ floor, actor, params, visible }) => {
      const { digest, kept, reference } = await floor.db.read(actor.org, async (tx) => artifactView(tx, params.digest, await visible(tx)));
      if (kept || reference === null) throw noImage({ digest });
      const { platforms, others } = await port.open(floor, actor.org, { digest: digest as Digest, reference });
      return { reference, others, platforms: platforms.map(platformView) };
    }),
    mount(contract.getImageSbom, async ({ tx, params, visible }) => {
      await artifactView(tx, params.digest, await visible());
      const found = await imageSbomOf(tx, params.digest);
      return { sbom: found === null ? null : sbomView(found) };
    }),
    mount(contract.makeImageSbom, async ({ tx, actor, params, visible, must }) => {
      for (const on of await makersOf(tx, params.digest, await visible())) await must('artifact.promote', on);
      return sbomView(await askImageSbom(tx, actor, params.digest as Digest));
    }),
  ];
}

type Platform = Awaited<ReturnType<ImagePort['open']>>['platforms'][number];

function platformView(one: Platform): contract.ImageView['platforms'][number] {
  return {
    ...one,
    command: [...one.command],
    ports: [...one.ports],
    variables: [...one.variables],
    labels: one.labels.map(([name, value]) => ({ name, value })),
    layers: one.layers.map((layer) => ({ ...layer })),
  };
}

function sbomView({ artifactId, state, why, packages, requestedBy, at }: ImageSbomRow): contract.ImageSbomView {
  return { artifact: artifactId, state, why, packages, requestedBy, at };
}
