import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPipeline } from './read.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

/** The words underlined and the code of each error (and warning). */
function faults(text: string): (readonly [words: string, code: string])[] {
  const read = readPipeline(text, 'p.yaml');
  const all = read.ok ? read.warnings : read.diagnostics;
  return all.map((one) => [text.slice(one.range.start.offset, one.range.end.offset), one.code] as const);
}
const job = (rest: string): string => `jobs:\n  a:\n    steps: [{run: x}]\n${rest.replaceAll(/^/gm, '    ')}`;

test('the smallest pipeline: pushes to every branch and by hand, one step in bash', () => {
  const read = readPipeline('jobs: {a: {steps: [{run: npm test}]}}', 'p.yaml');
  if (!read.ok) throw new Error('it is right');
  expect(read.pipeline.on).toEqual({ push: { branches: ['**'], tags: [], paths: [] }, manual: { inputs: [] } });
  expect(read.pipeline.jobs[0]).toMatchObject({
    name: 'a',
    needs: [],
    when: 'succeeded',
    pool: 'default',
    executor: 'any',
    timeoutMs: 1_800_000,
    retries: 0,
    network: true,
  });
  expect(read.pipeline.jobs[0]?.steps).toMatchObject([{ name: 'npm test', script: 'npm test', shell: 'bash', always: false }]);
});

test('naming only tags means tags alone', () => {
  const read = readPipeline("on: {push: {tags: 'v*'}}\njobs: {a: {steps: [{run: x}]}}", 'p.yaml');
  expect(read.ok && read.pipeline.on).toEqual({ push: { branches: [], tags: ['v*'], paths: [] }, manual: null });
});

