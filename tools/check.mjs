// npm run check: types, lint, format, generated files, boundaries and the tests that need no database.
import { bin, checks, runSteps } from './steps.mjs';

const counts = runSteps([
  ...checks,
  [
    'boundaries and pure tests',
    bin('vitest'),
    ['run', 'src/testing', 'src/kernel', 'src/pipelines/definition', 'src/gates', '--passWithNoTests'],
  ],
]);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exit(counts.failed === 0 ? 0 : 1);
