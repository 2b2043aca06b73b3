import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../cli/exit-codes.ts';
import { parseConfig } from '../platform/config.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/guide/run-it.md'), 'utf8');
const section = (title: string): string => guide.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

test('the guide lists every setting, with its default, and none that is not there', () => {
  const rows = new Map(
    [...section("The server's settings").matchAll(/^\| `(\w+)` *\|.*\| ([^|]+) \|$/gm)].map((row) => [row[1] ?? '', row[2]?.trim() ?? '']),
  );
  const source = readFileSync(join(root, 'src/platform/config.ts'), 'utf8');
  const known = [...source.matchAll(/^ {2}((?:YARDMASTER_|DATABASE_)\w+): /gm)].map((found) => found[1] ?? '');
  expect(known.length).toBeGreaterThan(10);
  expect([...rows.keys()].sort()).toEqual(known.sort());
  const { host, port, databasePool, logLevel, leaseMs, sweepMs, pollMs, jobConcurrency } = parseConfig({ HOME: '/home/x' }, false);
  const told = {
    HOST: host,
    PORT: port,
    DATABASE_POOL: databasePool,
    LOG_LEVEL: logLevel,
    LEASE_MS: leaseMs,
    SWEEP_MS: sweepMs,
    POLL_MS: pollMs,
    JOBS: jobConcurrency,
  };
  for (const [name, value] of Object.entries(told)) expect(rows.get(`YARDMASTER_${name}`), name).toContain(`\`${value}\``);
});

test('the guide lists every exit code of ym', () => {
  const codes = [...section('Exit codes').matchAll(/^\| (\d+) /gm)].map((row) => Number(row[1]));
  expect(codes).toEqual(Object.values(EXIT).sort((one, other) => one - other));
});

test('every problem that the guide names is one', () => {
  const named = [...section('When something is wrong').matchAll(/^\| `([a-z.-]+)`/gm)].map((row) => row[1] ?? '');
  expect(named.length).toBeGreaterThan(5);
  const sources = [
    'platform/platform.problems.ts',
    'platform/config.ts',
    'platform/ledger/ledger.problems.ts',
    'platform/http/server.system.ts',
  ]
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n');
  for (const code of named) expect(sources, code).toContain(`'${code}'`);
});
