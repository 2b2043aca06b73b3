import { expect, test } from 'vitest';
import { factsOfStory, KINDS, kindOf, leads, step, type GraphNode, type Mention } from './graph.ts';

const id = (prefix: string, n = 1): string => `${prefix}_${String(n).padStart(32, '0')}`;
const COMMIT = 'ab'.repeat(20);
const BYTES = `sha256:${'cd'.repeat(32)}`;
const yes = (): boolean => true;
const no = (): boolean => false;

test('what a mention is depends on where it stands', () => {
  expect(kindOf(id('rel'), 'release')).toBe('release');
  expect(kindOf(id('rel'), 'previousRelease')).toBeNull();
  for (const role of ['supersededBy', 'previous.deployment', 'change.previous.deployment', 'backTo'])
    expect(kindOf(id('dep'), role)).toBeNull();
  expect(kindOf(BYTES, 'artifacts.digest')).toBe('bytes');
  expect(kindOf(BYTES, 'digests')).toBe('bytes');
  for (const role of ['intent', 'inputs', 'policy', 'plan', 'envelope']) expect(kindOf(BYTES, role)).toBeNull();
  expect(kindOf(COMMIT, 'commit')).toBe('commit');
  expect(kindOf(COMMIT, 'before')).toBeNull();
  for (const prefix of ['per', 'svc', 'env', 'tea', 'rnr', 'bot', 'constructor']) expect(kindOf(id(prefix), 'subject')).toBeNull();
});

test('forward and back are opposite, and nothing leads to its own kind, so a walk ends', () => {
  for (const a of KINDS) {
    expect(leads(a, a, 'forward') || leads(a, a, 'back')).toBe(false);
    for (const b of KINDS) {
      expect(leads(a, b, 'forward')).toBe(leads(b, a, 'back'));
      expect(leads(a, b, 'forward') && leads(a, b, 'back')).toBe(false);
    }
  }
});

const mentions: Mention[] = [
  { node: id('run'), role: 'subject', fact: 1 },
  { node: COMMIT, role: 'commit', fact: 1 },
  { node: id('rel'), role: 'subject', fact: 2 },
  { node: id('run'), role: 'run', fact: 2 },
  { node: BYTES, role: 'digests', fact: 2 },
  { node: id('rel', 2), role: 'subject', fact: 3 },
  { node: id('run'), role: 'run', fact: 3 },
];

test('a step goes one way only and names the facts it went along', () => {
  const start: GraphNode[] = [{ id: id('run'), kind: 'run' }];
  expect(step(start, mentions, 'back', yes)).toEqual({
    nodes: [{ id: COMMIT, kind: 'commit' }],
    edges: [{ from: COMMIT, to: id('run'), fact: 1 }],
  });
  expect(step(start, mentions, 'forward', yes).nodes.map((node) => node.id)).toEqual([id('rel'), BYTES, id('rel', 2)]);
  expect(step(start, mentions, 'forward', no).nodes.map((node) => node.id)).toEqual([id('rel'), id('rel', 2)]);
});

test('a story has the facts of its own stations, and none of another release, though they share a run', () => {
  expect(factsOfStory(new Set([COMMIT, id('run'), id('rel')]), mentions, yes)).toEqual([1, 2]);
});
