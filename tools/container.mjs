// The Containerfile builds, and what it builds runs: `node tools/container.mjs --package FILE.tgz` (made here where not given).
// Its base is made on this machine from Debian's packages (mmdebstrap) with the project's own Node and the machine's npm, in
// the place of the published base image; its stages are the same. The server then runs in it as the image's user, with its
// own PostgreSQL, until it says that it is ready. Needs root, buildah and mmdebstrap; without them it says so and skips.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../examples/demo/processes.mjs';
import { root } from './steps.mjs';

/** How the command line of the image's first process begins. */
const FIRST = '/usr/bin/tini\0--\0yardmaster\0server';

const has = (program) => spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', program]).status === 0;
const missing = ['buildah', 'mmdebstrap', 'npm'].filter((program) => !has(program));
if (missing.length > 0 || process.getuid() !== 0) {
  process.stdout.write(
    `skipped: the container: ${process.getuid() === 0 ? `${missing.join(' and ')} not here` : 'it needs root'}\n0 passed, 0 failed\n`,
  );
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'ym-container-'));
const context = join(folder, 'context');
const env = { ...process.env, STORAGE_DRIVER: 'vfs' };
const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
const run = (program, args, options = {}) =>
  execFileSync(program, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: 420_000,
    ...options,
  }).trim();
const buildah = (command, ...args) => run('buildah', [...store, command, ...args]);
let failed = 1;
let child = null;
try {
  mkdirSync(context);
  const given = process.argv.indexOf('--package');
  if (given < 0) run(process.execPath, [join(root, 'tools/pack.mjs'), '--out', context], { cwd: root });
  else copyFileSync(process.argv[given + 1], join(context, 'yardmaster-0.0.0.tgz'));
  base();
  const npmrc = ['registry', 'cafile']
    .map((name) => `${name}=${run('npm', ['config', 'get', name])}`)
    .filter((line) => !/=(null|undefined|)$/.test(line));
  writeFileSync(join(folder, 'npmrc'), `${npmrc.join('\n')}\n`, { mode: 0o600 });
  const file = join(root, 'deploy/container/Containerfile');
  const from = ['--build-arg', 'BASE=localhost/base', '--secret', `id=npmrc,src=${join(folder, 'npmrc')}`];
  buildah('build', '--isolation', 'chroot', '--network', 'host', ...from, '--tag', 'localhost/yardmaster', '--file', file, context);
  const image = JSON.parse(buildah('inspect', '--type', 'image', 'localhost/yardmaster'));
  const { config } = image.OCIv1;
  must(config.User === '7420:7420', `the image runs as ${config.User}`);
  must(config.Labels['org.opencontainers.image.licenses'] === 'Apache-2.0', 'the image has no labels');
  await serve();
  failed = 0;
} catch (error) {
  process.stdout.write(`FAILED: ${error instanceof Error ? error.message.slice(0, 4000) : error}\n`);
} finally {
  for (const pid of processesOf(FIRST)) process.kill(pid, 'SIGKILL');
  if (child !== null && child.exitCode === null) child.kill('SIGKILL');
  for (const command of [
    ['rm', '--all'],
    ['rmi', '--all', '--force'],
  ])
    spawnSync('buildah', [...store, ...command], { env });
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${1 - failed} passed, ${failed} failed\n`);
process.exit(failed);

function must(condition, why) {
  if (!condition) throw new Error(why);
}

/** `localhost/base`: Debian, Node, npm; and this machine's certificate authorities, because a registry may be behind one of its own. */
function base() {
  run('mmdebstrap', ['--quiet', '--variant=minbase', '--mode=root', '--include=ca-certificates', 'bookworm', join(folder, 'debian.tar')]);
  const npm = realpathSync(join(realpathSync(run('sh', ['-c', 'command -v npm'], { env: outside() })), '../..'));
  run('tar', ['-C', npm, '-cf', join(folder, 'npm.tar'), '--transform', 's,^\\.,usr/lib/node_modules/npm,', '.']);
  const lines = ['FROM scratch', 'ADD debian.tar /', 'ADD npm.tar /', 'COPY node /usr/bin/node'];
  copyFileSync(process.execPath, join(folder, 'node'));
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(authorities)) {
    copyFileSync(authorities, join(folder, 'authorities.crt'));
    lines.push(`COPY authorities.crt ${authorities}`, `ENV NODE_EXTRA_CA_CERTS=${authorities}`);
  }
  lines.push('RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm');
  writeFileSync(join(folder, 'Base'), `${lines.join('\n')}\n`);
  buildah('build', '--isolation', 'chroot', '--layers=false', '--tag', 'localhost/base', '--file', 'Base', folder);
}

/** The environment without what npm put on the path for its own scripts. */
function outside() {
  return {
    ...env,
    PATH: env.PATH.split(':')
      .filter((entry) => !entry.includes('node_modules'))
      .join(':'),
  };
}

/** The image's server, as its own user, on a free port, until it is ready; then told to stop. */
async function serve() {
  const port = await freePort();
  const name = buildah('from', 'localhost/yardmaster');
  const args = [
    ...store,
    'run',
    '--isolation',
    'chroot',
    '--env',
    `YARDMASTER_PORT=${port}`,
    '--env',
    'YARDMASTER_HOST=127.0.0.1',
    name,
    '--',
    'tini',
    '--',
    'yardmaster',
    'server',
  ];
  child = spawn('buildah', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
  const end = Date.now() + 60_000;
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) break;
    must(child.exitCode === null && Date.now() < end, `the server in the image does not get ready:\n${said.slice(-2000)}`);
    await sleep(200);
  }
  // A signal to buildah ends buildah alone: the first process of the image is told, as an orchestrator tells it.
  const first = processesOf(FIRST);
  must(first.length === 1, `the image runs ${first.length} first processes, not one`);
  process.kill(first[0], 'SIGTERM');
  for (let waited = 0; child.exitCode === null && child.signalCode === null && waited < 300; waited += 1) await sleep(100);
  must(child.exitCode === 0, `the server in the image does not stop well: ${child.exitCode ?? child.signalCode ?? 'it goes on'}`);
  must(processesOf(FIRST).length === 0, 'the image leaves a process behind');
}

/** The processes of this machine whose command line begins so. */
function processesOf(begin) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(begin);
      } catch {
        return false;
      }
    })
    .map(Number);
}
