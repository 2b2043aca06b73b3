// Runs the steps of check and test one after the other, shows what each says, and counts.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
export const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Runs `[title, command, args]` in turn; answers how many passed and failed, and which. A failed step doesn't hide the next ones. */
export function runSteps(steps) {
  const counts = { passed: 0, failed: 0, reasons: [] };
  for (const [title, command, args] of steps) {
    const started = performance.now();
    // A step that hangs is a failed step.
    const ended = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout: 900_000, killSignal: 'SIGTERM' });
    const ok = ended.status === 0;
    counts[ok ? 'passed' : 'failed'] += 1;
    if (!ok) counts.reasons.push(`${title}: what it said stands above`);
    process.stdout.write(`${ok ? 'passed' : 'FAILED'}: ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
  }
  return counts;
}

const STEP_LIMIT_MS = 2_400_000;
/** Enough for the message of a failed test and where it stands. */
const LAST_LINES = 60;

/**
 * Runs lanes of steps beside each other, the steps of a lane one after the other: what waits for a browser or a timer leaves
 * its core to the other lane. What a step says is shown in one piece when it ends. Answers how many passed and failed,
 * and the last lines of what each failed one said.
 */
export async function runLanes(lanes) {
  const counts = { passed: 0, failed: 0, reasons: [] };
  await Promise.all(
    lanes.map(async (steps) => {
      for (const [title, command, args] of steps) {
        const started = performance.now();
        const { ok, said } = await runOne(command, args);
        counts[ok ? 'passed' : 'failed'] += 1;
        if (!ok) counts.reasons.push(`${title}:\n${said.trimEnd().split('\n').slice(-LAST_LINES).join('\n')}`);
        process.stdout.write(`${said}${ok ? 'passed' : 'FAILED'}: ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
      }
    }),
  );
  return counts;
}

/** A step that hangs, or that can not be started, is a failed step. */
function runOne(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: STEP_LIMIT_MS, killSignal: 'SIGTERM' });
    const said = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.once('error', (error) => resolve({ ok: false, said: `${error.message}\n` }));
    // What a step leaves running must not hold its end back: its pipes may stay open.
    child.once('exit', (code) => setTimeout(() => resolve({ ok: code === 0, said: Buffer.concat(said).toString('utf8') }), 100));
  });
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
