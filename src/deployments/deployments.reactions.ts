import { environmentById, environmentByName } from '../catalog/catalog.queries.ts';
import { whatRuns } from '../environments/environments.queries.ts';
import { system } from '../kernel/actor.ts';
import { Problem } from '../kernel/problem.ts';
import type { Floor, Reaction, Sweeper, Task, Tx } from '../platform/floor.ts';
import { newestRestore } from '../platform/backup/restore.store.ts';
import { releaseById, type ReleaseRow } from '../releases/releases.queries.ts';
import { attachWayBack, nextEnvironments, requestDeployment } from './deploy.commands.ts';
import { lockPromotion } from './deployment.store.ts';
import { openDeploymentIds, wasRequested } from './deployments.queries.ts';
import { ADVANCE } from './ending.work.ts';
import { advance } from './engine.work.ts';
import type { EnginePort } from './engine.port.ts';

/** Moves one deployment as far as it goes. */
export function advanceTask(port: EnginePort): Task {
  return {
    name: ADVANCE,
    run: async (floor, payload, org) => {
      const id = payload['deployment'];
      if (typeof id === 'string') await advance(floor, port, org, id);
    },
  };
}

/** Wakes every deployment that isn't over: a lost wake costs seconds, never a deployment. */
export const deploymentSweeper: Sweeper = {
  name: 'deployments.open',
  sweep: async (tx) => {
    for (const { id, org } of await openDeploymentIds(tx)) await tx.wake(ADVANCE, `${id}:sweep`, { deployment: id, org });
  },
};

/** A release was made: its ways back are attached, and a continuous one is asked for in its first environments. */
export function onReleaseCreated(port: EnginePort): Reaction {
  return {
    name: 'deployments.on-release-created',
    run: async (floor, fact) => {
      const actor = system(fact.org, 'deployments');
      await floor.db.tx(fact.org, async (tx) => {
        const release = await releaseById(tx, fact.subject);
        if (release === null) return;
        for (const name of release.targets) {
          const environment = await environmentByName(tx, name);
          if (environment !== null) await attachWayBack(tx, actor, release, environment);
        }
      });
      await promote(floor, port, fact.org, fact.subject, null);
    },
  };
}

/** A check found a release right in an environment: a continuous one is asked for in the next ones, where it then waits for the rest. */
export function onVerified(port: EnginePort): Reaction {
  return {
    name: 'deployments.on-verified',
    run: async (floor, fact) => {
      const { release, environment } = fact.body as { release: string; environment: string };
      const name = await floor.db.read(fact.org, async (tx) => (await environmentById(tx, environment))?.name ?? null);
      if (name !== null) await promote(floor, port, fact.org, release, name);
      await wakeOpen(floor, fact.org, null);
    },
  };
}

/** Something was said that may turn an answer (an approval, the end of a freeze, a waiver ...): who waits asks again. */
export const onNews: Reaction = {
  name: 'deployments.on-news',
  run: async (floor, fact) => {
    await wakeOpen(floor, fact.org, fact.subject.startsWith('rel_') ? fact.subject : null);
  },
};

async function wakeOpen(floor: Floor, org: string, release: string | null): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    for (const { id } of await openDeploymentIds(tx, release)) await tx.wake(ADVANCE, `${id}:news`, { deployment: id });
  });
}

/**
 * Whether a machine runs it already, or something that these books lost in a restore and that may be newer than this
 * release of before: that is left to people.
 */
async function overtaken(tx: Tx, release: ReleaseRow, environmentId: string): Promise<boolean> {
  const runs = (await whatRuns(tx, release.serviceId, environmentId))?.releaseId ?? null;
  if (runs === null || runs === release.id) return runs === release.id;
  const restored = (await newestRestore(tx))?.restoredAt ?? null;
  return restored !== null && release.createdAt < restored && (await releaseById(tx, runs)) === null;
}

async function promote(floor: Floor, port: EnginePort, org: string, releaseId: string, from: string | null): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    const release = await releaseById(tx, releaseId);
    if (release === null) return;
    // Two facts about one release come one after the other, so that neither asks twice.
    await lockPromotion(tx, releaseId);
    for (const environment of await nextEnvironments(tx, release, from)) {
      if (await wasRequested(tx, release.id, environment.id)) continue;
      if (await overtaken(tx, release, environment.id)) continue;
      try {
        await requestDeployment(tx, port, system(org, 'promotion'), { release: release.id, environment: environment.name });
      } catch (error) {
        // Nobody asked by hand, so nobody is told by an answer: what can't be asked for is noted, and asked by hand.
        if (!(error instanceof Problem)) throw error;
        floor.log.warn({ release: release.id, environment: environment.name, problem: error.code }, error.sentence);
      }
    }
  });
}
