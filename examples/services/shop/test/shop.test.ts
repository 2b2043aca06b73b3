import assert from 'node:assert/strict';
import { test } from 'node:test';
import { product } from '../shop.ts';

test('what is in stock is available', () => assert.deepEqual(product('gear', 1250, 4), { sku: 'gear', cents: 1250, left: 4, available: true }));
test('what is sold out is not', () => assert.equal(product('rail', 9900, 0).available, false));
