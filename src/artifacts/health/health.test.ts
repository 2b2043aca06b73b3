import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Dependency } from './health.ts';
import { healthFacts, healthOf, QUIET_DAYS } from './health.ts';
import { readNews } from './news.ts';

const now = Date.parse('2026-11-29T00:00:00Z');
const rules = { now, quietDays: QUIET_DAYS, licences: { allow: ['MIT'], deny: ['GPL-3.0-only'] } };
const dependency = (more: Partial<Dependency>): Dependency => ({
  name: 'a',
  version: '1.0.0',
  purl: 'pkg:npm/a@1.0.0',
  licence: 'MIT',
  scope: 'required',
  hashed: true,
  ...more,
});
const packument = (time: Record<string, string>, more: object = {}): string =>
  JSON.stringify({
    name: 'a',
    'dist-tags': { latest: '1.1.0' },
    time: { created: '2020-01-01T00:00:00Z', ...time },
    versions: {},
    ...more,
  });
const of = (one: Dependency, text: string | null) =>
  healthOf([one], () => (text === null ? null : (readNews(text)?.news ?? null)), rules)[0]!;

test('a package is pinned by its bytes, by its version, or not at all', () => {
  expect([{}, { hashed: false }, { hashed: false, version: null }].map((more) => of(dependency(more), null).pinned)).toEqual([
    'bytes',
    'version',
    'no',
  ]);
});

test('age and care come from what a registry says; without a word they are unknown', () => {
  expect(of(dependency({}), null)).toMatchObject({ ageDays: null, maintained: 'unknown', latest: null });
  const fresh = packument({ '1.0.0': '2024-11-29T00:00:00.000Z', '1.1.0': '2026-11-01T00:00:00.000Z' });
  expect(of(dependency({}), fresh)).toMatchObject({ ageDays: 730, maintained: 'yes', latest: '1.1.0' });
  const quiet = packument({ '1.1.0': '2023-01-01T00:00:00.000Z' });
  expect(of(dependency({}), quiet)).toMatchObject({ ageDays: null, maintained: 'no' });
  expect(of(dependency({}), packument({}))).toMatchObject({ maintained: 'unknown' });
  const given = packument({ '1.1.0': '2026-11-01T00:00:00.000Z' }, { versions: { '1.0.0': { deprecated: 'use b' }, '1.1.0': {} } });
  expect(of(dependency({}), given)).toMatchObject({ maintained: 'no', because: 'it is deprecated: use b' });
  expect(of(dependency({ version: '1.1.0' }), given)).toMatchObject({ maintained: 'yes' });
  expect(of(dependency({ deprecated: 'given up' }), null)).toMatchObject({ maintained: 'no' });
});

test('documents of PyPI and crates.io are read, anything else is none', () => {
  const pypi = {
    info: { name: 'Flask_X', version: '2.0', classifiers: ['Development Status :: 7 - Inactive'] },
    releases: { '1.0': [{ upload_time_iso_8601: '2020-01-01T00:00:00.000000Z', yanked: true, yanked_reason: 'broken' }], '2.0': [] },
  };
  const read = readNews(JSON.stringify(pypi));
  expect(read?.key).toBe('pypi flask-x');
  expect(read?.news.deprecated.get('1.0')).toBe('broken');
  expect(read?.news.deprecated.get(null)).toContain('inactive');
  const crate = {
    crate: { id: 'serde', max_stable_version: '1.0.1' },
    versions: [{ num: '1.0.1', created_at: '2026-01-01T00:00:00Z', yanked: false }],
  };
  expect(readNews(JSON.stringify(crate))).toMatchObject({
    key: 'cargo serde',
    news: { latest: { version: '1.0.1', at: '2026-01-01T00:00:00Z' } },
  });
  for (const text of ['', '{}', '[]', '{"name":"x"}', 'null']) expect(readNews(text)).toBeNull();
});

test('law: every dependency is counted, and nothing that is not known counts as good', () => {
  const any = fc.record({
    version: fc.option(fc.constant('1.0.0')),
    hashed: fc.boolean(),
    licence: fc.option(fc.constantFrom('MIT', 'GPL-3.0-only', 'see file', 'MIT OR GPL-3.0-only')),
    deprecated: fc.option(fc.constant('old')),
    publishedAt: fc.option(fc.constantFrom('2026-01-01T00:00:00Z', 'yesterday', '2030-01-01T00:00:00Z')),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (many) => {
      const all = healthOf(
        many.map((more) => dependency(more)),
        () => null,
        rules,
      );
      const facts = healthFacts(all);
      expect(facts.total).toBe(many.length);
      expect(facts.unmaintained + facts.maintenanceUnknown).toBe(many.length);
      expect(facts.unpinned + facts.pinnedByVersionOnly + all.filter((one) => one.pinned === 'bytes').length).toBe(many.length);
      expect(facts.licencesDenied + facts.licencesUnknown).toBe(
        many.filter((one) => one.licence === null || !one.licence.includes('MIT')).length,
      );
      expect(facts.oldestDays === null).toBe(facts.ageUnknown === many.length);
    }),
    { numRuns: 100 },
  );
});
