import { expect, test } from 'vitest';
import { isTooOld, OLDEST_CLIENT, OLDEST_SERVER, PROTOCOL, protocolIn } from './protocol.ts';

test('the release before is understood, by server and by client', () => {
  expect(OLDEST_CLIENT).toBeLessThan(PROTOCOL);
  expect(OLDEST_SERVER).toBeLessThan(PROTOCOL);
  expect(protocolIn(null)).toBe(1);
});

test.each([
  [null, true, 1, false],
  [null, true, 2, true],
  [null, false, 2, false],
  ['2', true, 2, false],
  ['3', true, 2, false],
  ['1', false, 2, true],
  ['0', false, 1, true],
  ['two', true, 1, true],
  ['-1', true, 1, true],
  ['', true, 1, true],
])('a client that says %j (of a machine: %s) to a server that takes %i: too old %s', (header, machine, oldest, refused) => {
  expect(isTooOld(header, { machine }, oldest)).toBe(refused);
});
