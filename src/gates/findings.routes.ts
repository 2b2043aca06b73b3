import { mustService } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/findings.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { findingClocks, findingsOfRun, ruleSignal } from './findings.views.ts';
import type { Released } from './released.port.ts';

/** The HTTP doors of findings: those of a run beside the last release, and what the rules are worth. */
export function findingRoutes(released: Released): readonly Mounted[] {
  return [
    mount(contract.listRunFindings, async ({ tx, query }) => findingsOfRun(tx, released, query)),
    mount(contract.listRuleSignal, async ({ tx, query }) => ({ items: [...(await ruleSignal(tx, await mustService(tx, query.service)))] })),
    mount(contract.listFindingClocks, async ({ tx, query }) => {
      const service = await mustService(tx, query.service);
      return { tier: service.tier, items: [...(await findingClocks(tx, service))] };
    }),
  ];
}
