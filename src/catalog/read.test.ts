import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_CATALOG, merged, type Catalog } from './catalog.ts';
import { inRoadOrder } from './environment.ts';
import { planApply, touchedEnvironments } from './plan-apply.ts';
import { readCatalog } from './read.ts';
import { configurationIn } from './service.ts';

function faults(text: string, current = EMPTY_CATALOG, prune = false): (readonly [words: string, code: string])[] {
  const read = readCatalog(text, 'yardmaster.yaml', current, prune);
  const all = read.ok ? read.warnings : read.diagnostics;
  return all.map((one) => [text.slice(one.range.start.offset, one.range.end.offset), one.code] as const);
}
function catalog(text: string, current = EMPTY_CATALOG): Catalog {
  const read = readCatalog(text, 'f', current);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  return read.catalog;
}
const service = (rest: string): string => `teams: {w: {}}\nenvironments: {dev: {kind: development}}\nservices:\n  a: {team: w, ${rest}}\n`;

test('what is not written has a safe meaning', () => {
  const read = catalog(
    'teams: {w: }\nenvironments: {dev: {kind: development}, prod: {kind: production, after: dev}}\nservices: {a: {team: w, repository: /srv/a.git, run: {command: [node, a.js]}}}',
  );
  expect(read.environments).toEqual({
    dev: {
      kind: 'development',
      after: [],
      protected: false,
      agent: 'default',
      deployedBy: 'yardmaster',
      strategy: { kind: 'all-at-once' },
    },
    prod: {
      kind: 'production',
      after: ['dev'],
      protected: true,
      agent: 'default',
      deployedBy: 'yardmaster',
      strategy: { kind: 'all-at-once' },
    },
  });
  expect(read.services['a']).toEqual({
    team: 'w',
    tier: 2,
    repository: { url: '/srv/a.git', branch: 'main', path: '.' },
    stack: null,
    dependsOn: [],
    policy: null,
    run: { command: ['node', 'a.js'], portEnv: 'PORT', health: '/healthz', readyWithinMs: 10_000, env: {} },
    configuration: {},
    observeOnly: false,
  });
});

test('a canary is written in percent and durations, and read in permille and milliseconds', () => {
  const read = catalog(
    'environments: {p: {kind: production, strategy: {canary: {steps: [{weight: 5, for: 30s}, {weight: 50, for: 1m30s}], max-error-rate-worse: 0.5%, min-requests: 10}}}}',
  );
  expect(read.environments['p']?.strategy).toEqual({
    kind: 'canary',
    baseline: true,
    steps: [
      { weight: 5, forMs: 30_000 },
      { weight: 50, forMs: 90_000 },
    ],
    maxErrorRateWorse: 5,
    minRequests: 10,
  });
});

test.each([
  ['an unknown team', 'teams: {web: {}}\nservices: {a: {team: wbe}}', ['wbe', 'catalog.unknown-team']],
  ['an unknown service', service('depends-on: [b]'), ['b', 'catalog.unknown-service']],
  ['an unknown service with a range', service('depends-on: {b: ^1}'), ['b', 'catalog.unknown-service']],
  ['itself', service('depends-on: [a]'), ['[a]', 'catalog.cycle']],
  ['no range', `${service('depends-on: {b: latest!}')}  b: {team: w}`, ['latest!', 'catalog.range']],
  ['an unknown environment', service('configuration: {dve: {A: b}}'), ['dve', 'catalog.unknown-environment']],
  ['an unknown road', 'environments: {a: {kind: test, after: [b]}}', ['b', 'catalog.unknown-environment']],
  ['a road in a circle', 'environments: {a: {kind: test, after: b}, b: {kind: test, after: a}}', ['b', 'catalog.cycle']],
  ['a road to itself', 'environments: {a: {kind: test, after: a}}', ['a', 'catalog.cycle']],
  ['a wrong kind', 'environments: {a: {kind: prod}}', ['prod', 'yaml.wrong-value']],
  ['a wrong tier', service('tier: 4'), ['4', 'yaml.wrong-value']],
  ['a wrong policy', service('policy: strict'), ['strict', 'yaml.wrong-value']],
  ['a helper program as address', service("repository: 'ext::sh -c id'"), ["'ext::sh -c id'", 'catalog.repository']],
  ['an option as address', service("repository: '--upload-pack=id'"), ["'--upload-pack=id'", 'catalog.repository']],
  [
    'a password in an address',
    service('repository: https://me:pw@example.com/r.git'),
    ['https://me:pw@example.com/r.git', 'catalog.repository'],
  ],
  ['a folder outside', service('repository: {url: /r, path: ../x}'), ['../x', 'catalog.folder']],
  ['a branch that is an option', service('repository: {url: /r, branch: -x}'), ['-x', 'catalog.branch']],
  [
    'falling weights',
    'environments: {p: {kind: test, strategy: {canary: {steps: [{weight: 50, for: 1s}, {weight: 50, for: 1s}]}}}}',
    ['[{weight: 50, for: 1s}, {weight: 50, for: 1s}]', 'catalog.canary-steps'],
  ],
  [
    'a share without percent',
    'environments: {p: {kind: test, strategy: {canary: {steps: [{weight: 5, for: 1s}], max-error-rate-worse: "1"}}}}',
    ['"1"', 'catalog.share'],
  ],
  ['a health path that is none', service('run: {command: [x], health: healthz}'), ['healthz', 'yaml.wrong-value']],
  ['no command', service('run: {command: []}'), ['[]', 'yaml.too-small-value']],
  ['a secret in configuration', service('configuration: {dev: {DB_PASSWORD: x}}'), ['DB_PASSWORD', 'catalog.secret-in-configuration']],
  ['no address of a member', 'teams: {w: {members: [ann]}}', ['ann', 'yaml.wrong-value']],
  ['a name with capitals', 'teams: {Web: {}}', ['Web', 'yaml.wrong-value']],
] as const)('%s is told at its words', (_, text, expected) => {
  expect(faults(text)).toEqual([expected]);
});

