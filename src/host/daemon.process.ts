import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Problem } from '../kernel/problem.ts';
import { trustAuthorities } from './trust.system.ts';

/** One option of a command: as `parseArgs` takes it, with words for the usage. */
export type DaemonOption = {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly default?: string;
  /** What stands for the value in the usage; VALUE where it isn't given. */
  readonly value?: string;
  readonly help: string;
};
export type DaemonOptions = Readonly<Record<string, string | boolean | undefined>>;

export type Daemon = {
  /** The name of the command, such as `runner`. */
  readonly name: string;
  readonly about: string;
  readonly options: Readonly<Record<string, DaemonOption>>;
};

export const USER_OPTION: DaemonOption = {
  type: 'string',
  value: 'NAME',
  help: 'started by root: hand the state folder to this user and become it',
};

/**
 * Runs a process from its arguments until its work ends, or SIGTERM or SIGINT tell it to; a second signal ends it at
 * once. Wrong arguments end it with 2 and the usage, Problems with 1 and their remedy and no stack, bugs with 1.
 */
export async function runDaemon(
  daemon: Daemon,
  argv: readonly string[],
  work: (values: DaemonOptions, signal: AbortSignal, say: (line: string) => void) => Promise<void>,
): Promise<void> {
  const values = readArguments(daemon, argv);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new Error(signal));
    });
  }
  const say = sayer(daemon.name);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, (error: unknown) => fail(daemon.name, error));
  try {
    trustAuthorities();
    await work(values, stop.signal, say);
    process.exit(0);
  } catch (error) {
    if (stop.signal.aborted && !(error instanceof Problem)) process.exit(0);
    fail(daemon.name, error);
  }
}

/** A writer of log lines: JSON, one a line, on stderr, in the server's form. A reader that went away stops nothing. */
export function sayer(name: string): (line: string) => void {
  return (line) => logLine(30, name, { msg: line });
}

function logLine(level: 30 | 60, name: string, rest: Readonly<Record<string, unknown>>): void {
  try {
    writeSync(2, `${JSON.stringify({ level, time: new Date().toISOString(), name, ...rest })}\n`);
  } catch {
    // Nobody reads it any more, or the disk is full: no reason to end.
  }
}

/** Ends the process with 1: a Problem with its sentence and remedy, anything else, a bug, with its stack. */
export function fail(name: string, error: unknown): never {
  if (error instanceof Problem) {
    if (process.stderr.isTTY) process.stderr.write(`${error.sentence}\n${error.remedy}\n[${error.code}]\n`);
    else logLine(60, name, { code: error.code, remedy: error.remedy, msg: error.sentence });
  } else {
    const { name: type, message, stack } = error instanceof Error ? error : new Error(String(error));
    logLine(60, name, { err: { type, message, stack }, msg: `a bug: ${message}` });
  }
  process.exit(1);
}

/** What `--help` prints, and a wrong argument. */
export function usageOf({ name, about, options }: Daemon): string {
  const rows: [string, DaemonOption][] = [...Object.entries(options), ['help', { type: 'boolean', help: 'print this' }]];
  const left = ([option, { type, value = 'VALUE' }]: [string, DaemonOption]): string =>
    `--${option}${type === 'string' ? ` ${value}` : ''}`;
  const width = Math.max(...rows.map((row) => left(row).length));
  return `${about}\n\nUsage: yardmaster ${name} [options]\n\n${rows.map((row) => `  ${left(row).padEnd(width)}  ${row[1].help}`).join('\n')}\n`;
}

function readArguments(daemon: Daemon, argv: readonly string[]): DaemonOptions {
  const options = Object.fromEntries(
    Object.entries(daemon.options).map(([name, { type, multiple = false, default: given }]) => [
      name,
      { type, multiple, ...(given === undefined ? {} : { default: given }) },
    ]),
  );
  try {
    const { values } = parseArgs({ args: [...argv], options: { ...options, help: { type: 'boolean', short: 'h' } }, strict: true });
    if (values['help'] !== true) return values as DaemonOptions;
  } catch (error) {
    misused(daemon, error instanceof Error ? error.message : String(error));
  }
  process.stdout.write(usageOf(daemon));
  return process.exit(0);
}

/** Ends the process with 2, what was wrong, and the usage. */
export function misused(daemon: Daemon, why: string): never {
  process.stderr.write(`yardmaster ${daemon.name}: ${why}\n\n${usageOf(daemon)}`);
  process.exit(2);
}

/** An option that must be there; ends the process with 2 where it is not. */
export function needed(daemon: Daemon, values: DaemonOptions, option: string, fallback?: string): string {
  const value = values[option] ?? fallback;
  if (typeof value === 'string' && value !== '') return value;
  return misused(daemon, `it needs --${option}`);
}

/** The arguments again, as they were understood, with other values for some: what a replaced process is started with. */
export function argumentsOf(daemon: Daemon, values: DaemonOptions, changed: DaemonOptions): string[] {
  const all: Record<string, unknown> = { ...values, ...changed };
  return Object.keys(daemon.options).flatMap((option) => {
    const value = all[option];
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${option}`];
    return (Array.isArray(value) ? (value as string[]) : [String(value)]).map((one) => `--${option}=${one}`);
  });
}
