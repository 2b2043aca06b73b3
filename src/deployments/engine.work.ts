import { environmentById } from '../catalog/catalog.queries.ts';
import { system } from '../kernel/actor.ts';
import { agentById } from './agents.queries.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { actLost } from './deployments.events.ts';
import { actFacts, newestAct } from './deployments.queries.ts';
import { lockDeployment, moveAct, saveDeployment } from './deployment.store.ts';
import { stepsOf, type Deployment, type DeploymentAct } from './deployment.ts';
import { ADVANCE, finish, goBack, type Left, type Scene } from './ending.work.ts';
import type { EnginePort } from './engine.port.ts';
import { giveAct, slotFree } from './giving.work.ts';
import { judgeNow } from './judging.work.ts';
import { next, type Move } from './next.ts';
import { recordRunning, recordVerified } from './running.work.ts';

/** More moves than this in one transaction is a circle, and a bug. */
const MOST_MOVES = 30;

/** Moves a deployment as far as it goes now. Harmless to run twice: the rows say where it stands. */
export async function advance(floor: Floor, port: EnginePort, org: string, id: string): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    await advanceIn(tx, port, id);
  });
}

export async function advanceIn(tx: Tx, port: EnginePort, id: string): Promise<void> {
  let row = await lockDeployment(tx, id);
  // What a foreign tool does is moved by what it tells.
  if (row === null || row.finishedAt !== null || row.external !== null) return;
  const environment = await environmentById(tx, row.environmentId);
  if (environment === null) throw new Error(`deployment ${id} is for an environment that never was`);
  for (let count = 0; count < MOST_MOVES; count++) {
    const scene: Scene = { tx, port, actor: system(tx.org, 'deployments'), environment, now: await tx.now() };
    const { at } = stepsOf(row);
    const revoked = row.agentId !== null && (await agentById(tx, row.agentId))?.revokedAt != null;
    const view = { deployment: row, act: await newestAct(tx, id), ...(await actFacts(tx, id, at, row.back !== null)), revoked };
    const open = view.act;
    const move = next(view, scene.now);
    // Given up, not assumed: the act keeps its word `unknown`, and nobody waits for it any more.
    if (revoked && move.kind === 'end' && open !== null) await moveAct(tx, open.id, ['unknown'], 'unknown', { finishedAt: scene.now });
    const left = await carryOut(scene, row, move);
    row = left.row;
    if (!left.rest) continue;
    if (left.until != null) await tx.wake(ADVANCE, `${id}:timer`, { deployment: id }, left.until);
    return;
  }
  throw new Error(`deployment ${id} goes in a circle`);
}

async function carryOut(scene: Scene, row: Deployment, move: Move): Promise<Left> {
  const { tx, actor, environment } = scene;
  const save = async (changes: Parameters<typeof saveDeployment>[4], to = row.state): Promise<Deployment> =>
    await saveDeployment(tx, actor, environment.name, row, changes, to);
  switch (move.kind) {
    case 'rest':
      return { row, rest: true, until: move.until };
    case 'take':
      return (await slotFree(tx, row)) ? { row: await save({ holds: true }), rest: false } : { row, rest: true };
    case 'act':
      return await giveAct(scene, row, move.step, move.ask);
    case 'judge':
      return await judgeNow(scene, row, move.step);
    case 'record':
      await recordRunning(scene, row);
      return { row: await save({ recorded: true, step: row.step + 1, stepSince: null }), rest: false };
    case 'advance':
      await recordVerified(scene, row, move.step, move.act, 'passed');
      return { row: await save(row.back === null ? { step: row.step + 1, stepSince: null } : { backStep: row.backStep + 1 }), rest: false };
    case 'withdraw':
      await moveAct(tx, move.act.id, ['queued'], 'withdrawn', { finishedAt: scene.now });
      return { row, rest: false };
    case 'lost':
      return await lost(scene, row, move.act);
    case 'resolved':
      return {
        row: await save({ cause: 'the agent said what became of the act' }, row.back === null ? 'acting' : 'rolling-back'),
        rest: false,
      };
    case 'back':
      return { row: await goBack(scene, row, move.why, move.failed), rest: false };
    case 'end':
      // What is observed ends only by an act, and of a revoked agent there is none.
      return { row: await finish(scene, row.state === 'observing' ? await save({}, 'acting') : row, move.state, move.why), rest: true };
  }
}

async function lost(scene: Scene, row: Deployment, act: DeploymentAct): Promise<Left> {
  const { tx, actor, environment } = scene;
  await moveAct(tx, act.id, ['claimed'], 'unknown');
  await tx.record(actLost, {
    subject: row.id,
    actor,
    service: row.serviceId,
    body: { act: act.id, phase: act.work.phase, environment: environment.name, agent: act.agentId },
  });
  const cause = 'contact to the agent was lost while it acted; what became of it is unknown until it answers';
  return { row: await saveDeployment(tx, actor, environment.name, row, { cause }, 'unknown'), rest: false };
}
