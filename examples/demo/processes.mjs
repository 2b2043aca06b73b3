// Starts and stops the processes of the demo. Nothing here knows the product: it only runs its commands.
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const root = join(import.meta.dirname, '../..');
const node = process.execPath;
const running = [];

/**
 * Starts a long-lived command whose output goes to the file `log`; resolves with that output once `ready` stands in it.
 * A file, because what is written into the pipe of a process that has ended is lost, or worse.
 */
export async function start(name, args, env, ready, log, program = join(root, 'bin/yardmaster.mjs')) {
  const file = openSync(log, 'a');
  const child = spawn(node, [program, ...args], { env, stdio: ['ignore', file, file], detached: true });
  closeSync(file);
  running.push({ name, child });
  const end = Date.now() + 60_000;
  for (;;) {
    const output = readFileSync(log, 'utf8');
    if (ready.test(output)) return { child, output };
    if (hasEnded(child))
      throw new Error(`${name} ended with ${child.signalCode ?? child.exitCode} before it was ready:\n${output.slice(-2000)}`);
    if (Date.now() > end) throw new Error(`${name} was not ready within a minute; see ${log}`);
    await sleep(20);
  }
}

/** Resolves with the name of the first process that ends of all that were started. */
export function firstToEnd() {
  return Promise.race(
    running.map(({ name, child }) => (hasEnded(child) ? name : new Promise((done) => child.once('exit', () => done(name))))),
  );
}

/**
 * Stops everything that was started, the last first, and waits for it. Services outlive their agent on purpose, so
 * `agent down` stops those of the agent's folder `state`, once no agent can start another.
 */
export async function stopAll(state) {
  for (const { name, child } of running.splice(0).reverse()) {
    await stop(child);
    if (name === 'agent' && existsSync(join(state, 'agent.pid.json'))) {
      await run(node, [join(root, 'bin/yardmaster.mjs'), 'agent', 'down', '--state', state, '--yes']);
    }
  }
}

async function stop(child) {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(late);
}

function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
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
