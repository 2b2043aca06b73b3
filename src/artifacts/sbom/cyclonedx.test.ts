import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import { schemaFaults } from '../../testing/json-schema.ts';
import { writeBom } from './cyclonedx.ts';
import { judgeLicence } from './licence.ts';
import { diffSboms, readSbom } from './read.ts';
import { gather, writeSbom } from './sbom.ts';
import { writeSpdx } from './spdx.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'sbom-cyclonedx/CycloneDX+specification');
const schemas = (): { bom: object; others: Record<string, object> } => {
  const read = (name: string): object => JSON.parse(readFileSync(join(corpus, 'schema', name), 'utf8')) as object;
  return {
    bom: read('bom-1.6.schema.json'),
    others: { 'spdx.schema.json': read('spdx.schema.json'), 'jsf-0.82.schema.json': read('jsf-0.82.schema.json') },
  };
};

const lock = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { name: 'shop', dependencies: { a: '^1.0.0', local: '*' }, devDependencies: { '@types/b': '1' } },
    'node_modules/a': {
      version: '1.2.3',
      license: 'MIT',
      integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}`,
      dependencies: { c: '1' },
    },
    'node_modules/c': { version: '1.0.0', license: '(MIT OR Apache-2.0)' },
    'node_modules/a/node_modules/c': { version: '0.9.0', license: 'SEE LICENSE IN LICENSE', optional: true },
    'node_modules/@types/b': { version: '1.0.0', dev: true, license: 'Whatever I Like' },
    'node_modules/local': { resolved: 'packages/local', link: true },
    'packages/local': { version: '0.1.0', dependencies: { c: '1' } },
  },
});
const request = (materials: { path: string; text: string | null }[]) => ({
  service: 'shop',
  artifact: 'app',
  digest: digestOf('app'),
  commit: 'a'.repeat(40),
  materials,
  at: '2026-11-23T12:00:00.000Z',
});

test('an npm lock file becomes components with licences, hashes, scopes and the edges that Node would resolve', () => {
  const { bom, incomplete } = writeSbom(request([{ path: 'package-lock.json', text: lock }]));
  expect(incomplete).toEqual([]);
  expect(bom.compositions).toEqual([{ aggregate: 'complete', assemblies: ['artifact'], dependencies: ['artifact'] }]);
  const at = (place: string): unknown => bom.components.find((entry) => entry['bom-ref'].endsWith(`#${place}`));
  expect(at('node_modules/a')).toMatchObject({
    name: 'a',
    version: '1.2.3',
    purl: 'pkg:npm/a@1.2.3',
    scope: 'required',
    licenses: [{ license: { id: 'MIT' } }],
    hashes: [{ alg: 'SHA-512', content: '01'.repeat(64) }],
  });
  expect(at('node_modules/c')).toMatchObject({ licenses: [{ expression: '(MIT OR Apache-2.0)' }] });
  expect(at('node_modules/a/node_modules/c')).toMatchObject({
    name: 'c',
    version: '0.9.0',
    scope: 'optional',
    licenses: [{ license: { name: 'SEE LICENSE IN LICENSE' } }],
  });
  expect(at('node_modules/@types/b')).toMatchObject({ name: '@types/b', purl: 'pkg:npm/%40types/b@1.0.0', scope: 'excluded' });
  const edges = (ref: string): unknown => bom.dependencies.find((entry) => entry.ref === ref)?.dependsOn;
  const p = (place: string): string => `package:package-lock.json#${place}`;
  expect(edges('artifact')).toEqual([p('node_modules/@types/b'), p('node_modules/a'), p('packages/local')]);
  expect(edges(p('node_modules/a'))).toEqual([p('node_modules/a/node_modules/c')]);
  expect(edges(p('packages/local'))).toEqual([p('node_modules/c')]);
});

test('without a lock file, or with one that can’t be read, it says that it is incomplete and why', () => {
  for (const [materials, why] of [
    [[], 'no lock file was found'],
    [[{ path: 'package-lock.json', text: null }], 'could not be read'],
    [[{ path: 'package-lock.json', text: '{' }], 'could not be read'],
    [[{ path: 'package-lock.json', text: '{"lockfileVersion":4,"dependencies":{}}' }], 'no lock file of version 1, 2 or 3'],
    [[{ path: 'requirements.txt', text: 'flask>=2\n-r other.txt' }], 'pins nothing by "flask>=2"'],
  ] as const) {
    const { bom, incomplete } = writeSbom(request([...materials]));
    expect(incomplete.join(' ')).toContain(why);
    expect(bom.compositions[0]?.aggregate).toBe('incomplete');
    expect(bom.metadata.component.hashes).toEqual([{ alg: 'SHA-256', content: digestOf('app').slice(7) }]);
  }
});

