// Runs an entry with Node 24 or newer: this one where it is new enough, else the one that the package brings along.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED = 24;
/** A young generation that stays small: a server that waits holds 20 MB less. It can't be set once V8 runs. */
const SMALL = '--max-semi-space-size=4';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The Node that the package brings, or null. */
function pinned() {
  try {
    const name = `node-${process.platform}-${process.arch}`;
    const path = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node');
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/**
 * Loads `entry` (a path under src without its ending, or a whole path of a script) and calls `run` of it, in a process with
 * a new enough Node.
 */
export async function launch(script, entry, run) {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
    // A process that exits while V8 compiles in the background may wait for ever for its own thread (nodejs/node#54918).
    setFlagsFromString('--no-concurrent-sparkplug');
    // What lives for a second gains nothing from the second compiler, which waits in the same way.
    // And its young generation stays as it begins: of a long history that is read once, half the memory.
    if (entry.startsWith('cli/'))
      for (const flag of ['--no-maglev', '--semi-space-growth-factor=1', '--heap-growing-percent=10']) setFlagsFromString(flag);
    const { enableCompileCache } = await import('node:module');
    enableCompileCache?.();
    return run(await import(fileOf(entry)));
  }
  const node = pinned();
  if (node === null) {
    process.stderr.write(
      `Yardmaster needs Node ${NEEDED} or newer, and this is ${process.version}.\nInstall Node ${NEEDED}, or reinstall Yardmaster with its optional dependencies.\n`,
    );
    process.exit(1);
  }
  replaceBy(node, [fileURLToPath(script), ...process.argv.slice(2)]);
}

/** The source where there is one: a build that was left behind in a working tree must never stand in for it. A package has no source. */
function fileOf(entry) {
  if (entry.endsWith('.mjs')) return join(root, entry);
  const source = join(root, 'src', `${entry}.ts`);
  return existsSync(source) ? source : join(root, 'dist', `${entry}.js`);
}

/** Ends as the other program ends. Who signals this process means that one. */
function replaceBy(node, args) {
  const child = spawn(node, [SMALL, ...args], { stdio: 'inherit' });
  // A terminal's interrupt reaches both already, and a second one would end the other at once.
  const ours = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
  for (const signal of ours) process.on(signal, () => child.kill(signal));
  if (process.stdin.isTTY) process.on('SIGINT', () => undefined);
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
