import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { killMarked, runProcess, startTicks, type ProcessOptions } from './process.run.ts';
import { TOO_LONG_MS } from '../testing/patience.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

async function run(script: string, more: Partial<ProcessOptions> = {}) {
  let output = '';
  const end = await runProcess({
    command: 'bash',
    args: ['-c', script],
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 20_000,
    graceMs: 200,
    onOutput: (chunk) => void (output += Buffer.from(chunk).toString()),
    ...more,
  });
  return { ...end, output };
}

const alive = async (pid: number) => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
};

test('both streams arrive in the order they were written, with exit code, and nothing is inherited', async () => {
  process.env.YM_TEST_SECRET = 'not yours';
  const end = await run('for i in 1 2 3; do echo out$i; echo err$i >&2; done; echo "[$YM_TEST_SECRET]"; exit 7');
  expect(end).toMatchObject({ how: 'exited', exitCode: 7, output: 'out1\nerr1\nout2\nerr2\nout3\nerr3\n[]\n' });
});

test('arguments are arguments: shell text in them is never run', async () => {
  const end = await run('', { args: ['-c', 'printf "%s|" "$@"', 'x', '$(id)', '`id`', '"; id; "', "'"] });
  expect(end.output).toBe('$(id)|`id`|"; id; "|\'|');
});

test('a time-out ends the whole group, also what ignores SIGTERM and what runs in the background', async () => {
  const end = await run("trap '' TERM; (trap '' TERM; sleep 60) & echo $!; sleep 60", { timeoutMs: 300 });
  expect(end).toMatchObject({ how: 'timed-out', exitCode: null, signal: 'SIGKILL' });
  expect(end.durationMs).toBeLessThan(TOO_LONG_MS);
  await sleep(50);
  expect(await alive(Number(end.output.trim()))).toBe(false);
});

test('a polite process gets the chance to tidy up', async () => {
  const end = await run("trap 'echo tidied; exit 3' TERM; sleep 60 & wait", { timeoutMs: 200, graceMs: 5000 });
  expect(end).toMatchObject({ how: 'timed-out', exitCode: 3, output: 'tidied\n' });
  expect(end.durationMs).toBeLessThan(TOO_LONG_MS);
});

test('cancelling ends it; what it left in the background dies with it, and a pipe held open does not hold us', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  expect(await run('sleep 60', { signal: abort.signal })).toMatchObject({ how: 'cancelled' });
  const end = await run('sleep 61 & echo $!');
  expect(end).toMatchObject({ how: 'exited', exitCode: 0 });
  await sleep(50);
  expect(await alive(Number(end.output.trim()))).toBe(false);
});

test('what fled the group is found by its mark', async () => {
  const mark = `YM_MARK=${Math.random()}`;
  const end = await run('setsid sleep 62 >/dev/null & sleep 0.2; pgrep -f "^sleep 62$"', {
    env: { PATH: process.env.PATH ?? '', YM_MARK: mark.slice(8) },
  });
  const pid = Number(end.output.trim());
  expect(await alive(pid)).toBe(true);
  expect(await killMarked(`${mark}0`)).toBe(0);
  expect(await killMarked(mark)).toBeGreaterThan(0);
  await sleep(50);
  expect(await alive(pid)).toBe(false);
});

test('what does not exist ends with 127 or not-started, and never throws', async () => {
  expect(await run('', { command: '/no/such/program' })).toMatchObject({ how: 'exited', exitCode: 127 });
  expect(await run('', { cwd: '/no/such/folder' })).toMatchObject({
    how: 'not-started',
    error: expect.stringContaining('ENOENT') as string,
  });
});

test('a slow taker slows the process down instead of filling memory', async () => {
  const file = join(tmpdir(), `ym-process-${process.pid}`);
  let taken = 0;
  const end = await run(`for i in $(seq 40); do head -c 100000 /dev/zero; echo $i > ${file}; done`, {
    onOutput: async (chunk) => {
      taken += chunk.length;
      if (taken > 300_000) return;
      await sleep(30);
      expect(Number(await readFile(file, 'utf8').catch(() => '0')) * 100_000 - taken).toBeLessThan(1_000_000);
    },
  });
  await rm(file, { force: true });
  expect(taken).toBe(4_000_000);
  expect(end.exitCode).toBe(0);
});

test('when nobody can take the output the process dies and the reason is told', async () => {
  await expect(run('yes', { onOutput: () => Promise.reject(new Error('disk full')) })).rejects.toThrow('disk full');
});

test('start ticks name a process', async () => {
  expect(await startTicks(process.pid)).toMatch(/^\d+$/);
  expect(await startTicks(2 ** 30)).toBeNull();
});
