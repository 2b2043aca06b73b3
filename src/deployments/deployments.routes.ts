import { setTimeout as sleep } from 'node:timers/promises';
import { environmentByName } from '../catalog/catalog.queries.ts';
import {
  claimAct,
  createAgentRegistration,
  finishAct as finishActRoute,
  getDeployedArtifact,
  heartbeatAct,
  listAgents,
  registerAgent,
  revokeAgent as revokeAgentRoute,
  reportBreakGlass,
  sendSamples,
} from '../contract/agent.ts';
import {
  cancelDeployment as cancelRoute,
  environmentServices,
  getDeployment,
  listDeployments,
  startDeployment,
  startRollback,
} from '../contract/deployments.ts';
import { versionOfClient } from '../kernel/client-version.ts';
import type { Floor } from '../platform/floor.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import {
  CLAIM_MS,
  claim,
  digestForAgent,
  finishAct,
  heartbeat,
  makeRegistration,
  register,
  takeBreakGlass,
  takeSamples,
  revokeAgent,
} from './agents.commands.ts';
import { allAgents } from './agents.queries.ts';
import { cancelDeployment, requestDeployment, requestRollback } from './deploy.commands.ts';
import { noSuchDeployment, unknownName } from './deployments.problems.ts';
import { detailOf, listOf, servicesOf, summaryOf, type Detail } from './deployments.views.ts';
import type { EnginePort } from './engine.port.ts';
import { externalRoutes } from './external.routes.ts';
import { askAfterRestore } from './restored.api.ts';

const PAUSED_MS = 500;

/** The addresses of this slice. */
export function deploymentsRoutes(port: EnginePort): readonly Mounted[] {
  return [...forPeople(port), ...forAgents(port), ...externalRoutes(port)];
}

function forPeople(port: EnginePort): Mounted[] {
  return [
    mount(startDeployment, async ({ tx, actor, body }) => ({
      deployment: await summaryOf(tx, await requestDeployment(tx, port, actor, { ...body, intent: body.intent ?? null })),
    })),
    mount(startRollback, async ({ tx, actor, body }) => ({
      deployment: await summaryOf(tx, await requestRollback(tx, port, actor, { ...body, to: body.to ?? null, from: body.from ?? null })),
    })),
    mount(cancelRoute, async ({ tx, actor, params, body }) => ({
      deployment: await summaryOf(tx, await cancelDeployment(tx, port, actor, { deployment: params.deployment, reason: body.reason })),
    })),
    mount(listDeployments, async ({ tx, query, visible }) => listOf(tx, query, await visible())),
    mount(getDeployment, async ({ floor, actor, params, query, signal }) =>
      watch(floor, actor.org, params.deployment, query.after ?? null, query.waitMs, signal),
    ),
    mount(environmentServices, async ({ tx, params, visible }) => {
      const environment = await environmentByName(tx, params.environment);
      if (environment === null) throw unknownName({ what: 'environment', name: params.environment });
      return { items: await servicesOf(tx, environment.id, await visible()) };
    }),
    mount(createAgentRegistration, async ({ tx, actor, body }) => makeRegistration(tx, actor, body)),
    mount(listAgents, async ({ tx }) => ({
      items: (await allAgents(tx)).map(({ id, name, labels, lastSeenAt, acts, runs, revokedAt, clientVersion }) => ({
        id: id as `agt_${string}`,
        name,
        labels: [...labels],
        lastSeenAt,
        acts: [...acts],
        runs: [...runs],
        revokedAt,
        version: clientVersion,
      })),
    })),
    mount(revokeAgentRoute, async ({ tx, actor, params }) => {
      await revokeAgent(tx, actor, params.agent);
      return { agent: params.agent };
    }),
  ];
}

function forAgents(port: EnginePort): Mounted[] {
  return [
    mount(registerAgent, async ({ tx, body }) => register(tx, body)),
    mount(claimAct, async ({ floor, actor, body, signal, headers }) => {
      if (floor.paused()) return { act: null, leaseMs: CLAIM_MS, tell: await toldOnPause(floor, actor.org, actor.id, signal) };
      const ask = { ...body, version: versionOfClient(headers.get('user-agent')) };
      return { act: await claim(floor, port, actor, ask, signal), leaseMs: CLAIM_MS };
    }),
    mount(heartbeatAct, async ({ tx, actor, params, body }) => heartbeat(tx, actor, params.act, body.token)),
    mount(finishActRoute, async ({ tx, actor, params, body }) => finishAct(tx, actor, params.act, body.token, body.result)),
    mount(sendSamples, async ({ tx, actor, params, body }) => takeSamples(tx, actor, params.deployment, body.samples)),
    mount(getDeployedArtifact, async ({ floor, actor, params }) => {
      const digest = await floor.db.read(actor.org, (tx) => digestForAgent(tx, actor, params.act));
      return { stream: (await port.openArtifact(floor, actor.org, digest)).stream };
    }),
    mount(reportBreakGlass, async ({ tx, actor, body }) => takeBreakGlass(tx, actor, body)),
  ];
}

/** While the instance is paused agents are given nothing, and asked what runs. Those that know no such question are made to wait a little. */
async function toldOnPause(floor: Floor, org: string, agent: string, signal: AbortSignal): ReturnType<typeof askAfterRestore> {
  await sleep(PAUSED_MS, undefined, { signal }).catch(() => undefined);
  return floor.db.read(org, (tx) => askAfterRestore(tx, agent));
}

/** The deployment, at once, or (where nothing is newer than row version `after`) at its next change or after `waitMs`. */
async function watch(
  floor: Floor,
  org: string,
  id: string,
  after: number | null,
  waitMs: number,
  signal: AbortSignal,
): Promise<{ deployment: Detail; version: number }> {
  const until = performance.now() + waitMs;
  const news = floor.bus.watch([`deployment:${id}`], signal);
  try {
    for (;;) {
      const seen = await floor.db.read(org, (tx) => detailOf(tx, id));
      if (seen === null) throw noSuchDeployment({ deployment: id });
      const left = until - performance.now();
      if (after === null || seen.version > after || left <= 0 || signal.aborted) return seen;
      await news.next(left);
    }
  } finally {
    news.close();
  }
}
