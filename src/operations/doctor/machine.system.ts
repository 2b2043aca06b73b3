import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../../platform/config.ts';
import { openTo } from '../../platform/keys/ring.ts';
import type { MachineFacts } from './machine.ts';

const exec = promisify(execFile);
const PATIENCE_MS = 5000;

/** Looks at the machine that a server with this configuration runs on. Reads no key and no secret, only names and rights. */
export async function machineFacts(config: Config): Promise<MachineFacts> {
  const [git, haproxy, sandbox, state, keys, openKeys, disk, certificateEnds] = await Promise.all([
    version('git', ['--version']),
    version('haproxy', ['-v']),
    sandboxOf(),
    modeOf(config.state),
    modeOf(config.keys),
    openFiles(config),
    diskOf(config.state),
    config.tls === null ? null : endOf(config.tls.cert),
  ]);
  const inside = relative(config.state, config.keys);
  return {
    user: { name: userInfo().username, root: process.getuid?.() === 0 },
    tools: { git, haproxy },
    sandbox,
    folders: {
      state: { path: config.state, mode: state },
      keys: { path: config.keys, mode: keys },
      openKeys,
      keysInState: inside !== '' && !inside.startsWith('..'),
      vault: config.vault !== null,
    },
    door: {
      host: config.host,
      port: config.port,
      tls: config.tls !== null,
      publicUrl: config.publicUrl,
      proxies: config.trustedProxies !== '',
      certificateEnds,
    },
    disk,
  };
}

async function version(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await exec(program, [...args], { timeout: PATIENCE_MS });
    return (stdout.split('\n')[0] ?? '').replace(/\.?\s*$/, '').slice(0, 80);
  } catch {
    return null;
  }
}

async function sandboxOf(): Promise<MachineFacts['sandbox']> {
  try {
    await exec('bwrap', ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', 'true'], { timeout: PATIENCE_MS });
    return { works: true };
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { works: false, why: absent ? 'bubblewrap is not installed' : 'bubblewrap may not make namespaces here' };
  }
}

async function modeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (found) => found.mode & 0o777,
    () => null,
  );
}

/** Key files that others than their owner (and a group that may only read) can open. */
async function openFiles(config: Config): Promise<string[]> {
  const names = (await readdir(config.keys).catch(() => [] as string[])).map((name) => join(config.keys, name));
  const more = [config.masterKeyFile, config.vault?.tokenFile ?? null, config.tls?.key ?? null].filter((one) => one !== null);
  const open: string[] = [];
  for (const path of [...names, ...more]) {
    const found = await stat(path).catch(() => null);
    if (found?.isFile() === true && openTo(found.mode) !== null) open.push(names.includes(path) ? relative(config.keys, path) : path);
  }
  return open.sort();
}

async function diskOf(folder: string): Promise<MachineFacts['disk']> {
  try {
    const { bsize, bavail, blocks, ffree, files } = await statfs(folder);
    return { freeBytes: bsize * bavail, totalBytes: bsize * blocks, freeFiles: ffree, totalFiles: files };
  } catch {
    return null;
  }
}

async function endOf(file: string): Promise<string | null> {
  try {
    return new Date(new X509Certificate(await readFile(file)).validTo).toISOString();
  } catch {
    return null;
  }
}
