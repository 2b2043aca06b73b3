import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePurl } from '../sbom/package-url.ts';
import { cvss3, readAdvisories, severityOf } from './advisory.ts';
import type { Advisory } from './advisory.ts';
import { cvss4 } from './cvss4.ts';
import { readExploited } from './exploited.ts';
import { compareFor } from './compare.ts';
import { indexAdvisories, judge, matchPurls, subjectOf } from './match.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'vuln/ossf+osv-schema/tools');

/** Ascending; what stands in one text between = is equal. From the specifications' own examples. */
const ORDERED: Record<string, string> = {
  npm: '1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0-rc.1 < 1.0.0 = 1.0.0+build < 1.0.1 < 1.10.0',
  Go: 'v0.0.0-20190101000000-abcdefabcdef < v0.1.0 < v1.0.0 < v2.0.0+incompatible',
  PyPI: '1.0.dev456 < 1.0a1 < 1.0a2.dev456 < 1.0a12.dev456 < 1.0a12 < 1.0b1.dev456 < 1.0b2 < 1.0b2.post345.dev456 < 1.0b2.post345 < 1.0rc1.dev456 < 1.0rc1 = 1.0-c1 < 1.0 = 1.0.0 = v1.0 < 1.0+abc.5 < 1.0+abc.7 < 1.0+5 < 1.0.post456.dev34 < 1.0.post456 = 1.0-456 < 1.1.dev1 < 1!0.1',
  Maven:
    '1-alpha-1 = 1a1 < 1-beta-1 < 1-milestone-1 = 1m1 < 1-rc-1 = 1-cr-1 < 1-SNAPSHOT < 1 = 1.0 = 1-ga = 1.0.0-final = 1-0 < 1-sp < 1-foo < 1-1 < 1.1 < 1.2 < 1.10',
  NuGet: '1.0.0-alpha < 1.0.0-ALPHA.1 < 1.0.0-beta < 1.0.0 = 1.0 = 1.0.0.0 < 1.0.0.1 < 1.0.1',
  Debian: '1.0~~ < 1.0~rc1 < 1.0 < 1.0-1 < 1.0-1.1 < 1.0-10 < 1.0a < 1.0+b1 < 1.2 < 1:0.1',
  Alpine: '1.2_alpha1 < 1.2_beta < 1.2_rc1 < 1.2 < 1.2-r1 < 1.2-r10 < 1.2_p1 < 1.2a < 1.2.1 < 1.10',
  RubyGems: '1.0.a < 1.0.rc1 < 1.0 = 1.0.0 < 1.0.1 < 1.10',
};

test.each(Object.keys(ORDERED))('versions of %s stand in the order of their specification, each pair', (ecosystem) => {
  const compare = compareFor(ecosystem);
  const groups = (ORDERED[ecosystem] ?? '').split(' < ').map((group) => group.split(' = '));
  groups.forEach((group, at) =>
    groups.forEach((other, place) => {
      for (const a of group) for (const b of other) expect(Math.sign(compare?.(a, b) ?? NaN), `${a} and ${b}`).toBe(Math.sign(at - place));
    }),
  );
});

test.each(Object.keys(ORDERED))(
  'the order of %s is one: whatever the texts, turned round it is turned round, and nothing hangs',
  (ecosystem) => {
    const compare = compareFor(ecosystem);
    const text = fc.oneof(fc.stringMatching(/^\d(?:[.\-+~_]?[0-9a-z]){0,8}$/), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [there, back] = [compare?.(a, b), compare?.(b, a)];
        if (there === null || back === null) expect([there, back]).toEqual([null, null]);
        else expect(Math.sign(there ?? NaN) + Math.sign(back ?? NaN)).toBe(0);
      }),
      { numRuns: 200 },
    );
    const started = performance.now();
    for (const long of ['1'.repeat(50_000), `1${'.1'.repeat(25_000)}`, `1${'-a'.repeat(25_000)}`, `1${'~'.repeat(50_000)}`])
      compare?.(long, `${long}x`);
    expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
  },
);

