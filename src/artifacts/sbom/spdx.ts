import { digestOfValue, hexOf } from '../../kernel/digest.ts';
import type { BomInput } from './cyclonedx.ts';
import { toLicence } from './licence.ts';
import type { Hash, LockedPackage } from './package.ts';
import { genericPurl } from './purl.ts';

/** An SPDX 2.3 document, the part of it that we write (https://spdx.github.io/spdx-spec/v2.3/). */
export type SpdxDocument = {
  readonly spdxVersion: 'SPDX-2.3';
  readonly dataLicense: 'CC0-1.0';
  readonly SPDXID: 'SPDXRef-DOCUMENT';
  readonly name: string;
  readonly documentNamespace: string;
  readonly creationInfo: { readonly created: string; readonly creators: readonly string[]; readonly comment?: string };
  readonly packages: readonly SpdxPackage[];
  readonly relationships: readonly SpdxRelationship[];
  readonly hasExtractedLicensingInfos?: readonly { readonly licenseId: string; readonly extractedText: string; readonly name: string }[];
};
type SpdxPackage = {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo?: string;
  readonly downloadLocation: 'NOASSERTION';
  readonly filesAnalyzed: false;
  readonly licenseConcluded: 'NOASSERTION';
  readonly licenseDeclared: string;
  readonly copyrightText: 'NOASSERTION';
  readonly primaryPackagePurpose: 'APPLICATION' | 'LIBRARY';
  readonly checksums?: readonly { readonly algorithm: string; readonly checksumValue: string }[];
  readonly externalRefs?: readonly {
    readonly referenceCategory: 'PACKAGE-MANAGER';
    readonly referenceType: 'purl';
    readonly referenceLocator: string;
  }[];
};
type SpdxRelationship = { readonly spdxElementId: string; readonly relatedSpdxElement: string; readonly relationshipType: string };

const ROOT = 'SPDXRef-Root';
const ALGORITHMS: Readonly<Record<Hash['algorithm'], string>> = {
  MD5: 'MD5',
  'SHA-1': 'SHA1',
  'SHA-256': 'SHA256',
  'SHA-384': 'SHA384',
  'SHA-512': 'SHA512',
};
/** How SPDX says what kind of need it is; read from the needed to the one that needs it. */
const KINDS: Readonly<Record<LockedPackage['scope'], string>> = {
  required: 'DEPENDENCY_OF',
  optional: 'OPTIONAL_DEPENDENCY_OF',
  development: 'DEV_DEPENDENCY_OF',
};

/** Writes the SBOM of one artifact as SPDX 2.3. Same input, same bytes; the namespace comes from the content. */
export function writeSpdx(input: BomInput): SpdxDocument {
  const packages = input.packages.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const ids = new Map(packages.map((entry, at) => [entry.key, `SPDXRef-Package-${at + 1}`]));
  const licences = new Map<string, string>();
  const scopes = new Map(packages.map((entry) => [entry.key, entry.scope]));
  const needs = (id: string, keys: readonly string[], needed: (key: string) => string): SpdxRelationship[] =>
    [...new Set(keys)].sort().flatMap((key) => {
      const other = ids.get(key);
      return other === undefined ? [] : [{ spdxElementId: other, relatedSpdxElement: id, relationshipType: needed(key) }];
    });
  const kind = (key: string): string => KINDS[scopes.get(key) ?? 'required'];
  const relationships: SpdxRelationship[] = [
    { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: ROOT, relationshipType: 'DESCRIBES' },
    ...needs(ROOT, input.direct, kind),
    ...packages.flatMap((entry) => needs(ids.get(entry.key) ?? '', entry.dependsOn, kind)),
  ];
  const entries = [rootOf(input), ...packages.map((entry) => toPackage(entry, ids.get(entry.key) ?? '', licences))];
  const name = input.service;
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `https://yardmaster.invalid/sbom/${hexOf(digestOfValue({ ...input, at: null }))}`,
    creationInfo: {
      created: input.at.replace(/\.\d+Z$/, 'Z'),
      creators: ['Tool: yardmaster'],
      ...(input.complete ? {} : { comment: 'Not complete: the files that it was made from do not say everything.' }),
    },
    packages: entries,
    relationships,
    ...(licences.size === 0
      ? {}
      : { hasExtractedLicensingInfos: [...licences].map(([text, licenseId]) => ({ licenseId, name: text, extractedText: text })) }),
  };
}

function rootOf({ service, commit, digest }: BomInput): SpdxPackage {
  const purl = genericPurl(service, commit, digest);
  return {
    SPDXID: ROOT,
    name: service,
    ...(commit === null ? {} : { versionInfo: commit }),
    ...COMMON,
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: 'APPLICATION',
    ...(digest === null ? {} : { checksums: [{ algorithm: 'SHA256', checksumValue: hexOf(digest) }] }),
    ...refs(purl),
  };
}

const COMMON = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const;

function toPackage(entry: LockedPackage, id: string, licences: Map<string, string>): SpdxPackage {
  return {
    SPDXID: id,
    name: entry.name,
    ...(entry.version === null ? {} : { versionInfo: entry.version }),
    ...COMMON,
    licenseDeclared: licenceOf(entry.licence, licences),
    primaryPackagePurpose: 'LIBRARY',
    ...(entry.hashes.length === 0
      ? {}
      : { checksums: entry.hashes.map(({ algorithm, content }) => ({ algorithm: ALGORITHMS[algorithm], checksumValue: content })) }),
    ...refs(entry.purl),
  };
}

function refs(purl: string | null): Pick<SpdxPackage, 'externalRefs'> {
  return purl === null ? {} : { externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }] };
}

/** An id or expression of the SPDX list, or a reference to the words as they were found. */
function licenceOf(text: string | null, licences: Map<string, string>): string {
  if (text === null || text.trim() === '') return 'NOASSERTION';
  const choice = toLicence(text);
  if ('expression' in choice) return choice.expression;
  if ('id' in choice.license) return choice.license.id;
  const known = licences.get(text) ?? `LicenseRef-${licences.size + 1}`;
  licences.set(text, known);
  return known;
}
