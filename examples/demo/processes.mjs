// Starts and stops the processes of the demo. Nothing here knows the product: it only runs its commands.
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
const node = process.execPath;
const running = [];

/** Starts a long-lived command; resolves with its output so far once `ready` is printed. Its output goes to `log`. */
export function start(name, args, env, ready, log) {
  const child = spawn(node, [join(root, 'bin/yardmaster.mjs'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  running.push(child);
  let output = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk) => {
      log.write(chunk);
      output += chunk;
      if (ready.test(output)) resolve({ child, output });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready:\n${output.slice(-2000)}`)));
  });
}

/** Lets all that was started go on after this process has ended. */
export function letGo() {
  for (const child of running) {
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}

/** Stops everything that was started, the last first, and waits for it. */
export async function stopAll() {
  for (const child of running.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(late);
  }
}

/** Runs a program; answers its stdout, or throws with what it said. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 64 * 1024 * 1024, ...options }, (error, stdout, stderr) => {
      if (error === null || options.allow?.includes(error.code)) resolve({ stdout, stderr, code: error?.code ?? 0 });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${error.code}:\n${stderr}${stdout}`.slice(0, 4000)));
    });
  });
}

/** A function that runs `ym` for one person: `ym('release', 'create', 'shop')` answers the object that --json prints. */
export function ymFor(env) {
  return async (...args) => {
    const { stdout } = await run(node, [join(root, 'bin/ym.mjs'), ...args, '--json', '--quiet'], { env });
    return JSON.parse(stdout.trim().split('\n').at(-1));
  };
}

/** The same where `ym` is expected to say no: answers its exit code and the problem. */
export function refusedFor(env) {
  return async (...args) => {
    const { stdout, code } = await run(node, [join(root, 'bin/ym.mjs'), ...args, '--json', '--quiet'], { env, allow: [1, 2, 3, 4] });
    return { code, answer: JSON.parse(stdout.trim().split('\n').at(-1)) };
  };
}

/** A TCP port that is free right now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
