import { statfs } from 'node:fs/promises';
import type { AnswerOf } from '../contract/route.ts';
import type { getInstance } from '../contract/admin.ts';
import { CLIENT_NAME } from '../host/client.http.ts';
import { versionOfClient } from '../kernel/client-version.ts';
import type { Config } from '../platform/config.ts';
import type { Floor } from '../platform/floor.ts';
import { instanceRows } from './instance.views.ts';

type Instance = AnswerOf<typeof getInstance>;

/** What this server, and the instance that it is one of, is: for admins, auditors and support. Never a secret. */
export async function describeInstance(floor: Floor): Promise<Instance> {
  const { config, keys } = floor;
  const rows = await floor.db.read('*', (tx) => instanceRows(tx));
  return {
    version: versionOfClient(CLIENT_NAME) ?? 'unknown',
    node: process.version,
    publicUrl: config.publicUrl,
    ...rows,
    signingKeys: keys.all.map(({ keyId }) => ({ keyId, current: keyId === keys.keyId })),
    database: { kind: config.databaseUrl === null ? 'embedded' : 'external', ...rows.database },
    disk: await diskOf(config.state),
    settings: settingsOf(config),
  };
}

async function diskOf(folder: string): Promise<Instance['disk']> {
  try {
    const { bsize, bavail, blocks } = await statfs(folder);
    return { folder, freeBytes: bsize * bavail, totalBytes: bsize * blocks };
  } catch {
    // A file system that does not tell: said as unknown, not as empty.
    return null;
  }
}

/** The settings in force, named one by one: a new setting is shown only when somebody has decided that it is no secret. */
function settingsOf(config: Config): Instance['settings'] {
  const minutes = (ms: number): string => `${ms / 60_000} minutes`;
  const rows: readonly (readonly [name: string, value: string | number, means: string])[] = [
    ['YARDMASTER_STATE', config.state, 'the folder of everything that must survive'],
    ['YARDMASTER_KEYS', config.keys, 'the folder of keys'],
    ['YARDMASTER_HOST', config.host, 'the address it listens on'],
    ['YARDMASTER_PORT', config.port, 'the port'],
    [
      'DATABASE_URL',
      config.databaseUrl === null ? 'none: the embedded PostgreSQL' : bare(config.databaseUrl),
      'the database, without its password',
    ],
    ['YARDMASTER_DATABASE_POOL', config.databasePool, 'connections to the database'],
    ['YARDMASTER_PUBLIC_URL', config.publicUrl, 'how others reach it'],
    ['YARDMASTER_TLS_CERT', config.tls?.cert ?? 'none: plain HTTP', 'the certificate of direct TLS'],
    [
      'YARDMASTER_TRUSTED_PROXIES',
      config.trustedProxies === '' ? 'none' : config.trustedProxies,
      'proxies whose word about the caller counts',
    ],
    [
      'YARDMASTER_HOSTS',
      config.hosts === null ? 'any' : config.hosts.join(', ') || 'localhost and addresses',
      'names by which it may be asked for',
    ],
    [
      'YARDMASTER_LIMITS',
      Object.entries(config.rates)
        .map(([name, rate]) => `${name}=${rate.perMinute}/${rate.burst}`)
        .join(','),
      'rate limits a minute, and bursts',
    ],
    ['YARDMASTER_MASTER_KEY_FILE', config.masterKeyFile ?? 'master.key in the keys folder', 'the file of master keys'],
    ['YARDMASTER_VAULT_URL', config.vault?.url ?? 'none', 'the key service'],
    ['YARDMASTER_SIGNING', config.signing === null ? 'file' : `vault: ${config.signing.url}`, 'where evidence is signed'],
    ['YARDMASTER_LOG_LEVEL', config.logLevel, 'what is logged'],
    ['YARDMASTER_LEASE_MS', config.leaseMs, 'how long a job is a runner’s own without a heartbeat'],
    ['YARDMASTER_SWEEP_MS', config.sweepMs, 'how often lost wakes are looked for'],
    ['YARDMASTER_POLL_MS', config.pollMs, 'how often repositories are asked for new heads'],
    ['YARDMASTER_JOBS', config.jobConcurrency, 'durable jobs at once on a server'],
    ['YARDMASTER_SESSION_HOURS', `${config.sessionMs / 3_600_000} hours`, 'how long a sign-in lasts at most'],
    ['YARDMASTER_SESSION_IDLE_MINUTES', minutes(config.sessionIdleMs), 'how long a sign-in lasts unused'],
    ['YARDMASTER_FRESH_MINUTES', minutes(config.freshMs), 'how old a browser’s sign-in may be to approve, override or give rights'],
    ['YARDMASTER_TOKENS_DECIDE', config.tokensDecide, 'which tokens may approve and override in production'],
  ];
  return rows.map(([name, value, means]) => ({ name, value: String(value), means }));
}

/** A database's address without who signs in and how. */
function bare(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'set' : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}
