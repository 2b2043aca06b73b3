import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runLocal, type RunLocalOptions } from './run-local.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let folder = '';
let lines: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ym-local-'));
  lines = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(pipeline: string, more: Partial<RunLocalOptions> = {}, signal = new AbortController().signal) {
  await mkdir(join(folder, '.yardmaster'), { recursive: true });
  await writeFile(join(folder, '.yardmaster/pipeline.yaml'), pipeline);
  return runLocal({ directory: folder, executor: 'host', ...more }, (line) => void lines.push(line), signal);
}

const results = (summary: { jobs: readonly { job: string; result: string }[] }) =>
  Object.fromEntries(summary.jobs.map(({ job, result }) => [job, result]));

test('jobs run in the order of their needs, with inputs, outputs, artifacts, matrix and reports', async () => {
  await writeFile(join(folder, 'source.txt'), 'the source');
  const summary = await run(
    `
name: road
on:
  manual:
    inputs:
      who: { default: world }
jobs:
  build:
    steps:
      - run: mkdir dist; cp source.txt dist/; echo "word=hello" >> "$YM_OUTPUT"
      - run: echo '<testsuite/>' > r.xml
    outputs: [word]
    artifacts: [{ name: app, path: dist }]
    reports: [{ kind: junit, path: r.xml }, { name: gone, kind: lcov, path: lcov.info }]
  use:
    needs: [build]
    matrix: { n: [1, 2] }
    env: { WORD: '\${{ needs.build.outputs.word }}', WHO: '\${{ run.inputs.who }}', N: '\${{ matrix.n }}' }
    inputs: [{ artifact: app, path: in }]
    steps: [{ run: 'echo "$WORD $WHO $N $(cat in/source.txt)"' }]
`,
    { inputs: { who: 'you' }, out: join(folder, 'out') },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${lines.join('\n')}`);
  });
  expect(summary.ok).toBe(true);
  expect(results(summary)).toEqual({ build: 'succeeded', 'use (1)': 'succeeded', 'use (2)': 'succeeded' });
  expect(lines).toContain('[use (1)] hello you 1 the source');
  expect(lines).toContain('[use (2)] hello you 2 the source');
  expect(lines.join('\n')).toContain('report gone: there is no file');
  expect(await readFile(join(folder, 'out/artifacts/build/app/source.txt'), 'utf8')).toBe('the source');
  expect(existsSync(join(folder, 'out/reports/build/r.xml'))).toBe(true);
  expect((await readdir(folder)).sort()).toEqual(['.yardmaster', 'out', 'source.txt']);
});

test('a failed job fails the run, what needs it is skipped, what is for failures runs, and retries are taken', async () => {
  const counter = join(folder, 'count');
  const summary = await run(`
name: road
on: { manual: }
jobs:
  flaky: { retries: 1, steps: [{ run: 'echo x >> ${counter}; test "$(wc -l < ${counter})" = 2' }] }
  bad: { steps: [{ run: 'exit 3' }] }
  after: { needs: [bad], steps: [{ run: 'echo never' }] }
  tidy: { needs: [bad], when: failed, steps: [{ run: 'echo tidied' }] }
`);
  expect(results(summary)).toEqual({ flaky: 'succeeded', bad: 'failed', after: 'skipped', tidy: 'succeeded' });
  expect(summary.ok).toBe(false);
  expect(summary.jobs.find(({ job }) => job === 'bad')?.cause).toContain('exit code 3');
  expect(lines).toContain('[tidy] tidied');
});

test('a job sees what git knows or would add, not what is ignored, and nothing of the folder changes', async () => {
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args]);
  git('init', '-q', '-b', 'main');
  await writeFile(join(folder, '.gitignore'), 'ignored\n');
  await writeFile(join(folder, 'tracked'), '1');
  git('add', '.');
  git('commit', '-qm', 'feat: one');
  await writeFile(join(folder, 'tracked'), '2');
  await writeFile(join(folder, 'ignored'), 'x');
  await writeFile(join(folder, 'fresh'), 'x');
  await run(`
name: road
on: { manual: }
jobs:
  look: { steps: [{ run: 'ls | tr "\\n" " "; cat tracked; echo " $YM_COMMIT $YM_REF"; rm -rf *' }] }
`);
  const head = git('rev-parse', 'HEAD').toString().trim();
  expect(lines).toContain(`[look] fresh tracked 2 ${head} refs/heads/main`);
  expect((await readdir(folder)).sort()).toEqual(['.git', '.gitignore', '.yardmaster', 'fresh', 'ignored', 'tracked']);
});

test('secrets are given by name, masked, and a missing one fails the job', async () => {
  const pipeline = `
name: road
on: { manual: }
jobs:
  secret: { secrets: [TOKEN], steps: [{ run: 'echo "<$TOKEN>"' }] }
`;
  expect(results(await run(pipeline, { secrets: { TOKEN: 'correct horse' } }))).toEqual({ secret: 'succeeded' });
  expect(lines).toContain('[secret] <***>');
  expect(lines.join()).not.toContain('correct horse');
  expect((await run(pipeline)).jobs[0]).toMatchObject({ result: 'failed', cause: expect.stringContaining('TOKEN') as string });
});

test('a wrong file, input, job or folder is a problem with a remedy, told before anything runs', async () => {
  const good = 'name: r\non: { manual: }\njobs:\n  a: { steps: [{ run: "touch ran" }] }\n';
  await expect(run('name: r\non: { manual: }\njobs:\n  a: { stepz: [] }\n')).rejects.toMatchObject({
    code: 'cli.bad-pipeline',
    sentence: expect.stringMatching(/pipeline\.yaml:4:\d+: error.*\n.*\n.*stepz/) as string,
  });
  await expect(run(good, { inputs: { nope: '1' } })).rejects.toMatchObject({ code: 'cli.bad-inputs' });
  await expect(run(good, { job: 'b' })).rejects.toMatchObject({ code: 'cli.no-such-job', remedy: 'It has a.' });
  await expect(runLocal({ directory: join(folder, 'nowhere') }, () => undefined, new AbortController().signal)).rejects.toMatchObject({
    code: 'cli.no-pipeline',
  });
  expect(lines.filter((line) => line.includes('started'))).toEqual([]);
});

test('one job can be run with what it needs, and a run can be cancelled', async () => {
  const pipeline =
    'name: r\non: { manual: }\njobs:\n  a: { steps: [{ run: "true" }] }\n  b: { needs: [a], steps: [{ run: "sleep 30" }] }\n  c: { steps: [{ run: "true" }] }\n';
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 500);
  const summary = await run(pipeline, { job: 'b' }, stop.signal);
  expect(results(summary)).toEqual({ a: 'succeeded', b: 'cancelled' });
  expect(summary.ok).toBe(false);
});
