import type { Digest } from '../../kernel/digest.ts';
import { digestOfValue, hexOf } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { LicenceChoice } from './licence.ts';
import { toLicence } from './licence.ts';
import type { LockedPackage } from './package.ts';
import { genericPurl } from './purl.ts';

/** Properties of a component that we write and read: who gave it up, and when this version was published. */
export const SAID = { deprecated: 'yardmaster:deprecated', published: 'yardmaster:published' } as const;

type BomHash = { readonly alg: string; readonly content: string };
type BomComponent = {
  readonly type: 'library' | 'application';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string;
  readonly scope?: 'required' | 'optional' | 'excluded';
  readonly purl?: string;
  readonly hashes?: readonly BomHash[];
  readonly licenses?: readonly LicenceChoice[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
};

/** A CycloneDX 1.6 document, the part of it that we write (https://cyclonedx.org/docs/1.6/json/). */
export type Bom = {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: {
    readonly timestamp: Instant;
    readonly lifecycles: readonly [{ readonly phase: 'build' }];
    readonly tools: { readonly components: readonly [{ readonly type: 'application'; readonly name: 'yardmaster' }] };
    readonly component: BomComponent;
  };
  readonly components: readonly BomComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly compositions: readonly {
    readonly aggregate: 'complete' | 'incomplete';
    readonly assemblies: readonly string[];
    readonly dependencies: readonly string[];
  }[];
};

export type BomInput = {
  readonly service: string;
  readonly artifact: string;
  /** Null: it is of no bytes of ours, but of a folder or an image that somebody named. */
  readonly digest: Digest | null;
  readonly commit: string | null;
  readonly packages: readonly LockedPackage[];
  /** Keys of what the service itself depends on. */
  readonly direct: readonly string[];
  readonly complete: boolean;
  readonly at: Instant;
};

const ROOT = 'artifact';

/** Writes the SBOM of one artifact. Same input, same bytes: sorted, and the serial number comes from the content. */
export function writeBom(input: BomInput): Bom {
  const packages = input.packages.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const refs = new Map(packages.map((entry) => [entry.key, `package:${entry.key}`]));
  const toRefs = (keys: readonly string[]): string[] => [...new Set(keys.flatMap((key) => refs.get(key) ?? []))].sort();
  const purl = genericPurl(input.service, input.commit, input.digest);
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digestOfValue({ ...input, at: null }))}`,
    version: 1,
    metadata: {
      timestamp: input.at,
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', name: 'yardmaster' }] },
      component: {
        type: 'application',
        'bom-ref': ROOT,
        name: input.service,
        ...(input.commit === null ? {} : { version: input.commit }),
        ...(purl === null ? {} : { purl }),
        ...(input.digest === null ? {} : { hashes: [{ alg: 'SHA-256', content: hexOf(input.digest) }] }),
        properties: [{ name: 'yardmaster:artifact', value: input.artifact }],
      },
    },
    components: packages.map((entry) => toComponent(entry, refs.get(entry.key) ?? '')),
    dependencies: [
      { ref: ROOT, dependsOn: toRefs(input.direct) },
      ...packages.map((entry) => ({ ref: refs.get(entry.key) ?? '', dependsOn: toRefs(entry.dependsOn) })),
    ],
    compositions: [{ aggregate: input.complete ? 'complete' : 'incomplete', assemblies: [ROOT], dependencies: [ROOT] }],
  };
}

function toComponent(entry: LockedPackage, ref: string): BomComponent {
  return {
    type: 'library',
    'bom-ref': ref,
    name: entry.name,
    ...(entry.version === null ? {} : { version: entry.version }),
    // What only builds or tests need is not in the artifact: CycloneDX calls that excluded.
    scope: entry.scope === 'development' ? 'excluded' : entry.scope,
    ...(entry.purl === null ? {} : { purl: entry.purl }),
    ...(entry.hashes.length === 0 ? {} : { hashes: entry.hashes.map(({ algorithm, content }) => ({ alg: algorithm, content })) }),
    ...(entry.licence === null || entry.licence.trim() === '' ? {} : { licenses: [toLicence(entry.licence)] }),
    ...withProperties(entry),
  };
}

/** What a lock file says beside the standard's own fields: {@link SAID} names what is read again. */
function withProperties({ scope, deprecated, publishedAt }: LockedPackage): Pick<BomComponent, 'properties'> {
  const properties = [
    ...(scope === 'development' ? [{ name: 'cdx:npm:package:development', value: 'true' }] : []),
    ...(deprecated === undefined ? [] : [{ name: SAID.deprecated, value: deprecated.slice(0, 300).toWellFormed() }]),
    ...(publishedAt === undefined ? [] : [{ name: SAID.published, value: publishedAt.slice(0, 40).toWellFormed() }]),
  ];
  return properties.length === 0 ? {} : { properties };
}

/** A UUID of version 8 (RFC 9562) from the first 16 bytes of a digest. */
function uuidOf(digest: Digest): string {
  const hex = hexOf(digest);
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
