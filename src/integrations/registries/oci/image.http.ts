import { z } from 'zod';
import type { ImageLayer, ImagePort, OpenImage, PlatformImage } from '../../../artifacts/image/image.port.ts';
import { badManifest } from '../registries.problems.ts';
import type { Descriptor, Manifest } from './manifest.ts';
import { sourceAt, type Registries } from './source.http.ts';
import type { OciRepository } from './repository.http.ts';

/** Platforms of one index that are opened; more are counted. */
const MOST_PLATFORMS = 20;
const CONFIG_BYTES = 4 * 1024 ** 2;
const [MOST_NAMES, MOST_LABELS, MOST_WORDS] = [200, 100, 50];

const text = z.string().catch('');
/** The config of an image (OCI image specification 1.1, "Image Configuration"), as far as it is shown; what is odd in it is left out. */
const configSchema = z.looseObject({
  architecture: text,
  os: text,
  variant: text,
  created: z.string().nullable().catch(null).default(null),
  config: z
    .looseObject({
      User: text,
      Env: z.array(z.string()).catch([]),
      Entrypoint: z.array(z.string()).nullable().catch(null).default(null),
      Cmd: z.array(z.string()).nullable().catch(null).default(null),
      ExposedPorts: z.record(z.string(), z.unknown()).nullable().catch(null).default(null),
      Labels: z.record(z.string(), z.string()).nullable().catch(null).default(null),
    })
    .catch({ User: '', Env: [], Entrypoint: null, Cmd: null, ExposedPorts: null, Labels: null }),
  history: z.array(z.looseObject({ created_by: text, empty_layer: z.boolean().catch(false) })).catch([]),
});
type Config = z.infer<typeof configSchema>;
const platformSchema = z.looseObject({ platform: z.looseObject({ os: text, architecture: text, variant: text }).optional() });

/** Opens an image in the registry where it lies: index, manifests and configs; of each platform what it is and its layers. */
export async function openImage(at: Registries, image: Parameters<ImagePort['open']>[2]): Promise<OpenImage> {
  const { source, manifest } = await sourceAt(at, image);
  const found = manifest.manifests.length === 0 ? [null] : manifest.manifests.filter(isPlatform);
  const platforms: PlatformImage[] = [];
  for (const one of found.slice(0, MOST_PLATFORMS))
    platforms.push(await platformOf(source, one === null ? manifest : await must(source, one), one));
  const others = manifest.manifests.length === 0 ? 0 : manifest.manifests.length - platforms.length;
  return {
    reference: image.reference ?? '',
    platforms,
    others,
    layer: ({ digest, size, mediaType }) => source.blob({ digest, size, mediaType }),
  };
}

/** Docker keeps attestations in an index as images of the platform unknown/unknown. */
function isPlatform(one: Descriptor): boolean {
  return platformSchema.safeParse(one).data?.platform?.os !== 'unknown';
}

async function must(source: OciRepository, { digest }: Descriptor): Promise<Manifest> {
  const manifest = await source.manifest(digest);
  if (manifest === null) throw badManifest({ host: source.host, what: digest, why: 'the index names it, and it is not there' });
  return manifest;
}

async function platformOf(source: OciRepository, manifest: Manifest, named: Descriptor | null): Promise<PlatformImage> {
  const [descriptor, ...blobs] = manifest.blobs;
  if (descriptor === undefined) throw badManifest({ host: source.host, what: manifest.digest, why: 'it is no image' });
  const config = await configOf(source, descriptor);
  const inIndex = named === null ? undefined : platformSchema.safeParse(named).data?.platform;
  const names = [config.os || inIndex?.os, config.architecture || inIndex?.architecture, config.variant || inIndex?.variant];
  const { User, Env, Entrypoint, Cmd, ExposedPorts, Labels } = config.config;
  return {
    platform: clean(names.filter((one) => one !== undefined && one !== '').join('/')) || 'unknown',
    digest: manifest.digest,
    created: config.created === null ? null : clean(config.created, 40),
    user: User === '' ? null : clean(User),
    command: [...(Entrypoint ?? []), ...(Cmd ?? [])].slice(0, MOST_WORDS).map((word) => clean(word)),
    ports: Object.keys(ExposedPorts ?? {})
      .slice(0, MOST_NAMES)
      .map((port) => clean(port, 40)),
    variables: Env.slice(0, MOST_NAMES).map((one) => clean(one.split('=')[0] ?? '')),
    labels: Object.entries(Labels ?? {})
      .slice(0, MOST_LABELS)
      .map(([name, value]) => [clean(name), clean(value, 500)]),
    layers: layersOf(blobs, config),
  };
}

async function configOf(source: OciRepository, descriptor: Descriptor): Promise<Config> {
  const odd = (why: string): Error => badManifest({ host: source.host, what: `the config ${descriptor.digest}`, why });
  if (descriptor.size > CONFIG_BYTES) throw odd(`it is larger than ${CONFIG_BYTES} bytes`);
  const parts: Uint8Array[] = [];
  for await (const part of await source.blob(descriptor)) parts.push(part);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw odd('it is no JSON');
  }
  const read = configSchema.safeParse(typeof value === 'object' && value !== null ? { ...EMPTY, ...value } : null);
  if (!read.success) throw odd('it is no object');
  return read.data;
}

const EMPTY = { architecture: '', os: '', variant: '', config: {}, history: [] };

/** Each layer with the step of the history that made it, where the two lists agree. */
function layersOf(blobs: readonly Descriptor[], { history }: Config): ImageLayer[] {
  const steps = history.filter((one) => !one.empty_layer);
  const agree = steps.length === blobs.length;
  return blobs.map(({ digest, size, mediaType }, at) => {
    const by = agree ? stepOf(steps[at]?.created_by ?? '') : '';
    return { digest, size, mediaType: clean(mediaType), by: by === '' ? null : by };
  });
}

/** Build arguments stand in the history with their values, which may be secrets. */
function stepOf(created: string): string {
  return clean(created.slice(0, 4000).replaceAll(/\b([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|\S+)/g, '$1=…'), 300);
}

function clean(value: string, most = 200): string {
  return value.slice(0, most).replaceAll('\0', '').toWellFormed();
}
