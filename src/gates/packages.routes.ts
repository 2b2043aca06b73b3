import { buildsOf } from '../artifacts/artifacts.queries.ts';
import { mustService, serviceById } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import { listPackages } from '../contract/packages.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { notFound } from '../platform/platform.problems.ts';
import { packagesOf } from './packages.views.ts';

/** The HTTP door of what artifacts are made of, as policies see it. */
export const packageRoutes: readonly Mounted[] = [
  mount(listPackages, async ({ tx, params, query, visible }) => {
    const digest = params.digest as Digest;
    const service = await serviceOf(tx, digest, query.service ?? null, await visible());
    return packagesOf(tx, digest, service, query);
  }),
];

/** The service whose policy is asked: the one named, or the first that built it. What only others have built is not there. */
async function serviceOf(tx: Tx, digest: Digest, name: string | null, visible: 'all' | ReadonlySet<string>): Promise<Service> {
  const named = name === null ? null : (await mustService(tx, name)).id;
  const builders = new Set((await buildsOf(tx, digest)).map((build) => build.service));
  for (const id of [...builders].sort()) {
    if ((visible !== 'all' && !visible.has(id)) || (named !== null && named !== id)) continue;
    const service = await serviceById(tx, id);
    if (service !== null) return service;
  }
  throw notFound({ what: name === null ? `artifact ${digest}` : `artifact ${digest} of ${name}` });
}
