import { coverageJson, coverageText, coverageXml } from './coverage/formats.ts';
import { readBom } from './cyclonedx.ts';
import { readCycloneDxXml } from './cyclonedx-xml.ts';
import type { JsonFormat, TextFormat, XmlFormat } from './format.ts';
import { textAt } from './json.ts';
import { scannerJson, scannerText, scannerXml } from './scanners/formats.ts';
import { isSpdxJson, readSpdxJson, readSpdxTags, readSpdxXml, readSpdxYaml } from './spdx.ts';
import { readSpdxRdf } from './spdx-rdf.ts';
import { readSarif } from './sarif.ts';
import { testJson, testText, testXml } from './tests/formats.ts';

/** Every format that is read. The first that recognises a document reads it. */
export const XML_FORMATS: readonly XmlFormat[] = [
  { id: 'cyclonedx', topics: ['sbom', 'findings'], is: ({ root }) => root === 'bom', read: (bytes) => readCycloneDxXml(bytes) },
  {
    id: 'spdx',
    topics: ['sbom', 'findings'],
    is: ({ root, inside }) => root === 'Document' && (inside.includes('SPDXID') || inside.includes('spdxVersion')),
    read: (bytes) => readSpdxXml(bytes),
  },
  {
    id: 'spdx',
    topics: ['sbom', 'findings'],
    is: ({ root, attributes }) =>
      root === 'RDF' && Object.values(attributes).some((value) => value.startsWith('http://spdx.org/rdf/terms')),
    read: (bytes) => readSpdxRdf(bytes),
  },
  ...testXml,
  ...coverageXml,
  ...scannerXml,
];
export const JSON_FORMATS: readonly JsonFormat[] = [
  {
    id: 'cyclonedx',
    topics: ['sbom', 'findings'],
    is: ({ root, list }) => list === null && root['bomFormat'] !== undefined,
    read: ({ root }) => readBom(root),
  },
  {
    id: 'sarif',
    topics: ['findings'],
    is: ({ root, list }) => list === null && (Array.isArray(root['runs']) || /sarif/i.test(textAt(root, '$schema') ?? '')),
    read: ({ root }) => readSarif(root),
  },
  {
    id: 'spdx',
    topics: ['sbom', 'findings'],
    is: ({ root, list }) => list === null && isSpdxJson(root),
    read: ({ root }) => readSpdxJson(root),
  },
  ...testJson,
  ...coverageJson,
  ...scannerJson,
];
export const TEXT_FORMATS: readonly TextFormat[] = [
  {
    id: 'spdx',
    topics: ['sbom', 'findings'],
    is: ({ lines }) => lines.some((line) => /^SPDXVersion:/.test(line)),
    read: (bytes) => readSpdxTags(bytes),
  },
  {
    id: 'spdx',
    topics: ['sbom', 'findings'],
    is: ({ text }) => /^(?:---\s)?(?:[^\n]*\n){0,200}["']?spdxVersion["']?\s*:\s*["']?SPDX-/.test(text.slice(0, 16_384)),
    read: (bytes) => readSpdxYaml(bytes),
  },
  ...coverageText,
  ...scannerText,
  ...testText,
];
