import { spawn } from 'node:child_process';

/** How much of a smoke test's output is told. */
const TAIL = 2000;

/** Runs a smoke test in the instance's folder; exit code 0 within the time is a pass, everything else is not. */
export function runSmoke(
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  return new Promise((done) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let tail = '';
    let late = false;
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        /* it is gone */
      }
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, timeoutMs);
    const take = (bytes: Buffer): void => {
      tail = (tail + bytes.toString('utf8')).slice(-TAIL);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const finish = (ok: boolean, how: string): void => {
      clearTimeout(timer);
      end();
      done({ ok, detail: `smoke test ${how}${tail.trim() === '' ? '' : `: ${tail.trim()}`}` });
    };
    child.on('error', (error) => finish(false, `could not be started (${error.message})`));
    child.on('exit', (code, signal) => {
      if (late) finish(false, `took longer than ${timeoutMs} ms`);
      else finish(code === 0, code === 0 ? 'passed' : `failed with ${signal ?? `exit code ${code}`}`);
    });
  });
}
