import * as contract from '../../contract/inbox.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { boardOfReleases } from './release-board.views.ts';
import { inboxOf } from './inbox.views.ts';
import { incidentStory } from '../incident/incident.views.ts';

/** What waits for whom, the list of releases, and the story of an incident. */
export const inboxRoutes: readonly Mounted[] = [
  mount(contract.inbox, async ({ tx, actor, visible }) => inboxOf(tx, actor, await visible())),
  mount(contract.releaseBoard, async ({ tx, actor, query, visible }) => boardOfReleases(tx, actor, query, await visible())),
  mount(contract.incidentPage, async ({ tx, params }) => incidentStory(tx, params.incident)),
];
