import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readHealth } from './health.ts';
import { readImage } from './image.ts';
import { advisoriesFrom, componentsOf, makeSbom, matchComponents, refusedLicences } from './sbom.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const put = (path: string, content: string | Buffer): string => {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
};
const lock = (packages: Record<string, object>): string => JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } });

test('a folder is read with what lies under it, installed packages left out', async () => {
  put('app/package-lock.json', lock({ 'node_modules/a': { version: '1.0.0', license: 'MIT' } }));
  put('app/api/go.mod', 'module x\n\ngo 1.22\n\nrequire github.com/a/b v1.0.0\n');
  put('app/node_modules/c/package-lock.json', lock({ 'node_modules/never': { version: '1.0.0' } }));
  expect((await componentsOf(join(folder, 'app'))).map((one) => one.purl)).toEqual(['pkg:golang/github.com/a/b@v1.0.0', 'pkg:npm/a@1.0.0']);
  await expect(makeSbom(join(folder, 'nowhere'), 'spdx', '2026-01-01T00:00:00.000Z')).rejects.toMatchObject({ code: 'cli.no-lock-file' });
});

test('advisories of a folder are matched; one that is none stops it, since half a list says nothing', async () => {
  const osv = (id: string, name: string) => ({
    id,
    modified: '2026-01-01T00:00:00Z',
    affected: [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.1' }] }] }],
  });
  put('osv/a.json', JSON.stringify(osv('GHSA-1', 'a')));
  put('osv/more.jsonl', `${JSON.stringify(osv('GHSA-2', 'b'))}\n`);
  const components = await componentsOf(join(folder, 'app'));
  expect(matchComponents(components, await advisoriesFrom(join(folder, 'osv'))).matches).toMatchObject([
    { advisory: 'GHSA-1', purl: 'pkg:npm/a@1.0.0', verdict: 'affected', fixed: ['1.0.1'] },
  ]);
  put('osv/bad.json', '{}');
  await expect(advisoriesFrom(join(folder, 'osv'))).rejects.toMatchObject({ code: 'cli.no-advisories' });
  expect(refusedLicences(components, { allow: ['MIT'] })).toMatchObject([{ name: 'github.com/a/b@v1.0.0', verdict: 'unknown' }]);
});

test('health: what lock files and registries say of each dependency, and nothing is assumed', async () => {
  put(
    'health/package-lock.json',
    lock({
      'node_modules/a': { version: '1.0.0', license: 'MIT', integrity: `sha512-${Buffer.alloc(64).toString('base64')}` },
      'node_modules/@s/b': { version: '2.0.0', deprecated: 'use c' },
      'node_modules/@s/d': { version: '1.0.0' },
    }),
  );
  put(
    'health/uv.lock',
    `version = 1\n[[package]]\nname = "flask"\nversion = "3.0.0"\nsource = { registry = "https://pypi.org/simple" }\n` +
      `wheels = [\n  { url = "https://x/a.whl", hash = "sha256:${'a'.repeat(64)}", upload-time = "2026-11-19T00:00:00Z" },\n` +
      `  { url = "https://x/b.whl", hash = "sha256:${'b'.repeat(64)}", upload-time = "2026-11-20T00:00:00Z" },\n]\n`,
  );
  put('news/a.json', JSON.stringify({ name: 'a', 'dist-tags': { latest: '1.0.0' }, time: { '1.0.0': '2026-11-09T00:00:00Z' } }));
  put('news/d.json', JSON.stringify({ name: '@s/d', 'dist-tags': { latest: '1.0.0' }, time: { '1.0.0': '2020-01-01T00:00:00Z' } }));
  const asked = { path: join(folder, 'health'), quietDays: 730, licences: {}, now: Date.parse('2026-11-29T00:00:00Z') };
  const found = await readHealth({ ...asked, news: join(folder, 'news') });
  expect(found.dependencies).toMatchObject([
    { name: 'a', pinned: 'bytes', ageDays: 20, maintained: 'yes' },
    { name: '@s/b', pinned: 'version', ageDays: null, maintained: 'no', because: 'it is deprecated: use c' },
    { name: '@s/d', maintained: 'no', because: expect.stringContaining('days old') },
    { name: 'flask', pinned: 'bytes', ageDays: 10, maintained: 'unknown' },
  ]);
  expect(found).toMatchObject({ documents: 2, facts: { total: 4, unmaintained: 2, maintenanceUnknown: 1, ageUnknown: 1 } });
  put('news/none.json', '{}');
  await expect(readHealth({ ...asked, news: join(folder, 'news') })).rejects.toMatchObject({ code: 'cli.bad-registry-documents' });
});

/** An OCI image of layers, each a folder's files, packed by tar itself. */
function image(name: string, layers: Record<string, string>[], pack: (tar: Buffer) => Buffer): string {
  const root = join(folder, name);
  const blob = (content: Buffer | string): string => {
    const hex = createHash('sha256').update(content).digest('hex');
    put(`${name}/blobs/sha256/${hex}`, Buffer.from(content));
    return `sha256:${hex}`;
  };
  const digests = layers.map((files, at) => {
    for (const [path, text] of Object.entries(files)) put(`${name}-layer-${at}/${path}`, text);
    return blob(pack(execFileSync('tar', ['-C', join(folder, `${name}-layer-${at}`), '-cf', '-', '.'])));
  });
  const manifest = blob(JSON.stringify({ schemaVersion: 2, layers: digests.map((digest) => ({ digest })) }));
  put(`${name}/index.json`, JSON.stringify({ manifests: [{ digest: manifest }] }));
  put(`${name}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  return root;
}

const dpkg = (...packages: string[]): string =>
  packages.map((name) => `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n`).join('\n');

test('an image is what its last layer leaves: lists written anew, files taken away', async () => {
  const layers: Record<string, string>[] = [
    {
      'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
      'var/lib/dpkg/status': dpkg('old', 'kept'),
      'lib/apk/db/installed': 'P:gone\nV:1\n\n',
    },
    { 'var/lib/dpkg/status': dpkg('kept', 'new'), 'var/lib/dpkg/status.d/tz': dpkg('tzdata'), 'lib/apk/db/.wh.installed': '' },
  ];
  for (const [name, pack] of [
    ['gz', gzipSync],
    ['zst', zstdCompressSync],
    ['plain', (tar: Buffer) => tar],
  ] as const) {
    const path = image(name, layers, (tar) => pack(tar));
    const tar = join(folder, `${name}.tar`);
    execFileSync('tar', ['-C', path, '-cf', tar, '.']);
    for (const from of [path, tar]) {
      const { packages } = await readImage(from);
      expect(packages.map((one) => one.purl).sort(), from).toEqual(
        ['kept', 'new', 'tzdata'].map((one) => `pkg:deb/debian/${one}@1.0-1?arch=amd64&distro=debian-12`),
      );
    }
  }
});

test('an image of rpm says that it was not read; a tar that is no image is a problem', async () => {
  const { packages, incomplete } = await readImage(image('rpm', [{ 'var/lib/rpm/rpmdb.sqlite': 'x' }], gzipSync));
  expect(packages).toEqual([]);
  expect(incomplete.join()).toContain('database of rpm');
  put('odd/file', 'x');
  execFileSync('tar', ['-C', join(folder, 'odd'), '-cf', join(folder, 'odd.tar'), '.']);
  await expect(readImage(join(folder, 'odd.tar'))).rejects.toMatchObject({ code: 'cli.no-image' });
});
