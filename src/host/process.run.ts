import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export type ProcessOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** After this the whole group gets SIGTERM, and `graceMs` later SIGKILL. */
  readonly timeoutMs: number;
  readonly graceMs?: number;
  /** Ends the process like the time-out does, as `cancelled`. */
  readonly signal?: AbortSignal;
  /** Takes each piece of output, stdout and stderr in the order they were written; a slow taker slows the process down. */
  readonly onOutput: (chunk: Uint8Array) => void | Promise<void>;
  /** Files that the process finds open for reading as descriptors 3, 4, ...: how it is given what no other user may see in its arguments. */
  readonly files?: readonly string[];
  /** Told the group's id as soon as it exists, before anything is waited for. */
  readonly onStart?: (group: number) => void;
};

export type ProcessEnd = {
  readonly how: 'exited' | 'timed-out' | 'cancelled' | 'not-started';
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** Why it didn't start. */
  readonly error: string | null;
};

/**
 * Runs a program in a process group of its own, without a terminal and without input, and leaves nothing of the group
 * behind: whatever it started in the background is killed when it ends. Never throws for what the program
 * does; throws what `onOutput` throws, once the group is dead.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessEnd> {
  const started = performance.now();
  const files = (options.files ?? []).map((file) => openSync(file, 'r'));
  // One pipe for both streams keeps their order; the program and its arguments are arguments of a constant text.
  const child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', options.command, ...options.args], {
    cwd: options.cwd,
    env: { ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore', ...files],
  });
  for (const file of files) closeSync(file);
  const ended = new Promise<{ exitCode: number | null; signal: string | null; error: string | null }>((done) => {
    child.once('error', (error) => done({ exitCode: null, signal: null, error: error.message }));
    child.once('exit', (exitCode, signal) => done({ exitCode, signal, error: null }));
  });
  const group = child.pid;
  if (group === undefined) return { ...(await ended), how: 'not-started', durationMs: performance.now() - started };
  options.onStart?.(group);
  let lost: unknown = null;
  const stdout = child.stdout as Readable;
  const output = pump(stdout, options.onOutput).catch((error: unknown) => {
    // Nobody takes the output any more (a full disk): the process must not go on unseen, nor wait on a full pipe.
    lost = error;
    signalGroup(group, 'SIGKILL');
  });
  const stop = new AbortController();
  const stopping = endEarly(group, options, ended, stop.signal);
  const result = await ended;
  stop.abort();
  const early = await stopping;
  signalGroup(group, 'SIGKILL');
  // A process that left the group may hold the pipe open for ever: what it writes is no longer this step's.
  const closing = setTimeout(() => stdout.destroy(), 2000);
  await output.finally(() => clearTimeout(closing));
  if (lost !== null) throw lost;
  return { ...result, how: early ?? 'exited', durationMs: Math.round(performance.now() - started) };
}

async function pump(stream: AsyncIterable<Uint8Array>, take: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
  try {
    for await (const chunk of stream) await take(chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** Answers why the group was ended before its time, or null where it ended by itself. */
async function endEarly(
  group: number,
  options: ProcessOptions,
  ended: Promise<unknown>,
  over: AbortSignal,
): Promise<'timed-out' | 'cancelled' | null> {
  const signals = options.signal ? [over, options.signal] : [over];
  const waited = await sleep(Math.min(options.timeoutMs, 2 ** 31 - 1), 'timed-out' as const, {
    signal: AbortSignal.any(signals),
    ref: true,
  }).catch(() => 'cancelled' as const);
  if (over.aborted) return null;
  signalGroup(group, 'SIGTERM');
  await Promise.race([ended, sleep(options.graceMs ?? 5000, undefined, { signal: over }).catch(() => undefined)]);
  signalGroup(group, 'SIGKILL');
  return waited;
}

/** Sends a signal to every process of a group; answers whether there was one. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** When process `pid` started, in clock ticks since boot (Linux), or null where there is none: with the pid it names a process for good. */
export async function startTicks(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}

/**
 * Kills every process whose environment holds exactly `entry` (`NAME=value`): what a job started and detached from its
 * group. Looks again until a look finds none, because a process may fork while it is looked for. Answers how many. Linux only.
 */
export async function killMarked(entry: string): Promise<number> {
  let killed = 0;
  for (let round = 0; round < 20; round++) {
    const found = await marked(entry);
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
        killed++;
      } catch {
        // It ended between the look and the kill.
      }
    }
    if (found.length === 0) break;
    await sleep(10);
  }
  return killed;
}

async function marked(entry: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (pid === process.pid) return false;
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(entry);
    }),
  );
  return pids.filter((_, at) => found[at]);
}
