// The package as a stranger gets it: made twice, the same bytes; signed, and refused when changed; run with npx in an empty
// folder with the machine's own Node (20 or newer) and another HOME, down the demo's whole road; installed without any
// install script, its server started, looked at and stopped. `node tools/packed.mjs [--commit REF] [--keep]` prints
// "N passed, N failed"; where no registry answers, it says so and does what can be done without.
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyProvenance } from '../src/artifacts/provenance/verify.ts';
import { digestOf } from '../src/kernel/digest.ts';
import { run, start, stopAll, freePort } from '../examples/demo/processes.mjs';
import { root } from './steps.mjs';

const SOURCE = 'https://example.org/yardmaster.git';
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET|ENETUNREACH|network/i;
const folder = mkdtempSync(join(tmpdir(), 'ym-packed-'));
// Other users than ours work here too, where we are root: the database's and the runner's. It is like /tmp itself.
chmodSync(folder, 0o1777);
const out = join(folder, 'release');
const counts = { passed: 0, failed: 0, skipped: 0 };
const at = process.argv.indexOf('--commit');
const commit = at < 0 ? [] : ['--commit', process.argv[at + 1]];

/** Does one step and says how it ended; the steps after it stand on it. */
async function step(what, work) {
  const started = performance.now();
  const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    counts.passed += 1;
    process.stdout.write(`passed: ${what}${typeof result === 'string' ? `: ${result}` : ''} (${took()})\n`);
    return result;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (NO_REGISTRY.test(why) && /npm (ERR|error)/.test(why)) {
      counts.skipped += 1;
      process.stdout.write(`skipped: ${what}: no registry answers\n`);
      throw new Skipped(why);
    }
    counts.failed += 1;
    process.stdout.write(`FAILED: ${what} (${took()}): ${why}\n`);
    throw error;
  }
}
class Skipped extends Error {}
const must = (condition, why) => {
  if (!condition) throw new Error(why);
};

/** What a stranger's shell has: the machine's own programs, and of npm nothing but its configuration. */
function strangersEnvironment() {
  const home = join(folder, 'home');
  mkdirSync(home);
  const path = process.env.PATH.split(':').filter((entry) => !entry.includes('node_modules'));
  const userconfig = process.env.npm_config_userconfig ?? join(homedir(), '.npmrc');
  const settings = Object.entries(process.env).filter(
    ([name]) =>
      /^npm_config_(registry|userconfig|globalconfig|proxy|https_proxy|noproxy|cafile|ca|strict_ssl)$/i.test(name) ||
      /^(https?|no)_proxy$/i.test(name),
  );
  return {
    npm_config_userconfig: userconfig,
    ...Object.fromEntries(settings),
    npm_config_cache: join(folder, 'cache'),
    npm_config_update_notifier: 'false',
    npm_config_fetch_retries: '1',
    PATH: path.join(':'),
    HOME: home,
    TMPDIR: folder,
  };
}

async function main() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = join(folder, 'key.pem');
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const args = ['tools/pack.mjs', '--twice', '--out', out, '--key', key, '--repository', SOURCE, ...commit];
  await step('the package is made twice, with the same bytes', async () => {
    const { stdout } = await run(process.execPath, args, { cwd: root });
    return stdout.trim().split('\n').at(-2).replace(`${out}/`, '');
  });
  const file = readdirSync(out).find((name) => name.endsWith('.tgz'));
  await step('it holds what runs, and nothing of the workshop', () => lookInside(file));
  await step('checksum, SBOM and signed provenance are about these bytes', () => verify(file, publicKey));

  const env = strangersEnvironment();
  const { stdout: version } = await run('node', ['--version'], { env });
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  copyFileSync(join(out, file), join(empty, file));
  const inEmpty = { cwd: empty, env };
  await step(`npx runs it in an empty folder with Node ${version.trim()}`, async () => {
    const said = await run('npx', ['--yes', `./${file}`, '--version'], inEmpty);
    must(said.stdout.trim() === /yardmaster-(.+)\.tgz/.exec(file)[1], `it says ${said.stdout}`);
  });
  await step('npx yardmaster demo goes the whole road', async () => {
    const { stdout } = await run('npx', ['--yes', `./${file}`, 'demo', '--json', '--exit'], { ...inEmpty, timeout: 300_000 });
    const summary = JSON.parse(stdout.trim().split('\n').at(-1));
    must(summary.verified === true, 'its evidence did not verify');
    must(summary.rollback.secondsToRecover < 15, `it recovered after ${summary.rollback.secondsToRecover} s`);
    return `${summary.releases.length} releases, recovered after ${summary.rollback.secondsToRecover.toFixed(1)} s`;
  });
  must(readdirSync(empty).length === 1, `the folder is not as it was: ${readdirSync(empty).join(', ')}`);
  const place = join(folder, 'place');
  mkdirSync(place);
  await step('it installs without any install script', async () => {
    // Not with --prefix: npm would look for its global configuration there.
    writeFileSync(join(place, 'package.json'), '{"private":true}');
    await run('npm', ['install', '--ignore-scripts', '--no-fund', '--no-audit', '--prefer-offline', join(out, file)], { cwd: place, env });
    return `${readdirSync(join(place, 'node_modules')).length} names in node_modules`;
  });
  await step('its server starts there, shows its first page, and stops', () => lookAtServer(place, env));
}