test('Python: pinned requirements with hashes, and poetry’s lock', () => {
  const hex = 'ab'.repeat(32);
  const requirements = writeSbom(
    request([
      {
        path: 'api/requirements.txt',
        text: `# comment\nFlask_Login[x]==2.0.1 \\\n  --hash=sha256:${hex} ; python_version > "3"\n\nrich == 13.0\n`,
      },
    ]),
  );
  expect(requirements.bom.components).toMatchObject([
    { purl: 'pkg:pypi/flask-login@2.0.1', hashes: [{ alg: 'SHA-256', content: hex }] },
    { purl: 'pkg:pypi/rich@13.0' },
  ]);
  expect(requirements.incomplete).toEqual(['requirements.txt does not say which package needs which']);
  const poetry = writeSbom(
    request([
      {
        path: 'poetry.lock',
        text: `[[package]]\nname = "rich"\nversion = "13.0"\nfiles = [\n {file = "r.whl", hash = "sha256:${hex}"},\n]\n\n[package.dependencies]\nx = "1"\n\n[metadata]\nname = "not-a-package"\nversion = "1"\n`,
      },
    ]),
  );
  expect(poetry.bom.components).toMatchObject([{ name: 'rich', version: '13.0', hashes: [{ content: hex }] }]);
});

test('same input, same bytes; another digest, another serial number', () => {
  const one = writeSbom(request([{ path: 'package-lock.json', text: lock }]));
  expect(writeSbom(request([{ path: 'package-lock.json', text: lock }]))).toEqual(one);
  expect(one.bom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(writeSbom({ ...request([]), digest: digestOf('other') }).bom.serialNumber).not.toBe(one.bom.serialNumber);
});

test('hostile lock files: no crash, no pollution, no quadratic time', () => {
  const many: Record<string, object> = { '': { dependencies: { p0: '1' } } };
  for (let at = 0; at < 20_000; at += 1)
    many[`node_modules/p${at}`] = { version: '1.0.0', dependencies: { [`p${at + 1}`]: '1', __proto__x: '1' } };
  const started = performance.now();
  for (const text of [
    JSON.stringify({ lockfileVersion: 3, packages: many }),
    '{"lockfileVersion":3,"packages":{"__proto__":{"version":"1"},"node_modules/\\ud800":{"version":"1"},"node_modules/":{}}}',
    '[]',
    'null',
    '"x"',
    '['.repeat(100_000),
  ]) {
    writeSbom(
      request([
        { path: 'package-lock.json', text },
        { path: 'requirements.txt', text },
        { path: 'poetry.lock', text },
      ]),
    );
  }
  expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
  const odd = writeSbom(
    request([
      {
        path: 'package-lock.json',
        text: '{"lockfileVersion":3,"packages":{"":{},"node_modules/\\ud800":{"version":"1"},"node_modules/b":{"version":"1","license":"\\udfff"}}}',
      },
    ]),
  );
  expect(odd.incomplete).toEqual(['1 entry of package-lock.json is not text']);
  expect(odd.bom.components).toMatchObject([{ name: 'b' }]);
  expect(({} as { version?: string }).version).toBeUndefined();
});

test('what we write is valid CycloneDX 1.6, by a checker that knows the published good and bad documents apart', ({ skip }) => {
  if (!existsSync(corpus)) skip(`no corpus at ${corpus}`);
  const { bom: schema, others } = schemas();
  const real = readFileSync('package-lock.json', 'utf8');
  for (const materials of [
    [],
    [{ path: 'package-lock.json', text: lock }],
    [{ path: 'package-lock.json', text: real }],
    [{ path: 'requirements.txt', text: 'a==1' }],
  ]) {
    const { bom } = writeSbom(request(materials));
    expect(schemaFaults(schema, JSON.parse(JSON.stringify(bom)), others)).toEqual([]);
  }
  const folder = join(corpus, 'tools/src/test/resources/1.6');
  // Signatures inside a document follow another schema (JSF), of which we write nothing.
  let bad = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const faults = schemaFaults(schema, JSON.parse(readFileSync(join(folder, name), 'utf8')), others);
    if (name.startsWith('invalid')) bad += faults.length > 0 ? 1 : 0;
    else
      expect(
        faults.filter((fault) => !fault.includes('/signature ')),
        name,
      ).toEqual([]);
  }
  expect(bad).toBeGreaterThan(5);
});

