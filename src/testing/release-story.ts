import type { Digest } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import type { Cast } from '../changes/changes.api.ts';
import { voteOnRelease } from '../releases/approval.commands.ts';
import { mirrorHistory } from '../releases/history.queries.ts';
import { loadInputs } from '../releases/inputs.queries.ts';
import { mayShip, type MayShipAnswer, type MayShipRequest } from '../releases/may-ship.api.ts';
import { createRelease, type NewRelease } from '../releases/release.commands.ts';
import type { ReleaseRow } from '../releases/releases.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import type { World } from './release-world.ts';

/** What a voter sees before voting. */
export type Seen = { readonly intent: Digest; readonly version: number };

const builds = new WeakMap<World, Promise<string>>();
let count = 0;

/** Makes another release of the world's first build, as rita; a fresh build and commit where a run is given. */
export async function newRelease(world: World, more: Partial<NewRelease> = {}): Promise<ReleaseRow> {
  const actor = world.people.rita;
  const built = builds.get(world) ?? world.commit('feat: a thing').then((commit) => world.build(commit));
  builds.set(world, built);
  const asked = {
    service: world.shop,
    run: await built,
    commit: null,
    type: 'standard' as const,
    version: `7.${(count += 1)}.0`,
    plan: 'manual' as const,
    targets: null,
    schemaChange: 'none' as const,
    ...more,
  };
  return world.tx((tx) => createRelease(tx, actor, asked, { history: mirrorHistory }));
}

export async function look(world: World, release: ReleaseRow): Promise<Seen> {
  const loaded = await world.tx((tx) =>
    loadInputs(tx, { releaseId: release.id, environmentId: world.prod.id, purpose: 'deploy', deploymentId: null }),
  );
  if (loaded === null || loaded === 'no-environment') throw new Error('no such release');
  return { intent: loaded.inputs.approvals.intent, version: loaded.targetVersion };
}

/** Votes on prod with what was seen (null: looks first); a problem thrown is an outcome too. */
export async function vote(
  world: World,
  release: ReleaseRow,
  actor: Actor,
  seen: Seen | null = null,
  more: { verdict?: 'reject'; onBehalfOf?: string } = {},
): Promise<Cast> {
  const on = seen ?? (await look(world, release));
  const order = {
    release,
    service: world.shop,
    environment: world.prod,
    verdict: more.verdict ?? ('approve' as const),
    reason: 'because',
    ...on,
    onBehalfOf: more.onBehalfOf ?? null,
    mayVote: true,
  };
  try {
    return await world.tx((tx) => voteOnRelease(tx, actor, order));
  } catch (error) {
    if (error instanceof Problem) return { vote: null, refused: error };
    throw error;
  }
}

/** Asks for prod. */
export function ask(world: World, release: ReleaseRow, more: Partial<MayShipRequest> = {}): Promise<MayShipAnswer> {
  return world.tx((tx) =>
    mayShip(tx, {
      releaseId: release.id,
      environmentId: world.prod.id,
      actor: world.people.rita,
      purpose: 'deploy',
      record: false,
      ...more,
    }),
  );
}
