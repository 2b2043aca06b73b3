import * as contract from '../../contract/inventory.ts';
import type { InventoryReportView, InventoryView } from '../../contract/inventory.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import type { Tx } from '../../platform/floor.ts';
import { sameRepository } from '../ci/repository.ts';
import { joined, type Row } from './join.ts';
import { newestInventory, progressIn, repositoriesIn } from './inventory.store.ts';
import { markdownOf, reportOf } from './report.ts';
import { takeInventory } from './take.work.ts';
import type { CatalogPort } from './catalog.port.ts';

/** What a repository is held against that belongs to no service yet. */
const OTHERWISE = { policy: 'standard', tier: 2 } as const;

/** The inventory over HTTP. `catalog`: the services, with tier, policy and what all levels ask of each. */
export function inventoryRoutes(catalog: CatalogPort): readonly Mounted[] {
  return [
    mount(contract.getInventory, async ({ tx }) => newest(tx, catalog)),
    mount(contract.takeInventory, async ({ tx, actor }) => {
      const open = await newestInventory(tx, false);
      const id = open !== null && open.doneAt === null ? open.id : await takeInventory(tx, actor);
      return { id: id as `ivt_${string}` };
    }),
  ];
}

async function newest(tx: Tx, catalog: CatalogPort): Promise<InventoryView> {
  const [last, whole] = [await newestInventory(tx, false), await newestInventory(tx, true)];
  const taking =
    last === null || last.doneAt !== null
      ? null
      : { id: last.id as `ivt_${string}`, since: last.askedAt, ...(await progressIn(tx, last.id)) };
  if (whole === null) return { taking, report: null, markdown: null };
  const services = await catalog.services(tx);
  const rows = await repositoriesIn(tx, whole.id);
  const looked = rows.flatMap(({ name, url, branch, found }): Row[] => {
    if (found === null) return [];
    const here = sameRepository(url);
    const own = here === null ? [] : services.filter(({ repository }) => sameRepository(repository) === here);
    return [
      {
        name,
        url,
        branch,
        ...found,
        server: found.server === true,
        services: own.map(({ name: service, tier, policy }) => ({ name: service, tier, policy })),
      },
    ];
  });
  const repositories = joined(looked);
  const { faults, agents } = whole;
  const asks = new Map(services.map((service) => [service.name, service.asks]));
  const example = await catalog.otherwise(tx, OTHERWISE);
  const asksOf = ({ name }: { readonly name: string | null }) => (name === null ? example : (asks.get(name) ?? example));
  const report = reportOf({ at: whole.doneAt ?? whole.askedAt, repositories, faults, agents }, asksOf, OTHERWISE);
  return { taking, report: report as unknown as InventoryReportView, markdown: markdownOf(report) };
}
