import { environmentById } from '../../catalog/catalog.queries.ts';
import * as contract from '../../contract/promotions.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { noSuchPromotion } from '../artifacts.problems.ts';
import { readEnvelope } from '../recorded/kept.queries.ts';
import { removeDestination, setDestination } from './destination.commands.ts';
import { askPromotions, planPromotion } from './promote.commands.ts';
import type { PromotionPorts } from './promote.work.ts';
import { destinationViews, promotionViews } from './promotion.views.ts';
import { listPromotions, promotionById, standingDestinations } from './promotion.store.ts';

/** The HTTP doors of promotion. */
export function promotionRoutes({ registry, gate }: PromotionPorts): readonly Mounted[] {
  return [
    mount(contract.listDestinations, async ({ tx }) => ({ items: await destinationViews(tx, await standingDestinations(tx)) })),
    mount(contract.setDestination, async ({ tx, actor, params, body }) => {
      const row = await setDestination(tx, actor, registry, { name: params.destination, ...body });
      const [view] = await destinationViews(tx, [row]);
      if (view === undefined) throw new Error(`destination ${row.id} vanished`);
      return view;
    }),
    mount(contract.removeDestination, async ({ tx, actor, params }) => {
      await removeDestination(tx, actor, params.destination);
      return { removed: true as const };
    }),
    mount(contract.promoteArtifact, async ({ tx, actor, params, body, must }) => {
      const { release = null, destination = null, environment = null, tag = null } = body;
      const plan = await planPromotion(tx, gate, { digest: params.digest as Digest, release, destination, environment, tag });
      for (const one of plan.destinations) {
        const place = one.environmentId === null ? null : await environmentById(tx, one.environmentId);
        const on = { service: plan.service.name, team: plan.service.team };
        await must('artifact.promote', place === null ? on : { ...on, environment: place.name });
      }
      return { items: await promotionViews(tx, await askPromotions(tx, actor, plan)) };
    }),
    mount(contract.listPromotions, async ({ tx, query, visible }) => {
      const { digest = null, release = null, limit } = query;
      return { items: await promotionViews(tx, await listPromotions(tx, { digest, release, limit, services: await visible() })) };
    }),
    mount(contract.getPromotion, async ({ tx, params, visible }) => {
      const row = await promotionById(tx, params.promotion);
      const services = await visible();
      if (row === null || (services !== 'all' && !services.has(row.serviceId))) throw noSuchPromotion({ promotion: params.promotion });
      const [view] = await promotionViews(tx, [row]);
      if (view === undefined) throw noSuchPromotion({ promotion: params.promotion });
      return { ...view, record: await envelope(tx, row.recordDigest), summary: await envelope(tx, row.summaryDigest) };
    }),
  ];
}

async function envelope(tx: Tx, digest: Digest | null) {
  const found = digest === null ? null : await readEnvelope(tx, digest);
  return found === null ? null : { ...found, signatures: found.signatures.map((one) => ({ ...one })) };
}
