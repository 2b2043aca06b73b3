import type { Digest } from '../../kernel/digest.ts';
import type { Floor } from '../../platform/floor.ts';

/** One layer of an image: what made it, where the image's history says so. */
export type ImageLayer = { readonly digest: Digest; readonly size: number; readonly mediaType: string; readonly by: string | null };

/** What an image is on one platform, out of its manifest and its config. Values of variables are left out: they may be secrets. */
export type PlatformImage = {
  /** As `linux/arm64/v8`. */
  readonly platform: string;
  readonly digest: Digest;
  readonly created: string | null;
  readonly user: string | null;
  readonly command: readonly string[];
  readonly ports: readonly string[];
  readonly variables: readonly string[];
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly layers: readonly ImageLayer[];
};

export type OpenImage = {
  readonly reference: string;
  readonly platforms: readonly PlatformImage[];
  /** How many of the index's manifests are not shown: of no platform, or beyond the first 20. */
  readonly others: number;
  /** The bytes of a layer as they lie there, verified against its digest; the stream throws at its end where they differ. */
  layer(layer: ImageLayer): Promise<AsyncIterable<Uint8Array>>;
};

/**
 * Images where they lie. `open` reads manifests and configs and no layer; only registries that are connected are asked, and
 * everything is verified by digest. Problems: `registries.*`, `egress.*`.
 */
export type ImagePort = {
  open(floor: Floor, org: string, image: { readonly digest: Digest; readonly reference: string | null }): Promise<OpenImage>;
};
