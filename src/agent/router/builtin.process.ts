import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { request } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadJson, saveJson, socketPath } from '../files.disk.ts';
import { endGroup, runs, startOf, type ProcessRef } from '../proc.linux.ts';
import type { Counted, Front, Router } from './router.ts';

/** Asks the router's process over its socket; answers the parsed JSON. */
function ask(socket: string, method: 'GET' | 'PUT', path: string, body?: unknown): Promise<unknown> {
  return new Promise((done, fail) => {
    const outgoing = request({ socketPath: socket, method, path, timeout: 5000 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', fail);
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        if (answer.statusCode === 200) done(JSON.parse(text));
        else fail(new Error(`the router refused: ${text}`));
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('the router did not answer in 5 s')));
    outgoing.on('error', fail);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The built-in router, run as a detached process under `folder`. */
export function builtinRouter(folder: string): Router {
  const socket = socketPath(folder, 'router.sock');
  const pidFile = join(folder, 'router.json');
  const alive = async (): Promise<boolean> => {
    try {
      await ask(socket, 'GET', '/alive');
      return true;
    } catch {
      return false;
    }
  };
  const apply = async (fronts: readonly Front[]): Promise<void> => void (await ask(socket, 'PUT', '/fronts', fronts));
  return {
    kind: 'builtin',
    alive,
    apply,
    async start(fronts) {
      if (!(await alive())) {
        // One that runs and doesn't answer holds the ports.
        const old = loadJson(pidFile) as ProcessRef | null;
        if (old !== null && runs(old)) await endGroup(old, 500);
        launch(folder, socket, pidFile);
        const until = performance.now() + 10_000;
        while (!(await alive())) {
          if (performance.now() > until) throw new Error(`the built-in router did not start; see ${join(folder, 'router.log')}`);
          await new Promise((wake) => setTimeout(wake, 30));
        }
      }
      await apply(fronts);
    },
    counted: async (front) => (await ask(socket, 'GET', `/counted?front=${encodeURIComponent(front)}`)) as Counted,
    close: async () => undefined,
    async stop() {
      const old = loadJson(pidFile) as ProcessRef | null;
      if (old !== null) await endGroup(old, 2000);
    },
  };
}

function launch(folder: string, socket: string, pidFile: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(join(folder, 'router.log'), 'a', 0o600);
  const program = fileURLToPath(new URL(`./builtin.main${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, socket], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: '/',
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error('the built-in router could not be started');
  saveJson(pidFile, { pid: child.pid, startedAt: startOf(child.pid) ?? '' });
}
