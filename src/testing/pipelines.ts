import { applyCatalogFile, planCatalogFile } from '../catalog/apply.commands.ts';
import { serviceByName } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import { jobPlanSchema, JOB_PLAN_TYPE, type Executor, type JobPlan, type Trust } from '../contract/runner.ts';
import { system, type Actor } from '../kernel/actor.ts';
import { digestOf, type Digest } from '../kernel/digest.ts';
import { openEnvelope } from '../kernel/dsse.ts';
import type { ArtifactPort, MadeArtifact } from '../pipelines/artifact.port.ts';
import { planRun } from '../pipelines/definition/plan.ts';
import { readPipeline } from '../pipelines/definition/read.ts';
import type { RunContext } from '../pipelines/definition/contexts.ts';
import { createRun } from '../pipelines/engine/runs.commands.ts';
import type { RunRow } from '../pipelines/engine/run.store.ts';
import type { GivenReport } from '../pipelines/report.port.ts';
import { putBlob } from '../pipelines/runners/blob.commands.ts';
import { claimJob, type Claimed } from '../pipelines/runners/claim.commands.ts';
import { finishAttempt, type Finish } from '../pipelines/runners/finish.commands.ts';
import type { Holder } from '../pipelines/runners/lease.commands.ts';
import { createRegistration, registerRunner } from '../pipelines/runners/register.commands.ts';
import { serviceSecrets } from '../pipelines/secrets/secrets.commands.ts';
import type { Floor } from '../platform/floor.ts';
import { Refused } from '../platform/http/handler.ts';

/** A service of a one-team catalog; `repository`: its address, branch and folder. */
export async function givenService(
  floor: Floor,
  name: string,
  repository: { url: string; branch?: string; path?: string } | null = null,
): Promise<Service> {
  const at = repository === null ? '' : `, repository: ${JSON.stringify({ branch: 'main', path: '.', ...repository })}`;
  const text = `teams: {crew: {title: Crew}}\nservices:\n  ${name}: {team: crew, tier: 3${at}}\n`;
  const input = { text, file: 'yardmaster.yaml', prune: false };
  return floor.db.tx(floor.org, async (tx) => {
    const { plan } = await planCatalogFile(tx, input);
    await applyCatalogFile(tx, system(floor.org, 'test'), { ...input, plan: plan.digest });
    const service = await serviceByName(tx, name);
    if (service === null) throw new Error(`the catalog has no ${name}`);
    return service;
  });
}

/** A run of a pipeline written in `yaml`, without a repository behind it. */
export async function givenRun(
  floor: Floor,
  service: Service,
  yaml: string,
  more: { trust?: Trust; ref?: string; inputs?: Record<string, string> } = {},
): Promise<RunRow> {
  const read = readPipeline(yaml, 'pipeline.yaml');
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const context: RunContext = {
    id: floor.newId('run'),
    trigger: 'manual',
    trust: more.trust ?? 'protected',
    commit: 'c'.repeat(40),
    ref: more.ref ?? 'refs/heads/main',
    branch: 'main',
    tag: null,
    service: service.name,
    inputs: more.inputs ?? {},
  };
  const planning = planRun(read.pipeline, context);
  if (!planning.ok) throw new Error(planning.errors.join());
  return floor.db.tx(floor.org, async (tx) =>
    createRun(tx, system(floor.org, 'test'), {
      id: context.id,
      service: { id: service.id, name: service.name },
      source: { id: null, repository: null, commit: context.commit, ref: context.ref, archive: null },
      trigger: 'manual',
      trust: context.trust,
      inputs: context.inputs,
      pipelineDigest: null,
      planned: planning.run,
      context,
      files: {},
      heardAt: await tx.now(),
      requestKey: null,
    }),
  );
}

/** A job that a test runner took: its plan as the signature says it. */
export type Taken = { readonly holder: Holder; readonly plan: JobPlan; readonly claimed: Claimed };
export type TestRunner = {
  readonly actor: Actor;
  take(executors?: Executor[], waitMs?: number): Promise<Taken | null>;
  /** Takes a job that must be there. */
  taken(): Promise<Taken>;
  upload(holder: Holder, text: string): Promise<{ digest: Digest; size: number }>;
  /** Finishes, with success and nothing made unless said otherwise; a refusal is thrown as its problem. */
  finish(holder: Holder, words?: Partial<Finish>): Promise<void>;
};

/** What the ports were told. */
export type Kept = { readonly artifacts: MadeArtifact[]; readonly reports: GivenReport[] };

/** Registers a runner that speaks the engine's commands, with ports that keep what they are told (or `artifacts`, a real one). */
export async function givenRunner(
  floor: Floor,
  options: { pool?: string; trust?: Trust; artifacts?: ArtifactPort } = {},
): Promise<TestRunner & { readonly kept: Kept }> {
  const input = { pool: options.pool ?? 'default', trust: options.trust ?? 'trusted', expiresInMinutes: 5 } as const;
  const { registration } = await floor.db.tx(floor.org, (tx) => createRegistration(tx, system(floor.org, 'test'), input));
  const { runner } = await registerRunner(floor, registration, 'test runner');
  const actor: Actor = { kind: 'runner', id: runner, org: floor.org };
  const kept: Kept = { artifacts: [], reports: [] };
  const ports = {
    artifacts: options.artifacts ?? { accept: async (_: unknown, made: MadeArtifact) => void kept.artifacts.push(made) },
    reports: { accept: async (_: unknown, report: GivenReport) => void kept.reports.push(report) },
  };
  const take: TestRunner['take'] = async (executors = ['host'], waitMs = 0) => {
    const claimed = await claimJob(floor, actor, { executors, waitMs }, { secrets: serviceSecrets });
    if (claimed === null) return null;
    const opened = openEnvelope(claimed.plan, JOB_PLAN_TYPE, floor.keys.all);
    if (!opened.ok) throw new Error(opened.why);
    const plan = jobPlanSchema.parse(JSON.parse(Buffer.from(opened.payload).toString()));
    return { plan, claimed, holder: { runner, job: plan.job, attempt: plan.attempt, token: claimed.lease.token } };
  };
  return {
    actor,
    kept,
    take,
    async taken() {
      const job = await take();
      if (job === null) throw new Error('there was no job to take');
      return job;
    },
    upload: (holder, text) => putBlob(floor, actor, holder, digestOf(text), chunks(text)),
    async finish(holder, words = {}) {
      const answer = await floor.db.tx(floor.org, (tx) => finishAttempt(tx, actor, holder, { ...SUCCESS, ...words }, ports));
      if (answer instanceof Refused) throw answer.problem;
    },
  };
}

const SUCCESS: Finish = {
  result: 'succeeded',
  cause: null,
  executor: 'host',
  isolation: [],
  outputs: {},
  artifacts: [],
  reports: [],
  materials: [],
  log: { bytes: 0, digest: digestOf('') },
};

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Moves the database's clock by `ms`, for everybody in it. */
export async function passTime(floor: Floor, ms: number): Promise<void> {
  await floor.db.tx('*', (tx) => tx.query('insert into clock_offset values ($1)', [ms]));
}

/** Facts of a type, oldest first. */
export async function factsOf(
  floor: Floor,
  type: string,
  subject?: string,
): Promise<{ subject: string; actor: string; body: Record<string, unknown> }[]> {
  return floor.db.read(floor.org, (tx) =>
    tx.query(`select subject, actor, body from fact where type = $1 and ($2::text is null or subject = $2) order by id`, [
      type,
      subject ?? null,
    ]),
  );
}