test('all errors are told at once', () => {
  const text = 'environments: {a: {kind: test, after: x}}\nservices: {s: {team: y, depends-on: [z]}}';
  expect(faults(text).map(([words]) => words)).toEqual(['x', 'y', 'z']);
});

test('references reach what is applied already, but not what pruning takes away', () => {
  const current = catalog('teams: {w: {}}\nservices: {b: {team: w}}');
  expect(faults('services: {a: {team: w, depends-on: [b]}}', current)).toEqual([]);
  expect(faults('services: {a: {team: w, depends-on: [b]}}', current, true).map(([, code]) => code)).toEqual([
    'catalog.unknown-team',
    'catalog.unknown-service',
  ]);
  // A circle may close through a service that the file does not name.
  const reaching = catalog('services: {b: {team: w, depends-on: [a]}}', catalog('teams: {w: {}}\nservices: {a: {team: w}, b: {team: w}}'));
  const whole = merged(catalog('teams: {w: {}}\nservices: {a: {team: w}, b: {team: w}}'), reaching, false);
  expect(faults('services: {a: {team: w, depends-on: [b]}}', whole).map(([, code]) => code)).toEqual(['catalog.cycle']);
});

const name = fc.constantFrom('a', 'b', 'c', 'constructor');
const teams = fc.dictionary(name, fc.record({ title: fc.option(fc.constantFrom('x', 'y')), members: fc.constant([] as string[]) }));
const catalogs = fc.record({
  policy: fc.option(fc.constantFrom('startup' as const, 'standard' as const)),
  teams,
  environments: fc.constant({}),
  services: fc.constant({}),
});

test('a plan is empty exactly where nothing differs, and applying it leaves nothing to do', () => {
  fc.assert(
    fc.property(catalogs, catalogs, fc.boolean(), (current, file, prune) => {
      const plan = planApply(current, file, prune);
      const after = merged(current, file, prune);
      const again = planApply(after, file, prune);
      expect(again.changes).toEqual([]);
      expect(again.policy).toBeNull();
      const acts = (act: string): string[] => plan.changes.filter((change) => change.act === act).map((change) => change.name);
      expect(acts('create').toSorted()).toEqual(
        Object.keys(file.teams)
          .filter((one) => !Object.hasOwn(current.teams, one))
          .toSorted(),
      );
      expect(acts('remove')).toEqual(
        prune
          ? Object.keys(current.teams)
              .filter((one) => !Object.hasOwn(file.teams, one))
              .toSorted()
          : [],
      );
      expect(plan.unchanged + acts('create').length + acts('change').length).toBe(Object.keys(after.teams).length);
    }),
  );
});

test('the digest of a plan covers what it was made from and what it leads to, and nothing else', () => {
  const one = catalog('teams: {w: {}}\nservices: {a: {team: w, tier: 1}}');
  const two = catalog('teams: {w: {}}\nservices: {a: {team: w, tier: 2}}');
  const digests = [planApply(one, two, false), planApply(EMPTY_CATALOG, two, false), planApply(EMPTY_CATALOG, one, false)].map(
    (plan) => plan.digest,
  );
  expect(new Set(digests).size).toBe(3);
  expect(planApply(one, two, false).digest).toBe(planApply(JSON.parse(JSON.stringify(one)) as Catalog, two, true).digest);
});

test('a change names its fields and the environments that it touches', () => {
  const before = catalog(service('configuration: {dev: {A: x}}'));
  const after = catalog(service('tier: 1, configuration: {dev: {A: y}}'));
  const [change] = planApply(before, after, false).changes;
  expect(change).toMatchObject({
    act: 'change',
    kind: 'service',
    name: 'a',
    fields: [{ field: 'tier', before: 2, after: 1 }, { field: 'configuration' }],
  });
  expect(touchedEnvironments(change!)).toEqual(['dev']);
});

test('the road is in order, also around names that nobody has', () => {
  const order = (list: [string, string[]][]) => inRoadOrder(list.map(([one, after]) => ({ name: one, after }))).map((one) => one.name);
  expect(
    order([
      ['prod', ['stage']],
      ['stage', ['dev']],
      ['dev', []],
    ]),
  ).toEqual(['dev', 'stage', 'prod']);
  expect(
    order([
      ['b', ['gone']],
      ['a', ['b']],
    ]),
  ).toEqual(['b', 'a']);
  expect(
    order([
      ['a', ['b']],
      ['b', ['a']],
    ]),
  ).toHaveLength(2);
});

test('configuration of an environment that has none is empty, whatever its name', () => {
  expect(configurationIn({ configuration: { dev: { A: 'b' } } }, 'dev')).toEqual({ A: 'b' });
  expect(configurationIn({ configuration: {} }, 'constructor')).toEqual({});
});
