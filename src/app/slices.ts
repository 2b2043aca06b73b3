import { artifactEvents } from '../artifacts/artifacts.events.ts';
import { artifactSweepers, artifactTasks } from '../artifacts/artifacts.reactions.ts';
import { artifactRoutes } from '../artifacts/artifacts.routes.ts';
import { imageRoutes } from '../artifacts/image/image.routes.ts';
import { imageSweeper, imageTask } from '../artifacts/image/image.work.ts';
import { promoteTask, promotionSweeper } from '../artifacts/promotion/promote.work.ts';
import { promotionMachine } from '../artifacts/promotion/promotion.ts';
import { promotionRoutes } from '../artifacts/promotion/promotion.routes.ts';
import { artifactPort } from '../artifacts/accept.api.ts';
import { buildMachine } from '../artifacts/build-states.ts';
import { artifactBytes, removedArtifacts } from '../artifacts/keep.queries.ts';
import { openArtifact } from '../artifacts/open.api.ts';
import { catalogEvents } from '../catalog/catalog.events.ts';
import { allServices } from '../catalog/catalog.queries.ts';
import { catalogSliceRoutes } from '../catalog/catalog.routes.ts';
import { changeMachine } from '../changes/change-states.ts';
import { changeEvents } from '../changes/changes.events.ts';
import { changesRoutes } from '../changes/changes.routes.ts';
import { deploymentEvents } from '../deployments/deployments.events.ts';
import { images } from '../integrations/registries/image.http.ts';
import { promotionPorts } from './promotion.ts';
import { released } from './released.queries.ts';
import { existing } from '../deployments/deployments.queries.ts';
import { advanceTask, deploymentSweeper } from '../deployments/deployments.reactions.ts';
import { deploymentsRoutes } from '../deployments/deployments.routes.ts';
import type { EnginePort } from '../deployments/engine.port.ts';
import { deploymentBytes } from '../deployments/keep.queries.ts';
import { deploymentMachine } from '../deployments/states.ts';
import { environmentEvents } from '../environments/environments.events.ts';
import { environmentSweepers } from '../environments/environments.reactions.ts';
import { environmentSliceRoutes } from '../environments/environments.routes.ts';
import { incidentHookColumn } from '../environments/hook.commands.ts';
import { incidentMachine } from '../environments/incident.ts';
import { evidenceRoutes } from '../evidence/evidence.routes.ts';
import { findingRoutes } from '../gates/findings.routes.ts';
import { gateEvents } from '../gates/gates.events.ts';
import { gateSweepers, gateTasks } from '../gates/gates.reactions.ts';
import { reportBytes, reportRetention } from '../gates/keep.work.ts';
import { gateRoutes } from '../gates/gates.routes.ts';
import { packageRoutes } from '../gates/packages.routes.ts';
import { policyLevelRoutes } from '../gates/levels.routes.ts';
import { reportPort } from '../gates/report.api.ts';
import * as identityEvents from '../identity/identity.events.ts';
import { signInRetention, workloadRetention } from '../identity/keep.work.ts';
import { identityRoutes } from '../identity/identity.routes.ts';
import { oidcEvents } from '../identity/oidc/oidc.events.ts';
import { providerColumn } from '../identity/oidc/provider.store.ts';
import { mappingEvents } from '../identity/mapping/mapping.events.ts';
import { workloadEvents } from '../identity/workload/workload.events.ts';
import { secondFactorColumn } from '../identity/second-factor.store.ts';
import type { EventKind } from '../kernel/event.ts';
import { adminRoutes } from '../operations/admin.routes.ts';
import { backupSweeper, backupTask } from '../operations/backup.work.ts';
import { keepingEvents } from '../operations/keeping.events.ts';
import { keepingRoutes } from '../operations/keeping.routes.ts';
import { doctorRoutes } from '../operations/doctor/doctor.routes.ts';
import { supportRoutes } from '../operations/support/support.routes.ts';
import { ciEvents } from '../integrations/ci/ci.events.ts';
import { ciRoutes } from '../integrations/ci/ci.routes.ts';
import { ciSweeper, ciTasks } from '../integrations/ci/ci.work.ts';
import type { CiPorts } from '../integrations/ci/runs.port.ts';
import { inventoryEvents } from '../integrations/inventory/inventory.events.ts';
import { inventoryCatalog } from './inventory.ts';
import { inventoryRoutes } from '../integrations/inventory/inventory.routes.ts';
import { inventorySweeper, inventoryTask } from '../integrations/inventory/take.work.ts';
import { connectionRoutes } from '../integrations/connections/connections.routes.ts';
import { connectionEvents } from '../integrations/connections/connections.events.ts';
import { connectionColumn } from '../integrations/connections/credential.system.ts';
import { hookEvents } from '../integrations/hooks/hooks.events.ts';
import { hooksRoutes } from '../integrations/hooks/hooks.routes.ts';
import { outColumn } from '../integrations/hooks/out.commands.ts';
import { outEvents } from '../integrations/hooks/out.events.ts';
import { outRetention } from '../integrations/hooks/out-keep.store.ts';
import { outRoutes } from '../integrations/hooks/out.routes.ts';
import { cdeventsTaker, mappingTaker } from '../integrations/hooks/take.work.ts';
import { forgeSweeper, forgeTaker } from '../integrations/forges/hook.reactions.ts';
import { forgeRoutes } from '../integrations/forges/forges.routes.ts';
import { forgeLookTask } from '../integrations/forges/look.work.ts';
import { sayShownTask, sayTask, statusSweeper, statusTask } from '../integrations/forges/status.work.ts';
import { vendors } from '../integrations/vendors.ts';
import { forgeSources } from '../pipelines/merge-requests/forge.api.ts';
import { forgeWords } from './forge-words.system.ts';
import { artifactRetention } from '../operations/artifact-keep/keep.work.ts';
import { keyRoutes } from '../operations/keys.routes.ts';
import { retentionRoutes } from '../operations/retention.routes.ts';
import { backupMaker } from './backups.ts';
import { workEvents } from '../operations/work.events.ts';
import { metricsRoutes } from '../metrics/metrics.routes.ts';
import { pipelineEvents } from '../pipelines/pipelines.events.ts';
import * as readRuns from '../pipelines/read/read-runs.api.ts';
import { pipelineRoutes, pipelineSweepers, pipelineTasks } from '../pipelines/pipelines.routes.ts';
import { pipelineBytes, pipelineRetention } from '../pipelines/retention/keep.work.ts';
import { environmentSecretColumn } from '../pipelines/secrets/environment-secrets.commands.ts';
import { serviceSecretColumn, serviceSecrets } from '../pipelines/secrets/secrets.commands.ts';
import { repositoryTaker } from '../pipelines/sources/hook.commands.ts';
import { jobMachine, runMachine, stepMachine } from '../pipelines/states.ts';
import { doorRoutes } from '../platform/hooks/door.routes.ts';
import { hookColumn } from '../platform/hooks/hook.commands.ts';
import { hookRetention } from '../platform/hooks/keep.store.ts';
import type { Taker } from '../platform/hooks/taker.port.ts';
import { forgetOldKeys } from '../platform/http/idempotency.store.ts';
import { keyEvents } from '../platform/keys/keys.events.ts';
import { keySweeper, resealTask, rewrapTask } from '../platform/keys/rotate.work.ts';
import { retentionEvents } from '../platform/retention/retention.events.ts';
import { retentionSweeper, retentionTask, type Parts as RetentionParts } from '../platform/retention/sweep.work.ts';
import type { SealedColumn } from '../platform/keys/sealed.port.ts';
import { freezesRoutes } from '../releases/calendar/freezes.routes.ts';
import { mirrorHistory } from '../releases/history.queries.ts';
import { mayShip } from '../releases/may-ship.api.ts';
import { releaseEvents } from '../releases/releases.events.ts';
import { releasesSweepers, releasesTasks } from '../releases/releases.reactions.ts';
import { releaseBytes } from '../releases/keep.queries.ts';
import { releasesRoutes } from '../releases/releases.routes.ts';
import { waiverMachine } from '../waivers/waiver.ts';
import { waiverEvents } from '../waivers/waivers.events.ts';
import { waiverSweepers, waiverTasks } from '../waivers/waivers.reactions.ts';
import { waiverRoutes } from '../waivers/waivers.routes.ts';
import { advisoryFindingRoutes } from '../yard/advisories/advisories.routes.ts';
import { boardRoutes } from '../yard/board/board.routes.ts';
import { environmentScreenRoutes } from '../yard/environment/environment.routes.ts';
import { inboxRoutes } from '../yard/inbox/inbox.routes.ts';
import { liveRoutes } from '../yard/live/live.routes.ts';
import { releasePageRoutes } from '../yard/release/release-page.routes.ts';
import { calendarRoutes } from '../yard/calendar/calendar.routes.ts';
import { debtsRoutes } from '../yard/debts/debts.routes.ts';
import { inputsOver } from './inputs.ts';
import { commsEvents } from '../comms/comms.events.ts';
import { commsSweepers } from '../comms/comms.reactions.ts';
import { notifyRoutes } from '../comms/comms.routes.ts';
import { lookTask } from '../comms/look.work.ts';
import { mailColumn } from '../comms/mail.commands.ts';
import { channelColumn } from '../comms/chat/channel.commands.ts';
import { chatRoutes } from '../comms/chat/chat.routes.ts';
import { livingSweeper, livingTask } from '../comms/chat/living.work.ts';
import { slackApi } from '../integrations/slack/slack.http.ts';
import { chatActs } from './chat.ts';
import { askOpaTask, opaSweeper } from '../integrations/opa/ask.work.ts';
import { readTicketsTask, ticketSweeper } from '../integrations/tickets/read.work.ts';
import { releaseMergeRequestsRoute } from '../releases/merge-requests.routes.ts';
import { releaseTicketsRoute } from '../releases/tickets.routes.ts';
import { opaPlaces } from './opa.ts';
import { ticketPlaces } from './tickets.ts';
import { digestTask, noticeRetention, sendTask } from '../comms/send.work.ts';
import type { Slice } from './slice.ts';

