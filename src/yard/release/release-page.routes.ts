import * as contract from '../../contract/release-page.ts';
import { deploymentById } from '../../deployments/deployments.queries.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { notFound } from '../../platform/platform.problems.ts';
import { decisionById, mustRelease } from '../../releases/releases.queries.ts';
import { comparisonOf } from './comparison.views.ts';
import { inputsOfDecision } from './decision-inputs.views.ts';
import { pageOfRelease } from './release-page.views.ts';

/** What the screens of a release, its deployments and its decisions ask. */
export const releasePageRoutes: readonly Mounted[] = [
  mount(contract.releasePage, async ({ tx, actor, params }) => pageOfRelease(tx, actor, await mustRelease(tx, params.release))),
  mount(contract.deploymentComparison, async ({ tx, params }) => {
    const row = await deploymentById(tx, params.deployment);
    if (row === null) throw notFound({ what: `deployment ${params.deployment}` });
    return comparisonOf(tx, row);
  }),
  mount(contract.decisionInputs, async ({ tx, params, visible }) => {
    const row = await decisionById(tx, params.decision);
    const seen = await visible();
    if (row === null || (seen !== 'all' && !seen.has(row.serviceId))) throw notFound({ what: `decision ${params.decision}` });
    return inputsOfDecision(tx, row);
  }),
];
