// Plants bugs: applies each patch of this folder to a copy of the sources and demands that the test named in its
// `# test:` line turns red by a failing test, and was green before. A patch that no longer applies is a failure.
//
//   node src/testing/mutants/run.mjs [--sample N] [--only NAME]
//
// The sample turns with the days, so that all have their turn. The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const here = import.meta.dirname;
const root = join(here, '../../..');
const { values } = parseArgs({ options: { sample: { type: 'string' }, only: { type: 'string' } } });

const all = readdirSync(here)
  .filter((name) => name.endsWith('.patch'))
  .sort()
  .map((name) => {
    const text = readFileSync(join(here, name), 'utf8');
    const header = (word) => text.match(new RegExp(`^# ${word}: (.+)$`, 'm'))?.[1];
    return { name: name.slice(0, -'.patch'.length), path: join(here, name), test: header('test'), bug: header('bug') };
  });

const chosen = choose();
if (chosen.length === 0) {
  process.stdout.write(`no planted bug is called ${values.only ?? ''}\n0 passed, 1 failed\n`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'ym-planted-'));
const greens = new Map();
let passed = 0;
let failed = 0;
try {
  copySources();
  for (const mutant of chosen) {
    const wrong = plant(mutant);
    if (wrong === null) passed += 1;
    else failed += 1;
    process.stdout.write(
      `${wrong === null ? 'passed' : 'FAILED'}: ${mutant.name}: ${wrong ?? `${mutant.test} turned red (${mutant.bug})`}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function choose() {
  if (values.only !== undefined) return all.filter((one) => one.name === values.only);
  const count = Math.min(all.length, values.sample === undefined ? all.length : Number(values.sample));
  if (!Number.isInteger(count) || count < 1) throw new Error('--sample takes a whole number above 0');
  const turn = values.sample === undefined ? 0 : Math.floor(Date.now() / 86_400_000) * count;
  return Array.from({ length: count }, (_, at) => all[(turn + at) % all.length]);
}

/** What git knows or would add, without what it ignores; the modules are shared. */
function copySources() {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  // A package without its history has all of its files.
  const names =
    listed.status === 0
      ? listed.stdout.split('\0').filter((name) => name !== '')
      : ['src', 'migrations', 'examples', 'campaigns', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    try {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    } catch (error) {
      // Known to git, and deleted since.
      if (error.code !== 'ENOENT') throw error;
    }
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** Plants one bug, asks its test, and takes it out again. Answers what is wrong, or null. */
function plant({ path, test, bug }) {
  if (test === undefined || bug === undefined) return 'the patch has no "# test:" or no "# bug:" line';
  const before = greens.get(test) ?? ask(test);
  greens.set(test, before);
  if (!before.ok) return `${test} is red without the bug: ${before.said}`;
  const applied = git('apply', path);
  if (applied.status !== 0) return `the patch no longer applies: ${applied.stderr.trim()}`;
  const after = ask(test);
  const undone = git('apply', '--reverse', path);
  if (undone.status !== 0) throw new Error(`the patch could not be taken out again: ${undone.stderr}`);
  if (after.ok) return `${test} stays green with the bug: ${bug}`;
  return after.failedTests > 0 ? null : `${test} could not be run with the bug: ${after.said}`;
}

function git(...args) {
  // Outside any repository: the copy has none, and none around it may be touched.
  return spawnSync('git', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) } });
}

function ask(test) {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const args = ['run', test, '--reporter=json', `--outputFile=${report}`];
  const ended = spawnSync(join(root, 'node_modules/.bin/vitest'), args, { cwd: folder, encoding: 'utf8', timeout: 300_000 });
  try {
    const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
    const ok = ended.status === 0 && numFailedTests === 0 && numPassedTests > 0;
    return { ok, failedTests: numFailedTests, said: `${numPassedTests} passed, ${numFailedTests} failed` };
  } catch {
    return { ok: false, failedTests: 0, said: `${ended.stdout}${ended.stderr}`.slice(-500) };
  }
}
