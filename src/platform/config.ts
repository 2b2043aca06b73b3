import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { allowedPlaces } from '../host/addresses.ts';
import { Problem } from '../kernel/problem.ts';
import { parseDuration } from '../kernel/time.ts';
import type { S3Place } from './blobs/s3-call.system.ts';
import { trustedProxies } from './http/caller.ts';
import type { VaultSigning } from './keys/signer-vault.system.ts';
import { RATES, readRates, type Rates } from './http/rate.ts';

/** All settings, parsed once at the start. */
export type Config = {
  /** Folder of everything that must survive: blobs, git mirrors, the embedded database. */
  readonly state: string;
  /** Folder of signing keys and the master key: beside the state, never inside it. */
  readonly keys: string;
  /** A file of master keys instead of the one in the keys folder; null: that one. */
  readonly masterKeyFile: string | null;
  /** A transit engine that keeps the master keys; null: files do. */
  readonly vault: { readonly url: string; readonly key: string; readonly tokenFile: string } | null;
  /** The transit engine that signs evidence; null: files of the keys folder do. */
  readonly signing: VaultSigning | null;
  /** The bucket that keeps stored bytes; null: the state folder does. */
  readonly s3: S3Place | null;
  readonly host: string;
  readonly port: number;
  /** How others reach this instance; used in links. */
  readonly publicUrl: string;
  /** null: the embedded PostgreSQL. */
  readonly databaseUrl: string | null;
  readonly databasePool: number;
  /** The certificate and key files of direct TLS; null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Addresses of proxies whose X-Forwarded-For and -Proto are believed. */
  readonly trustedProxies: string;
  /** Names of hosts that requests may ask for; null: any, because nobody said which. */
  readonly hosts: readonly string[] | null;
  readonly rates: Rates;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** How long a runner's or agent's lease lasts without a heartbeat. */
  readonly leaseMs: number;
  /** How often lost wakes are looked for. */
  readonly sweepMs: number;
  /** How often watched repositories are asked for new heads; pushes by webhook don't wait for it. */
  readonly pollMs: number;
  readonly jobConcurrency: number;
  /** How long a sign-in lasts at most, and how long without being used. */
  readonly sessionMs: number;
  readonly sessionIdleMs: number;
  /** How old a browser's sign-in may be when it approves, overrides, or gives rights. */
  readonly freshMs: number;
  /** Which tokens may approve and override in production: every one, those narrowed to it by name, or none. */
  readonly tokensDecide: 'any' | 'narrowed' | 'none';
  /** Where backups go that are asked for through the API, how often one is made by itself, and how many are kept. */
  readonly backups: { readonly folder: string | null; readonly everyMs: number | null; readonly keep: number };
  /** How long it says at /readyz that it stops before it takes no more connections: what a balancer needs to notice. */
  readonly shutdownDelayMs: number;
  /** Places outside the public internet that settings may name: networks, addresses and hosts, each with a port where only that one is meant. */
  readonly egressAllow: string;
  /** Bytes that one server's copy of a repository may take. */
  readonly gitMirrorLimit: number;
};

