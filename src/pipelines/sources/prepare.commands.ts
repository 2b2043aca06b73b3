import type { Service } from '../../catalog/service.ts';
import { keepCommit } from '../../host/git-fetch.run.ts';
import { shortRef } from '../../host/git.ts';
import { archive, changedPaths, fileIds, showFile } from '../../host/git.run.ts';
import { renderDiagnostics } from '../../kernel/diagnostic.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Trust } from '../../contract/runner.ts';
import type { Floor } from '../../platform/floor.ts';
import type { RunContext } from '../definition/contexts.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import { planRun, type PlannedRun } from '../definition/plan.ts';
import { PIPELINE_FILE, readPipeline } from '../definition/read.ts';
import { cacheFilesOf } from '../definition/resolve.ts';
import { readInputs, startsRun } from '../definition/triggers.ts';
import type { RunOrder } from '../engine/runs.commands.ts';
import { badInputs, badPipeline, noPipeline, notStarted } from '../pipelines.problems.ts';
import { atPath } from './paths.ts';

const PIPELINE_LIMIT = 1024 ** 2;

/** Where a run comes from: a commit of a mirror that has been fetched. */
export type Origin = {
  readonly service: Service;
  readonly source: { readonly id: string; readonly url: string };
  readonly mirror: string;
  readonly commit: string;
  readonly ref: string | null;
  readonly trust: Trust;
  readonly heardAt: string;
};

/**
 * The run that a push asks for, or null where the pipeline (or its absence) starts none. A pipeline that can't be read
 * becomes a failed run that shows its errors, because nobody waits for an answer to a push.
 */
export async function preparePush(floor: Floor, origin: Origin, before: string | null): Promise<RunOrder | null> {
  // Nearly every push starts a run, so its sources are on their way while its pipeline is read.
  const sources = underWay(archive(origin.mirror, origin.commit, origin.service.repository?.path ?? '.'));
  try {
    return await pushOrder(floor, origin, before, sources.bytes);
  } finally {
    await sources.end();
  }
}

async function pushOrder(floor: Floor, origin: Origin, before: string | null, sources: Sources): Promise<RunOrder | null> {
  const [read, changed] = await Promise.all([
    readAt(origin),
    before === null ? null : changedPaths(origin.mirror, before, origin.commit).catch(() => null),
  ]);
  if (read === null) return null;
  const paths = changed === null ? null : inside(origin.service, changed);
  // In a repository of several services a push is about those whose folder it touches.
  if (paths !== null && paths.length === 0 && origin.service.repository?.path !== '.') return null;
  if (!read.ok)
    return orderOf(floor, origin, {
      trigger: 'push',
      inputs: {},
      digest: read.digest,
      planned: () => ({ failed: read.text }),
      requestKey: null,
      sources,
    });
  const ref = origin.ref ?? '';
  const branch = ref.startsWith('refs/heads/') ? shortRef(ref) : null;
  const tag = ref.startsWith('refs/tags/') ? shortRef(ref) : null;
  if (!startsRun(read.pipeline, { kind: 'push', branch, tag, changedPaths: paths }).starts) return null;
  return orderOf(floor, origin, {
    trigger: 'push',
    inputs: {},
    digest: read.digest,
    planned: (context) => plannedOrFailed(read.pipeline, context),
    requestKey: null,
    sources,
  });
}

/** The run that somebody asks for; throws a Problem with everything that is wrong about it. */
export async function prepareManual(
  floor: Floor,
  origin: Origin,
  given: Readonly<Record<string, string>>,
  requestKey: string | null,
): Promise<RunOrder> {
  const read = await readAt(origin);
  if (read === null) throw noPipeline({ file: fileOf(origin.service), commit: origin.commit });
  if (!read.ok) throw badPipeline({ file: fileOf(origin.service), text: read.text, diagnostics: read.diagnostics });
  const manual = startsRun(read.pipeline, { kind: 'manual' });
  if (!manual.starts) throw notStarted({ service: origin.service.name, why: manual.why });
  const inputs = readInputs(read.pipeline, given);
  if (!inputs.ok) throw badInputs({ errors: inputs.errors });
  const plan = planOrThrow(origin, read.pipeline);
  const sources = archive(origin.mirror, origin.commit, origin.service.repository?.path ?? '.');
  return orderOf(floor, origin, { trigger: 'manual', inputs: inputs.inputs, digest: read.digest, planned: plan, requestKey, sources });
}

