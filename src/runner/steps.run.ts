import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPlan, StepPlan } from '../contract/runner.ts';
import { openPlainFile } from '../host/archive.pack.ts';
import { killMarked, type ProcessEnd } from '../host/process.run.ts';
import { formatDuration } from '../kernel/time.ts';
import { scriptName, type Executor, type Place } from './executor.ts';
import { MARK, markOf } from './host.executor.ts';
import type { LogSpool } from './log.spool.ts';
import { parseOutputs } from './outputs.ts';
import { noteGroup } from './place.disk.ts';
import { redactText, type Redactor } from './redact.ts';
import { passedEnv, stepEnv } from './step-env.ts';
import { resultOf, standingAfter, timeFor, type JobResult, type Standing, type StepEnd } from './step-flow.ts';

/** Told as it happens; `skipped` for steps that did not run. */
export type StepNews = {
  readonly step: number;
  readonly state: 'running' | StepEnd | 'skipped';
  readonly exitCode: number | null;
  readonly durationMs: number | null;
};

export type StepsJob = {
  readonly plan: JobPlan;
  readonly place: Place;
  readonly executor: Executor;
  readonly secrets: Readonly<Record<string, string>>;
  readonly redactor: () => Redactor;
  readonly log: LogSpool;
  /** Cancels: the step ends, `always` steps still run. */
  readonly cancel: AbortSignal;
  /** The lease is lost or the runner stops: everything ends at once. */
  readonly abandon: AbortSignal;
  readonly onStep: (news: StepNews) => void;
};

export type StepsEnd = { readonly result: JobResult; readonly cause: string | null; readonly outputs: Readonly<Record<string, string>> };

const MAX_OUTPUT_FILE = 1024 ** 2;

/** Runs the steps of a job in order. Throws only where the runner itself can't go on (a full disk). */
export async function runSteps(job: StepsJob): Promise<StepsEnd> {
  const { plan } = job;
  const outputs = new Map<string, string>();
  const deadline = performance.now() + plan.timeoutMs;
  let standing: Standing = 'sound';
  let cause: string | null = null;
  await writeFile(join(job.place.control, 'package.json'), '{}\n');
  for (const [index, step] of plan.steps.entries()) {
    if (job.abandon.aborted) standing = 'abandoned';
    else if (standing === 'sound' && job.cancel.aborted) standing = 'cancelled';
    const timeoutMs = timeFor(step, standing, deadline - performance.now());
    if (timeoutMs === null) {
      job.onStep({ step: index, state: 'skipped', exitCode: null, durationMs: null });
      continue;
    }
    const clearingUp = standing !== 'sound';
    const { end, process } = await oneStep(job, index, step, timeoutMs, clearingUp, outputs);
    const timeOver = performance.now() >= deadline;
    const next: Standing = job.abandon.aborted ? 'abandoned' : standingAfter(standing, step, end, timeOver);
    if (next !== standing) cause ??= causeOf(step, process, next, plan);
    standing = next;
  }
  // What a host job detached from its steps must be gone before anything of it is packed.
  if (job.executor.name === 'host') await killMarked(`${MARK}=${markOf(job.place.root)}`);
  if (standing !== 'sound') cause ??= standing === 'cancelled' ? 'The job was cancelled.' : null;
  return { result: resultOf(standing), cause, outputs: Object.fromEntries(outputs) };
}

async function oneStep(
  job: StepsJob,
  index: number,
  step: StepPlan,
  timeoutMs: number,
  clearingUp: boolean,
  outputs: Map<string, string>,
): Promise<{ end: StepEnd; process: ProcessEnd }> {
  const { plan, place, log } = job;
  const script = join(place.control, scriptName(index, step.shell));
  const output = join(place.out, String(index));
  await writeFile(script, step.script, { mode: 0o644 });
  await writeFile(output, '', { mode: 0o600 });
  job.onStep({ step: index, state: 'running', exitCode: null, durationMs: null });
  await log.write(`▶ ${step.name}\n`);
  const noted: Promise<void>[] = [];
  const process = await job.executor.run({
    place,
    step,
    script,
    output,
    env: (at) => stepEnv(plan, step, job.secrets, passedEnv(globalThis.process.env), at),
    network: plan.network,
    timeoutMs,
    // What tidies up after a cancelled job is not cancelled by the same wish.
    signal: clearingUp ? job.abandon : AbortSignal.any([job.abandon, job.cancel]),
    onOutput: (chunk) => log.write(chunk),
    onStart: (group) => noted.push(noteGroup(place.root, group)),
  });
  await Promise.all(noted);
  const end = endOf(process);
  await takeOutputs(job, output, outputs);
  await log.write(`${end === 'succeeded' ? '✓' : '✗'} ${wordsOf(process)} after ${formatDuration(process.durationMs)}\n`);
  job.onStep({ step: index, state: end, exitCode: process.exitCode, durationMs: Math.round(process.durationMs) });
  return { end, process };
}

function endOf(process: ProcessEnd): StepEnd {
  if (process.how === 'timed-out' || process.how === 'cancelled') return process.how;
  return process.how === 'exited' && process.exitCode === 0 ? 'succeeded' : 'failed';
}

function wordsOf(process: ProcessEnd): string {
  if (process.how === 'not-started') return `could not start (${process.error})`;
  if (process.how !== 'exited') return process.how;
  return process.exitCode === null
    ? `was ended by ${process.signal}`
    : process.exitCode === 0
      ? 'succeeded'
      : `failed with exit code ${process.exitCode}`;
}

function causeOf(step: StepPlan, process: ProcessEnd, standing: Standing, plan: JobPlan): string {
  if (standing === 'cancelled') return `The job was cancelled during the step "${step.name}".`;
  if (standing === 'abandoned') return `The runner gave the job up during the step "${step.name}".`;
  if (standing === 'timed-out' && process.durationMs < step.timeoutMs)
    return `The job took longer than ${formatDuration(plan.timeoutMs)}; it was in the step "${step.name}".`;
  if (process.how === 'timed-out') return `The step "${step.name}" took longer than ${formatDuration(step.timeoutMs)}.`;
  return `The step "${step.name}" ${wordsOf(process)}.`;
}

async function takeOutputs(job: StepsJob, path: string, outputs: Map<string, string>): Promise<void> {
  const text = await readSmall(path, MAX_OUTPUT_FILE);
  if (text === null) return job.log.write('! the outputs of this step are not a file of at most 1 MiB; none was taken\n');
  const { values, refused } = parseOutputs(text, job.plan.outputs);
  for (const why of refused) await job.log.write(`! output not taken: ${why}\n`);
  for (const [name, value] of values) outputs.set(name, redactText(job.redactor, value));
}

/** The text of a plain file of at most `limit` bytes, else null. */
async function readSmall(path: string, limit: number): Promise<string | null> {
  const file = await openPlainFile(path).catch(() => null);
  if (file === null) return null;
  try {
    return (await file.stat()).size > limit ? null : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