/** What deployments ask at every act: the one answer, and the bytes. */
export const enginePort: EnginePort = { mayShip, openArtifact };

/** Every column of sealed values: what a rotation of keys must find. */
export const sealedColumns: readonly SealedColumn[] = [
  secondFactorColumn,
  providerColumn,
  serviceSecretColumn,
  environmentSecretColumn,
  hookColumn,
  outColumn,
  incidentHookColumn,
  connectionColumn,
  mailColumn,
  channelColumn,
];

/** What is kept for how long, and which stored bytes are needed. */
export const retention: RetentionParts = {
  rules: [
    ...pipelineRetention,
    ...hookRetention,
    reportRetention,
    signInRetention,
    workloadRetention,
    noticeRetention,
    outRetention,
    ...artifactRetention,
  ],
  names: [pipelineBytes, artifactBytes, reportBytes, releaseBytes, deploymentBytes],
  removed: removedArtifacts,
};

/** What hooks and events can tell: by the same roads as everybody else. */
const inputs = inputsOver(() => slices.flatMap((slice) => slice.routes));

/** Who takes what hooks bring. */
export const takers: readonly Taker[] = [repositoryTaker, forgeTaker(forgeSources), mappingTaker(inputs), cdeventsTaker(inputs)];

/** What CI servers are read into, and whose runs they read. */
export const ciPorts: CiPorts = {
  runs: {
    keep: readRuns.keepReadRuns,
    unfinished: readRuns.unfinishedRuns,
    whole: readRuns.wholeRuns,
    gone: readRuns.closeGone,
    origin: readRuns.readOrigin,
    job: readRuns.readJobOf,
    keepLog: readRuns.keepReadLog,
  },
  services: {
    all: async (tx) => (await allServices(tx)).map(({ id, name, repository }) => ({ id, name, repository: repository?.url ?? null })),
  },
};