test.each([
  ['no jobs', 'jobs: {}', ['{}', 'pipelines.no-jobs']],
  ['no jobs at all', 'name: x', ['name: x', 'yaml.missing']],
  ['an unknown key', 'jbos: {}\njobs: {a: {steps: [{run: x}]}}', ['jbos', 'yaml.unknown-key']],
  ['an unknown trigger', 'on: [psh]\njobs: {a: {steps: [{run: x}]}}', ['psh', 'yaml.wrong-value']],
  ['no trigger', 'on: {}\njobs: {a: {steps: [{run: x}]}}', ['{}', 'pipelines.never-starts']],
  ['an unknown need', job('needs: [bb]'), ['bb', 'pipelines.unknown-need']],
  ['an unknown need without a list', job('needs: bb'), ['bb', 'pipelines.unknown-need']],
  ['itself', job('needs: a'), ['a', 'pipelines.cycle']],
  ['nothing that could fail', job('when: failed'), ['failed', 'pipelines.unreachable']],
  ['a job that never runs', job('if: false'), ['false', 'pipelines.never-runs']],
  ['no duration', job('timeout: 5 minutes'), ['5 minutes', 'pipelines.duration']],
  ['too long a duration', job('timeout: 25h'), ['25h', 'pipelines.duration']],
  ['no time at all', job('timeout: 0s'), ['0s', 'pipelines.duration']],
  ['too many retries', job('retries: 6'), ['6', 'yaml.too-large-value']],
  ['a number that YAML changes', job('env: {NODE: 1.10}'), ['1.10', 'pipelines.number']],
  ['a reserved variable', job('env: {YM_TOKEN: x}'), ['YM_TOKEN', 'pipelines.reserved-variable']],
  ['a variable with a dash', job('env: {A-B: x}'), ['A-B', 'yaml.wrong-value']],
  ['a path outside', job('artifacts: [{name: a, path: ../x}]'), ['../x', 'yaml.wrong-value']],
  ['an absolute path', job('reports: [{kind: junit, path: /etc/passwd}]'), ['/etc/passwd', 'yaml.wrong-value']],
  ['an unknown report', job('reports: [{kind: junt, path: x}]'), ['junt', 'yaml.wrong-value']],
  ['an artifact of nobody', job('inputs: [{artifact: d, path: x}]'), ['d', 'pipelines.unknown-artifact']],
  ['an output twice', job('outputs: [a, a]'), ['a', 'pipelines.name-twice']],
  ['a secret behind a variable', job('env: {S: x}\nsecrets: [S]'), ['S', 'pipelines.secret-shadowed']],
  [
    'a matrix too large',
    job(`matrix: {x: [${Array.from({ length: 17 }, (_, i) => i).join()}], y: [${Array.from({ length: 17 }, (_, i) => i).join()}]}`),
    expect.arrayContaining(['pipelines.matrix']),
  ],
  ['a matrix without cells', job('matrix: {x: [1], exclude: [{x: 1}]}'), expect.arrayContaining(['pipelines.matrix'])],
  ['an unknown axis', job('matrix: {os: [a], exclude: [{so: a}]}'), ['so', 'pipelines.unknown-axis']],
  ['an axis that is a word', job('matrix: {os: linux}'), ['linux', 'pipelines.axis']],
  ['run and script', 'jobs: {a: {steps: [{run: x, script: y}]}}', ['y', 'pipelines.step-without-script']],
  ['neither run nor script', 'jobs: {a: {steps: [{name: n}]}}', ['{name: n}', 'pipelines.step-without-script']],
  ['a script with a shell sign', "jobs: {a: {steps: [{script: 'x;rm'}]}}", ["'x;rm'", 'yaml.wrong-value']],
  ['a script outside', 'jobs: {a: {steps: [{script: ../x}]}}', ['../x', 'yaml.wrong-value']],
  ['a step that outlives its job', 'jobs: {a: {timeout: 1m, steps: [{run: x, timeout: 2m}]}}', ['2m', 'pipelines.step-outlives-job']],
  [
    'a default that is no choice',
    'on: {manual: {inputs: {l: {default: c, choices: [a, b]}}}}\njobs: {a: {steps: [{run: x}]}}',
    ['c', 'pipelines.input-default'],
  ],
  ['an expression in a name', 'name: a ${{ 1 }}\njobs: {a: {steps: [{run: x}]}}', ['${{', 'pipelines.expression-not-here']],
  ['an expression around a condition', job('if: ${{ true }}'), ['${{', 'pipelines.expression']],
  ['an open expression', job("env: {A: '${{ 1'}"), ['${{', 'pipelines.expression']],
  ['a broken condition', job('if: run.branch =='), expect.arrayContaining(['pipelines.expression'])],
  ['an unknown field', job('if: run.brnch == "x"'), ['run.brnch', 'pipelines.unknown-reference']],
  ['an unknown variable', job('if: foo == 1'), expect.arrayContaining(['pipelines.expression'])],
  ['an unknown input', job('if: run.inputs.level == "x"'), ['run.inputs.level', 'pipelines.unknown-reference']],
  ['a job that is not needed', job('if: needs.b.result == "x"'), ['needs.b.result', 'pipelines.unknown-reference']],
  ['an unknown axis in env', job("env: {A: '${{ matrix.x }}'}"), ['matrix.x', 'pipelines.unknown-reference']],
  ['an unknown variable of env', job("env: {A: x, B: '${{ env.C }}'}"), ['env.C', 'pipelines.unknown-reference']],
  [
    'needs where nothing is needed yet',
    "env: {A: '${{ needs.a }}'}\njobs: {a: {steps: [{run: x}]}}",
    ['needs', 'pipelines.variable-not-here'],
  ],
] as const)('%s is told at its words', (_, text, expected) => {
  expect(faults(text)).toEqual([expected]);
});

test('an expression never stands in a script, however the script is written', () => {
  for (const run of [
    'run: echo ${{ run.branch }}',
    'run: |\n          set -e\n          echo "${{ run.branch }}"',
    'run: >-\n          echo ${{ run.branch }}',
    "run: 'a ''${{ run.branch }}'''",
  ]) {
    const text = `jobs:\n  a:\n    steps:\n      - ${run}\n`;
    expect(faults(text)).toEqual([['${{ run.branch }}', 'pipelines.expression-in-script']]);
  }
  expect(faults('jobs: {a: {steps: [{run: "echo \\x24{{ run.branch }}"}]}}').map(([, code]) => code)).toEqual([
    'pipelines.expression-in-script',
  ]);
});

