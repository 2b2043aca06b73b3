import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Instance } from './instance.ts';

const checker = join(import.meta.dirname, '../outside/check.mjs');

/** Lets the outside checker look at the instance; throws with what it said where an invariant is broken. */
export async function check(instance: Instance): Promise<string> {
  const { code, text } = await start([checker, ...instance.checkArguments]);
  if (code !== 0) throw new Error(`the outside checker found something:\n${text}`);
  return text;
}

/** Digests of everything that must not change by itself. */
export async function snapshot(instance: Instance): Promise<string> {
  const { code, text } = await start([checker, ...instance.checkArguments, '--snapshot']);
  if (code !== 0) throw new Error(`the outside checker could take no snapshot:\n${text}`);
  return text;
}

async function start(args: readonly string[]): Promise<{ code: number; text: string }> {
  return await new Promise((done) => {
    execFile(
      process.execPath,
      ['--single-threaded', ...args],
      { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2, timeout: 180_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) =>
        done({ code: error === null ? 0 : 1, text: `${stdout}${stderr}${error?.killed === true ? 'it did not end within 180 s' : ''}` }),
    );
  });
}

/** Bends what the checker reads and demands that it says so; throws with what it let pass. */
export async function bend(instance: Instance): Promise<void> {
  const { code, text } = await start([join(import.meta.dirname, '../outside/bend.mjs'), ...instance.checkArguments]);
  if (code !== 0) throw new Error(`the outside checker let something pass:\n${text}`);
}