test('Debian’s order is the one of dpkg itself', ({ skip }) => {
  if (spawnSync('dpkg', ['--version']).status !== 0) skip('no dpkg on this machine');
  const compare = compareFor('Debian');
  const version = fc.stringMatching(/^\d(?:[.+~-]?[0-9a-z]){0,4}$/);
  fc.assert(
    fc.property(version, version, (a, b) => {
      const isLess = spawnSync('dpkg', ['--compare-versions', a, 'lt', b]).status === 0;
      expect((compare?.(a, b) ?? NaN) < 0, `${a} lt ${b}`).toBe(isLess);
    }),
    { numRuns: 60 },
  );
});

const advisory = (ecosystem: string, name: string, events: object[], more: object = {}): Advisory =>
  readAdvisories(
    JSON.stringify({
      id: 'OSV-1',
      modified: '2026-01-01T00:00:00Z',
      affected: [{ package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events }] }],
      ...more,
    }),
  ).advisories[0] ?? expect.fail();
const says = (one: Advisory, ...purls: string[]): string[] =>
  matchPurls(purls, indexAdvisories([one])).map((match) => `${match.purl} ${match.verdict}`);

test('ranges: from introduced to before fixed, through last_affected, again after', () => {
  const one = advisory('npm', '@s/a', [{ introduced: '0' }, { fixed: '1.2.0' }, { introduced: '2.0.0' }, { last_affected: '2.1.0' }]);
  const hit = (version: string): boolean => says(one, `pkg:npm/%40s/a@${version}`).length > 0;
  expect(['0.0.1', '1.1.9', '1.2.0-rc.1', '2.0.0', '2.1.0'].map(hit)).toEqual([true, true, true, true, true]);
  expect(['1.2.0', '1.9.9', '2.0.0-rc.1', '2.1.1', '3.0.0'].map(hit)).toEqual([false, false, false, false, false]);
  expect(matchPurls(['pkg:npm/%40s/a@1.0.0'], indexAdvisories([one]))[0]?.fixed).toEqual(['1.2.0']);
});

