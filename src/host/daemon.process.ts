import { parseArgs, type ParseArgsConfig } from 'node:util';
import { Problem } from '../kernel/problem.ts';

export type DaemonOptions = Readonly<Record<string, string | boolean | undefined>>;

/**
 * Runs a long-lived process from its arguments until SIGTERM or SIGINT; a second signal ends it at once. Problems are
 * printed with their remedy and end it with 1, wrong arguments with 2.
 */
export async function runDaemon(
  name: string,
  argv: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
  work: (values: DaemonOptions, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new Error(signal));
    });
  }
  const values = readArguments(name, argv, options);
  try {
    await work(values, stop.signal);
    process.exit(0);
  } catch (error) {
    if (stop.signal.aborted && !(error instanceof Problem)) process.exit(0);
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`${error.sentence}\n${error.remedy}\n[${error.code}]\n`);
    process.exit(1);
  }
}

function readArguments(name: string, argv: readonly string[], options: NonNullable<ParseArgsConfig['options']>): DaemonOptions {
  try {
    return parseArgs({ args: [...argv], options, strict: true }).values as DaemonOptions;
  } catch (error) {
    const usage = Object.keys(options).map((option) => `--${option}${options[option]?.type === 'string' ? ' VALUE' : ''}`);
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nUsage: yardmaster ${name} ${usage.join(' ')}\n`);
    process.exit(2);
  }
}

/** An option that must be there; ends the process with 2 where it is not. */
export function needed(name: string, values: DaemonOptions, option: string, fallback?: string): string {
  const value = values[option] ?? fallback;
  if (typeof value === 'string' && value !== '') return value;
  process.stderr.write(`yardmaster ${name} needs --${option}.\n`);
  process.exit(2);
}
