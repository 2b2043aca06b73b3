import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftOf, reserve } from '../stock.js';

test('a kept product has a count', () => assert.equal(leftOf('gear'), 12));
test('an unknown product has none', () => assert.equal(leftOf('spoon'), null));
test('reserving takes away', () => assert.equal(reserve(12, 5), 7));
test('reserving too many is refused', () => {
  assert.throws(() => reserve(12, 13), RangeError);
  assert.throws(() => reserve(12, 0), RangeError);
});
