import { catalogResolvers, serviceById } from '../catalog/catalog.queries.ts';
import { placeOf } from '../deployments/deployments.queries.ts';
import { bookingResolver, incidentResolver } from '../environments/environments.queries.ts';
import { serviceOfReport } from '../gates/gates.queries.ts';
import type { Resolver } from '../identity/gate.api.ts';
import { pipelineResolvers } from '../pipelines/pipelines.queries.ts';
import { notFound } from '../platform/platform.problems.ts';
import type { Tx } from '../platform/floor.ts';
import type { On } from '../platform/http/gate.port.ts';
import { releaseResolver } from '../releases/releases.routes.ts';
import { waiverById } from '../waivers/waivers.queries.ts';

/** What each kind of object in a request is about: the one authorisation point asks these. */
export const resolvers: Readonly<Record<string, Resolver>> = {
  ...catalogResolvers,
  ...pipelineResolvers,
  release: releaseResolver,
  incident: incidentResolver,
  booking: bookingResolver,
  deployment: async (tx, id) => {
    const place = await placeOf(tx, id);
    if (place === null) throw notFound({ what: `deployment ${id}` });
    return place;
  },
  report: async (tx, id) => {
    const service = await serviceOfReport(tx, id);
    if (service === null) throw notFound({ what: `report ${id}` });
    return ofService(tx, service);
  },
  waiver: async (tx, id) => {
    const waiver = await waiverById(tx, id);
    if (waiver === null) throw notFound({ what: `waiver ${id}` });
    return waiver.scope.serviceId === null ? {} : ofService(tx, waiver.scope.serviceId);
  },
};

async function ofService(tx: Tx, id: string): Promise<On> {
  const service = await serviceById(tx, id);
  return service === null ? {} : { service: service.name, team: service.team };
}
