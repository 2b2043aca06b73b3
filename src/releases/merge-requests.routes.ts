import * as contract from '../contract/merge-requests.ts';
import { mergedAs } from '../pipelines/merge-requests/merge-requests.queries.ts';
import { commitsBetween } from '../pipelines/pipelines.queries.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { commitBefore, mustRelease } from './releases.queries.ts';

/** By which merge requests a release came, and who had a hand in them. */
export const releaseMergeRequestsRoute: Mounted = mount(contract.releaseMergeRequests, async ({ tx, params }) => {
  const release = await mustRelease(tx, params.release);
  const { commits, complete } = await commitsBetween(tx, release.serviceId, await commitBefore(tx, release.id), release.commit);
  const ids = commits.map(({ id }) => id);
  const items = await mergedAs(tx, release.serviceId, ids);
  const named = new Set(items.flatMap(({ head, mergeCommit }) => [head, mergeCommit]));
  return { items: [...items], without: ids.filter((id) => !named.has(id)).length, complete };
});
