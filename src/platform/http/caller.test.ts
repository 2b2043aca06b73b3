import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callerOf, knowsHost, networkOf, trustedProxies, type Trusted } from './caller.ts';

function proxies(list: string): Trusted {
  const read = trustedProxies(list);
  if ('wrong' in read) throw new Error(read.wrong);
  return read.trusted;
}
const trusted = proxies('10.0.0.0/8, 192.0.2.7, fd00::/8');
const heard = (remote: string, forwardedFor: string | null = null, forwardedProto: string | null = null, encrypted = false) => ({
  remote,
  forwardedFor,
  forwardedProto,
  encrypted,
});

test.each([
  ['nobody vouches for a stranger', heard('203.0.113.9', '1.1.1.1', 'https'), { address: '203.0.113.9', https: false }],
  ['a proxy passes on one hop', heard('10.0.0.1', '203.0.113.9', 'https'), { address: '203.0.113.9', https: true }],
  ['what a client wrote itself stands left', heard('10.0.0.1', '1.1.1.1, 203.0.113.9'), { address: '203.0.113.9', https: false }],
  ['two proxies of ours', heard('10.0.0.1', '1.1.1.1, 203.0.113.9, 192.0.2.7'), { address: '203.0.113.9', https: false }],
  ['all hops are ours', heard('10.0.0.1', '10.9.9.9, 10.0.0.2'), { address: '10.9.9.9', https: false }],
  ['a hop that is none ends the walk', heard('10.0.0.1', '203.0.113.9, evil'), { address: '10.0.0.1', https: false }],
  ['no header', heard('10.0.0.1'), { address: '10.0.0.1', https: false }],
  ['ports and brackets', heard('fd00::1', '[2001:db8::5]:443'), { address: '2001:db8::5', https: false }],
  ['an IPv4 address in IPv6 form', heard('::ffff:10.0.0.1', '203.0.113.9:1234'), { address: '203.0.113.9', https: false }],
  ['the last word on the protocol', heard('10.0.0.1', null, 'https, http'), { address: '10.0.0.1', https: false }],
  ['TLS of our own', heard('203.0.113.9', null, 'http', true), { address: '203.0.113.9', https: true }],
])('%s', (_, from, caller) => expect(callerOf(from, trusted)).toEqual(caller));

test('a stranger is always known by the address of the connection, whatever the headers say', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (forwarded, proto) => {
      expect(callerOf(heard('203.0.113.9', forwarded, proto), trusted)).toEqual({ address: '203.0.113.9', https: false });
    }),
  );
});

test('a caller behind a proxy can never choose who he is: only the hop that the proxy wrote counts', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), (written) => {
      expect(callerOf(heard('10.0.0.1', [...written, '203.0.113.9'].join(',')), trusted).address).toBe('203.0.113.9');
    }),
  );
});

test.each([['10.0.0.0/33'], ['10.0.0/8'], ['x'], ['10.0.0.0/8/8'], ['::1/129'], ['10.0.0.0/']])('%s is no proxy', (entry) => {
  expect(trustedProxies(`127.0.0.1, ${entry}`)).toEqual({ wrong: entry });
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network));

test.each([
  ['127.0.0.1:7420', true],
  ['[::1]:7420', true],
  ['localhost:7420', true],
  ['yard.example.org', true],
  ['YARD.example.org.:443', true],
  ['evil.example.org', false],
  ['yard.example.org.evil.org', false],
  ['yard.example.org/x', false],
  ['yard.example.org@evil', false],
  ['', false],
  [null, false],
])('host %s: %s', (host, right) => expect(knowsHost(host, ['yard.example.org'])).toBe(right));
