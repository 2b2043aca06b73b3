import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** One real process of the product in a test. */
export type Started = {
  readonly child: ChildProcess;
  readonly pid: number;
  /** stdout and stderr so far. */
  readonly said: () => { readonly out: string; readonly err: string };
  /** Resolves once `what` was said, rejects where the process ends before. */
  readonly says: (what: RegExp) => Promise<void>;
  /** The exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
};

const script = join(import.meta.dirname, '../../bin/yardmaster.mjs');

/** Starts `yardmaster` with these arguments; its environment is `env` and the PATH. */
export function yardmaster(args: readonly string[], env: Readonly<Record<string, string>> = {}, node = process.execPath): Started {
  const child = spawn(node, [script, ...args], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  const hearers = new Set<() => void>();
  const hear = (stream: 'out' | 'err') => (bytes: Buffer) => {
    said[stream] += bytes.toString();
    for (const hearer of hearers) hearer();
  };
  child.stdout.on('data', hear('out'));
  child.stderr.on('data', hear('err'));
  const ended = new Promise<number | string>((done) => child.once('close', (code, signal) => done(code ?? signal ?? 'lost')));
  const says = (what: RegExp): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => void (what.test(said.out + said.err) && done());
      hearers.add(look);
      look();
      void ended.then((how) => fail(new Error(`ended with ${how} before it said ${what}:\n${said.out}${said.err}`)));
    });
  return { child, pid: child.pid ?? 0, said: () => said, says, ended };
}

/** Runs it to its end. */
export async function yardmasterEnds(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | string; readonly out: string; readonly err: string }> {
  const started = yardmaster(args, env);
  const code = await started.ended;
  return { code, ...started.said() };
}

/** The lines of a log, each parsed: a line that is no JSON throws. */
export function logOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
