import { expect, test } from 'vitest';
import { reduced } from './reduce.ts';

const edges = (text: string) => text.split(' ').map((pair) => ({ from: pair[0] ?? '', to: pair[1] ?? '' }));

test('an edge that another way makes is left out; what can be reached stays the same', () => {
  expect(reduced(edges('ab bc ac'))).toEqual(edges('ab bc'));
  expect(reduced(edges('ab ac bd cd ad'))).toEqual(edges('ab ac bd cd'));
  expect(reduced(edges('ab cd'))).toEqual(edges('ab cd'));
  expect(reduced([])).toEqual([]);
});