test('names of each ecosystem: normal forms, groups, source packages, releases of a distribution', () => {
  const all = [{ introduced: '0' }];
  expect(says(advisory('PyPI', 'Foo.Bar', all), 'pkg:pypi/foo-bar@1.0', 'pkg:pypi/foo@1')).toEqual(['pkg:pypi/foo-bar@1.0 affected']);
  expect(says(advisory('Maven', 'org.a:b', all), 'pkg:maven/org.a/b@1.0')).toHaveLength(1);
  expect(says(advisory('Go', 'github.com/a/B', all), 'pkg:golang/github.com/a/B@v1.0.0')).toHaveLength(1);
  expect(says(advisory('NuGet', 'newtonsoft.json', all), 'pkg:nuget/Newtonsoft.Json@1.0.0')).toHaveLength(1);
  expect(
    says(advisory('crates.io', 'a', [{ introduced: '0.0.0-0' }, { fixed: '0.5.0' }]), 'pkg:cargo/a@0.4.9', 'pkg:cargo/a@0.5.0'),
  ).toEqual(['pkg:cargo/a@0.4.9 affected']);
  const openssl = advisory('Debian:12', 'openssl', [{ introduced: '0' }, { fixed: '3.0.11-1~deb12u2' }]);
  expect(says(openssl, 'pkg:deb/debian/libssl3@3.0.11-1~deb12u1?distro=debian-12&upstream=openssl')).toHaveLength(1);
  expect(says(openssl, 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=debian-12&upstream=openssl')).toHaveLength(0);
  expect(says(openssl, 'pkg:deb/debian/libssl3@1.1.1?distro=debian-11&upstream=openssl')).toHaveLength(0);
  const busybox = advisory('Alpine:v3.19', 'busybox', [{ introduced: '0' }, { fixed: '1.36.1-r7' }]);
  expect(says(busybox, 'pkg:apk/alpine/busybox@1.36.1-r5?distro=alpine-3.19.1')).toHaveLength(1);
  expect(says(busybox, 'pkg:apk/alpine/ssl_client@1.36.1-r7?distro=alpine-3.19.1&upstream=busybox')).toHaveLength(0);
});

test('what can’t be compared is unknown, never unaffected; what is withdrawn says nothing', () => {
  const one = advisory('npm', 'a', [{ introduced: '0' }, { fixed: 'not-a-version' }]);
  expect(says(one, 'pkg:npm/a@1.0.0')).toEqual(['pkg:npm/a@1.0.0 unknown']);
  expect(says(advisory('Packagist', 'a/b', [{ introduced: '0' }, { fixed: '2' }]), 'pkg:composer/a/b@1')).toEqual([
    'pkg:composer/a/b@1 unknown',
  ]);
  expect(says(advisory('npm', 'a', [{ introduced: '0' }], { withdrawn: '2026-01-01T00:00:00Z' }), 'pkg:npm/a@1.0.0')).toEqual([]);
});

test('laws: with one range [introduced, fixed) a version is affected just where the order says so', () => {
  const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(
      fc.constantFrom('npm', 'PyPI', 'Maven', 'NuGet', 'Debian', 'Alpine'),
      version,
      version,
      version,
      (ecosystem, from, to, at) => {
        const compare = compareFor(ecosystem);
        const inside = (compare?.(at, from) ?? 0) >= 0 && (compare?.(at, to) ?? 0) < 0;
        const events = [{ introduced: from }, { fixed: to }];
        fc.pre((compare?.(from, to) ?? 0) < 0);
        expect(judge({ ecosystem, release: null, name: 'a', version: at }, { ranges: [{ type: 'ECOSYSTEM', events }] })).toBe(
          inside ? 'affected' : 'unaffected',
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('how bad: the source’s word, else CVSS 3 after its specification', () => {
  expect(cvss3('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H')).toBe(9.8);
  expect(cvss3('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H')).toBe(10);
  expect(cvss3('CVSS:3.0/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N')).toBe(2.5);
  expect(cvss3('CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N')).toBe(6.1);
  expect(cvss3('CVSS:3.1/AV:X')).toBeNull();
  expect(severityOf(advisory('npm', 'a', [], { database_specific: { severity: 'MODERATE' } }))).toBe('medium');
  expect(severityOf(advisory('npm', 'a', []))).toBe('unknown');
});

test('published advisories: all are read; what they list is affected, what they call fixed is not', ({ skip }) => {
  if (!existsSync(corpus)) skip(`no corpus at ${corpus}`);
  const files = ['ghsa/testdata', 'osv-linter/testdata', 'redhat/testdata/OSV'].flatMap((folder) =>
    readdirSync(join(corpus, folder)).map((name) => join(corpus, folder, name)),
  );
  let [read, checked] = [0, 0];
  for (const file of files.filter((name) => /\.osv\.json$|osv-linter|OSV\/RHSA/.test(name))) {
    const { advisories, faults } = readAdvisories(readFileSync(file, 'utf8'));
    expect(faults, file).toEqual([]);
    read += advisories.length;
    for (const one of advisories.flatMap((found) => found.affected ?? [])) {
      const { ecosystem = '', name = '' } = one.package ?? {};
      if (compareFor(ecosystem) === null) continue;
      const at = (version: string) => judge({ ecosystem: ecosystem.split(':')[0] ?? '', release: null, name, version }, one);
      for (const version of one.versions ?? []) expect(at(version), `${file} ${version}`).toBe('affected');
      for (const event of (one.ranges ?? []).filter((range) => range.type !== 'GIT').flatMap((range) => range.events)) {
        checked += 1;
        if (event.introduced !== undefined && event.introduced !== '0')
          expect(at(event.introduced), `${file} ${event.introduced}`).toBe('affected');
        if (event.last_affected !== undefined) expect(at(event.last_affected), `${file} ${event.last_affected}`).toBe('affected');
        if (event.fixed !== undefined && (one.ranges ?? []).length === 1)
          expect(at(event.fixed), `${file} ${event.fixed}`).toBe('unaffected');
      }
    }
  }
  process.stdout.write(`advisories: ${read} read, ${checked} events checked\n`);
  expect(read).toBeGreaterThan(8);
  expect(checked).toBeGreaterThan(10);
});

test('hostile records are named and the others stand', () => {
  const lines = [
    '{"id":"A-1","modified":"x"}',
    '{',
    '{"id":"../../x","modified":"x"}',
    '{"id":"A-2","modified":"x","affected":[{"package":{"ecosystem":"__proto__","name":"constructor"}}]}',
  ];
  const { advisories, faults } = readAdvisories(lines.join('\n'));
  expect(advisories.map((one) => one.id)).toEqual(['A-1', 'A-2']);
  expect(faults.map((fault) => fault.at)).toEqual(['line 2', 'line 3']);
  expect(matchPurls(['pkg:npm/constructor@1'], indexAdvisories(advisories))).toEqual([]);
  const odd = parsePurl('pkg:generic/a@1');
  expect(odd === null ? null : subjectOf(odd)).toBeNull();
});

test('CVSS 4 after the examples that FIRST publishes, and what is no vector is none', () => {
  const base = (vector: string) => cvss4(`CVSS:4.0/${vector}`);
  expect(base('AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H')).toBe(10);
  expect(base('AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N')).toBe(8.7);
  expect(base('AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N')).toBe(7.3);
  expect(base('AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N')).toBe(7.7);
  expect(base('AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N')).toBe(8.3);
  expect(base('AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N')).toBe(5.1);
  expect(base('AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N')).toBe(0);
  // Threat and environment: nobody exploits it, and somebody would be hurt.
  expect(base('AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U')).toBe(4.4);
  expect(base('AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N/MSI:S')).toBe(9.7);
  for (const none of ['AV:N', 'AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:S/SA:N', 'AV:N/AV:N', 'constructor:N', ''])
    expect(base(none), none).toBeNull();
  expect(cvss4('CVSS:3.1/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N')).toBeNull();
  const severity = [{ type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' }];
  expect(severityOf(advisory('npm', 'a', [], { severity }))).toBe('critical');
});

test('a catalogue of what is exploited is taken whole, or not at all', () => {
  const one = {
    cveID: 'CVE-2026-0001',
    dateAdded: '2026-01-02',
    dueDate: '2026-01-23',
    knownRansomwareCampaignUse: 'Known',
    vendorProject: 'x',
  };
  const catalogue = {
    title: 'x',
    catalogVersion: '2026.01.02',
    dateReleased: '2026-01-02T15:00:00.1234Z',
    count: 1,
    vulnerabilities: [one],
  };
  const read = (more: object) => readExploited(JSON.stringify({ ...catalogue, ...more }));
  expect(read({})).toEqual({
    ok: true,
    value: {
      catalogue: '2026.01.02',
      released: '2026-01-02T15:00:00.123Z',
      entries: [{ cve: 'CVE-2026-0001', added: '2026-01-02', due: '2026-01-23', ransomware: true }],
    },
  });
  for (const bad of [
    { count: 2 },
    { vulnerabilities: [] },
    { vulnerabilities: [{ ...one, cveID: 'x' }] },
    { dateReleased: 'soon' },
    { vulnerabilities: [{ ...one, dueDate: '2026-99-99' }] },
  ])
    expect(read(bad).ok, JSON.stringify(bad)).toBe(false);
  expect(readExploited('<html>')).toEqual({ ok: false, why: 'it is no JSON' });
});
