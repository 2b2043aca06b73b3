import assert from 'node:assert/strict';
import { test } from 'node:test';
import { priceOf, priceOfMany } from '../prices.js';

test('a product has its price', () => assert.equal(priceOf('gear'), 1250));
test('an unknown product has none', () => assert.equal(priceOf('spoon'), null));
test('few pieces cost their sum', () => assert.equal(priceOfMany('nut', 3), 45));
test('from 100 pieces on a tenth is off', () => assert.equal(priceOfMany('bolt', 100), 2250));
test('a count that is no count has no price', () => {
  assert.equal(priceOfMany('bolt', 0), null);
  assert.equal(priceOfMany('bolt', 1.5), null);
  assert.equal(priceOfMany('spoon', 2), null);
});
