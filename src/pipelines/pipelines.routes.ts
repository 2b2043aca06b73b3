import * as contract from '../contract/pipelines.ts';
import { environmentByName, environmentsInOrder, serviceByName } from '../catalog/catalog.queries.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import type { Sweeper, Task, Tx } from '../platform/floor.ts';
import type { Service } from '../catalog/service.ts';
import { readPipeline } from './definition/read.ts';
import { cancelRun } from './engine/runs.commands.ts';
import { logRoutes } from './logs/log.routes.ts';
import { followLog } from './logs/log.views.ts';
import { sealLogSweeper, sealLogTask } from './logs/seal.reactions.ts';
import { noSuchRun, noSuchEnvironment, noSuchService } from './pipelines.problems.ts';
import { followRun, listRuns, viewRun } from './run.views.ts';
import { lapseSweeper, lapseTask } from './runners/lapse.reactions.ts';
import { recordRoutes } from './recorded/record.routes.ts';
import { mergeRequestRoutes } from './merge-requests/merge-request.routes.ts';
import { runnerRoutes, type RunnerParts } from './runners/runner.routes.ts';
import { deleteEnvironmentSecret, putEnvironmentSecret } from './secrets/environment-secrets.commands.ts';
import { environmentSecrets, secretsOf } from './secrets/secret.store.ts';
import { deleteSecret, putSecret } from './secrets/secrets.commands.ts';
import { createHook } from './sources/hook.commands.ts';
import { retryRun, startRun } from './sources/start.commands.ts';
import { sourceSweeper, syncTask } from './sources/sync.reactions.ts';

/** Everything that this slice answers over HTTP. `parts`: who keeps artifacts, reads reports and releases secrets. */
export function pipelineRoutes(parts: RunnerParts): readonly Mounted[] {
  return [
    ...runRoutes(),
    ...logRoutes,
    ...secretRoutes(),
    ...hookRoutes(),
    ...mergeRequestRoutes,
    ...runnerRoutes(parts),
    ...recordRoutes(parts),
  ];
}

export const pipelineTasks: readonly Task[] = [syncTask, lapseTask, sealLogTask];
export const pipelineSweepers: readonly Sweeper[] = [lapseSweeper, sourceSweeper, sealLogSweeper];

function runRoutes(): readonly Mounted[] {
  return [
    mount(contract.startRun, async ({ floor, actor, body, headers }) => {
      const run = await startRun(floor, actor, { ...body, key: headers.get('idempotency-key') });
      const view = await floor.db.read(actor.org, (tx) => viewRun(tx, run.id));
      if (view === null) throw noSuchRun({ run: run.id });
      return view;
    }),
    mount(contract.retryRun, async ({ floor, actor, params, body, headers }) => {
      const run = await retryRun(floor, actor, { run: params.run, elsewhere: body.elsewhere, key: headers.get('idempotency-key') });
      const view = await floor.db.read(actor.org, (tx) => viewRun(tx, run.id));
      if (view === null) throw noSuchRun({ run: run.id });
      return view;
    }),
    mount(contract.listRuns, async ({ tx, query, visible }) => listRuns(tx, { ...query, visible: await visible() })),
    mount(contract.getRun, async ({ floor, actor, params, query, signal }) =>
      followRun(floor, actor.org, params.run, { version: query.version, waitMs: query.wait * 1000 }, signal),
    ),
    mount(contract.cancelRun, async ({ tx, actor, params, body }) => {
      const run = await cancelRun(tx, actor, { run: params.run, reason: body.reason ?? null });
      return { run: run.id, state: run.state };
    }),
    mount(contract.readLog, async ({ floor, actor, params, query, signal }) =>
      followLog(floor, actor.org, { job: params.job, attempt: query.attempt, offset: query.offset, waitMs: query.wait * 1000 }, signal),
    ),
    mount(contract.checkPipeline, async ({ body }) => {
      const read = readPipeline(body.text, body.file);
      return { ok: read.ok, diagnostics: [...(read.ok ? read.warnings : read.diagnostics)] };
    }),
  ];
}

function secretRoutes(): readonly Mounted[] {
  return [
    mount(contract.putSecret, async ({ floor, actor, params, body }) =>
      floor.db.tx(actor.org, async (tx) => {
        const service = await known(tx, params.service);
        const version = await putSecret(tx, actor, { service: service.id, name: params.name, ...body });
        return { service: service.name, name: params.name, version };
      }),
    ),
    mount(contract.listSecrets, async ({ tx, params }) => {
      const service = await known(tx, params.service);
      const rows = await secretsOf(tx, service.id, null);
      const named = new Map((await environmentsInOrder(tx)).map(({ id, name }) => [id, name]));
      const ofEnvironments = await environmentSecrets(tx, service.id, null, null);
      return {
        items: [
          ...rows.map((row) => ({ ...row, environment: null, protectedOnly: row.protected_only })),
          ...ofEnvironments.map((row) => ({ ...row, environment: named.get(row.environment) ?? row.environment, protectedOnly: true })),
        ].map(({ name, environment, protectedOnly, version, changed_at: changedAt }) => ({
          name,
          environment,
          protectedOnly,
          version,
          changedAt,
        })),
      };
    }),
    mount(contract.putEnvironmentSecret, async ({ floor, actor, params, body }) =>
      floor.db.tx(actor.org, async (tx) => {
        const at = await placeOf(tx, params);
        return { ...params, version: await putEnvironmentSecret(tx, actor, at, body.value) };
      }),
    ),
    mount(contract.deleteEnvironmentSecret, async ({ tx, actor, params }) => {
      await deleteEnvironmentSecret(tx, actor, await placeOf(tx, params));
      return params;
    }),
    mount(contract.deleteSecret, async ({ tx, actor, params }) => {
      const service = await known(tx, params.service);
      await deleteSecret(tx, actor, service.id, params.name);
      return { service: service.name, name: params.name };
    }),
  ];
}

function hookRoutes(): readonly Mounted[] {
  return [
    mount(contract.createHook, async ({ floor, actor, params }) => floor.db.tx(actor.org, (tx) => createHook(tx, actor, params.service))),
  ];
}

async function placeOf(tx: Tx, params: { service: string; environment: string; name: string }) {
  const environment = await environmentByName(tx, params.environment);
  if (environment === null) throw noSuchEnvironment({ environment: params.environment });
  return { service: (await known(tx, params.service)).id, environment: environment.id, name: params.name };
}

async function known(tx: Tx, name: string): Promise<Service> {
  const service = await serviceByName(tx, name);
  if (service === null) throw noSuchService({ service: name });
  return service;
}