const none = { routes: [], tasks: [], sweepers: [], events: [], machines: [] };

/** All slices, in the order of the road. The ports between them are joined here and nowhere else. */
export const slices: readonly Slice[] = [
  {
    ...none,
    name: 'platform',
    routes: doorRoutes,
    tasks: [rewrapTask, resealTask(sealedColumns), retentionTask(retention)],
    sweepers: [{ name: 'platform.forget-old-keys', sweep: forgetOldKeys }, keySweeper, retentionSweeper()],
    events: [...keyEvents, ...retentionEvents],
  },
  {
    ...none,
    name: 'identity',
    routes: identityRoutes,
    events: [...(Object.values(identityEvents) as EventKind[]), ...workloadEvents, ...mappingEvents, ...oidcEvents],
  },
  { ...none, name: 'catalog', routes: catalogSliceRoutes, events: catalogEvents },
  {
    ...none,
    name: 'waivers',
    routes: waiverRoutes,
    tasks: waiverTasks,
    sweepers: waiverSweepers,
    events: waiverEvents,
    machines: [waiverMachine],
  },
  {
    name: 'pipelines',
    routes: pipelineRoutes({ artifacts: artifactPort, reports: reportPort, secrets: serviceSecrets }),
    tasks: pipelineTasks,
    sweepers: pipelineSweepers,
    events: pipelineEvents,
    machines: [runMachine, jobMachine, stepMachine],
  },
  {
    ...none,
    name: 'artifacts',
    routes: [...artifactRoutes, ...promotionRoutes(promotionPorts), ...imageRoutes(images)],
    tasks: [...artifactTasks, promoteTask(promotionPorts), imageTask(images)],
    sweepers: [...artifactSweepers, promotionSweeper, imageSweeper],
    events: artifactEvents,
    machines: [buildMachine, promotionMachine],
  },
  {
    ...none,
    name: 'gates',
    routes: [...gateRoutes, ...packageRoutes, ...policyLevelRoutes, ...findingRoutes(released)],
    tasks: gateTasks,
    sweepers: gateSweepers,
    events: [...gateEvents],
  },
  {
    ...none,
    name: 'environments',
    routes: environmentSliceRoutes({ existing }),
    sweepers: environmentSweepers,
    events: environmentEvents,
    machines: [incidentMachine],
  },
  { ...none, name: 'changes', routes: changesRoutes, events: changeEvents, machines: [changeMachine] },
  {
    ...none,
    name: 'releases',
    routes: [...releasesRoutes({ history: mirrorHistory }), ...freezesRoutes],
    tasks: releasesTasks,
    sweepers: releasesSweepers,
    events: releaseEvents,
  },
  {
    ...none,
    name: 'deployments',
    routes: deploymentsRoutes(enginePort),
    tasks: [advanceTask(enginePort)],
    sweepers: [deploymentSweeper],
    events: deploymentEvents,
    machines: [deploymentMachine],
  },
  { ...none, name: 'evidence', routes: evidenceRoutes },
  { ...none, name: 'metrics', routes: metricsRoutes },
  {
    ...none,
    name: 'operations',
    routes: [
      ...keyRoutes(sealedColumns),
      ...retentionRoutes(retention),
      ...doctorRoutes,
      ...supportRoutes(sealedColumns),
      ...adminRoutes(() => slices.flatMap((slice) => slice.events)),
      ...keepingRoutes(enginePort),
    ],
    tasks: [backupTask(backupMaker)],
    sweepers: [backupSweeper],
    events: [...workEvents, ...keepingEvents],
  },
  {
    ...none,
    name: 'hooks',
    routes: [...hooksRoutes(inputs), ...outRoutes(() => slices.flatMap((slice) => slice.events))],
    events: [...hookEvents, ...outEvents],
  },
  {
    ...none,
    name: 'connections',
    routes: [...connectionRoutes(vendors), ...forgeRoutes(forgeSources)],
    tasks: [forgeLookTask(forgeSources), sayTask(forgeWords), sayShownTask, statusTask],
    sweepers: [forgeSweeper(forgeSources), statusSweeper],
    events: connectionEvents,
  },
  {
    ...none,
    name: 'tickets',
    routes: [releaseTicketsRoute, releaseMergeRequestsRoute],
    tasks: [readTicketsTask(ticketPlaces)],
    sweepers: [ticketSweeper(ticketPlaces)],
  },
  { ...none, name: 'opa', tasks: [askOpaTask(opaPlaces)], sweepers: [opaSweeper(opaPlaces)] },
  {
    ...none,
    name: 'comms',
    routes: [...notifyRoutes, ...chatRoutes(slackApi, chatActs)],
    tasks: [sendTask(slackApi), digestTask, lookTask, livingTask(slackApi)],
    sweepers: [...commsSweepers, livingSweeper],
    events: commsEvents,
  },
  { ...none, name: 'board', routes: [...advisoryFindingRoutes, ...boardRoutes, ...environmentScreenRoutes] },
  { ...none, name: 'ci', routes: ciRoutes(ciPorts), tasks: ciTasks(ciPorts), sweepers: [ciSweeper], events: ciEvents },
  {
    ...none,
    name: 'inventory',
    routes: inventoryRoutes(inventoryCatalog),
    tasks: [inventoryTask],
    sweepers: [inventorySweeper],
    events: inventoryEvents,
  },
  { ...none, name: 'live', routes: liveRoutes },
  { ...none, name: 'release pages and inbox', routes: [...releasePageRoutes, ...inboxRoutes] },
  { ...none, name: 'calendar', routes: calendarRoutes },
  { ...none, name: 'debts', routes: debtsRoutes },
];
