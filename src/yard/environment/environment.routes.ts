import { environmentsInOrder, mustEnvironment, mustService } from '../../catalog/catalog.queries.ts';
import { environmentDifference, environmentOverview, environmentsBoard } from '../../contract/yard.ts';
import { bookingsWithNames } from '../../environments/environments.queries.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { difference } from './difference.views.ts';
import { environmentLines, environmentPage } from './environment.views.ts';

/** What the screens of the environments ask. */
export const environmentScreenRoutes: readonly Mounted[] = [
  mount(environmentsBoard, async ({ tx, visible }) => {
    const services = listOf(await visible());
    return { items: await environmentLines(tx, await environmentsInOrder(tx), services, await bookingsWithNames(tx, null, services)) };
  }),
  mount(environmentOverview, async ({ tx, params, visible }) => {
    const services = listOf(await visible());
    const environment = await mustEnvironment(tx, params.environment);
    return environmentPage(tx, environment, services, await bookingsWithNames(tx, environment.name, services));
  }),
  mount(environmentDifference, async ({ tx, query, visible, must }) => {
    const service = query.service === undefined ? null : await mustService(tx, query.service);
    if (service !== null) await must('catalog.read', { service: service.name, team: service.team });
    const [left, right] = [await mustEnvironment(tx, query.left), await mustEnvironment(tx, query.right)];
    return difference(tx, { left, right }, service?.name ?? null, await visible());
  }),
];

function listOf(visible: 'all' | ReadonlySet<string>): readonly string[] | null {
  return visible === 'all' ? null : [...visible];
}
