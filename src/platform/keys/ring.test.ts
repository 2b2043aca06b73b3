import { expect, test } from 'vitest';
import { openTo, readRing, ringKeyId, writeRing } from './ring.ts';

const key = (byte: number) => Buffer.alloc(32, byte);

test('a ring is read as it is written; comments and doubles are left out', () => {
  const ring = [1, 2].map((byte) => ({ id: ringKeyId(key(byte)), key: key(byte) }));
  expect(readRing(`# ours\n\n${writeRing(ring)}${key(1).toString('base64')}\n`)).toEqual({ keys: ring });
  expect(readRing('')).toEqual({ keys: [] });
});

test.each([
  ['short', Buffer.alloc(31)],
  ['long', Buffer.alloc(33)],
])('a key that is too %s is refused, and never repeated', (_, bytes) => {
  const read = readRing(`${key(1).toString('base64')}\n${bytes.toString('base64')}\n`);
  expect(read).toEqual({ why: 'line 2 is not 32 bytes in base64' });
});

test('text that is no base64 is no key', () => {
  expect(readRing('x'.repeat(44))).toMatchObject({ why: expect.stringContaining('line 1') as string });
});

test('names differ by key, and are not the hash that others may know', () => {
  expect(ringKeyId(key(1))).toMatch(/^file:[0-9a-f]{16}$/);
  expect(ringKeyId(key(1))).not.toBe(ringKeyId(key(2)));
});

test.each([
  [0o100600, null],
  [0o100400, null],
  [0o100440, null],
  [0o100640, null],
  [0o100660, 'its group may write it'],
  [0o100604, 'everybody on this machine may open it'],
  [0o100602, 'everybody on this machine may open it'],
])('mode %o: %s', (mode, why) => expect(openTo(mode)).toBe(why));
