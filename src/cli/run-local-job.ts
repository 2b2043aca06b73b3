import { createReadStream } from 'node:fs';
import { copyFile, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobPlan } from '../contract/runner.ts';
import { extractArchive } from '../host/archive.extract.ts';
import { packPath } from '../host/archive.pack.ts';
import { newId } from '../host/ids.system.ts';
import { Problem } from '../kernel/problem.ts';
import type { JobOutcome, RunContext } from '../pipelines/definition/contexts.ts';
import type { PlannedJob } from '../pipelines/definition/plan.ts';
import { resolveJob, type ResolvedJob } from '../pipelines/definition/resolve.ts';
import type { Executor, Place } from '../runner/executor.ts';
import { LogSpool } from '../runner/log.spool.ts';
import { clearPlace, makePlace } from '../runner/place.disk.ts';
import { redactorOf } from '../runner/redact.ts';
import { runSteps } from '../runner/steps.run.ts';
import { copySource } from './run-local-source.ts';

/** One run on this machine. `artifacts`: where each job's packed artifacts lie, by `job key/artifact name`. */
export type LocalRun = {
  readonly directory: string;
  readonly scratch: string;
  readonly context: RunContext;
  readonly executors: ReadonlyMap<string, Executor>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly out: string | null;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly artifacts: Map<string, string>;
};

/** The executors of this run, as plans name them. */
export function preferred(local: Pick<LocalRun, 'executors'>): ('host' | 'sandbox')[] {
  return [...local.executors.keys()] as ('host' | 'sandbox')[];
}

export type LocalEnd = { readonly outcome: JobOutcome; readonly cause: string | null };

/** Runs a planned job whose needs have ended, with its retries; what goes wrong is its result. */
export async function runLocalJob(job: PlannedJob, outcomes: Readonly<Record<string, JobOutcome>>, local: LocalRun): Promise<LocalEnd> {
  for (let attempt = 1; ; attempt++) {
    const resolved = resolveJob(job, { run: local.context, outcomes, executors: preferred(local) });
    if (resolved.kind !== 'run') return { outcome: { result: 'refused', outputs: {} }, cause: 'it can no longer be resolved' };
    local.say(`[${job.key}] started on ${resolved.job.executor}${attempt > 1 ? `, attempt ${attempt}` : ''}`);
    const end = await attemptOf(job, resolved.job, attempt, local).catch((error: unknown): LocalEnd => {
      if (!(error instanceof Problem)) throw error;
      return { outcome: { result: 'failed', outputs: {} }, cause: error.sentence };
    });
    local.say(`[${job.key}] ${end.outcome.result}${end.cause === null ? '' : `: ${end.cause}`}`);
    if (end.outcome.result !== 'failed' || attempt > job.retries || local.signal.aborted) return end;
  }
}

async function attemptOf(job: PlannedJob, resolved: ResolvedJob, attempt: number, local: LocalRun): Promise<LocalEnd> {
  const missing = resolved.secrets.filter((name) => !Object.hasOwn(local.secrets, name));
  if (missing.length > 0)
    return { outcome: { result: 'failed', outputs: {} }, cause: `It asks for the secret ${missing.join(', ')}, which was not given.` };
  const secrets = Object.fromEntries(resolved.secrets.map((name) => [name, local.secrets[name] ?? '']));
  const plan = planFor(resolved, attempt, local);
  const place = await makePlace(join(local.scratch, 'jobs'), `${plan.job}-${attempt}`);
  const redactor = redactorOf(Object.values(secrets));
  const printer = printerOf(job.key, local.say);
  const log = await LogSpool.create(place.log, redactor(), () => printer.changed());
  printer.attach(log);
  try {
    await copySource(local.directory, place.workspace);
    for (const input of resolved.inputs) await takeInput(input, place, local);
    const executor = local.executors.get(plan.executor) as Executor;
    const end = await runSteps({
      plan,
      place,
      executor,
      secrets,
      redactor,
      log,
      cancel: local.signal,
      abandon: new AbortController().signal,
      onStep: () => undefined,
    });
    await log.end();
    await printer.finish();
    await keepReports(job, plan, place, local);
    if (end.result === 'succeeded') await keepArtifacts(job, plan, place, local);
    return { outcome: { result: end.result, outputs: end.outputs }, cause: end.cause };
  } finally {
    await log.close();
    await clearPlace(place.root);
  }
}

function planFor(resolved: ResolvedJob, attempt: number, local: LocalRun): JobPlan {
  const { environment: _, skippedSteps: __, inputs: ___, ...rest } = resolved;
  const { id, trust, service, commit, ref } = local.context;
  const source = { repository: null, commit, ref, archive: null };
  return {
    ...rest,
    v: 1,
    org: 'local',
    run: id,
    job: newId('job'),
    attempt,
    trust,
    service,
    source,
    inputs: [],
    notAfter: '9999-12-31T23:59:59.999Z',
  };
}

async function takeInput(input: ResolvedJob['inputs'][number], place: Place, local: LocalRun): Promise<void> {
  const packed = local.artifacts.get(`${input.from}/${input.artifact}`);
  if (packed === undefined)
    throw new Problem({
      code: 'cli.no-artifact',
      status: 404,
      sentence: `The job ${input.from} made no artifact ${input.artifact}.`,
      remedy: 'See why in its log.',
    });
  const folder = join(place.workspace, input.path);
  await mkdir(folder, { recursive: true });
  await extractArchive(createReadStream(packed), folder);
}

async function keepArtifacts(job: PlannedJob, plan: JobPlan, place: Place, local: LocalRun): Promise<void> {
  for (const { name, path } of plan.artifacts) {
    const file = join(local.scratch, `${local.artifacts.size}.tgz`);
    const { digest, size } = await packPath(place.workspace, path, file);
    local.artifacts.set(`${job.key}/${name}`, file);
    local.say(`[${job.key}] artifact ${name}: ${size} bytes, ${digest}`);
    if (local.out === null) continue;
    const folder = join(local.out, 'artifacts', safe(job.key), safe(name));
    await mkdir(folder, { recursive: true });
    await extractArchive(createReadStream(file), folder);
  }
}

async function keepReports(job: PlannedJob, plan: JobPlan, place: Place, local: LocalRun): Promise<void> {
  const workspace = await realpath(place.workspace);
  for (const { name, path } of plan.reports) {
    const at = join(workspace, path);
    if ((await realpath(at).catch(() => null)) !== at) {
      local.say(`[${job.key}] ! report ${name}: there is no file ${path}; a gate would not pass without it`);
      continue;
    }
    local.say(`[${job.key}] report ${name}: ${path}`);
    if (local.out === null) continue;
    const target = join(local.out, 'reports', safe(job.key), path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(at, target);
  }
}

const safe = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');

/** Prints whole lines of a log as they come, each with its job in front. */
function printerOf(key: string, say: (line: string) => void): { attach(log: LogSpool): void; changed(): void; finish(): Promise<void> } {
  let log: LogSpool | null = null;
  let offset = 0;
  let rest = '';
  let line: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    while (log !== null && offset < log.size) {
      const text = await log.read(offset, 65_536);
      offset += Buffer.byteLength(text);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const one of lines) say(`[${key}] ${one}`);
    }
  };
  return {
    attach: (spool) => void (log = spool),
    changed: () => void (line = line.then(read)),
    finish: async () => {
      await (line = line.then(read));
      if (rest !== '') say(`[${key}] ${rest}`);
    },
  };
}