/** The names in the archive; what has no business there is named. */
function lookInside(file) {
  const names = execFileSync('tar', ['-tzf', join(out, file)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const strange = names.filter(
    (name) =>
      !name.startsWith('package/examples/') && /\.test\.|\.fixture\.|\/(src|tools|campaigns|bench|scenarios|testing)\/|\.ts$/.test(name),
  );
  must(strange.length === 0, `it holds ${strange.slice(0, 5).join(', ')}`);
  for (const wanted of [
    'bin/ym.mjs',
    'dist/app/main.js',
    'dist/agent/router/builtin.main.js',
    'migrations/0001_',
    'web/dist/index.html',
    'docs/guide/install.md',
    'deploy/systemd/yardmaster.service',
    'npm-shrinkwrap.json',
    'LICENSE',
  ])
    must(
      names.some((name) => name.startsWith(`package/${wanted}`)),
      `it has no ${wanted}`,
    );
  const manifest = JSON.parse(execFileSync('tar', ['-xzOf', join(out, file), 'package/package.json'], { encoding: 'utf8' }));
  must(
    manifest.private === undefined && manifest.scripts === undefined && manifest.devDependencies === undefined,
    'its manifest is that of a working tree',
  );
  return `${names.length} files`;
}

function verify(file, publicKey) {
  const bytes = readFileSync(join(out, file));
  execFileSync('sha256sum', ['--check', '--quiet', `${file}.sha256`], { cwd: out });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const trusted = [
    { keyId: createHash('sha256').update(der).digest('hex'), publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) },
  ];
  const envelope = JSON.parse(readFileSync(join(out, file.replace('.tgz', '.intoto.json')), 'utf8'));
  const expected = { builder: 'urn:yardmaster:builder:yardmaster/', source: SOURCE, service: 'yardmaster' };
  const verdict = verifyProvenance(envelope, { ...expected, digest: digestOf(bytes) }, trusted);
  must(verdict.ok, `the provenance is refused: ${verdict.reasons?.map(({ text }) => text).join('; ')}`);
  const changed = Buffer.from(bytes);
  changed[changed.length >> 1] ^= 1;
  must(!verifyProvenance(envelope, { ...expected, digest: digestOf(changed) }, trusted).ok, 'a changed package is accepted');
  const bom = JSON.parse(readFileSync(join(out, file.replace('.tgz', '.cdx.json')), 'utf8'));
  const lock = JSON.parse(execFileSync('tar', ['-xzOf', join(out, file), 'package/npm-shrinkwrap.json'], { encoding: 'utf8' }));
  const locked = Object.keys(lock.packages).length - 1;
  must(bom.components.length === locked && locked > 50, `the SBOM names ${bom.components.length} of ${locked} packages`);
  must(
    Object.entries(lock.packages).every(
      ([name, entry]) => name === '' || (typeof entry.integrity === 'string' && entry.resolved === undefined),
    ),
    'a package is not pinned by its hash',
  );
  return `${locked} packages, each pinned by its hash`;
}

async function lookAtServer(place, env) {
  const port = await freePort();
  const state = join(folder, 'state');
  const log = join(folder, 'server.log');
  const installed = join(place, 'node_modules', 'yardmaster');
  const own = { ...env, YARDMASTER_PORT: String(port), YARDMASTER_STATE: state };
  const { child } = await start('server', ['server'], own, /ym_link_[0-9a-f]+/, log, join(installed, 'bin/yardmaster.mjs'));
  const url = `http://127.0.0.1:${port}`;
  const page = await fetch(`${url}/`, { headers: { accept: 'text/html' } });
  const html = await page.text();
  must(
    page.status === 200 && (page.headers.get('content-security-policy') ?? '').includes("default-src 'none'"),
    `the first page is ${page.status}`,
  );
  const script = /src="(\/assets\/[\w.-]+\.js)"/.exec(html)?.[1];
  must(script !== undefined, 'the first page names no script');
  must((await fetch(url + script)).status === 200, `${script} is not served`);
  must((await fetch(`${url}/readyz`)).status === 200, 'it is not ready');
  await run('node', [join(installed, 'bin/ym.mjs'), 'doctor', '--json'], { env: { ...own, YARDMASTER_URL: url }, allow: [1, 2, 3, 4] });
  await stopAll(state);
  must(child.exitCode === 0, `told to stop, it ended with ${child.signalCode ?? child.exitCode}`);
}

try {
  await main();
} catch (error) {
  if (counts.failed === 0 && !(error instanceof Skipped)) {
    counts.failed += 1;
    process.stdout.write(`FAILED: ${error instanceof Error ? error.message : error}\n`);
  }
  if (counts.failed > 0) process.stdout.write(`everything is in ${folder}\n`);
}
await stopAll(join(folder, 'agent'));
if (counts.failed === 0 && !process.argv.includes('--keep')) rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}\n`);
process.exit(counts.failed === 0 ? 0 : 1);
