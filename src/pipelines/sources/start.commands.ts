import type { Actor } from '../../kernel/actor.ts';
import { actorLabel } from '../../kernel/actor.ts';
import { serviceById, serviceByName } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import { isAncestor, onAnyBranch, resolveRef } from '../../host/git.run.ts';
import { isCommitId } from '../../host/git.ts';
import { TRUST } from '../../contract/runner.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { createRun, type RunOrder } from '../engine/runs.commands.ts';
import { findRun, findRunByKey, type RunRow } from '../engine/run.store.ts';
import { isTerminal } from '../../kernel/machine.ts';
import { between } from '../../kernel/time.ts';
import {
  isRecorded,
  noOtherRunner,
  noRepository,
  noSuchRun,
  noSuchService,
  nothingToRepeat,
  otherRunnersSilent,
  runNotOver,
} from '../pipelines.problems.ts';
import { takes, trustOf } from '../trust.ts';
import { runnerBeside, runnersOfRun } from '../runners/runner.store.ts';
import { mirrorOf, refreshOne } from './mirror.commands.ts';
import { runMachine } from '../states.ts';
import { prepareAgain, prepareManual } from './prepare.commands.ts';
import { ensureSource } from './source.store.ts';
import { syncSource } from './sync.reactions.ts';

export type StartRun = {
  readonly service: string;
  readonly ref?: string | undefined;
  readonly commit?: string | undefined;
  readonly inputs: Readonly<Record<string, string>>;
  /** The request's Idempotency-Key: the same request again answers the run that it made. */
  readonly key: string | null;
};

/** Starts a run because somebody asks: at a commit, or at a branch or tag as it stands in the repository now. */
export async function startRun(floor: Floor, actor: Actor, input: StartRun): Promise<RunRow> {
  const requestKey = keyOf(actor, input.key);
  const { service, source, before, heardAt } = await floor.db.tx(actor.org, async (tx) => {
    const found = await serviceByName(tx, input.service);
    if (found === null) throw noSuchService({ service: input.service });
    if (found.repository === null) throw noRepository({ service: input.service });
    const repeated = requestKey === null ? null : await findRunByKey(tx, requestKey);
    return { service: found, source: await ensureSource(tx, found.repository.url), before: repeated, heardAt: await tx.now() };
  });
  if (before !== null) return before;
  await syncSource(floor, actor.org, source.id, { poll: false, heardAt });
  const mirror = mirrorOf(floor, source.id);
  if (input.commit !== undefined) await present(floor, actor.org, source, input.commit).catch(() => undefined);
  const at = await placeOf(mirror, service, input);
  const origin = { service, source, mirror, commit: at.commit, ref: at.ref, trust: await trustAt(mirror, service, at), heardAt };
  const order = await prepareManual(floor, origin, input.inputs, requestKey);
  return floor.db.tx(actor.org, (tx) => createRun(tx, actor, order));
}

/**
 * Runs the commit of an ended run again, for whatever reason it ran (a push stays a push). Its trust is judged anew: what
 * was on a branch then may not be now.
 */
export async function retryRun(
  floor: Floor,
  actor: Actor,
  input: { readonly run: string; readonly elsewhere?: boolean; readonly key: string | null },
): Promise<RunRow> {
  const requestKey = keyOf(actor, input.key);
  const { run, service, source, before, heardAt } = await floor.db.tx(actor.org, async (tx) => {
    const run = await findRun(tx, input.run);
    if (run === null) throw noSuchRun({ run: input.run });
    if (run.origin !== 'own' || run.trigger === 'recorded' || run.trigger === 'read')
      throw isRecorded({ run: run.id, system: run.external_system ?? '' });
    if (!isTerminal(runMachine, run.state)) throw runNotOver({ run: run.id, state: run.state });
    const service = await serviceById(tx, run.service_id);
    if (service === null || service.repository === null || run.commit_id === null) throw nothingToRepeat({ run: run.id });
    const repeated = requestKey === null ? null : await findRunByKey(tx, requestKey);
    return { run, service, source: await ensureSource(tx, service.repository.url), before: repeated, heardAt: await tx.now() };
  });
  if (before !== null) return before;
  await syncSource(floor, actor.org, source.id, { poll: false, heardAt });
  const mirror = mirrorOf(floor, source.id);
  const at = { commit: await present(floor, actor.org, source, run.commit_id ?? ''), ref: run.ref };
  const origin = { service, source, mirror, ...at, trust: await trustAt(mirror, service, at), heardAt };
  const order = await prepareAgain(floor, origin, { trigger: run.trigger === 'push' ? 'push' : 'manual', inputs: run.inputs }, requestKey);
  return floor.db.tx(actor.org, async (tx) =>
    createRun(tx, actor, input.elsewhere === true ? { ...order, notOn: await runnersToAvoid(tx, run.id, order) } : order),
  );
}

