import { GIT_PROTOCOLS } from './git.ts';

/** Settings that no repository's own configuration may override: nothing in it may start a program. */
const SAFE = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'log.showSignature=false',
  'core.pager=cat',
  'credential.helper=',
  'gc.auto=0',
  'maintenance.auto=false',
  'uploadpack.packObjectsHook=',
];

/** The environment that git gets: enough to run and to reach a repository by ssh, nothing of ours. */
export function gitEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of [
    'PATH',
    'HOME',
    'SSH_AUTH_SOCK',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'https_proxy',
    'http_proxy',
    'NO_PROXY',
    'no_proxy',
    'TMPDIR',
  ]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return {
    ...kept,
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=10',
    GIT_ALLOW_PROTOCOL: GIT_PROTOCOLS.join(':'),
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
  };
}

/** The words after `git`: where, our settings, then `args`. */
export function gitArguments(dir: string | null, args: readonly string[]): string[] {
  const where = dir === null ? [] : ['-C', dir];
  return [...where, ...SAFE.flatMap((setting) => ['-c', setting]), ...args];
}
