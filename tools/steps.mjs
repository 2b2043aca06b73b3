// Runs the steps of check and test one after the other, shows what each says, and counts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
export const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Runs `[title, command, args]` in turn; answers how many passed and failed. A failed step doesn't hide the next ones. */
export function runSteps(steps) {
  const counts = { passed: 0, failed: 0 };
  for (const [title, command, args] of steps) {
    const started = performance.now();
    // A step that hangs is a failed step.
    const ended = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout: 900_000, killSignal: 'SIGTERM' });
    const ok = ended.status === 0;
    counts[ok ? 'passed' : 'failed'] += 1;
    process.stdout.write(`${ok ? 'passed' : 'FAILED'}: ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
  }
  return counts;
}

/** The cheap checks: types, lint, format, generated files. */
export const checks = [
  ['types', bin('tsc'), ['-p', '.']],
  ['types of the screens', bin('tsc'), ['-p', 'web']],
  ['types of the journeys', bin('tsc'), ['-p', 'web/journeys']],
  ['lint', bin('oxlint'), ['--type-aware', '--quiet']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['generated files are up to date', process.execPath, ['tools/generate.mjs', '--check']],
];
