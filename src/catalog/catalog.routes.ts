import { applyCatalog, getService, listEnvironments, listServices, listTeams, planCatalog } from '../contract/catalog.ts';
import { mount } from '../platform/http/handler.ts';
import { applyCatalogFile, planCatalogFile, type Planned } from './apply.commands.ts';
import { allServices, environmentsInOrder, mustService } from './catalog.queries.ts';
import { listTeamViews } from './catalog.views.ts';
import type { Environment } from './environment.ts';
import type { RunSpec, Service } from './service.ts';

/** The HTTP side of the catalog. */
export const catalogSliceRoutes = [
  mount(planCatalog, async (call) => planAnswer(await planCatalogFile(call.tx, call.body))),
  mount(applyCatalog, async (call) => planAnswer(await applyCatalogFile(call.tx, call.actor, call.body))),
  mount(listServices, async (call) => {
    const visible = await call.visible();
    const services = await allServices(call.tx);
    const shown = services.filter(
      (one) => (visible === 'all' || visible.has(one.id)) && (call.query.team === undefined || one.team === call.query.team),
    );
    return { items: shown.map(serviceAnswer) };
  }),
  mount(getService, async (call) => serviceAnswer(await mustService(call.tx, call.params.service))),
  mount(listEnvironments, async (call) => ({ items: (await environmentsInOrder(call.tx)).map(environmentAnswer) })),
  mount(listTeams, async (call) => ({ items: await listTeamViews(call.tx) })),
];

function planAnswer({ plan, warnings }: Planned) {
  return {
    digest: plan.digest,
    changes: plan.changes.map((change) => ({ ...change, fields: [...change.fields] })),
    unchanged: plan.unchanged,
    policy: plan.policy,
    warnings: [...warnings],
  };
}

// The team's id stays inside: the contract names fewer fields than this, and the rest never leaves.
function serviceAnswer({ dependsOn, run, ...service }: Service) {
  return { ...service, dependsOn: [...dependsOn], run: run === null ? null : runAnswer(run) };
}

function runAnswer({ smoke, command, ...run }: RunSpec) {
  return { ...run, command: [...command], ...(smoke === undefined ? {} : { smoke: { command: [...smoke.command] } }) };
}

function environmentAnswer({ after, strategy, ...environment }: Environment) {
  return {
    ...environment,
    after: [...after],
    strategy: strategy.kind === 'canary' ? { ...strategy, steps: [...strategy.steps] } : strategy,
  };
}
