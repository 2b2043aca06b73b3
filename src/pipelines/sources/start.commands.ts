import type { Actor } from '../../kernel/actor.ts';
import { actorLabel } from '../../kernel/actor.ts';
import { serviceByName } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import { isAncestor, onAnyBranch, resolveRef } from '../../host/git.run.ts';
import { isCommitId } from '../../host/git.ts';
import type { Floor } from '../../platform/floor.ts';
import { createRun } from '../engine/runs.commands.ts';
import { findRunByKey, type RunRow } from '../engine/run.store.ts';
import { noRepository, noSuchService } from '../pipelines.problems.ts';
import { trustOf } from '../trust.ts';
import { mirrorOf } from './mirror.commands.ts';
import { prepareManual } from './prepare.commands.ts';
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
  const requestKey = input.key === null ? null : `${actorLabel(actor)}:${input.key.slice(0, 200)}`;
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
  const at = await placeOf(mirror, service, input);
  const origin = { service, source, mirror, commit: at.commit, ref: at.ref, trust: await trustAt(mirror, service, at), heardAt };
  const order = await prepareManual(floor, origin, input.inputs, requestKey);
  return floor.db.tx(actor.org, (tx) => createRun(tx, actor, order));
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
async function trustAt(mirror: string, service: Service, { commit, ref }: Place): Promise<ReturnType<typeof trustOf>> {
  const protectedBranch = service.repository?.branch ?? '';
  const [onProtected, onBranch] = await Promise.all([
    isAncestor(mirror, commit, `refs/heads/${protectedBranch}`),
    onAnyBranch(mirror, commit),
  ]);
  return trustOf({ ref, protectedBranch, onProtected, onBranch });
}
