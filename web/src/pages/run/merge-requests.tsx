import type { ReactNode } from 'react';
import type { listMergeRequests } from '../../../../src/contract/merge-requests.ts';
import { useAnswer } from '../../api/query.ts';
import { MergeRequests, Panel } from '../../kit/index.ts';
import type { Run } from './types.ts';

/** The merge requests of the commit that ran; nothing where there is none, which is the usual case. */
export function CameBy({ run }: { readonly run: Run }): ReactNode {
  const found = useAnswer<typeof listMergeRequests>(
    '/v1/services/{service}/merge-requests',
    { params: { service: run.service }, query: { commit: run.commit ?? '' } },
    { live: ['change', run.id], enabled: run.commit !== null && run.repository !== null },
  );
  const items = found.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Panel title={items.length === 1 ? 'Merge request' : 'Merge requests'} flush>
      <MergeRequests of={items} />
    </Panel>
  );
}
