import { serviceByName } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import type { Actor } from '../../kernel/actor.ts';
import { digestOfValue, type Digest } from '../../kernel/digest.ts';
import { between, type Instant } from '../../kernel/time.ts';
import { toldBy, type Told } from '../../kernel/told.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import type { ArtifactPort } from '../artifact.port.ts';
import { artifactsOf } from '../engine/artifact.store.ts';
import type { RunRow } from '../engine/run.store.ts';
import { buildRecorded, runFinished } from '../pipelines.events.ts';
import { noSuchService, toldOtherwise } from '../pipelines.problems.ts';
import type { ReportPort } from '../report.port.ts';
import { commitTrust, type Stands } from './commit-trust.commands.ts';
import { standingOf, type External, type Outcome, type Word } from './recorded.ts';
import { insertWord, keepArtifactName, keepRecordedRun, recordedJob, saveStanding, wordsOf } from './recorded.store.ts';

/** Who keeps artifacts and reads reports: the same as for builds of our own. */
export type RecordPorts = { readonly artifacts: ArtifactPort; readonly reports: ReportPort };

/** What every word about a recorded run names. */
export type About = {
  readonly service: string;
  readonly external: External;
  readonly url: string | null;
  readonly commit: string;
  readonly ref: string | null;
};

export type Recorded = { readonly run: RunRow; readonly job: string | null; readonly fresh: boolean; readonly trust: Word['trust'] };

type Scene = { readonly actor: Actor; readonly service: Service; readonly told: Told; readonly stands: Stands; readonly about: About };
type NewWord = Pick<Word, 'kind' | 'job' | 'name' | 'phase' | 'body'>;

/** Tells how a run (job null) or one of its jobs stands. Told twice is once; told otherwise is refused. */
export async function recordBuild(
  floor: Floor,
  actor: Actor,
  about: About,
  said: {
    readonly job: string | null;
    readonly state: 'running' | Outcome;
    readonly startedAt: Instant | null;
    readonly finishedAt: Instant | null;
  },
): Promise<Recorded> {
  const scene = await sceneOf(floor, actor, about);
  const { job, state, startedAt, finishedAt } = said;
  const kind = job === null ? ('run' as const) : ('job' as const);
  const common = { kind, job: job ?? '', name: job ?? '' };
  const body = { ref: about.ref, url: about.url, startedAt: utc(startedAt), finishedAt: utc(finishedAt) };
  const word: NewWord =
    state === 'running' ? { ...common, phase: 'started', body } : { ...common, phase: 'ended', body: { ...body, outcome: state } };
  return floor.db.tx(actor.org, async (tx) => {
    const { run, fresh } = await tell(tx, scene, word, { outcome: word.body.outcome ?? null });
    return { run, job, fresh, trust: scene.stands.trust };
  });
}

/** Tells of an artifact whose bytes lie under `digest`, here (`kept`) or elsewhere. */
export async function recordArtifact(
  floor: Floor,
  actor: Actor,
  about: About,
  made: {
    readonly job: string;
    readonly name: string;
    readonly digest: Digest;
    readonly size: number;
    readonly kept: boolean;
    readonly reference: string | null;
  },
  ports: RecordPorts,
): Promise<Recorded> {
  const scene = await sceneOf(floor, actor, about);
  const { job, name, digest, size, kept, reference } = made;
  const body = { ref: about.ref, url: about.url, digest };
  return floor.db.tx(actor.org, async (tx) => {
    const { run, fresh } = await tell(tx, scene, { kind: 'artifact', job, name, phase: 'made', body }, { digest });
    const row = await recordedJob(tx, run.id, job);
    await keepArtifactName(tx, { job: row.id, run: run.id, name, digest, size });
    const at = await tx.now();
    await ports.artifacts.accept(tx, {
      ...boundTo(scene, run, row.id),
      repository: run.repository,
      ref: run.ref,
      name,
      digest,
      size,
      executor: 'recorded',
      isolation: [],
      startedAt: row.started_at ?? at,
      finishedAt: at,
      planDigest: digestOfValue({ ...about.external, name, digest }),
      materials: [],
      inputs: [],
      recorded: { ...about.external, url: about.url, told: scene.told, reference, kept },
    });
    return { run, job, fresh, trust: scene.stands.trust };
  });
}

