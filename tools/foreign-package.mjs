// The same road on a package that this project never saw: one from the npm registry becomes a git repository, gets a
// pipeline, is built, released, deployed and proven, with ym and the API alone. `node tools/foreign-package.mjs [NAME]`
// prints "N passed, N failed"; without a registry it says so and skips.
import { existsSync, mkdirSync, mkdtempSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, run, start, stopAll, ymFor } from '../examples/demo/processes.mjs';

const spec = process.argv[2] ?? 'ms';
const keep = process.argv.includes('--keep');
if (!/^(@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*(@[0-9A-Za-z.+-]+)?$/.test(spec)) {
  process.stderr.write(`"${spec}" is no name of a package\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'ym-foreign-'));
chmodSync(folder, 0o755);
const counts = { passed: 0, failed: 0 };

/** Does one step and says how it ended; a failure ends the road, because each step stands on the one before. */
async function step(what, work) {
  try {
    const result = await work();
    counts.passed += 1;
    process.stdout.write(`passed: ${what}\n`);
    return result;
  } catch (error) {
    counts.failed += 1;
    process.stdout.write(`FAILED: ${what}: ${error instanceof Error ? error.message : error}\n`);
    throw error;
  }
}

/** The package as `npm pack` gives it, unpacked; null where no registry answers. */
async function fetchPackage() {
  const got = await run('npm', ['pack', spec, '--json', '--pack-destination', folder, '--fetch-retries=1', '--fetch-timeout=20000'], {
    cwd: folder,
    env: process.env,
  }).catch((error) => ({ problem: error instanceof Error ? error.message : String(error) }));
  if ('problem' in got) return null;
  const [{ name, version, filename, integrity }] = JSON.parse(got.stdout);
  const repository = join(folder, 'repository');
  mkdirSync(repository);
  await run('tar', ['-xzf', join(folder, filename), '-C', repository, '--strip-components=1', '--no-same-owner']);
  return { name, version, integrity, repository };
}

const SERVER = `import { createServer } from 'node:http';
import * as foreign from './index-of-package.mjs';
createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ package: foreign.name, version: foreign.version, exports: foreign.exported }));
}).listen(Number(process.env.PORT), '127.0.0.1');
`;
const INDEX = `import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
export const { name, version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const found = await import(name).catch(() => createRequire(import.meta.url)(name));
export const exported = [typeof found.default, ...Object.keys(found)].sort();
`;
const TEST = `import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as foreign from '../index-of-package.mjs';
test('the package can be loaded by its own name and exports something', () => {
  assert.ok(foreign.exported.length > 1, JSON.stringify(foreign.exported));
});
test('it knows its version', () => assert.match(foreign.version, /^\\d+\\./));
`;
const PIPELINE = `name: foreign
on: { push: { branches: [main] }, manual: }
jobs:
  test:
    steps:
      - run: |
          mkdir -p reports
          node --test --test-reporter=spec --test-reporter-destination=stdout \\
            --test-reporter=junit --test-reporter-destination=reports/junit.xml
    reports: [{ kind: junit, path: reports/junit.xml }]
  package:
    needs: [test]
    steps:
      - run: mkdir -p dist && find . -mindepth 1 -maxdepth 1 ! -name dist ! -name .yardmaster ! -name test -exec cp -R {} dist/ ';'
    artifacts: [{ name: foreign, path: dist }]
`;

/** Makes the package a repository of ours: what it is, and a pipeline, a wrapper that serves it, and a test. */
async function makeRepository({ repository, name, version }) {
  const write = (path, text) => {
    mkdirSync(join(repository, path, '..'), { recursive: true });
    writeFileSync(join(repository, path), text);
  };
  write('.yardmaster/pipeline.yaml', PIPELINE);
  write('foreign-server.mjs', SERVER);
  write('index-of-package.mjs', INDEX);
  rmSync(join(repository, 'test'), { recursive: true, force: true });
  write('test/foreign.test.mjs', TEST);
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  if (Object.keys(manifest.dependencies ?? {}).length > 0) throw new Error(`${name} has dependencies; choose a package without`);
  // A package may be asked for by its own name only where it says what it exports.
  const {
    exports: exported = { '.': manifest.main ? `./${manifest.main.replace(/^\.\//, '').replace(/^index$/, 'index.js')}` : './index.js' },
  } = manifest;
  write(
    'package.json',
    `${JSON.stringify({ name, version, exports: exported, ...(manifest.type === undefined ? {} : { type: manifest.type }) }, null, 2)}\n`,
  );
  const lock = { name, version, lockfileVersion: 3, packages: { '': { name, version } } };
  if (!existsSync(join(repository, 'package-lock.json'))) write('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
  const who = { NAME: 'Bo Builder', EMAIL: 'bo@example.org' };
  const env = {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: who.NAME,
    GIT_AUTHOR_EMAIL: who.EMAIL,
    GIT_COMMITTER_NAME: who.NAME,
    GIT_COMMITTER_EMAIL: who.EMAIL,
  };
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A', '-f'],
    ['commit', '-q', '-m', `feat: take ${name} ${version}`],
  ])
    await run('git', ['-C', repository, ...args], { env });
}

const CATALOG = (repository) => `policy: startup
teams: { crew: { title: Crew } }
environments:
  dev: { kind: development }
  prod: { kind: production, after: dev, protected: true }
services:
  foreign:
    team: crew
    tier: 3
    stack: node
    repository: file://${repository}
    run: { command: [node, foreign-server.mjs] }
`;
const PASSWORD = 'a long enough password';

