import type { ImagePort } from '../../artifacts/image/image.port.ts';
import { openImage } from './oci/image.http.ts';
import { openAll } from './promote.http.ts';

/** Images in the OCI registries that are connected. */
export const images: ImagePort = {
  open: async (floor, org, image) => openImage({ floor, all: await openAll(floor, org) }, image),
};
