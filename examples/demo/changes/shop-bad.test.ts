import assert from 'node:assert/strict';
import { test } from 'node:test';
import { product } from '../shop.ts';

test('what is in stock is available', () =>
  assert.deepEqual(product('gear', 1250, 4), { sku: 'gear', cents: 1250, left: 4, available: true, perPiece: 250 }));
test('one piece of many is a small share', () => assert.equal(product('bolt', 25, 500).perPiece, 2));
