import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { PromotionJob } from '../../../artifacts/promotion/registry.port.ts';
import { system } from '../../../kernel/actor.ts';
import { digestOf } from '../../../kernel/digest.ts';
import { testFloor } from '../../../testing/database.ts';
import { packFolder } from '../../../testing/tar.ts';
import { HAS_VERDACCIO, startVerdaccio } from '../../../testing/verdaccio.ts';
import { addConnection } from '../../connections/connection.commands.ts';
import { vendors } from '../../vendors.ts';
import { registries } from '../promote.http.ts';
import { distTagOf, isPackageName, readPackage, tarballPath } from './package.ts';

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const folder = mkdtempSync(join(tmpdir(), 'ym-npm-'));
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const end of ends) await end();
});
const none = { statements: [], documents: [] };
const yes = async (): Promise<void> => undefined;
let made = 0;

async function connected(url: string, token: string): Promise<string> {
  const name = `npm-${(made += 1)}`;
  return (await addConnection(floor, system(floor.org, 'test'), vendors, { name, vendor: 'npm', url, settings: {}, credential: { token } }))
    .id;
}
async function job(connectionId: string, bytes: Uint8Array, more: Partial<PromotionJob> = {}): Promise<PromotionJob> {
  const { digest, size } = await floor.blobs.put(bytes);
  const artifact = { digest, name: 'lib', size, kept: true, reference: null };
  return {
    org: floor.org,
    connectionId,
    repository: '*',
    tag: null,
    version: null,
    artifact,
    source: { repository: null, commit: null },
    ...more,
  };
}
const tarball = (name: string, version: string, text = 'x'): Buffer =>
  packFolder([
    ['package/package.json', JSON.stringify({ name, version, main: 'index.js' })],
    ['package/index.js', `module.exports = '${text}'`],
  ]);

test.skipIf(!HAS_VERDACCIO)(
  'a real registry: published once under its dist-tag, installed by npm with the approved digest, never overwritten',
  async () => {
    const registry = await startVerdaccio();
    ends.push(registry.close);
    const at = await connected(registry.url, registry.token);
    // What npm itself packs.
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@acme/lib', version: '1.0.0', main: 'index.js' }));
    writeFileSync(join(folder, 'index.js'), 'module.exports = 42;');
    const file = execFileSync('npm', ['pack', '--silent'], { cwd: folder, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
    const bytes = readFileSync(join(folder, file));
    const wanted = await job(at, bytes, { repository: '@acme/lib', tag: '1.0.0' });
    expect(await registries.location(floor, wanted)).toBe(`${registry.url}@acme/lib/-/lib-1.0.0.tgz`);
    await registries.copy(floor, wanted, none, yes);
    await registries.copy(floor, wanted, none, yes);
    const view = (await (await fetch(`${registry.url}@acme%2flib`)).json()) as { 'dist-tags': unknown; versions: object };
    expect(view['dist-tags']).toEqual({ latest: '1.0.0' });
    const got = Buffer.from(await (await fetch(`${registry.url}@acme/lib/-/lib-1.0.0.tgz`)).arrayBuffer());
    expect(digestOf(got)).toBe(wanted.artifact.digest);

    const other = await job(at, tarball('@acme/lib', '1.0.0', 'other'));
    await expect(registries.copy(floor, other, none, yes)).rejects.toMatchObject({ code: 'registries.taken' });
    await registries.copy(floor, await job(at, tarball('@acme/lib', '1.1.0-rc.1')), none, yes);
    const after = (await (await fetch(`${registry.url}@acme%2flib`)).json()) as { 'dist-tags': unknown };
    expect(after['dist-tags']).toEqual({ latest: '1.0.0', rc: '1.1.0-rc.1' });

    const consumer = join(folder, 'consumer');
    execFileSync(
      'npm',
      [
        'install',
        '--silent',
        '--no-audit',
        '--no-fund',
        '--ignore-scripts',
        `--registry=${registry.url}`,
        '--prefix',
        consumer,
        '@acme/lib@1.0.0',
      ],
      {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder, npm_config_userconfig: join(folder, 'none') },
      },
    );
    expect(readFileSync(join(consumer, 'node_modules/@acme/lib/index.js'), 'utf8')).toBe('module.exports = 42;');
    const stranger = await connected(registry.url, 'guess');
    await expect(registries.copy(floor, await job(stranger, tarball('@acme/lib', '2.0.0')), none, yes)).rejects.toMatchObject({
      code: 'registries.refused',
    });
  },
);

test('what is no package, is another, or comes back otherwise goes nowhere', async () => {
  let lies = true;
  const stub = createServer((request, response) => {
    request.resume();
    if (request.method === 'PUT') return void response.writeHead(201).end('{}');
    if (request.url?.endsWith('.tgz') === true) return void response.end('other bytes');
    const versions = lies ? {} : { '1.0.0': { dist: {} } };
    return void response.writeHead(200).end(JSON.stringify({ versions }));
  });
  await new Promise<void>((done) => stub.listen(0, '127.0.0.1', done));
  ends.push(() => (stub.closeAllConnections(), stub.close()));
  const at = await connected(`http://127.0.0.1:${(stub.address() as AddressInfo).port}`, 't');
  const copy = async (bytes: Uint8Array, more: Partial<PromotionJob> = {}) => registries.copy(floor, await job(at, bytes, more), none, yes);
  await expect(copy(Buffer.from('no archive'))).rejects.toMatchObject({ code: 'registries.bad-settings' });
  await expect(copy(packFolder([['app.js', 'x']]))).rejects.toMatchObject({ code: 'registries.bad-settings' });
  await expect(copy(tarball('lib', '1.0.0'), { repository: 'other' })).rejects.toMatchObject({ code: 'registries.bad-settings' });
  await expect(copy(tarball('lib', '1.0.0'))).rejects.toMatchObject({ code: 'registries.not-there' });
  lies = false;
  await expect(copy(tarball('lib', '1.0.0'))).rejects.toMatchObject({ code: 'registries.taken' });
});

test('names, versions and dist-tags are npm’s', () => {
  for (const name of ['lib', '@acme/lib', 'a.b_c~d']) expect(isPackageName(name), name).toBe(true);
  for (const name of ['Lib', '../x', '@acme', '@acme/..', '@a/b/c', '.x', '_x', '', 'a b', 'x'.repeat(215)])
    expect(isPackageName(name), name).toBe(false);
  expect(distTagOf('1.0.0', '1.0.0')).toBe('latest');
  expect(distTagOf('v1', '1.0.0-beta.2')).toBe('beta');
  expect(distTagOf(null, '1.0.0-0')).toBe('next');
  expect(distTagOf('lts', '1.0.0')).toBe('lts');
  expect(tarballPath({ name: '@acme/lib', version: '1.0.0' })).toBe('@acme/lib/-/lib-1.0.0.tgz');
  for (const json of [
    'x',
    '[]',
    '{"name":"lib"}',
    '{"name":"lib","version":"1"}',
    '{"name":"lib","version":"1.0.0","private":true}',
    '{"name":"lib","name":"other","version":"1.0.0"}',
  ])
    expect(typeof readPackage(json), json).toBe('string');
});
