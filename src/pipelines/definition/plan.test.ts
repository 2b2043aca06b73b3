import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobOutcome, RunContext } from './contexts.ts';
import { cellsOf } from './matrix.ts';
import type { Matrix } from './pipeline.ts';
import { planRun, type PlannedRun } from './plan.ts';
import { readPipeline } from './read.ts';
import { cacheFilesOf, resolveJob, type Resolution } from './resolve.ts';
import { readInputs, startsRun } from './triggers.ts';

const run: RunContext = {
  id: 'run_1',
  trigger: 'push',
  trust: 'protected',
  commit: 'c0ffee',
  ref: 'refs/heads/main',
  branch: 'main',
  tag: null,
  service: 'shop',
  inputs: {},
};

function pipeline(text: string) {
  const read = readPipeline(text, 'p.yaml');
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  return read.pipeline;
}
function plan(text: string, context = run): PlannedRun {
  const planned = planRun(pipeline(text), context);
  if (!planned.ok) throw new Error(planned.errors.join());
  // What is stored and read back must be the same plan.
  expect(JSON.parse(JSON.stringify(planned.run))).toEqual(planned.run);
  return planned.run;
}
const ok: JobOutcome = { result: 'succeeded', outputs: {} };
const resolve = (text: string, key: string, outcomes: Record<string, JobOutcome> = {}, context = run, more = {}): Resolution => {
  const job = plan(text, context).jobs.find((one) => one.key === key);
  if (job === undefined) throw new Error(`no job ${key}`);
  return resolveJob(job, { run: context, outcomes, executors: ['host'], ...more });
};
const one = (rest: string): string => `jobs: {a: {steps: [{run: x}], ${rest}}}`;

test('jobs are planned behind those they need, one per cell, and need all cells of a matrix', () => {
  const planned = plan('jobs:\n  z: {needs: m, steps: [{run: x}]}\n  m: {matrix: {v: [1, 2]}, steps: [{run: x}]}');
  expect(planned.jobs.map((job) => [job.key, job.needs])).toEqual([
    ['m (1)', {}],
    ['m (2)', {}],
    ['z', { m: ['m (1)', 'm (2)'] }],
  ]);
});

test('keys are unique, also where two cells read the same', () => {
  const keys = plan(one('matrix: {v: [1, "1", true, "true"]}')).jobs.map((job) => job.key);
  expect(keys).toEqual(['a (1)', 'a (1) #2', 'a (true)', 'a (true) #2']);
});

test('a computed axis comes from the run, and one that can not be computed fails the planning', () => {
  const text =
    'on: {manual: {inputs: {list: {}}}}\njobs: {a: {matrix: {v: \'${{ run.inputs.list == "few" ? [1] : [1, 2] }}\'}, steps: [{run: x}]}}';
  expect(plan(text, { ...run, inputs: { list: 'few' } }).jobs).toHaveLength(1);
  expect(plan(text, { ...run, inputs: { list: 'all' } }).jobs).toHaveLength(2);
  expect(planRun(pipeline(text), run)).toMatchObject({ ok: false });
  expect(planRun(pipeline(one("matrix: {v: '${{ run.branch }}'}")), run)).toEqual({
    ok: false,
    errors: ['job a: matrix.v: it gives no list, or an empty one'],
  });
});

const scalars = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
const matrices = fc.record({
  axes: fc.dictionary(fc.constantFrom('a', 'b', 'c'), scalars, { minKeys: 1 }),
  exclude: fc.array(fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 5 }), { minKeys: 1 }), { maxLength: 3 }),
});

test('a matrix is the product of its axes without what is excluded, each cell once', () => {
  fc.assert(
    fc.property(matrices, ({ axes, exclude }) => {
      const usable = exclude.filter((cell) => Object.keys(cell).every((name) => name in axes));
      const matrix: Matrix = { axes, include: [], exclude: usable, failFast: true };
      const cells = cellsOf(matrix, {});
      let product: Record<string, number>[] = [{}];
      for (const [name, values] of Object.entries(axes))
        product = product.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
      const wanted = product.filter((cell) => !usable.some((out) => Object.entries(out).every(([name, value]) => cell[name] === value)));
      if (wanted.length === 0) expect(cells.ok).toBe(false);
      else expect(cells).toEqual({ ok: true, cells: wanted });
    }),
  );
});

