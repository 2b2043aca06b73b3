import { expect, test } from 'vitest';
import fc from 'fast-check';
import { digestOf, digestOfValue } from '../../kernel/digest.ts';
import { differenceOf, differs, settingsOf, type Side } from './difference.ts';

const places = { left: { name: 'stage' }, right: { name: 'prod' } };
const side = (version: string, configuration: object): Side => ({
  version,
  release: `rel_${'0'.repeat(32)}`,
  digests: [digestOf(version)],
  configurationDigest: digestOfValue(configuration),
});
const stage = { LEVEL: 'debug', REGION: 'eu', ONLY_STAGE: '' };
const prod = { LEVEL: 'info', REGION: 'eu', ONLY_PROD: '1' };
const shop = { name: 'shop', configuration: { stage, prod } };

test('values that differ are listed by key, an absent one is null and an empty one is not', () => {
  const found = differenceOf(shop, places, { left: side('1.1.0', stage), right: side('1.0.0', prod) });
  expect(found).toMatchObject({
    sameVersion: false,
    same: 1,
    version: { left: { version: '1.1.0' }, right: { version: '1.0.0' } },
    configuration: [
      { key: 'LEVEL', left: 'debug', right: 'info' },
      { key: 'ONLY_PROD', left: null, right: '1' },
      { key: 'ONLY_STAGE', left: '', right: null },
    ],
    current: { left: true, right: true },
  });
});

test('what was started with older values is told, and is a difference by itself', () => {
  const same = { name: 'shop', configuration: { stage: { A: '1' }, prod: { A: '1' } } };
  const alike = differenceOf(same, places, { left: side('1.0.0', { A: '1' }), right: side('1.0.0', { A: '1' }) });
  expect(differs(alike)).toBe(false);
  const old = differenceOf(same, places, { left: side('1.0.0', { A: '0' }), right: side('1.0.0', { A: '1' }) });
  expect([old.current, differs(old)]).toEqual([{ left: false, right: true }, true]);
  const nowhere = differenceOf(same, places, { left: null, right: null });
  expect([nowhere.current, nowhere.sameVersion, differs(nowhere)]).toEqual([{ left: null, right: null }, true, false]);
  expect(differenceOf(same, places, { left: side('1.0.0', {}), right: null }).sameVersion).toBe(false);
});

test('the names of keys are only names: what every object has is no configuration', () => {
  expect(
    differenceOf({ name: 'x', configuration: { stage: {}, prod: { toString: 'a' } } }, places, { left: null, right: null }).configuration,
  ).toEqual([{ key: 'toString', left: null, right: 'a' }]);
});

test('law: swapping the sides swaps the values, and nothing differs from itself', () => {
  const values = fc.dictionary(fc.string(), fc.string());
  fc.assert(
    fc.property(values, values, (left, right) => {
      const none = { left: null, right: null };
      const one = differenceOf({ name: 'x', configuration: { stage: left, prod: right } }, places, none).configuration;
      const other = differenceOf({ name: 'x', configuration: { stage: right, prod: left } }, places, none).configuration;
      expect(other).toEqual(one.map(({ key, left: a, right: b }) => ({ key, left: b, right: a })));
      expect(differenceOf({ name: 'x', configuration: { stage: left, prod: left } }, places, none).configuration).toEqual([]);
    }),
  );
});

test('environments differ in words', () => {
  const base = {
    id: 'env_1',
    name: 'stage',
    kind: 'staging',
    after: [],
    protected: false,
    agent: 'a',
    deployedBy: 'yardmaster',
    strategy: { kind: 'all-at-once' },
    version: 1,
  } as const;
  const canary = { kind: 'canary', baseline: true, steps: [{ weight: 10, forMs: 60_000 }], maxErrorRateWorse: 1, minRequests: 1 } as const;
  expect(settingsOf(base, { ...base, name: 'prod', protected: true, strategy: canary })).toEqual([
    { setting: 'protected', left: 'no', right: 'yes' },
    { setting: 'strategy', left: 'all at once', right: 'canary with a baseline: 10 % for 60 s' },
  ]);
});
