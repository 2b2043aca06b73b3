import { expect, test } from 'vitest';
import { cookieName, cookieValue, fromOwnPage, setCookie } from './screen-session.ts';

test('the name carries the port, and the prefix of https', () => {
  expect(cookieName('127.0.0.1:7420', false)).toBe('ym_session_7420');
  expect(cookieName('yard.example.org', true)).toBe('__Host-ym_session');
  expect(cookieName('[::1]:80', false)).toBe('ym_session_80');
});

test.each([
  ['ym_session=ym_ses_0123456789', 'ym_ses_0123456789'],
  ['a=b; ym_session=ym_ses_0123456789; c=d', 'ym_ses_0123456789'],
  ['xym_session=ym_ses_0123456789', null],
  ['ym_session=one0123456789; ym_session=two0123456789', null],
  ['ym_session="quoted_012345"', null],
  ['ym_session=short', null],
  ['', null],
])('of %j the session is %j', (header, value) => {
  expect(cookieValue(header, 'ym_session')).toBe(value);
});

test('a cookie can not be read by scripts, not sent from other sites, and ends', () => {
  expect(setCookie('ym_session', 'tok', '2026-01-02T03:04:05.000Z', true)).toBe(
    'ym_session=tok; Path=/; HttpOnly; SameSite=Strict; Secure; Expires=Fri, 02 Jan 2026 03:04:05 GMT',
  );
  expect(setCookie('ym_session', null, null, false)).toMatch(/^ym_session=; .*1970/);
});

test.each([
  [{ host: 'a:1', origin: null, site: 'same-origin' }, true],
  [{ host: 'a:1', origin: 'http://a:1', site: null }, true],
  [{ host: 'a:1', origin: 'http://a:1', site: 'cross-site' }, false],
  [{ host: 'a:1', origin: 'http://a:1', site: 'same-site' }, false],
  [{ host: 'a:1', origin: 'http://a:1', site: 'none' }, false],
  [{ host: 'a:1', origin: 'http://a:2', site: null }, false],
  [{ host: 'a:1', origin: 'null', site: null }, false],
  [{ host: 'a:1', origin: 'http://a:1.evil.example', site: null }, false],
  [{ host: 'a:1', origin: null, site: null }, false],
  [{ host: null, origin: 'http://a:1', site: null }, false],
])('%j is from our own page: %j', (request, own) => {
  expect(fromOwnPage(request)).toBe(own);
});