test('include adds to the cells it agrees with, or is a cell of its own', () => {
  const cells = cellsOf(
    {
      axes: { os: ['l', 'm'], v: [1, 2] },
      include: [
        { v: 2, extra: 'x' },
        { os: 'w', v: 9 },
      ],
      exclude: [{ os: 'm', v: 1 }],
      failFast: true,
    },
    {},
  );
  expect(cells).toEqual({
    ok: true,
    cells: [
      { os: 'l', v: 1 },
      { os: 'l', v: 2, extra: 'x' },
      { os: 'm', v: 2, extra: 'x' },
      { os: 'w', v: 9 },
    ],
  });
});

test('a matrix of astronomic size is refused without being built', () => {
  const axes = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`a${at}`, Array.from({ length: 256 }, (__, value) => value)]));
  expect(cellsOf({ axes, include: [], exclude: [], failFast: true }, {}).ok).toBe(false);
});

const two = (rest: string): string => `jobs:\n  a: {steps: [{run: x}], outputs: [v]}\n  b: {needs: a, steps: [{run: x}], ${rest}}`;

test('a job waits for all that it needs, then goes by how they ended', () => {
  expect(resolve(two(''), 'b')).toEqual({ kind: 'wait', for: ['a'] });
  const after = (rest: string, result: JobOutcome['result']) => resolve(two(rest), 'b', { a: { result, outputs: {} } }).kind;
  const results = ['succeeded', 'failed', 'timed-out', 'cancelled', 'refused', 'skipped'] as const;
  expect(results.map((result) => after('', result))).toEqual(['run', 'skip', 'skip', 'skip', 'skip', 'skip']);
  expect(results.map((result) => after('when: failed', result))).toEqual(['skip', 'run', 'run', 'run', 'run', 'skip']);
  expect(results.map((result) => after('when: always', result))).toEqual(results.map(() => 'run'));
});

test('one failed cell of a matrix holds the job behind it', () => {
  const text = 'jobs:\n  m: {matrix: {v: [1, 2]}, steps: [{run: x}]}\n  z: {needs: m, steps: [{run: x}]}';
  expect(resolve(text, 'z', { 'm (1)': ok, 'm (2)': ok }).kind).toBe('run');
  expect(resolve(text, 'z', { 'm (1)': ok, 'm (2)': { result: 'failed', outputs: {} } })).toEqual({
    kind: 'skip',
    why: 'it needs "m", which ended failed',
  });
  expect(resolve(text, 'z', { 'm (1)': ok }).kind).toBe('wait');
});

test('conditions: true runs, false skips, what is not known refuses', () => {
  const go = (condition: string, outputs: Record<string, string> = {}) =>
    resolve(two(`if: '${condition}'`), 'b', { a: { result: 'succeeded', outputs } });
  expect(go('run.branch == "main"').kind).toBe('run');
  expect(go('run.branch == "x"')).toEqual({ kind: 'skip', why: 'its condition is false' });
  expect(go('needs.a.outputs.v == "1"', { v: '1' }).kind).toBe('run');
  expect(go('needs.a.outputs.v == "1"').kind).toBe('refuse');
  expect(go('run.branch').kind).toBe('refuse');
  expect(go('run.tag > 1').kind).toBe('refuse');
  expect(resolve(two('if: true'), 'b', { a: ok }).kind).toBe('run');
});

test('variables: the inner level wins and may read the outer; values go in as they are', () => {
  const evil = '"; rm -rf / #$(id)`id`\n';
  const text =
    "env: {A: '1', B: 'p-${{ run.branch }}'}\njobs:\n  a:\n    env: {A: '${{ env.A }}2', C: '$${{ plain }}'}\n    steps: [{run: x, env: {D: '${{ env.A }}${{ env.B }}'}}]";
  const resolved = resolve(text, 'a', {}, { ...run, branch: evil });
  if (resolved.kind !== 'run') throw new Error(JSON.stringify(resolved));
  expect(resolved.job.env).toEqual({ A: '12', B: `p-${evil}`, C: '${{ plain }}' });
  expect(resolved.job.steps[0]?.env).toEqual({ D: `12p-${evil}` });
  expect(resolved.job.steps[0]?.script).toBe('x');
});

test('a variable that can not be evaluated, is null or holds NUL refuses the job', () => {
  expect(resolve(two("env: {A: '${{ needs.a.outputs.v }}'}"), 'b', { a: ok })).toMatchObject({
    kind: 'refuse',
    why: expect.stringContaining('env A') as string,
  });
  expect(resolve(one("env: {A: '${{ run.tag }}'}"), 'a')).toMatchObject({ kind: 'refuse' });
  expect(resolve(one("env: {A: '${{ run.branch }}'}"), 'a', {}, { ...run, branch: 'a\0b' })).toMatchObject({ kind: 'refuse' });
});

