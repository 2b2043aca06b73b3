import { environmentById, environmentByName } from '../catalog/catalog.queries.ts';
import { approvalsRule } from '../changes/approvals.ts';
import { moveChange, voidVote } from '../changes/changes.api.ts';
import { voteById, votesDue, votesOn, type StoredVote } from '../changes/changes.queries.ts';
import { system } from '../kernel/actor.ts';
import type { Fact, Reaction, Sweeper, Task, Tx } from '../platform/floor.ts';
import { freezesDue } from './calendar/freezes.queries.ts';
import { EDGE_TASK, passEdge } from './calendar/freezes.commands.ts';
import { EXPIRY_TASK } from './approval.commands.ts';
import { loadInputs } from './inputs.queries.ts';
import { bumpTarget, lockTarget } from './release.store.ts';
import { newestOpenReleases, releaseById, type ReleaseRow } from './releases.queries.ts';

const me = (org: string) => system(org, 'releases');

/** The change record follows a deployment of its release: implementing when it begins, closed when it has ended for good. */
export const changeFollowsDeployment: Reaction = {
  name: 'releases.change-follows-deployment',
  run: async (floor, fact) => {
    const told = fact.body as { release?: unknown; environment?: unknown; kind?: unknown; outcome?: unknown; began?: unknown };
    if (told.kind !== 'deploy' || typeof told.release !== 'string') return;
    const { release: id } = told;
    await floor.db.tx(fact.org, async (tx) => {
      const release = await releaseById(tx, id);
      if (release === null) return;
      if (fact.type === 'deployment.started') return moveChange(tx, me(fact.org), id, 'implementing', { deployment: fact.subject });
      if (fact.type !== 'deployment.finished' || told.began !== true) return;
      if (told.outcome === 'succeeded' && !(await isLast(tx, release, String(told.environment)))) return;
      const outcome = told.outcome === 'succeeded' ? 'success' : told.outcome === 'rolled-back' ? 'rolled-back' : 'failed';
      await moveChange(tx, me(fact.org), id, 'closed', { outcome, deployment: fact.subject });
    });
  },
};

/** Whether an environment (its name or id) is the last that the release is meant for. */
async function isLast(tx: Tx, release: ReleaseRow, environment: string): Promise<boolean> {
  const name = environment.startsWith('env_') ? (await environmentById(tx, environment))?.name : environment;
  return release.targets.at(-1) === name;
}

/** The change record is approved once the approvals of its last environment are all given. */
export const changeFollowsApproval: Reaction = {
  name: 'releases.change-follows-approval',
  run: async (floor, fact) => {
    const told = fact.body as { release?: unknown };
    if (typeof told.release !== 'string') return;
    const { release: id } = told;
    await floor.db.tx(fact.org, async (tx) => {
      const release = await releaseById(tx, id);
      const last = release === null ? null : await environmentByName(tx, release.targets.at(-1) ?? '');
      if (release === null || last === null) return;
      const loaded = await loadInputs(tx, { releaseId: id, environmentId: last.id, purpose: 'deploy', deploymentId: null });
      if (loaded === null || loaded === 'no-environment') return;
      const { verdict } = approvalsRule(loaded.inputs.approvals, loaded.now);
      await moveChange(tx, me(fact.org), id, verdict === 'allow' ? 'approved' : 'open');
    });
  },
};

/**
 * Tells of votes that are void because something they were for has changed: a configuration, a policy, a plan. Decisions
 * know without this; people and their screens hear of it here.
 */
export const votesFollowIntent: Reaction = {
  name: 'releases.votes-follow-intent',
  run: async (floor, fact) => {
    const releases = await floor.db.read(fact.org, (tx) => concerned(tx, fact));
    for (const release of releases) await floor.db.tx(fact.org, (tx) => voidStale(tx, release));
  },
};

async function concerned(tx: Tx, fact: Fact): Promise<ReleaseRow[]> {
  if (fact.subject.startsWith('rel_')) {
    const release = await releaseById(tx, fact.subject);
    return release === null ? [] : [release];
  }
  const open = await newestOpenReleases(tx);
  return fact.service === null ? open : open.filter((release) => release.serviceId === fact.service);
}

async function voidStale(tx: Tx, release: ReleaseRow): Promise<void> {
  const live = (await votesOn(tx, release.id, null)).filter((vote) => vote.endedAs === null && vote.usedBy === null);
  for (const environmentId of new Set(live.map((vote) => vote.environmentId))) {
    const target = await lockTarget(tx, release.id, environmentId, await tx.now());
    const loaded = await loadInputs(tx, { releaseId: release.id, environmentId, purpose: 'deploy', deploymentId: null });
    if (loaded === null || loaded === 'no-environment') continue;
    const { intent } = loaded.inputs.approvals;
    let ended = false;
    for (const vote of live.filter((one) => one.environmentId === environmentId && one.intent !== intent)) {
      ended = (await voidVote(tx, me(tx.org), vote, loaded.subject.environment, 'void')) || ended;
    }
    if (ended) await bumpTarget(tx, target);
  }
}

/** The timer of a vote's end. */
const expireVote: Task = {
  name: EXPIRY_TASK,
  run: (floor, payload, org) =>
    floor.db.tx(org, async (tx) => {
      const vote = await voteById(tx, String(payload['vote']), String(payload['release']));
      if (vote.endedAs !== null || vote.usedBy !== null) return;
      const target = await lockTarget(tx, vote.releaseId, vote.environmentId, await tx.now());
      if (vote.expiresAt > (await tx.now())) return wakeExpiry(tx, vote);
      const environment = (await environmentById(tx, vote.environmentId))?.name ?? vote.environmentId;
      if (await voidVote(tx, me(org), vote, environment, 'expired')) await bumpTarget(tx, target);
    }),
};

async function wakeExpiry(tx: Tx, vote: StoredVote): Promise<void> {
  await tx.wake(EXPIRY_TASK, vote.id, { vote: vote.id, release: vote.releaseId }, vote.expiresAt);
}

/** The timer of a window's next edge. */
const passCalendarEdge: Task = {
  name: EDGE_TASK,
  run: (floor, payload, org) => floor.db.tx(org, (tx) => passEdge(tx, me(org), String(payload['freeze']))),
};

/** Edges and ends whose timer was lost. */
const lateTimers: Sweeper = {
  name: 'releases.late-timers',
  sweep: async (tx) => {
    const now = await tx.now();
    for (const { id, org } of await freezesDue(tx, now)) await tx.wake(EDGE_TASK, id, { org, freeze: id });
    for (const vote of await votesDue(tx, now, 500))
      await tx.wake(EXPIRY_TASK, vote.id, { org: vote.org, vote: vote.id, release: vote.releaseId });
  },
};

export const releasesTasks: readonly Task[] = [expireVote, passCalendarEdge];
export const releasesSweepers: readonly Sweeper[] = [lateTimers];