test('a dash in a name of a job is explained', () => {
  const text = `jobs:\n  unit-test: {steps: [{run: x}], outputs: [v]}\n  b: {needs: unit-test, if: 'needs.unit-test.outputs.v == "1"', steps: [{run: x}]}`;
  const read = readPipeline(text, 'p.yaml');
  expect(read.ok ? [] : read.diagnostics.map((one) => one.remedy)).toEqual(['Write needs["unit-test"].']);
  expect(faults(text.replace('needs.unit-test.', 'needs["unit-test"].'))).toEqual([]);
  expect(faults(text.replace('needs.unit-test.outputs.v', 'needs["unit-test"].outputs.w'))).toEqual([
    ['needs["unit-test"].outputs.w', 'pipelines.unknown-reference'],
  ]);
});

test('all errors of a file are told at once, in reading order', () => {
  const text = 'env: {A: 1.10}\njobs:\n  a: {needs: [b, zz], steps: [{run: "x ${{ 1 }}"}]}\n  b: {needs: a, if: run.x, steps: [{}]}\n';
  expect(faults(text).map(([, code]) => code)).toEqual([
    'pipelines.number',
    'pipelines.cycle',
    'pipelines.unknown-need',
    'pipelines.expression-in-script',
    'pipelines.unknown-reference',
    'pipelines.step-without-script',
  ]);
});

test('an artifact comes from the needed job that makes it; where several do, one must be named', () => {
  const text = (rest: string): string =>
    `jobs:\n  b1: {steps: [{run: x}], artifacts: [{name: d, path: d}]}\n  b2: {steps: [{run: x}], artifacts: [{name: d, path: d}]}\n  t: {steps: [{run: x}], ${rest}}`;
  expect(faults(text('needs: [b1, b2], inputs: [{artifact: d, path: in}]'))).toEqual([['d', 'pipelines.ambiguous-input']]);
  expect(faults(text('needs: b1, inputs: [{artifact: d, from: b2, path: in}]'))).toEqual([['b2', 'pipelines.input-not-needed']]);
  expect(faults(text('needs: [b1, b2], inputs: [{artifact: d, from: b2, path: in}]'))).toEqual([]);
  const read = readPipeline(text('needs: b1, inputs: [{artifact: d, path: in}]'), 'p.yaml');
  expect(read.ok && read.pipeline.jobs[2]?.inputs).toEqual([{ artifact: 'd', from: 'b1', path: 'in' }]);
});

test('jobs named like members of every object are jobs', () => {
  expect(faults('jobs:\n  constructor: {steps: [{run: x}]}\n  b: {needs: constructor, steps: [{run: x}]}')).toEqual([]);
  expect(faults('jobs:\n  b: {needs: constructor, steps: [{run: x}]}')).toEqual([['constructor', 'pipelines.unknown-need']]);
});

test('no text makes the reader throw', () => {
  const piece = fc.constantFrom(
    'jobs:',
    ' a:',
    '  steps:',
    '  - run: x',
    ' needs: [a]',
    '{',
    '}',
    '[',
    ']',
    '${{',
    '}}',
    ' if: ',
    'matrix: {x: [1]}',
    '"',
    "'",
    '\n',
    ' ',
    ',',
    '&a ',
    '*a',
    '!t ',
    'run.x',
    '1.10',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const read = readPipeline(pieces.join(''), 'p.yaml');
      expect(read.ok || read.diagnostics.length > 0).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';

test.skipIf(!existsSync(join(corpus, 'workflows')))(
  'files of other tools and hostile YAML: refused with places, never a crash, never slow',
  () => {
    const files = [join(corpus, 'workflows'), join(corpus, 'parsers-yaml')].flatMap(filesUnder);
    let slowest = 0;
    let understood = 0;
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const started = performance.now();
      const read = readPipeline(text, 'p.yaml');
      slowest = Math.max(slowest, performance.now() - started);
      if (read.ok) understood += 1;
      else for (const one of read.diagnostics) expect(one.range.end.offset).toBeLessThanOrEqual(text.length);
    }
    console.info(`${files.length} files, ${understood} of them a pipeline to us too, the slowest took ${Math.round(slowest)} ms`);
    expect(files.length).toBeGreaterThan(100);
    // Whoever brings the file of another tool is told where it differs.
    expect(understood).toBeLessThan(files.length / 20);
    expect(slowest).toBeLessThan(TOO_LONG_MS);
  },
);

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}
