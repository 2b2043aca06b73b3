// npm test: everything. The last line is "N passed, N failed" over all checks, tests and campaign samples.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { bin, checks, root, runLanes, runSteps } from './steps.mjs';

const MESSAGE_LENGTH = 2_000;

const quick = runSteps([
  ...checks,
  ['the screens are built, and the first one is light', process.execPath, ['tools/build-web.mjs', '--size']],
  ['what we depend on', process.execPath, ['tools/dependencies.mjs']],
  ['no file and no dependency that nobody uses', bin('knip'), ['--include', 'files,dependencies,unlisted,binaries,unresolved']],
  ['claims are shown by a scenario', process.execPath, ['tools/claims.mjs', '--check']],
]);

const folder = mkdtempSync(join(tmpdir(), 'ym-report-'));
const report = join(folder, 'vitest.json');
const vitest = spawnSync(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], {
  cwd: root,
  stdio: 'inherit',
});
const tests = JSON.parse(readFileSync(report, 'utf8'));
rmSync(folder, { recursive: true, force: true });

// A run without tests, or one that failed outside any test, is a failure.
const outside = vitest.status !== 0 && tests.numFailedTests === 0 ? 1 : 0;
const nothing = tests.numPassedTests === 0 ? 1 : 0;

const samples = await runLanes([
  [['journeys in a real browser', bin('vitest'), ['run', '--config', 'web/journeys/vitest.config.ts']]],
  [
    ['stores and commands on PostgreSQL 15', process.execPath, ['tools/postgres-15.mjs']],
    ['what deploy/ holds is accepted by what reads it', process.execPath, ['tools/deploy.mjs']],
    // Minutes for what seldom changes: in CI alone, where the package as a stranger gets it goes the road of the demo.
    ...(process.env['CI'] === undefined
      ? [
          [
            'the demo: the whole road, from its first commit to its proof',
            process.execPath,
            ['bin/yardmaster.mjs', 'demo', '--json', '--exit'],
          ],
        ]
      : [
          ['the package as a stranger gets it, and the same road by npx', process.execPath, ['tools/packed.mjs']],
          ['the image is built, and its server runs', process.execPath, ['tools/container.mjs']],
        ]),
    ['the road for a package that the project never saw', process.execPath, ['tools/foreign-package.mjs']],
    ['campaign sample: tampered bundles', process.execPath, ['campaigns/run.ts', 'tamper', '--seeds', '10']],
    ['campaign sample: kill -9 of server, runner, agent', process.execPath, ['campaigns/run.ts', 'crash', '--seeds', '2', '--brief']],
    ['campaign sample: two servers, one paused', process.execPath, ['campaigns/run.ts', 'two-servers', '--seeds', '1', '--brief']],
    ['campaign sample: webhooks, and kill -9', process.execPath, ['campaigns/run.ts', 'webhooks', '--seeds', '1']],
    ['campaign sample: promotions, and kill -9', process.execPath, ['campaigns/run.ts', 'promotions', '--seeds', '1']],
    ['campaign sample: a backup restored elsewhere', process.execPath, ['campaigns/run.ts', 'restore', '--seeds', '1']],
    ['campaign sample: upgrade there and back', process.execPath, ['campaigns/run.ts', 'upgrade', '--seeds', '1', '--brief']],
    ['planted bugs turn tests red (sample)', process.execPath, ['src/testing/mutants/run.mjs', '--sample', '2']],
  ],
]);
// Measures how soon viewers see the end: alone on the machine.
const viewers = runSteps([
  ['campaign sample: 200 live viewers, one of two servers killed', process.execPath, ['campaigns/run.ts', 'live-viewers', '--seeds', '1']],
]);

const passed = quick.passed + tests.numPassedTests + samples.passed + viewers.passed;
const failed = quick.failed + tests.numFailedTests + outside + nothing + samples.failed + viewers.failed;
if (tests.numPendingTests > 0) process.stdout.write(`${tests.numPendingTests} tests skipped; each says above which peer it needs\n`);
// Whoever sees only the end of a long log must learn what failed.
for (const reason of [...quick.reasons, ...failedTests(tests), ...samples.reasons, ...viewers.reasons]) {
  process.stdout.write(`\nFAILED: ${reason}\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

/** Each failed test, and each file that could not be run, with the start of its message. */
function failedTests({ testResults }) {
  return testResults.flatMap((file) => {
    const where = relative(root, file.name);
    const failures = file.assertionResults.filter((one) => one.status === 'failed');
    if (failures.length === 0) return file.status === 'failed' ? [`${where}: ${file.message.slice(0, MESSAGE_LENGTH)}`] : [];
    return failures.map((one) => `${where}: ${one.fullName}\n${one.failureMessages.join('\n').slice(0, MESSAGE_LENGTH)}`);
  });
}
