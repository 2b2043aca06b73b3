import { listAdvisoryFindings } from '../../contract/advisories.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { advisoryFindings } from './advisories.views.ts';

/** What advisories say of what we built, against where it runs. */
export const advisoryFindingRoutes: readonly Mounted[] = [
  mount(listAdvisoryFindings, async ({ tx, query, visible }) => {
    const seen = await visible();
    return advisoryFindings(tx, {
      service: query.service ?? null,
      digest: query.digest ?? null,
      running: query.running === 'true',
      visible: seen === 'all' ? null : [...seen],
    });
  }),
];
