import { isIP } from 'node:net';
import { badEgressUrl, egressForbidden } from '../host/egress.problems.ts';
import type { Floor, GitLogin } from './floor.ts';

/**
 * How git reaches a repository: the environment of the one process that is started for it. Git resolves names and follows
 * redirects by itself, so the host is judged first, as every address in a setting is; git is then held to the judged
 * address, and to no redirect. A login goes along as a header of that origin alone, in the environment: never in an
 * address, an argument or a log. Paths and `file:` addresses are of this machine, as they were.
 */
export async function gitReach(floor: Floor, org: string, repository: string): Promise<Readonly<Record<string, string>>> {
  const url = repository.startsWith('/') ? null : URL.parse(repository);
  if (url === null || url.protocol === 'file:') return {};
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'ssh:') return ssh(host, (await floor.egress.place(host, url.port === '' ? 22 : Number(url.port))).address);
  const tls = url.protocol === 'https:';
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  const { address, allowed } = await floor.egress.place(host, port);
  if (!tls && !allowed) throw badEgressUrl({ why: 'only https is spoken with places on the internet' });
  const login = await floor.gitLogin(org, repository);
  const pinned = isIP(host) === 0 ? [['http.curloptResolve', `${host}:${port}:${isIP(address) === 6 ? `[${address}]` : address}`]] : [];
  return settings([
    ...pinned,
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '60'],
    ...(login === null ? [] : [[`http.${url.origin}/.extraHeader`, header(login)]]),
  ]);
}

function header({ user, password }: GitLogin): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function settings(pairs: readonly (readonly string[])[]): Record<string, string> {
  const all = pairs.flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(pairs.length), ...(Object.fromEntries(all) as Record<string, string>) };
}

/** The shell reads this variable: only names and addresses that hold nothing for it get there. Keys and known hosts are the user's own. */
function ssh(host: string, address: string): Record<string, string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(host) || isIP(address) === 0)
    throw egressForbidden({ host: host.slice(0, 100), what: 'no host name' });
  return {
    GIT_SSH_COMMAND: `ssh -o BatchMode=yes -o ConnectTimeout=10 -o StrictHostKeyChecking=yes -o HostName=${address} -o HostKeyAlias=${host}`,
  };
}