/** The same commit once more, as it was asked for then; throws a Problem where its pipeline can not be read or planned. */
export async function prepareAgain(
  floor: Floor,
  origin: Origin,
  before: { readonly trigger: 'push' | 'manual'; readonly inputs: Readonly<Record<string, string>> },
  requestKey: string | null,
): Promise<RunOrder> {
  const read = await readAt(origin);
  if (read === null) throw noPipeline({ file: fileOf(origin.service), commit: origin.commit });
  if (!read.ok) throw badPipeline({ file: fileOf(origin.service), text: read.text, diagnostics: read.diagnostics });
  const sources = archive(origin.mirror, origin.commit, origin.service.repository?.path ?? '.');
  const planned = planOrThrow(origin, read.pipeline);
  return orderOf(floor, origin, { ...before, digest: read.digest, planned, requestKey, sources });
}

function planOrThrow(origin: Origin, pipeline: Pipeline): (context: RunContext) => PlannedRun {
  return (context) => {
    const planned = plannedOrFailed(pipeline, context);
    if ('failed' in planned) throw badPipeline({ file: fileOf(origin.service), text: planned.failed, diagnostics: [] });
    return planned;
  };
}

type Asked = {
  readonly trigger: 'push' | 'manual';
  readonly inputs: Readonly<Record<string, string>>;
  readonly digest: string;
  readonly planned: (context: RunContext) => RunOrder['planned'];
  readonly requestKey: string | null;
  readonly sources: Sources;
};

type Sources = AsyncIterable<Uint8Array>;

/** Begins to read at once; `end` gives up what nobody has taken. */
function underWay(bytes: AsyncGenerator<Uint8Array>): { readonly bytes: Sources; end(): Promise<void> } {
  const first = bytes.next();
  first.catch(() => undefined);
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    const begun = await first;
    if (begun.done !== true) yield begun.value;
    yield* bytes;
  };
  return {
    bytes: rest(),
    end: async () => {
      await first.catch(() => undefined);
      await bytes.return(undefined).catch(() => undefined);
    },
  };
}

async function orderOf(floor: Floor, origin: Origin, asked: Asked): Promise<RunOrder> {
  const { service, source, commit, ref, trust } = origin;
  const id = floor.newId('run');
  const context: RunContext = {
    id,
    trigger: asked.trigger,
    trust,
    commit,
    ref,
    branch: ref?.startsWith('refs/heads/') === true ? shortRef(ref) : null,
    tag: ref?.startsWith('refs/tags/') === true ? shortRef(ref) : null,
    service: service.name,
    inputs: asked.inputs,
  };
  const planned = asked.planned(context);
  const named = 'jobs' in planned ? [...new Set(planned.jobs.flatMap(cacheFilesOf))] : [];
  const folder = service.repository?.path ?? '.';
  const [stored, ids] = await Promise.all([
    'jobs' in planned ? floor.blobs.put(asked.sources) : null,
    fileIds(
      origin.mirror,
      commit,
      named.map((file) => atPath(folder, file)),
    ),
    // What a run was made of stays in this mirror, also when its branch is forced away or deleted.
    keepCommit(origin.mirror, commit),
  ]);
  return {
    id,
    service: { id: service.id, name: service.name },
    source: { id: source.id, repository: source.url, commit, ref, archive: stored?.digest ?? null },
    trigger: asked.trigger,
    trust,
    inputs: asked.inputs,
    pipelineDigest: asked.digest,
    planned,
    context,
    files: Object.fromEntries(named.map((file) => [file, ids[atPath(folder, file)] ?? null])),
    heardAt: origin.heardAt,
    requestKey: asked.requestKey,
  };
}

type ReadAt =
  | { readonly ok: true; readonly pipeline: Pipeline; readonly digest: string }
  | { readonly ok: false; readonly text: string; readonly diagnostics: readonly unknown[]; readonly digest: string };

/** The pipeline file as it stands in the commit; null: the commit has none. */
async function readAt(origin: Origin): Promise<ReadAt | null> {
  const file = fileOf(origin.service);
  const bytes = await showFile(origin.mirror, origin.commit, file, PIPELINE_LIMIT);
  if (bytes === null) return null;
  const text = bytes.toString('utf8');
  const digest = digestOf(bytes);
  const read = readPipeline(text, file);
  return read.ok
    ? { ok: true, pipeline: read.pipeline, digest }
    : { ok: false, text: renderDiagnostics(text, read.diagnostics), diagnostics: read.diagnostics, digest };
}

function fileOf(service: Service): string {
  return atPath(service.repository?.path ?? '.', PIPELINE_FILE);
}

function inside(service: Service, paths: readonly string[]): string[] {
  const folder = service.repository?.path ?? '.';
  return folder === '.' ? [...paths] : paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
}

function plannedOrFailed(pipeline: Pipeline, context: RunContext): RunOrder['planned'] {
  const planning = planRun(pipeline, context);
  return planning.ok ? planning.run : { failed: planning.errors.join('\n') };
}