const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const settings = z.object({
  YARDMASTER_STATE: z.string().min(1).optional(),
  YARDMASTER_KEYS: z.string().min(1).optional(),
  YARDMASTER_MASTER_KEY_FILE: z.string().min(1).optional(),
  YARDMASTER_VAULT_URL: z.url({ protocol: /^https?$/ }).optional(),
  YARDMASTER_VAULT_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('yardmaster'),
  YARDMASTER_VAULT_TOKEN_FILE: z.string().min(1).optional(),
  YARDMASTER_SIGNING: z.enum(['file', 'vault']).default('file'),
  YARDMASTER_SIGNING_VAULT_URL: z.url({ protocol: /^https?$/ }).optional(),
  YARDMASTER_SIGNING_VAULT_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('yardmaster-signing'),
  YARDMASTER_SIGNING_VAULT_AUTH: z.enum(['token', 'approle', 'kubernetes']).default('token'),
  YARDMASTER_SIGNING_VAULT_ROLE: z.string().min(1).max(200).optional(),
  YARDMASTER_SIGNING_VAULT_SECRET_FILE: z.string().min(1).optional(),
  YARDMASTER_BLOBS: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[A-Za-z0-9._/-]{0,200})?$/, 's3://BUCKET or s3://BUCKET/PREFIX')
    .optional(),
  YARDMASTER_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  YARDMASTER_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default('us-east-1'),
  YARDMASTER_S3_CREDENTIALS_FILE: z.string().min(1).optional(),
  YARDMASTER_HOST: z.string().min(1).default('127.0.0.1'),
  YARDMASTER_PORT: count(0, 65_535).default(7420),
  YARDMASTER_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  YARDMASTER_DATABASE_POOL: count(4, 200).default(12),
  YARDMASTER_TLS_CERT: z.string().min(1).optional(),
  YARDMASTER_TLS_KEY: z.string().min(1).optional(),
  YARDMASTER_TRUSTED_PROXIES: z
    .string()
    .max(4000)
    .refine((list) => 'trusted' in trustedProxies(list), { message: 'addresses or networks such as 10.0.0.0/8, separated by commas' })
    .default(''),
  YARDMASTER_HOSTS: z
    .string()
    .regex(/^[A-Za-z0-9._-]+(?:\s*,\s*[A-Za-z0-9._-]+)*$/, 'names of hosts, separated by commas')
    .optional(),
  YARDMASTER_LIMITS: z
    .string()
    .max(1000)
    .refine((text) => 'rates' in readRates(text), { message: 'entries such as person=6000/1000, separated by commas' })
    .default(''),
  YARDMASTER_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  YARDMASTER_LEASE_MS: count(1000, 600_000).default(15_000),
  YARDMASTER_SWEEP_MS: count(200, 60_000).default(5000),
  YARDMASTER_POLL_MS: count(500, 3_600_000).default(30_000),
  YARDMASTER_JOBS: count(1, 64).default(6),
  YARDMASTER_SESSION_HOURS: count(1, 720).default(12),
  YARDMASTER_SESSION_IDLE_MINUTES: count(5, 43_200).default(240),
  YARDMASTER_FRESH_MINUTES: count(1, 1440).default(30),
  YARDMASTER_TOKENS_DECIDE: z.enum(['any', 'narrowed', 'none']).default('any'),
  YARDMASTER_BACKUPS: z.string().min(1).optional(),
  YARDMASTER_BACKUP_EVERY: z
    .string()
    .transform((text) => parseDuration(text) ?? -1)
    .refine((ms) => ms >= 60_000, { message: 'a duration of a minute or more, such as 24h' })
    .optional(),
  YARDMASTER_BACKUP_KEEP: count(1, 10_000).default(7),
  YARDMASTER_SHUTDOWN_DELAY_MS: count(0, 60_000).default(0),
  YARDMASTER_GIT_MIRROR_LIMIT: z.coerce
    .number()
    .int()
    .min(1_000_000)
    .default(10 * 1024 ** 3),
  YARDMASTER_EGRESS_ALLOW: z
    .string()
    .max(10_000)
    .refine((list) => 'allowed' in allowedPlaces(list), {
      message: 'networks, addresses or hosts such as 10.1.0.0/16 or gitlab.corp.example:8443, separated by commas',
    })
    .default(''),
});

/**
 * Reads the configuration from environment variables. All errors at once, in one Problem (`platform.configuration`);
 * an unknown `YARDMASTER_` variable is an error too, because a misspelt setting that is silently ignored is worse.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, isRoot: boolean): Config {
  const wrong = [...misspelt(env), ...halves(env)];
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
    masterKeyFile: given.YARDMASTER_MASTER_KEY_FILE === undefined ? null : absolute(given.YARDMASTER_MASTER_KEY_FILE),
    vault: vaultOf(given),
    signing: signingOf(given),
    s3: s3Of(given),
    host: given.YARDMASTER_HOST,
    port: given.YARDMASTER_PORT,
    publicUrl:
      given.YARDMASTER_PUBLIC_URL ?? `${given.YARDMASTER_TLS_CERT === undefined ? 'http' : 'https'}://127.0.0.1:${given.YARDMASTER_PORT}`,
    databaseUrl: given.DATABASE_URL ?? null,
    databasePool: given.YARDMASTER_DATABASE_POOL,
    tls:
      given.YARDMASTER_TLS_CERT === undefined || given.YARDMASTER_TLS_KEY === undefined
        ? null
        : { cert: absolute(given.YARDMASTER_TLS_CERT), key: absolute(given.YARDMASTER_TLS_KEY) },
    trustedProxies: given.YARDMASTER_TRUSTED_PROXIES,
    hosts: hostsOf(given),
    rates: ratesOf(given.YARDMASTER_LIMITS),
    logLevel: given.YARDMASTER_LOG_LEVEL,
    leaseMs: given.YARDMASTER_LEASE_MS,
    sweepMs: given.YARDMASTER_SWEEP_MS,
    pollMs: given.YARDMASTER_POLL_MS,
    jobConcurrency: given.YARDMASTER_JOBS,
    sessionMs: given.YARDMASTER_SESSION_HOURS * 3_600_000,
    sessionIdleMs: given.YARDMASTER_SESSION_IDLE_MINUTES * 60_000,
    freshMs: given.YARDMASTER_FRESH_MINUTES * 60_000,
    tokensDecide: given.YARDMASTER_TOKENS_DECIDE,
    backups: {
      folder: given.YARDMASTER_BACKUPS === undefined ? null : absolute(given.YARDMASTER_BACKUPS),
      everyMs: given.YARDMASTER_BACKUP_EVERY ?? null,
      keep: given.YARDMASTER_BACKUP_KEEP,
    },
    shutdownDelayMs: given.YARDMASTER_SHUTDOWN_DELAY_MS,
    egressAllow: given.YARDMASTER_EGRESS_ALLOW,
    gitMirrorLimit: given.YARDMASTER_GIT_MIRROR_LIMIT,
  };
}

/** Known once somebody names one; on loopback alone a name of the outside is never right, so that no page can rebind one to it. */
function hostsOf(given: z.infer<typeof settings>): readonly string[] | null {
  const named = (given.YARDMASTER_HOSTS ?? '').split(',').map((name) => name.trim().toLowerCase());
  const own = given.YARDMASTER_PUBLIC_URL === undefined ? '' : new URL(given.YARDMASTER_PUBLIC_URL).hostname.replace(/^\[|\]$/g, '');
  const all = [own, ...named].filter((name) => name !== '');
  const local = /^(?:127\.|::1$|localhost$)/.test(given.YARDMASTER_HOST);
  return all.length > 0 || local ? all : null;
}

