import { mustService } from '../../catalog/catalog.queries.ts';
import * as contract from '../../contract/merge-requests.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import type { Tx } from '../../platform/floor.ts';
import { noRepository, noSuchMergeRequest, noSuchRun } from '../pipelines.problems.ts';
import { viewRun } from '../run.views.ts';
import { sourceByUrl } from '../sources/source.store.ts';
import { runMergeRequest } from './merge-request.commands.ts';
import { protectionOf, viewMergeRequests } from './merge-request.views.ts';

async function sourceOf(tx: Tx, name: string): Promise<{ id: string; branch: string } | null> {
  const service = await mustService(tx, name);
  if (service.repository === null) throw noRepository({ service: name });
  const source = await sourceByUrl(tx, service.repository.url);
  return source === null ? null : { id: source.id, branch: service.repository.branch };
}

export const mergeRequestRoutes: readonly Mounted[] = [
  mount(contract.listMergeRequests, async ({ tx, params, query }) => {
    const source = await sourceOf(tx, params.service);
    if (source === null) return { items: [], protection: null };
    const { state, commit } = query;
    const filter = { state, ...(commit === undefined ? {} : { commits: [commit] }) };
    return { items: await viewMergeRequests(tx, source.id, filter), protection: await protectionOf(tx, source.id, source.branch) };
  }),
  mount(contract.getMergeRequest, async ({ tx, params }) => {
    const source = await sourceOf(tx, params.service);
    const [found] = source === null ? [] : await viewMergeRequests(tx, source.id, { number: params.number });
    if (found === undefined) throw noSuchMergeRequest({ number: params.number });
    return found;
  }),
  mount(contract.runMergeRequest, async ({ floor, actor, params, body, headers }) => {
    const run = await runMergeRequest(floor, actor, { ...params, ...body, key: headers.get('idempotency-key') });
    const view = await floor.db.read(actor.org, (tx) => viewRun(tx, run.id));
    if (view === null) throw noSuchRun({ run: run.id });
    return view;
  }),
];
