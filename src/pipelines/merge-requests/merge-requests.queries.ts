import { serviceById } from '../../catalog/catalog.queries.ts';
import type { MergeRequestView } from '../../contract/merge-requests.ts';
import type { Tx } from '../../platform/floor.ts';
import { sourceByUrl } from '../sources/source.store.ts';
import { viewMergeRequests } from './merge-request.views.ts';

/** The merged merge requests that these commits of a service came by, newest first, 200 at most. */
export async function mergedAs(tx: Tx, serviceId: string, commits: readonly string[]): Promise<readonly MergeRequestView[]> {
  const url = (await serviceById(tx, serviceId))?.repository?.url;
  const source = url === undefined || commits.length === 0 ? null : await sourceByUrl(tx, url);
  return source === null ? [] : viewMergeRequests(tx, source.id, { state: 'merged', commits });
}
