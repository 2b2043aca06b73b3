import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { becomeUser } from '../host/user.system.ts';
import { parseConfig, type Config } from '../platform/config.ts';
import { databaseRuns } from '../platform/platform.problems.ts';

/** Reads the configuration, once this process is the user that the state belongs to, or that root asked for. */
export function takePlace(argv: readonly string[], asked: string | undefined, say: (line: string) => void): Config {
  const config = parseConfig(process.env, process.getuid?.() === 0);
  const { state, keys } = config;
  if (asked !== undefined && process.getuid?.() === 0 && asked !== 'root') mustRest(state);
  becomeUser({
    asked,
    automatic: null,
    handed: [
      { folder: state, knownBy: ['pg', 'blobs', 'checkpoints.log', 'postgres.log'] },
      { folder: keys, knownBy: ['postgres.password', 'master.key'] },
    ],
    argv,
    env: { YARDMASTER_STATE: state, YARDMASTER_KEYS: keys },
    say,
  });
  return config;
}

/** A database that runs as one user must not find its files another's. */
function mustRest(state: string): void {
  let pid = 0;
  try {
    pid = Number(readFileSync(join(state, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 0);
  } catch {
    return;
  }
  throw databaseRuns({ state, pid });
}
