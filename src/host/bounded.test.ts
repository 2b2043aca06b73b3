import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { turnOver } from './bounded.disk.ts';

const folder = mkdtempSync(join(tmpdir(), 'ym-bound-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a file that grows past its bound begins anew, its writer goes on; the two together stay bounded', async () => {
  const path = join(folder, 'log');
  const file = openSync(path, 'a', 0o600);
  const child = spawn(
    'sh',
    ['-c', 'i=0; while [ $i -lt 3000 ]; do echo "line $i of the writer"; i=$((i+1)); done; sleep 0.2; echo the last line'],
    { stdio: ['ignore', file, file] },
  );
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  let turns = 0;
  let over = false;
  void ended.then(() => (over = true));
  while (!over) {
    if (turnOver(path, 8192)) turns += 1;
    await new Promise((wake) => setTimeout(wake, 1));
  }
  expect(turns).toBeGreaterThan(0);
  expect(readFileSync(path, 'utf8')).toMatch(/the last line\n$/);
  expect(readFileSync(path)).not.toContain(0);
  expect(statSync(path).size).toBeLessThan(200_000);
  expect(statSync(`${path}.1`).mode & 0o077).toBe(0);
});

test('a small file, and one that is not there, stay as they are', () => {
  const path = join(folder, 'small');
  writeFileSync(path, 'x');
  expect([turnOver(path, 10), turnOver(join(folder, 'none'), 10)]).toEqual([false, false]);
  expect(readFileSync(path, 'utf8')).toBe('x');
});
