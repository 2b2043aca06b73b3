import { BlockList, isIP } from 'node:net';

/**
 * Which addresses a server may call because somebody wrote them into a setting. Everything that is not of the public
 * internet is refused (IANA special-purpose registries, RFC 6890), also where an IPv6 form hides an IPv4 address.
 */
const SPECIAL4 = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'a private network'],
  ['100.64.0.0', 10, 'a carrier network'],
  ['127.0.0.0', 8, 'this machine'],
  ['169.254.0.0', 16, 'link-local (also the metadata service of clouds)'],
  ['172.16.0.0', 12, 'a private network'],
  ['192.0.0.0', 24, 'special purposes'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.88.99.0', 24, 'special purposes'],
  ['192.168.0.0', 16, 'a private network'],
  ['198.18.0.0', 15, 'benchmarks'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
] as const;
const SPECIAL6 = [
  ['::', 127, 'this machine'],
  ['100::', 64, 'nowhere'],
  ['2001::', 23, 'special purposes'],
  ['2001:db8::', 32, 'documentation'],
  ['3fff::', 20, 'documentation'],
  ['5f00::', 16, 'special purposes'],
  ['fc00::', 7, 'a private network'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'a private network'],
  ['ff00::', 8, 'multicast'],
] as const;

const special = (table: readonly (readonly [string, number, string])[], family: 'ipv4' | 'ipv6') =>
  table.map(([net, bits, what]) => {
    const list = new BlockList();
    list.addSubnet(net, bits, family);
    return { list, what };
  });
const known = { ipv4: special(SPECIAL4, 'ipv4'), ipv6: special(SPECIAL6, 'ipv6') };

/** What an address is for, where it is not of the public internet; null for a public one. What is no address is `no address`. */
export function notPublic(address: string): string | null {
  const kind = isIP(address);
  if (kind === 0) return 'no address';
  if (kind === 4) return known.ipv4.find(({ list }) => list.check(address, 'ipv4'))?.what ?? null;
  const groups = groupsOf(address);
  const inner = embedded(groups);
  if (inner !== null) return notPublic(inner);
  // Addresses are given from 2000::/3 only; the rest of IPv6 is nobody's.
  const first = groups[0] ?? 0;
  return known.ipv6.find(({ list }) => list.check(plain(groups), 'ipv6'))?.what ?? (first >> 13 === 1 ? null : 'unassigned');
}

/** The IPv4 address within an IPv6 one: mapped, compatible, translated (RFC 6052, RFC 8215), NAT64, 6to4. */
function embedded(groups: readonly number[]): string | null {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const four = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const zero = a === 0 && b === 0 && c === 0 && d === 0;
  if (zero && e === 0 && f === 0xffff) return four(g, h);
  if (zero && e === 0xffff && f === 0) return four(g, h);
  if (zero && e === 0 && f === 0 && (g !== 0 || h > 1)) return four(g, h);
  if (a === 0x64 && b === 0xff9b && (c === 0 || c === 1)) return four(g, h);
  if (a === 0x2002) return four(b, c);
  return null;
}

function groupsOf(address: string): number[] {
  const bare = address.split('%')[0] ?? '';
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare);
  const text =
    dotted === null
      ? bare
      : `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const numbers = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [numbers(head), numbers(tail ?? '')];
  return tail === undefined ? left : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}

function plain(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** Places that the operator named: networks (`10.0.0.0/8`), addresses, host names, each with a port where only that one is meant. */
export type Allowed = (host: string, port: number, address: string) => boolean;

/**
 * Reads a list such as `10.1.0.0/16, gitlab.corp.example:8443, [fd00::5]:443`. Answers the first entry that is none of
 * these where one is not. `*` is no entry: to allow everything is to have no rule.
 */
export function allowedPlaces(list: string): { readonly allowed: Allowed } | { readonly wrong: string } {
  const rules: Allowed[] = [];
  for (const entry of list.split(',').map((one) => one.trim())) {
    if (entry === '') continue;
    const rule = ruleOf(entry);
    if (rule === null) return { wrong: entry };
    rules.push(rule);
  }
  return { allowed: (host, port, address) => rules.some((rule) => rule(host, port, address)) };
}

function ruleOf(entry: string): Allowed | null {
  const net = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(entry);
  if (net !== null) return netRule(net[1] ?? '', Number(net[2]));
  const [, bracketed, bare = '', port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/]+|[0-9a-fA-F:]+:[0-9a-fA-F:]*))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const name = (bracketed ?? bare).toLowerCase();
  const portFits = (asked: number): boolean => port === undefined || asked === Number(port);
  const family = isIP(name);
  if (family !== 0) {
    const rule = netRule(name, family === 4 ? 32 : 128);
    return rule === null ? null : (host, asked, address) => portFits(asked) && rule(host, asked, address);
  }
  if (!/^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/.test(name)) return null;
  return (host, asked) => portFits(asked) && host.toLowerCase() === name;
}

function netRule(net: string, bits: number): Allowed | null {
  const family = isIP(net);
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return null;
  const list = new BlockList();
  list.addSubnet(net, bits, family === 4 ? 'ipv4' : 'ipv6');
  return (_host, _port, address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