/** Tells of a report whose bytes are stored. What it speaks for may come later. */
export async function recordReport(
  floor: Floor,
  actor: Actor,
  about: About,
  report: {
    readonly job: string;
    readonly kind: string;
    readonly name: string;
    readonly path: string;
    readonly digest: Digest;
    readonly forArtifact: string | null;
    readonly forDigest: Digest | null;
  },
  ports: RecordPorts,
): Promise<Recorded & { readonly jobId: string }> {
  const scene = await sceneOf(floor, actor, about);
  const { job, kind, name, path, digest, forArtifact, forDigest } = report;
  const body = { ref: about.ref, url: about.url, digest, kind, artifact: forArtifact, speaksFor: forDigest };
  return floor.db.tx(actor.org, async (tx) => {
    const named = { kind: 'report', job, name: `${kind}/${name}`, phase: 'made', body } as const;
    const { run, fresh } = await tell(tx, scene, named, { digest, kind, forArtifact, forDigest });
    const row = await recordedJob(tx, run.id, job);
    const bound = { ...boundTo(scene, run, row.id), name, kind, path, digest, forArtifact };
    if (fresh) await ports.reports.accept(tx, { ...bound, artifacts: forDigest === null ? [] : [forDigest] });
    return { run, job, jobId: row.id, fresh, trust: scene.stands.trust };
  });
}

async function sceneOf(floor: Floor, actor: Actor, about: About): Promise<Scene> {
  const service = await floor.db.read(actor.org, (tx) => serviceByName(tx, about.service));
  if (service === null) throw noSuchService({ service: about.service });
  const told = toldBy(actor);
  return { actor, service, told, about, stands: await commitTrust(floor, actor.org, service, about, told) };
}

/** Keeps a word, and makes of the run and its jobs what all words together say. */
async function tell(
  tx: Tx,
  scene: Scene,
  said: NewWord,
  meaning: Readonly<Record<string, unknown>>,
): Promise<{ run: RunRow; fresh: boolean }> {
  const { actor, service, told, about, stands } = scene;
  const at = await tx.now();
  const { external, commit, ref, url } = about;
  const repository = service.repository?.url ?? null;
  const found = { service: service.id, source: stands.source, repository, commit, ref, external, url, trust: stands.trust, at };
  const run = await keepRecordedRun(tx, actor, found);
  const refuse = (what: string): never => {
    throw toldOtherwise({ what, run: run.id });
  };
  if (run.commit_id !== commit) refuse('the commit');
  if (ref !== null && run.ref !== null && run.ref !== ref) refuse('the ref');
  const word: Word = { ...said, told, trust: stands.trust, at };
  const kept = await insertWord(tx, run, word, digestOfValue({ commit, ...meaning }));
  if (kept === 'otherwise') refuse(word.kind === 'run' ? 'its end' : `${word.kind} ${word.name}`);
  if (kept === 'same') return { run, fresh: false };
  const words = await wordsOf(tx, run.id);
  // A name means one thing in a run: of two reports of one name the newer would hide the other.
  const twice = words.some((one) => one.phase === 'made' && one.kind === word.kind && one.name === word.name && one.job !== word.job);
  if (word.phase === 'made' && twice) refuse(`${word.kind} ${word.name}, by another job`);
  const saved = await saveStanding(tx, run, standingOf(words));
  await tellFacts(tx, scene, run, saved, word);
  await tx.notify('run', run.id);
  return { run: saved, fresh: true };
}

async function tellFacts(tx: Tx, { actor, service, about, told }: Scene, before: RunRow, run: RunRow, word: Word): Promise<void> {
  const { system, id: external, attempt } = about.external;
  const { kind: what, name, phase, body, trust } = word;
  const job = word.job === '' ? null : word.job;
  const said = { what, job, name, phase, outcome: body.outcome ?? null, digest: body.digest ?? null, commit: about.commit, trust, told };
  await tx.record(buildRecorded, { subject: run.id, actor, service: service.id, body: { system, external, attempt, ...said } });
  if (before.state !== 'running' || run.state === 'running' || run.finished_at === null) return;
  const artifacts = (await artifactsOf(tx, run.id)).map(({ name, digest }) => ({ name, digest }));
  const durationMs = Math.max(0, between(run.started_at ?? run.queued_at, run.finished_at));
  const ended = { outcome: run.state, commit: run.commit_id, ref: run.ref, trust: run.trust, causeDigest: null, artifacts, durationMs };
  await tx.record(runFinished, { subject: run.id, actor, service: service.id, body: ended });
}

function boundTo({ actor, stands }: Scene, run: RunRow, job: string) {
  return { run: run.id, job, attempt: 1, service: run.service_id, commit: run.commit_id, trust: stands.trust, actor };
}

/** An instant as all of ours are written. */
function utc(instant: Instant | null): Instant | null {
  return instant === null ? null : new Date(instant).toISOString();
}
