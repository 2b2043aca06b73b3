import { expect, test } from 'vitest';
import { readReport } from './read.ts';

const read = (text: string) =>
  readReport(
    'sbom',
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
const SAME = { state: 'ok', format: 'spdx', contents: { sbom: { components: 2, withPurl: 1, specVersion: 'SPDX-2.3' } } };
const FOUND = { contents: { findings: [{ rule: 'CVE-2026-12345', purl: 'pkg:npm/left@1' }] } };

const JSON_FORM = JSON.stringify({
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  packages: [
    {
      name: 'left',
      versionInfo: '1',
      externalRefs: [
        { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:npm/left@1' },
        { referenceCategory: 'SECURITY', referenceType: 'advisory', referenceLocator: 'https://example.org/CVE-2026-12345' },
      ],
    },
    { name: 'right' },
  ],
});
const YAML_FORM = `---
SPDXID: "SPDXRef-DOCUMENT"
spdxVersion: "SPDX-2.3"
packages:
- name: left
  versionInfo: "1"
  externalRefs:
  - {referenceCategory: PACKAGE-MANAGER, referenceType: purl, referenceLocator: "pkg:npm/left@1"}
  - referenceCategory: SECURITY
    referenceType: advisory
    referenceLocator: https://example.org/CVE-2026-12345
- name: right
`;
const RDF_FORM = `<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:spdx="http://spdx.org/rdf/terms#">
<spdx:SpdxDocument rdf:about="https://example.org/d#SPDXRef-DOCUMENT"><spdx:specVersion>SPDX-2.3</spdx:specVersion><spdx:name>d</spdx:name>
<spdx:relationship><spdx:Relationship><spdx:relatedSpdxElement>
<spdx:Package rdf:about="https://example.org/d#SPDXRef-left"><spdx:versionInfo>1</spdx:versionInfo>
<spdx:externalRef><spdx:ExternalRef><spdx:referenceCategory rdf:resource="http://spdx.org/rdf/terms#referenceCategory_packageManager"/><spdx:referenceType rdf:resource="http://spdx.org/rdf/references/purl"/><spdx:referenceLocator>pkg:npm/left@1</spdx:referenceLocator></spdx:ExternalRef></spdx:externalRef>
<spdx:externalRef><spdx:ExternalRef><spdx:referenceCategory rdf:resource="http://spdx.org/rdf/terms#referenceCategory_security"/><spdx:referenceType><spdx:ReferenceType rdf:about="http://spdx.org/rdf/references/advisory"/></spdx:referenceType><spdx:referenceLocator>https://example.org/CVE-2026-12345</spdx:referenceLocator></spdx:ExternalRef></spdx:externalRef>
<spdx:relationship><spdx:Relationship><spdx:relatedSpdxElement><spdx:Package rdf:about="https://example.org/d#SPDXRef-right"><spdx:name>right</spdx:name></spdx:Package></spdx:relatedSpdxElement></spdx:Relationship></spdx:relationship>
<spdx:hasFile><spdx:File><spdx:name>not a package</spdx:name></spdx:File></spdx:hasFile>
<spdx:name>left</spdx:name></spdx:Package></spdx:relatedSpdxElement></spdx:Relationship></spdx:relationship>
<spdx:describesPackage rdf:resource="https://example.org/d#SPDXRef-left"/></spdx:SpdxDocument></rdf:RDF>`;

test.each([
  ['JSON', JSON_FORM],
  ['YAML', YAML_FORM],
  ['RDF', RDF_FORM],
])('SPDX as %s says the same', async (_, text) => {
  const reading = await read(text);
  expect(reading).toMatchObject(SAME);
  expect(reading).toMatchObject(FOUND);
});

test('SPDX as YAML or RDF that is broken, of another version or without packages is no document', async () => {
  expect(await read(YAML_FORM.replace('- name: right', '- name: [right'))).toMatchObject({ state: 'unreadable', format: 'spdx' });
  expect((await read(YAML_FORM.replace('SPDX-2.3', 'SPDX-3.0'))).state).toBe('unreadable');
  expect((await read('spdxVersion: SPDX-2.3\nSPDXID: x\n')).state).toBe('empty');
  expect((await read(RDF_FORM.slice(0, -40))).state).toBe('unreadable');
  expect((await read(RDF_FORM.replaceAll('spdx:Package', 'spdx:Other'))).state).toBe('empty');
});