test('a step whose condition is false is left out, and a job of none is skipped', () => {
  const text = 'jobs: {a: {steps: [{name: one, run: x, if: run.tag != null}, {name: two, run: y}]}}';
  const resolved = resolve(text, 'a');
  expect(resolved.kind === 'run' && [resolved.job.steps.map((step) => step.name), resolved.job.skippedSteps]).toEqual([['two'], ['one']]);
  expect(resolve('jobs: {a: {steps: [{run: x, if: false}]}}', 'a').kind).toBe('skip');
});

test('executors: any takes the sandbox where there is one; a named one is never exchanged', () => {
  const go = (rest: string, executors: ('host' | 'sandbox')[]) => {
    const resolved = resolve(one(rest), 'a', {}, run, { executors });
    return resolved.kind === 'run' ? resolved.job.executor : resolved.kind;
  };
  expect([go('', ['host']), go('', ['host', 'sandbox'])]).toEqual(['host', 'sandbox']);
  expect([go('runs-on: {executor: sandbox}', ['host']), go('runs-on: {executor: host}', ['sandbox']), go('', [])]).toEqual([
    'refuse',
    'refuse',
    'refuse',
  ]);
});

test('a cache key covers the files it names, and without their digests there is no cache', () => {
  const text =
    "jobs: {a: {matrix: {v: [1]}, cache: [{key: 'npm-${{ matrix.v }}', files: [lock], restore-keys: ['npm-'], paths: [m]}], steps: [{run: x}]}}";
  const key = (files: Record<string, string | null> | undefined) => {
    const resolved = resolve(text, 'a (1)', {}, run, files === undefined ? {} : { files });
    return resolved.kind === 'run' ? resolved.job.caches.map((cache) => cache.key) : resolved;
  };
  expect(cacheFilesOf(plan(text).jobs[0]!)).toEqual(['lock']);
  const first = key({ lock: 'sha256:1' });
  expect(first).toEqual([expect.stringMatching(/^npm-1-[0-9a-f]{20}$/)]);
  expect(key({ lock: 'sha256:1' })).toEqual(first);
  expect(key({ lock: 'sha256:2' })).not.toEqual(first);
  expect(key({ lock: null })).not.toEqual(first);
  expect(key(undefined)).toEqual([]);
});

test('an artifact of a matrix comes from every cell, each in a folder of its own', () => {
  const text =
    'jobs:\n  m: {matrix: {v: [1, 2]}, steps: [{run: x}], artifacts: [{name: d, path: d}]}\n  z: {needs: m, inputs: [{artifact: d, path: in}], steps: [{run: x}]}';
  expect(plan(text).jobs[2]?.inputs).toEqual([
    { artifact: 'd', from: 'm (1)', path: 'in/1' },
    { artifact: 'd', from: 'm (2)', path: 'in/2' },
  ]);
});

test('what starts a run', () => {
  const text =
    "on: {push: {branches: [main, 'release/*', '!release/old'], tags: ['v*'], paths: ['src/**', '!**/*.md']}}\njobs: {a: {steps: [{run: x}]}}";
  const push = (branch: string | null, tag: string | null, changedPaths: string[] | null = ['src/a.ts']) =>
    startsRun(pipeline(text), { kind: 'push', branch, tag, changedPaths }).starts;
  expect([
    push('main', null),
    push('release/1', null),
    push('release/old', null),
    push('release/a/b', null),
    push('feature', null),
  ]).toEqual([true, true, false, false, false]);
  expect([push(null, 'v1'), push(null, 'x1'), push(null, 'v1', ['docs/x'])]).toEqual([true, false, true]);
  expect([push('main', null, ['docs/a']), push('main', null, ['src/a.md']), push('main', null, null), push('main', null, [])]).toEqual([
    false,
    false,
    true,
    false,
  ]);
  expect(startsRun(pipeline(text), { kind: 'manual' }).starts).toBe(false);
});

test('inputs of a run started by hand: unknown, missing and wrong ones are told together', () => {
  const text = 'on: {manual: {inputs: {level: {default: info, choices: [info, debug]}, who: {}}}}\njobs: {a: {steps: [{run: x}]}}';
  expect(readInputs(pipeline(text), { who: 'me' })).toEqual({ ok: true, inputs: { level: 'info', who: 'me' } });
  const read = readInputs(pipeline(text), { levl: 'x', level: 'verbose' });
  expect(read.ok ? [] : read.errors.map((error) => error.input)).toEqual(['levl', 'level', 'who']);
  expect(readInputs(pipeline(text), { constructor: 'x', who: 'a' }).ok).toBe(false);
});
