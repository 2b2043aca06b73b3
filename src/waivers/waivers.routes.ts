import { mustEnvironment, mustService } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/waivers.ts';
import { Problem } from '../kernel/problem.ts';
import type { Tx } from '../platform/floor.ts';
import type { Mounted } from '../platform/http/handler.ts';
import { mount, Refused } from '../platform/http/handler.ts';
import * as commands from './waiver.commands.ts';
import type { Waiver, WaiverScope } from './waiver.ts';
import { openVex } from './vex.ts';
import { activeWaivers } from './waivers.queries.ts';
import { noSuchWaiver } from './waivers.problems.ts';
import { waiverPage, waiverView } from './waivers.views.ts';

/** The HTTP doors of waivers. */
export const waiverRoutes: readonly Mounted[] = [
  mount(contract.requestWaiver, async ({ tx, actor, body }) => {
    const { service, environment, owner, price, ...rest } = body;
    const scope = await scopeOf(tx, service, environment);
    const waiver = await commands.requestWaiver(tx, actor, { ...rest, scope, owner: owner ?? null, price: price ?? null });
    return view(tx, waiver.id);
  }),
  mount(contract.listWaivers, async ({ tx, query, visible }) => waiverPage(tx, { ...query, services: await visible() }, query)),
  mount(contract.getWaiver, ({ tx, params }) => view(tx, params.waiver)),
  mount(contract.serviceVex, async ({ tx, params }) => {
    const service = await mustService(tx, params.service);
    const now = await tx.now();
    const place = { teamId: service.teamId, serviceId: service.id, environmentId: null };
    const accepted = (await activeWaivers(tx, place, now)).flatMap(({ id, kind, subject, reason, ticket, expiresAt, decided }) =>
      kind === 'finding' && decided !== null ? [{ id, subject, reason, ticket, expiresAt, decidedAt: decided.at }] : [],
    );
    const { document, left } = openVex(service.name, accepted, { author: tx.floor.config.publicUrl, now });
    return { left, document };
  }),
  mount(contract.approveWaiver, async ({ tx, actor, params, body }) =>
    answered(tx, await commands.approveWaiver(tx, actor, { ...params, version: body.version, reason: body.reason ?? null })),
  ),
  mount(contract.rejectWaiver, async ({ tx, actor, params, body }) =>
    answered(tx, await commands.rejectWaiver(tx, actor, { ...params, ...body })),
  ),
  mount(contract.revokeWaiver, async ({ tx, actor, params, body }) =>
    answered(tx, await commands.revokeWaiver(tx, actor, { ...params, ...body })),
  ),
  mount(contract.extendWaiver, async ({ tx, actor, params, body }) =>
    view(tx, (await commands.extendWaiver(tx, actor, { ...params, ...body, ticket: body.ticket ?? null })).id),
  ),
  mount(contract.payDebt, async ({ tx, actor, params, body }) => answered(tx, await commands.payDebt(tx, actor, { ...params, ...body }))),
];

async function scopeOf(tx: Tx, serviceName: string, environmentName: string | undefined): Promise<WaiverScope> {
  const service = await mustService(tx, serviceName);
  const environment = environmentName === undefined ? null : await mustEnvironment(tx, environmentName);
  return { teamId: service.teamId, serviceId: service.id, environmentId: environment?.id ?? null };
}

/** A refusal was recorded: it is answered so that its record stays. */
async function answered(tx: Tx, result: Waiver | Problem): Promise<contract.WaiverView | Refused> {
  return result instanceof Problem ? new Refused(result) : view(tx, result.id);
}

async function view(tx: Tx, id: string): Promise<contract.WaiverView> {
  const found = await waiverView(tx, id);
  if (found === null) throw noSuchWaiver({ waiver: id });
  return found;
}