/** A server with an admin and an approver, a runner and an agent, each a process of its own. */
async function openYard() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('YARDMASTER_') && name !== 'DATABASE_URL'),
  );
  const env = {
    ...clean,
    YARDMASTER_URL: url,
    YARDMASTER_STATE: join(folder, 'state'),
    YARDMASTER_PORT: String(port),
    XDG_CONFIG_HOME: join(folder, 'config'),
  };
  const log = (name) => join(folder, `${name}.log`);
  const { output } = await start('server', ['server'], env, /ym_link_[0-9a-f]+/, log('server'));
  const anybody = ymFor(env);
  const ada = await anybody(
    'setup',
    '--link',
    /ym_link_[0-9a-f]+/.exec(output)[0],
    '--name',
    'Ada',
    '--email',
    'ada@example.org',
    '--password',
    PASSWORD,
  );
  const admin = ymFor({ ...env, YARDMASTER_TOKEN: ada.token });
  const added = await admin('person', 'add', 'Cy', '--email', 'cy@example.org', '--role', 'approver');
  const cy = await anybody('setup', '--link', added.invitation, '--password', PASSWORD);
  const joins = async (kind, registered) => {
    const args = [kind, '--url', url, '--name', `${kind}-1`, '--state', join(folder, kind), '--registration', registered.registration];
    await start(kind, args, env, /is ready/, log(kind));
  };
  await joins('runner', await admin('runner', 'register', '--trust', 'trusted'));
  await joins('agent', await admin('agent', 'register', '--label', 'default'));
  return { url, token: ada.token, admin, cy: ymFor({ ...env, YARDMASTER_TOKEN: cy.token }) };
}

async function main() {
  const found = await fetchPackage();
  if (found === null) {
    process.stdout.write(`skipped: no registry answers for ${spec}\n`);
    return;
  }
  process.stdout.write(`${found.name}@${found.version}, ${found.integrity}\n`);
  await step('the package is a git repository with a pipeline', () => makeRepository(found));
  await step('ym finds nothing wrong with the pipeline', () =>
    ymFor(process.env)('pipeline', 'check', join(found.repository, '.yardmaster/pipeline.yaml')),
  );
  const yard = await step('server, runner and agent are up', openYard);
  const file = join(folder, 'yardmaster.yaml');
  writeFileSync(file, CATALOG(found.repository));
  await step('the catalog is applied', () => yard.admin('apply', '--file', file, '--yes'));
  const built = await step('a run tests and packages it', async () => {
    const started = await yard.admin('run', 'start', 'foreign');
    const ended = await yard.admin('run', 'wait', started.id);
    if (ended.state !== 'succeeded') throw new Error(`the run is ${ended.state}: ${ended.cause}`);
    return ended;
  });
  const release = await step('it becomes a release', () => yard.admin('release', 'create', 'foreign', '--run', built.id));
  const name = `foreign@${release.version}`;
  await step('it goes to dev by itself, and is verified there', () => arrived(yard, release.id, 'dev'));
  await step('another person approves it for prod', () =>
    yard.cy('approve', name, '--env', 'prod', '--reason', 'looked at what it exports'),
  );
  await step('it goes to prod', () => arrived(yard, release.id, 'prod'));
  await step('prod answers with what the package exports', async () => {
    const headers = { authorization: `Bearer ${yard.token}` };
    const { items } = await (await fetch(`${yard.url}/v1/environments/prod/services`, { headers })).json();
    const answer = await (await fetch(`http://127.0.0.1:${items[0].frontPort}/`)).json();
    if (answer.package !== found.name || answer.version !== found.version || answer.exports.length < 2)
      throw new Error(JSON.stringify(answer));
  });
  const trust = join(folder, 'trust.json');
  const bundle = join(folder, 'bundle.json');
  const alone = ymFor({ PATH: process.env.PATH, HOME: folder });
  await step('its evidence verifies in a process without server or token', async () => {
    await yard.admin('trust', '--out', trust);
    await yard.admin('bundle', name, '--out', bundle);
    const { verified } = await alone('verify', bundle, '--trust', trust);
    if (verified !== true) throw new Error('it did not');
  });
  await step('one changed byte of it is refused', async () => {
    const bytes = readFileSync(bundle, 'utf8');
    const at = bytes.indexOf(release.id) + release.id.length - 1;
    writeFileSync(bundle, `${bytes.slice(0, at)}${bytes[at] === '0' ? '1' : '0'}${bytes.slice(at + 1)}`);
    const accepted = await alone('verify', bundle, '--trust', trust).then(
      () => true,
      () => false,
    );
    if (accepted) throw new Error('it was accepted');
  });
}

async function arrived(yard, release, environment) {
  const end = Date.now() + 60_000;
  for (;;) {
    const { items } = await yard.admin('deployment', 'list', '--release', release, '--env', environment);
    if (items[0]?.state === 'succeeded') return;
    if (['failed', 'cancelled', 'rolled-back'].includes(items[0]?.state)) throw new Error(`it is ${items[0].state}: ${items[0].cause}`);
    if (Date.now() > end) throw new Error(`it is ${items[0]?.state ?? 'not asked for'} after 60 s: ${items[0]?.cause ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

process.on('SIGINT', () => void stopAll(join(folder, 'agent')).then(() => process.exit(130)));
try {
  await main();
} catch {
  process.stdout.write(`the logs are in ${folder}\n`);
}
await stopAll(join(folder, 'agent'));
if (counts.failed === 0 && !keep) rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exit(counts.failed === 0 ? 0 : 1);
