import { expect, test } from 'vitest';
import { meaningOf } from './find.ts';

const REL = `rel_${'0'.repeat(32)}`;

test.each([
  [` ${REL} `, { kind: 'node', id: REL }],
  [`sha256:${'a'.repeat(64)}`, { kind: 'node', id: `sha256:${'a'.repeat(64)}` }],
  ['c0ffee0', { kind: 'commit', prefix: 'c0ffee0' }],
  ['c0ffee', { kind: 'words', service: 'c0ffee', version: null, text: 'c0ffee' }],
  ['shop', { kind: 'words', service: 'shop', version: null, text: 'shop' }],
  ['shop 1.2.0', { kind: 'words', service: 'shop', version: '1.2.0', text: 'shop 1.2.0' }],
  ['shop@v1.2.0', { kind: 'words', service: 'shop', version: '1.2.0', text: 'shop@v1.2.0' }],
  ['Checkout is slow', { kind: 'words', service: null, version: null, text: 'Checkout is slow' }],
  ["' or 1=1 --", { kind: 'words', service: null, version: null, text: "' or 1=1 --" }],
])('%j means %j', (typed, meaning) => {
  expect(meaningOf(typed)).toEqual(meaning);
});
