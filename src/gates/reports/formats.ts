import { coverageJson, coverageText, coverageXml } from './coverage/formats.ts';
import { readCycloneDx } from './cyclonedx.ts';
import { readCycloneDxXml } from './cyclonedx-xml.ts';
import type { JsonFormat, TextFormat, XmlFormat } from './format.ts';
import { textAt } from './json.ts';
import { readSarif } from './sarif.ts';
import { testJson, testText, testXml } from './tests/formats.ts';

/** Every format that is read. The first that recognises a document reads it. */
export const XML_FORMATS: readonly XmlFormat[] = [
  { id: 'cyclonedx', topics: ['sbom', 'findings'], is: ({ root }) => root === 'bom', read: (bytes) => readCycloneDxXml(bytes) },
  ...testXml,
  ...coverageXml,
];
export const JSON_FORMATS: readonly JsonFormat[] = [
  {
    id: 'cyclonedx',
    topics: ['sbom', 'findings'],
    is: ({ root, list }) => list === null && root['bomFormat'] !== undefined,
    read: ({ root }) => readCycloneDx(root),
  },
  {
    id: 'sarif',
    topics: ['findings'],
    is: ({ root, list }) => list === null && (Array.isArray(root['runs']) || /sarif/i.test(textAt(root, '$schema') ?? '')),
    read: ({ root }) => readSarif(root),
  },
  ...testJson,
  ...coverageJson,
];
export const TEXT_FORMATS: readonly TextFormat[] = [...coverageText, ...testText];
