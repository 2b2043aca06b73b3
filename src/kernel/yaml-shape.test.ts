import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkShape } from './yaml-shape.ts';
import { readYaml } from './yaml.ts';

const schema = z.strictObject({
  name: z.string().max(5),
  kind: z.enum(['alpha', 'beta']).default('alpha'),
  steps: z.array(z.strictObject({ run: z.string(), n: z.int().min(3).optional() })).default([]),
  either: z.union([z.string(), z.array(z.string())]).default(''),
  words: z.record(z.string().regex(/^[a-z]+$/, 'lower-case letters'), z.string()).default({}),
  own: z
    .string()
    .refine((text) => text === 'q', { error: 'this must be q', params: { code: 'a.own', remedy: 'Write q.' } })
    .default('q'),
});

function faults(text: string) {
  const yaml = readYaml(text, 'f.yaml');
  if (!yaml.ok) throw new Error('the YAML itself is wrong');
  const read = checkShape(yaml.document, schema);
  if (read.ok) return [];
  return read.diagnostics.map((one) => [text.slice(one.range.start.offset, one.range.end.offset), one.code, one.message, one.remedy]);
}

test.each([
  ['name: a\nstepz: []', ['stepz', 'yaml.unknown-key', 'there is no "stepz" at the top of the file', 'Did you mean "steps"?']],
  ['name: a\nkind: alhpa', ['alhpa', 'yaml.wrong-value', 'alhpa is none of the possible values', 'Did you mean "alpha"?']],
  ['name: toolong', ['toolong', 'yaml.too-large-value', 'this is more than 5 characters', 'At most 5 characters.']],
  ['name: 1', ['1', 'yaml.wrong-type', 'a text is expected, and this is the number 1', 'Put it in quotes.']],
  ['kind: beta', ['kind: beta', 'yaml.missing', '"name" is missing at the top of the file', 'Add it: a text.']],
  ['name: a\nsteps: {run: x}', ['{run: x}', 'yaml.wrong-type', 'a list is expected, and this is a map', 'Write a list here.']],
  ['name: a\nsteps:\n  - rnu: x\n    run: y', ['rnu', 'yaml.unknown-key', 'there is no "rnu" in steps[0]', 'Did you mean "run"?']],
  ['name: a\nsteps: [{run: x, n: 2}]', ['2', 'yaml.too-small-value', 'this is less than 3', 'At least 3.']],
  ['name: a\neither: {a: 1}', ['{a: 1}', 'yaml.wrong-value', 'a text or a list is expected in either', 'Write it so.']],
  ['name: a\neither: [1]', ['1', 'yaml.wrong-type', 'a text is expected, and this is the number 1', 'Put it in quotes.']],
  ['name: a\nwords: {A1: x}', ['A1', 'yaml.wrong-value', '"A1" is no name here: lower-case letters', 'Correct the value.']],
  ['name: a\nown: z', ['z', 'a.own', 'this must be q', 'Write q.']],
])('case %# points at the words', (text, expected) => {
  expect(faults(text)).toEqual([expected]);
});

test('all errors are told at once', () => {
  expect(faults('name: toolong\nkind: x\nown: z\nq: 1')).toHaveLength(4);
});

test('a key called like a member of every object is just unknown', () => {
  expect(faults('name: a\nconstructor: 1').map(([word, code]) => [word, code])).toEqual([['constructor', 'yaml.unknown-key']]);
  expect(faults('name: a\nwords: {constructor: x, toString: y}').map(([word]) => word)).toEqual(['toString']);
});
