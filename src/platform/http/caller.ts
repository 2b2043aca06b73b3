import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Who is at the other end of a request, and which name they asked for. Headers that a proxy writes are believed only from
 * proxies that the configuration names; from anybody else they are words of a stranger.
 */
export type Caller = { readonly address: string; readonly https: boolean };

/** What a connection and its headers say. */
export type Heard = {
  /** The address of the connection's other end. */
  readonly remote: string;
  readonly encrypted: boolean;
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
};

export type Trusted = (address: string) => boolean;

/** More hops than any chain of proxies has. */
const HOPS = 32;

/** The addresses of a list such as `10.0.0.0/8, ::1`. Answers the first entry that is none where one is not. */
export function trustedProxies(list: string): { readonly trusted: Trusted } | { readonly wrong: string } {
  const block = new BlockList();
  for (const entry of list.split(',').map((one) => one.trim())) {
    if (entry === '') continue;
    const [address = '', bits, more] = entry.split('/');
    const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const most = kind === 'ipv6' ? 128 : 32;
    const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (isIP(address) === 0 || more !== undefined || length < 0 || length > most) return { wrong: entry };
    block.addSubnet(address, length, kind);
  }
  return { trusted: (address) => isIP(address) !== 0 && block.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') };
}

/**
 * The caller: the last hop, from the right, that is no trusted proxy. What stands left of it was written by somebody whom
 * nobody vouches for. A hop that is no address ends the walk at the proxy that passed it on.
 */
export function callerOf(heard: Heard, trusted: Trusted): Caller {
  let address = plainAddress(heard.remote) ?? 'unknown';
  if (!trusted(address)) return { address, https: heard.encrypted };
  const hops = (heard.forwardedFor ?? '').split(',').slice(-HOPS);
  for (const hop of hops.toReversed()) {
    const next = plainAddress(hop.trim());
    if (next === null) break;
    address = next;
    if (!trusted(address)) break;
  }
  // The proxy next to us speaks last.
  const proto = heard.forwardedProto?.split(',').at(-1)?.trim().toLowerCase();
  return { address, https: proto === undefined ? heard.encrypted : proto === 'https' };
}

/** `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`, `::ffff:1.2.3.4` as an address alone; null where it is none. */
function plainAddress(text: string): string | null {
  const bare = text.startsWith('[')
    ? (/^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? '')
    : (/^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare.replace(/%.*$/, '');
  return isIP(mapped) === 0 ? null : mapped.toLowerCase();
}

/** What limits count by: an IPv4 address, or the /64 network of an IPv6 one, because its holder has all of it. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/**
 * Whether a request may name this host. An address is always right (a page of another origin can't make a browser send
 * one by rebinding a name), `localhost` too; other names only where the configuration knows them.
 */
export function knowsHost(host: string | null, known: readonly string[]): boolean {
  const name = nameOf(host ?? '');
  if (name === null) return false;
  return name === 'localhost' || isIP(name) !== 0 || known.includes(name);
}

function nameOf(host: string): string | null {
  const found = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::\d{1,5})?$/.exec(host);
  return (found?.[1] ?? found?.[2] ?? null)?.toLowerCase().replace(/\.$/, '') ?? null;
}