/** A runner asks for work all the time; one that was not heard of for so long is not running. */
const SILENT_MS = 15 * 60_000;

/**
 * The runners of a run, where others can take every job of the new one; throws `pipelines.no-other-runner` where none is
 * registered, `pipelines.other-runners-silent` where none is running.
 */
async function runnersToAvoid(tx: Tx, run: string, order: RunOrder): Promise<string[]> {
  const runners = await runnersOfRun(tx, run);
  const trust = TRUST.filter((level) => takes(level).includes(order.trust));
  const now = await tx.now();
  for (const { pool, executor } of 'jobs' in order.planned ? order.planned.jobs : []) {
    const other = await runnerBeside(tx, { pool, executor, trust }, runners);
    if (other === null) throw noOtherRunner({ run, pool });
    if (between(other.seen, now) > SILENT_MS) throw otherRunnersSilent({ run, pool, runner: other.name, seen: other.seen });
  }
  return runners;
}

/** The commit, brought by its id where no branch holds it any more. */
async function present(floor: Floor, org: string, source: { readonly id: string; readonly url: string }, commit: string): Promise<string> {
  const mirror = mirrorOf(floor, source.id);
  const found = await resolveRef(mirror, commit).catch(() => null);
  if (found !== null) return found;
  if (isCommitId(commit)) await refreshOne(floor, org, source.id, source.url, commit, `commits/${commit}`).catch(() => undefined);
  return resolveRef(mirror, commit);
}

function keyOf(actor: Actor, key: string | null): string | null {
  return key === null ? null : `${actorLabel(actor)}:${key.slice(0, 200)}`;
}

type Place = { readonly commit: string; readonly ref: string | null };

async function placeOf(mirror: string, service: Service, input: StartRun): Promise<Place> {
  if (input.commit !== undefined)
    return { commit: await resolveRef(mirror, input.commit), ref: input.ref === undefined ? null : await fullRef(mirror, input.ref) };
  const name = input.ref ?? service.repository?.branch ?? 'HEAD';
  if (isCommitId(name)) return { commit: await resolveRef(mirror, name), ref: null };
  const ref = await fullRef(mirror, name);
  return { commit: await resolveRef(mirror, ref), ref };
}

/** `main` -> `refs/heads/main`, a tag's name -> `refs/tags/...`; throws `git.no-such-ref` for what is neither. */
async function fullRef(mirror: string, name: string): Promise<string> {
  if (name.startsWith('refs/heads/') || name.startsWith('refs/tags/')) {
    await resolveRef(mirror, name);
    return name;
  }
  const branch = `refs/heads/${name}`;
  const isBranch = await resolveRef(mirror, branch).then(
    () => true,
    () => false,
  );
  if (isBranch) return branch;
  await resolveRef(mirror, `refs/tags/${name}`);
  return `refs/tags/${name}`;
}

/** By where the commit stands in the repository as it is now, whatever ref was claimed. */
export async function trustAt(mirror: string, service: Service, { commit, ref }: Place): Promise<ReturnType<typeof trustOf>> {
  const protectedBranch = service.repository?.branch ?? '';
  const [onProtected, onBranch] = await Promise.all([
    isAncestor(mirror, commit, `refs/heads/${protectedBranch}`),
    onAnyBranch(mirror, commit),
  ]);
  return trustOf({ ref, protectedBranch, onProtected, onBranch });
}
