import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { loadJson, saveJson, socketPath } from '../files.disk.ts';
import { endGroup, runs, startOf, type ProcessRef } from '../proc.linux.ts';
import { countersFrom, haproxyConfig, place, runtimeCommands, type Slots } from './haproxy-config.ts';
import type { Front, Router } from './router.ts';

type State = { process: ProcessRef | null; ports: Record<string, number>; slots: Record<string, Slots>; boot: string };

/** Where haproxy is installed, or null. */
export function findHaproxy(path: string = process.env['PATH'] ?? ''): string | null {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'haproxy')).find((file) => existsSync(file)) ?? null;
}

/** One or more commands on haproxy's admin socket; answers its text. */
function command(socket: string, text: string): Promise<string> {
  return new Promise((done, fail) => {
    const parts: Buffer[] = [];
    const connection = createConnection(socket, () => connection.write(`${text}\n`));
    connection.setTimeout(5000, () => connection.destroy(new Error('haproxy did not answer in 5 s')));
    connection.on('data', (part: Buffer) => parts.push(part));
    connection.on('error', fail);
    connection.on('end', () => done(Buffer.concat(parts).toString('utf8')));
  });
}

/**
 * haproxy as the router: one process whose configuration is always written whole, and whose weights move over the admin
 * socket. Only a new front needs another process: it takes the listening sockets over from the old one, which finishes
 * what it is answering.
 */
export function haproxyRouter(folder: string, binary: string): Router {
  const socket = socketPath(folder, 'haproxy.sock');
  const stateFile = join(folder, 'haproxy.json');
  const configFile = join(folder, 'haproxy.cfg');
  const load = (): State => (loadJson(stateFile) as State | null) ?? { process: null, ports: {}, slots: {}, boot: '' };

  const alive = async (): Promise<boolean> => {
    if (!runs(load().process)) return false;
    return await command(socket, 'show version').then(
      () => true,
      () => false,
    );
  };

  const launch = async (fronts: readonly Front[], slots: Record<string, Slots>, old: ProcessRef | null): Promise<void> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(configFile, haproxyConfig(fronts, slots, socket), { mode: 0o600 });
    const log = openSync(join(folder, 'haproxy.log'), 'a', 0o600);
    const takeOver = runs(old) && old !== null ? ['-x', socket, '-sf', String(old.pid)] : [];
    const child = spawn(binary, ['-db', '-f', configFile, ...takeOver], { detached: true, stdio: ['ignore', log, log], env: {}, cwd: '/' });
    closeSync(log);
    child.unref();
    if (child.pid === undefined) throw new Error('haproxy could not be started');
    const process = { pid: child.pid, startedAt: startOf(child.pid) ?? '' };
    const ports = Object.fromEntries(fronts.map((front) => [front.key, front.port]));
    saveJson(stateFile, { process, ports, slots, boot: `${process.pid}-${process.startedAt}` } satisfies State);
    await answers(socket, process, join(folder, 'haproxy.log'));
  };

  const apply = async (fronts: readonly Front[]): Promise<void> => {
    const state = load();
    const slots = Object.fromEntries(fronts.map((front) => [front.key, place(front, state.slots[front.key] ?? {})]));
    const samePorts =
      JSON.stringify(Object.entries(state.ports).toSorted()) === JSON.stringify(fronts.map((front) => [front.key, front.port]).toSorted());
    if (!samePorts || !(await alive())) return await launch(fronts, slots, state.process);
    writeFileSync(configFile, haproxyConfig(fronts, slots, socket), { mode: 0o600 });
    for (const front of fronts) {
      for (const line of runtimeCommands(front, state.slots[front.key] ?? {}, slots[front.key] ?? {})) {
        const answer = (await command(socket, line)).trim();
        if (answer !== '' && !/^(?:IP changed|port changed|no need|nothing changed)/i.test(answer))
          throw new Error(`haproxy: ${line}: ${answer}`);
      }
    }
    saveJson(stateFile, { ...state, slots } satisfies State);
  };

  return {
    kind: 'haproxy',
    alive,
    apply,
    start: apply,
    async counted(front) {
      const state = load();
      return { boot: state.boot, backends: countersFrom(await command(socket, 'show stat'), front, state.slots[front] ?? {}) };
    },
    close: async () => undefined,
    async stop() {
      const { process } = load();
      if (process !== null) await endGroup(process, 2000);
    },
  };
}

/** Waits until the new process owns the admin socket. */
async function answers(socket: string, process: ProcessRef, log: string): Promise<void> {
  const until = performance.now() + 10_000;
  for (;;) {
    const info = await command(socket, 'show info').catch(() => '');
    if (info.includes(`Pid: ${process.pid}\n`)) return;
    if (!runs(process) || performance.now() > until) throw new Error(`haproxy did not start; see ${log}`);
    await new Promise((wake) => setTimeout(wake, 30));
  }
}
