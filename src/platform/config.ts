import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { Problem } from '../kernel/problem.ts';

/** All settings, parsed once at the start. */
export type Config = {
  /** Folder of everything that must survive: blobs, git mirrors, the embedded database. */
  readonly state: string;
  /** Folder of signing keys and the master key: beside the state, never inside it. */
  readonly keys: string;
  readonly host: string;
  readonly port: number;
  /** How others reach this instance; used in links. */
  readonly publicUrl: string;
  /** null: the embedded PostgreSQL. */
  readonly databaseUrl: string | null;
  readonly databasePool: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** How long a runner's or agent's lease lasts without a heartbeat. */
  readonly leaseMs: number;
  /** How often lost wakes are looked for. */
  readonly sweepMs: number;
  /** How often watched repositories are asked for new heads; pushes by webhook don't wait for it. */
  readonly pollMs: number;
  readonly jobConcurrency: number;
};

const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const settings = z.object({
  YARDMASTER_STATE: z.string().min(1).optional(),
  YARDMASTER_KEYS: z.string().min(1).optional(),
  YARDMASTER_HOST: z.string().min(1).default('127.0.0.1'),
  YARDMASTER_PORT: count(0, 65_535).default(7420),
  YARDMASTER_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  YARDMASTER_DATABASE_POOL: count(4, 200).default(12),
  YARDMASTER_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  YARDMASTER_LEASE_MS: count(1000, 600_000).default(15_000),
  YARDMASTER_SWEEP_MS: count(200, 60_000).default(5000),
  YARDMASTER_POLL_MS: count(500, 3_600_000).default(30_000),
  YARDMASTER_JOBS: count(1, 64).default(6),
});

/**
 * Reads the configuration from environment variables. All errors at once, in one Problem (`platform.configuration`);
 * an unknown `YARDMASTER_` variable is an error too, because a misspelt setting that is silently ignored is worse.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, isRoot: boolean): Config {
  const wrong = misspelt(env);
  const result = settings.safeParse(withoutEmpty(env));
  if (!result.success) wrong.push(...result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (!result.success || wrong.length > 0) {
    throw new Problem({
      code: 'platform.configuration',
      status: 500,
      sentence: `The configuration has ${wrong.length === 1 ? 'an error' : `${wrong.length} errors`}: ${wrong.join('; ')}.`,
      remedy: 'Correct these environment variables and start again; docs/guide/run-it.md lists them all.',
    });
  }
  const given = result.data;
  const state = absolute(given.YARDMASTER_STATE ?? defaultState(env, isRoot));
  return {
    state,
    keys: given.YARDMASTER_KEYS === undefined ? `${state}.keys` : absolute(given.YARDMASTER_KEYS),
    host: given.YARDMASTER_HOST,
    port: given.YARDMASTER_PORT,
    publicUrl: given.YARDMASTER_PUBLIC_URL ?? `http://127.0.0.1:${given.YARDMASTER_PORT}`,
    databaseUrl: given.DATABASE_URL ?? null,
    databasePool: given.YARDMASTER_DATABASE_POOL,
    logLevel: given.YARDMASTER_LOG_LEVEL,
    leaseMs: given.YARDMASTER_LEASE_MS,
    sweepMs: given.YARDMASTER_SWEEP_MS,
    pollMs: given.YARDMASTER_POLL_MS,
    jobConcurrency: given.YARDMASTER_JOBS,
  };
}

/** Variables that clients read and that share our prefix. */
const CLIENT = new Set(['YARDMASTER_URL', 'YARDMASTER_TOKEN', 'YARDMASTER_CORPUS', 'YARDMASTER_BIN', 'YARDMASTER_TEST_DATABASE_URL']);

function misspelt(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('YARDMASTER_') && !(name in settings.shape) && !CLIENT.has(name))
    .map((name) => `${name}: no such setting`);
}

function withoutEmpty(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}

function defaultState(env: Readonly<Record<string, string | undefined>>, isRoot: boolean): string {
  if (isRoot) return '/var/lib/yardmaster';
  const home = env['XDG_STATE_HOME'];
  return join(home === undefined || home === '' ? join(env['HOME'] ?? homedir(), '.local', 'state') : home, 'yardmaster');
}