function ratesOf(text: string): Rates {
  const read = readRates(text);
  return 'rates' in read ? read.rates : RATES;
}

function vaultOf(given: z.infer<typeof settings>): Config['vault'] {
  const { YARDMASTER_VAULT_URL: url, YARDMASTER_VAULT_KEY: key, YARDMASTER_VAULT_TOKEN_FILE: file } = given;
  return url === undefined || file === undefined ? null : { url, key, tokenFile: absolute(file) };
}

function signingOf(given: z.infer<typeof settings>): Config['signing'] {
  const { YARDMASTER_SIGNING_VAULT_URL: url, YARDMASTER_SIGNING_VAULT_KEY: key, YARDMASTER_SIGNING_VAULT_SECRET_FILE: file } = given;
  if (given.YARDMASTER_SIGNING === 'file' || url === undefined || file === undefined) return null;
  const auth = { kind: given.YARDMASTER_SIGNING_VAULT_AUTH, role: given.YARDMASTER_SIGNING_VAULT_ROLE ?? null, file: absolute(file) };
  return { url, key, auth };
}

function s3Of(given: z.infer<typeof settings>): Config['s3'] {
  if (given.YARDMASTER_BLOBS === undefined) return null;
  const [bucket = '', ...rest] = given.YARDMASTER_BLOBS.slice('s3://'.length).split('/');
  const prefix = rest.filter((part) => part !== '').join('/');
  const { YARDMASTER_S3_REGION: region, YARDMASTER_S3_CREDENTIALS_FILE: file } = given;
  return {
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
    endpoint: given.YARDMASTER_S3_ENDPOINT ?? `https://s3.${region}.amazonaws.com`,
    credentials: file === undefined ? null : absolute(file),
  };
}

/** Variables that clients read and that share our prefix. */
const CLIENT = new Set([
  'YARDMASTER_URL',
  'YARDMASTER_TOKEN',
  'YARDMASTER_CA',
  'YARDMASTER_CORPUS',
  'YARDMASTER_BIN',
  'YARDMASTER_TEST_DATABASE_URL',
]);

function misspelt(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('YARDMASTER_') && !(name in settings.shape) && !CLIENT.has(name))
    .map((name) => `${name}: no such setting`);
}

/** Settings that mean something only together. */
function halves(env: Readonly<Record<string, string | undefined>>): string[] {
  const has = (name: string): boolean => (env[name] ?? '') !== '';
  const vault = ['YARDMASTER_SIGNING_VAULT_URL', 'YARDMASTER_SIGNING_VAULT_SECRET_FILE'];
  const asked = env['YARDMASTER_SIGNING'] === 'vault';
  const signing = asked ? vault.filter((name) => !has(name)).map((name) => `${name}: YARDMASTER_SIGNING=vault needs it`) : [];
  // A half of it that is silently left out would sign with a file that nobody meant.
  if (!asked) signing.push(...vault.filter(has).map((name) => `${name}: it goes with YARDMASTER_SIGNING=vault`));
  if (asked && ['approle', 'kubernetes'].includes(env['YARDMASTER_SIGNING_VAULT_AUTH'] ?? '') && !has('YARDMASTER_SIGNING_VAULT_ROLE'))
    signing.push('YARDMASTER_SIGNING_VAULT_ROLE: approle and kubernetes need it');
  const pairs = [
    ['YARDMASTER_VAULT_URL', 'YARDMASTER_VAULT_TOKEN_FILE'],
    ['YARDMASTER_TLS_CERT', 'YARDMASTER_TLS_KEY'],
  ] as const;
  const unpaired = pairs
    .filter((pair) => ((env[pair[0]] ?? '') === '') !== ((env[pair[1]] ?? '') === ''))
    .map(([one, other]) => `${one}: it goes with ${other}`);
  return [...unpaired, ...signing];
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
