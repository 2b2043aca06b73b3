import { environmentsInOrder, mustEnvironment, mustService } from '../../catalog/catalog.queries.ts';
import { adoption } from '../../contract/adopt.ts';
import { serviceOverview, yardBoard, yardCell } from '../../contract/yard.ts';
import { plus } from '../../kernel/time.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { boardParts, boardServices, SOON_MS } from './board.queries.ts';
import { adoptionView } from '../service/adoption.views.ts';
import { overviewOf } from '../service/service.views.ts';
import { boardOf, countsOf, matches } from './board.ts';
import { cellView } from './cell.views.ts';
import { activeFreezes, firstSteps, headOf } from './summary.queries.ts';

/** What the Yard asks. */
export const boardRoutes: readonly Mounted[] = [
  mount(yardBoard, async ({ tx, query, visible }) => {
    const seen = await visible();
    const services = seen === 'all' ? null : [...seen];
    const all = await boardServices(tx, { services, team: null, tier: null, text: null });
    const { team, tier, state, text } = query;
    const filtered = team !== undefined || tier !== undefined || (text ?? '') !== '';
    const asked = { services, team: team ?? null, tier: tier ?? null, text: text ?? null };
    const shown = filtered ? await boardServices(tx, asked) : all;
    const environments = await environmentsInOrder(tx);
    const now = await tx.now();
    const parts = await boardParts(
      tx,
      shown.map((one) => one.id),
      plus(now, SOON_MS),
    );
    const rows = boardOf({ services: shown, environments, ...parts });
    return {
      environments: await headOf(tx, environments, now),
      rows: state === undefined ? rows : rows.filter((row) => matches(row, state)),
      services: all.length,
      teams: [...new Set(all.map((one) => one.team))].toSorted(),
      freezes: await activeFreezes(tx, now),
      counts: countsOf(rows),
      firstSteps: seen === 'all' ? await firstSteps(tx, environments) : null,
    };
  }),
  mount(yardCell, async ({ tx, params }) =>
    cellView(tx, await mustService(tx, params.service), await mustEnvironment(tx, params.environment)),
  ),
  mount(adoption, async ({ tx, params }) => wire(await adoptionView(tx, await mustService(tx, params.service)))),
  mount(serviceOverview, async ({ tx, params }) => overviewOf(tx, await mustService(tx, params.service))),
];

/** The same as plain lists. */
function wire(of: Awaited<ReturnType<typeof adoptionView>>) {
  return { ...of, levels: of.levels.map((level) => ({ ...level, steps: [...level.steps] })) };
}
