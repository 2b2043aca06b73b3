import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process of the product that the harness starts, kills and starts again. Its output goes to a file that is kept. */
export type Daemon = {
  readonly name: string;
  readonly running: () => boolean;
  readonly start: () => void;
  /** kill -9; resolves once the process is gone. */
  readonly kill: () => Promise<void>;
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM') => void;
  /** Times it ended without being asked to, with its exit. */
  readonly surprises: () => readonly string[];
};

const here = join(import.meta.dirname, '../..');

export type DaemonOptions = {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly log: string;
  /** The tree of the program; this one unless another is named. */
  readonly root?: string;
};

/** A daemon that isn't started yet: `bin/yardmaster.mjs` with `args`. */
export function daemonOf({ name, args, env, log, root = here }: DaemonOptions): Daemon {
  let child: ChildProcess | null = null;
  let gone: Promise<void> = Promise.resolve();
  let asked = false;
  const surprises: string[] = [];
  return {
    name,
    running: () => child !== null,
    start() {
      if (child !== null) throw new Error(`${name} runs already`);
      const file = openSync(log, 'a', 0o600);
      const mine = spawn(process.execPath, [join(root, 'bin/yardmaster.mjs'), ...args], {
        env: { ...env },
        cwd: dirname(log),
        stdio: ['ignore', file, file],
      });
      closeSync(file);
      child = mine;
      asked = false;
      gone = new Promise((done) => {
        mine.once('exit', (code, signal) => {
          if (!asked) surprises.push(`${name} ended by itself (${signal ?? code})`);
          if (child === mine) child = null;
          done();
        });
      });
    },
    async kill() {
      asked = true;
      child?.kill('SIGKILL');
      await gone;
    },
    signal(signal) {
      if (signal === 'SIGTERM') asked = true;
      child?.kill(signal);
    },
    surprises: () => surprises,
  };
}

/**
 * Processes whose working directory, command line or environment names `folder`: what the agent started on its own
 * (services, router) and the database. Only these are ended at the end, each by its id.
 */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      const read = (file: string): string => {
        try {
          return file === 'cwd' ? readlinkSync(`/proc/${pid}/cwd`) : readFileSync(`/proc/${pid}/${file}`, 'utf8');
        } catch {
          return '';
        }
      };
      return read('cwd').startsWith(folder) || read('cmdline').includes(folder) || read('environ').includes(folder);
    });
}

/** Ends everything that belongs to `folder`. */
export async function endAllOf(folder: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const pids = processesOf(folder);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, round < 50 ? 'SIGTERM' : 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await sleep(100);
  }
  throw new Error(`processes of ${folder} could not be ended: ${processesOf(folder).join(', ')}`);
}
