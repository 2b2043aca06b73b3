import type { Finding } from '../../contract/doctor.ts';
import { fail, ok, some, warn } from './finding.ts';

/** What was found on a server's machine. A mode is null where the file is not there. */
export type MachineFacts = {
  readonly user: { readonly name: string; readonly root: boolean };
  /** Version lines of programs; null: not there. */
  readonly tools: { readonly git: string | null; readonly haproxy: string | null };
  readonly sandbox: { readonly works: true } | { readonly works: false; readonly why: string };
  readonly folders: {
    readonly state: { readonly path: string; readonly mode: number | null };
    readonly keys: { readonly path: string; readonly mode: number | null };
    /** Files in the keys folder that others than their owner may open, by name. */
    readonly openKeys: readonly string[];
    readonly keysInState: boolean;
    readonly vault: boolean;
  };
  readonly door: {
    readonly host: string;
    readonly port: number;
    readonly tls: boolean;
    readonly publicUrl: string;
    readonly proxies: boolean;
    /** When the certificate of direct TLS ends; null: no TLS, or not readable. */
    readonly certificateEnds: string | null;
  };
  readonly disk: {
    readonly freeBytes: number;
    readonly totalBytes: number;
    readonly freeFiles: number;
    readonly totalFiles: number;
  } | null;
};

const DAY = 86_400_000;

/** Judges a machine at `nowMs`. */
export function judgeMachine(facts: MachineFacts, nowMs: number): Finding[] {
  return [user(facts), ...tools(facts), ...folders(facts), ...door(facts, nowMs), ...disk(facts)];
}

function user({ user: { name, root } }: MachineFacts): Finding {
  if (!root) return ok('user', `The server runs as ${name}.`);
  return warn(
    'user',
    'The server runs as root: whoever breaks into it has the machine.',
    'Start it with --user NAME, or from a unit with a user of its own; docs/guide/run-it.md shows how.',
  );
}

function tools({ tools: { git, haproxy }, sandbox }: MachineFacts): Finding[] {
  return [
    git === null ? fail('git', 'git is not installed: no repository can be read.', 'Install git.') : ok('git', `${git}.`),
    sandbox.works
      ? ok('sandbox', 'bubblewrap works: steps of a runner here are isolated.')
      : warn(
          'sandbox',
          `Steps of a runner here would not be isolated: ${sandbox.why}.`,
          'Install bubblewrap and allow user namespaces, or run no runner here.',
        ),
    haproxy === null
      ? warn('haproxy', 'haproxy is not installed: an agent here would use the built-in router.', 'Install haproxy for production traffic.')
      : ok('haproxy', `${haproxy}.`),
  ];
}

function folders({ folders: { state, keys, openKeys, keysInState, vault } }: MachineFacts): Finding[] {
  const found: Finding[] = [];
  if (keysInState)
    found.push(
      fail(
        'keys',
        `The keys folder ${keys.path} lies in the state folder: a copy of the state holds the keys.`,
        'Move it beside the state folder and set YARDMASTER_KEYS.',
      ),
    );
  if (openKeys.length > 0)
    found.push(
      fail(
        'keys',
        `Others may open these keys: ${some(openKeys)}.`,
        `chmod 600 these files in ${keys.path}; where others had them for long, rotate.`,
      ),
    );
  if (keys.mode !== null && (keys.mode & 0o077) !== 0)
    found.push(warn('keys', `Others may look into the keys folder ${keys.path}.`, `chmod 700 ${keys.path}`));
  if (found.length === 0)
    found.push(ok('keys', `Keys are in ${keys.path}, for their owner alone${vault ? '; master keys in a key service' : ''}.`));
  if (state.mode === null) found.push(warn('state', `There is no state folder ${state.path} yet.`, 'Start a server; it is made then.'));
  else if ((state.mode & 0o002) !== 0)
    found.push(fail('state', `Everybody may write into the state folder ${state.path}.`, `chmod o-w ${state.path}`));
  else found.push(ok('state', `The state is in ${state.path}.`));
  return found;
}

function door({ door: { host, port, tls, publicUrl, proxies, certificateEnds } }: MachineFacts, nowMs: number): Finding[] {
  const local = /^(?:127\.|::1$|localhost$)/.test(host);
  const at = `${host} port ${port}`;
  if (tls) return certificate(at, certificateEnds, nowMs);
  const secure = publicUrl.startsWith('https:');
  if (local)
    return [
      ok('door', secure ? `It listens on ${at}, behind a proxy with TLS.` : `It listens on ${at}: reachable from this machine alone.`),
    ];
  if (secure && proxies) return [ok('door', `It listens on ${at}, behind a proxy with TLS.`)];
  if (secure)
    return [
      warn(
        'door',
        `It listens on ${at} without TLS; who comes past the proxy is not told from who comes through it.`,
        'Set YARDMASTER_TRUSTED_PROXIES to the addresses of the proxy, and let nobody else reach the port.',
      ),
    ];
  return [
    fail(
      'door',
      `It listens on ${at} without TLS: credentials cross the network in the clear.`,
      'Set YARDMASTER_TLS_CERT and YARDMASTER_TLS_KEY, or put a proxy with TLS in front and YARDMASTER_PUBLIC_URL to its address.',
    ),
  ];
}

function certificate(at: string, ends: string | null, nowMs: number): Finding[] {
  if (ends === null)
    return [
      warn('door', `It listens on ${at} with TLS; when its certificate ends can't be read.`, 'Look at the file of YARDMASTER_TLS_CERT.'),
    ];
  const days = Math.floor((Date.parse(ends) - nowMs) / DAY);
  const remedy = 'Renew it: the file is read again by itself.';
  if (days < 0) return [fail('door', `Its certificate ended on ${ends.slice(0, 10)}.`, remedy)];
  if (days < 14) return [warn('door', `Its certificate ends in ${days} days.`, remedy)];
  return [ok('door', `It listens on ${at} with TLS; its certificate ends on ${ends.slice(0, 10)}.`)];
}

function disk({ disk: facts, folders: { state } }: MachineFacts): Finding[] {
  if (facts === null) return [warn('disk', `How much space there is at ${state.path} is not known.`, 'Look at it by hand.')];
  const { freeBytes, totalBytes, freeFiles, totalFiles } = facts;
  const gib = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free at ${state.path}`;
  const share = totalBytes === 0 ? 1 : freeBytes / totalBytes;
  // Some file systems count no files: 0 of 0.
  const files = totalFiles === 0 ? 1 : freeFiles / totalFiles;
  const remedy = 'Free some, move the state folder, or keep things for less long: ym retention show.';
  if (freeBytes < 1024 ** 3 || files < 0.01)
    return [
      fail('disk', files < 0.01 ? `Hardly a file can be made at ${state.path}: its file system is out of inodes.` : `Only ${gib}.`, remedy),
    ];
  if (share < 0.1 || files < 0.1) return [warn('disk', `${gib}; ${Math.floor(Math.min(share, files) * 100)} % of it.`, remedy)];
  return [ok('disk', `${gib}.`)];
}