test('SPDX 2.3 says the same: packages, needs with their kinds, licences by id or as they were found', () => {
  const { packages, direct } = gather([{ path: 'package-lock.json', text: lock }]);
  const input = {
    service: 'shop',
    artifact: 'app',
    digest: digestOf('app'),
    commit: null,
    packages,
    direct,
    complete: true,
    at: '2026-11-23T12:00:00.000Z',
  };
  const document = writeSpdx(input);
  expect(document.packages).toHaveLength(packages.length + 1);
  const id = (name: string, version: string): string =>
    document.packages.find((one) => one.name === name && one.versionInfo === version)?.SPDXID ?? '';
  expect(document.relationships).toContainEqual({
    spdxElementId: id('@types/b', '1.0.0'),
    relatedSpdxElement: 'SPDXRef-Root',
    relationshipType: 'DEV_DEPENDENCY_OF',
  });
  expect(document.relationships).toContainEqual({
    spdxElementId: id('c', '0.9.0'),
    relatedSpdxElement: id('a', '1.2.3'),
    relationshipType: 'OPTIONAL_DEPENDENCY_OF',
  });
  expect(document.hasExtractedLicensingInfos?.map((one) => one.extractedText)).toEqual(
    expect.arrayContaining(['Whatever I Like', 'SEE LICENSE IN LICENSE']),
  );
  // Every name that is used is there, and none twice.
  const ids = document.packages.map((one) => one.SPDXID);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { spdxElementId, relatedSpdxElement } of document.relationships)
    expect([...ids, 'SPDXRef-DOCUMENT']).toEqual(expect.arrayContaining([spdxElementId, relatedSpdxElement]));
  const read = (text: unknown) =>
    readSbom(JSON.stringify(text))?.components.map(({ name, version, purl, scope }) => ({ name, version, purl, scope })) ?? [];
  expect(read(document)).toEqual(expect.arrayContaining(read(writeBom(input))));
});

test('two releases compared: added, removed, changed, and licences that changed', () => {
  const of = (name: string, version: string, licence: string | null = 'MIT') => ({
    name,
    version,
    purl: `pkg:npm/${name}@${version}`,
    licence,
    scope: 'required' as const,
  });
  const diff = diffSboms(
    [of('a', '1.0.0'), of('b', '1.0.0'), of('c', '1.0.0'), of('c', '2.0.0')],
    [of('a', '1.1.0', 'GPL-3.0-only'), of('c', '1.0.0'), of('c', '2.0.0', 'ISC'), of('d', '1.0.0')],
  );
  expect(diff.added.map((one) => one.name)).toEqual(['d']);
  expect(diff.removed.map((one) => one.name)).toEqual(['b']);
  expect(diff.changed).toEqual([{ name: 'a', from: '1.0.0', to: '1.1.0' }]);
  expect(diff.licences.map((one) => [one.name, one.from, one.to])).toEqual([
    ['a@1.1.0', 'MIT', 'GPL-3.0-only'],
    ['c@2.0.0', 'MIT', 'ISC'],
  ]);
  expect(diff.unchanged).toBe(2);
});

test('a licence policy: of OR the better, of AND the worse, of nothing unknown', () => {
  const policy = { allow: ['MIT', 'Apache-2.0', 'BSD-*'], deny: ['GPL-*'] };
  const says = (text: string | null) => judgeLicence(text, policy);
  expect([says('MIT'), says('bsd-3-clause'), says('GPL-3.0-only'), says('ISC'), says(null), says('Whatever')]).toEqual([
    'allowed',
    'unknown',
    'denied',
    'denied',
    'unknown',
    'unknown',
  ]);
  expect([says('MIT OR GPL-3.0-only'), says('MIT AND GPL-3.0-only'), says('(MIT OR ISC) AND BSD-2-Clause')]).toEqual([
    'allowed',
    'denied',
    'allowed',
  ]);
  expect(judgeLicence('ISC', { deny: ['GPL-*'] })).toBe('allowed');
  expect(judgeLicence('ISC AND Whatever I Like', { deny: ['GPL-*'] })).toBe('unknown');
});
