import type { ReactNode } from 'react';
import type { releaseMergeRequests } from '../../../../src/contract/merge-requests.ts';
import { useAnswer } from '../../api/query.ts';
import { Empty, Loaded, MergeRequests, Panel } from '../../kit/index.ts';

/** By which merge requests the release came: who wrote, who reviewed, who approved at the forge. */
export function CameBy({ release }: { readonly release: string }): ReactNode {
  const found = useAnswer<typeof releaseMergeRequests>(
    '/v1/releases/{release}/merge-requests',
    { params: { release } },
    { live: ['change', release] },
  );
  return (
    <Panel title="Merge requests" flush>
      <Loaded of={found} lines={3}>
        {({ items, without, complete }) => (
          <>
            {items.length === 0 ? (
              <Empty title="Its commits came by no merge request that is known." command="ym connect add github --name github" />
            ) : (
              <MergeRequests of={items} />
            )}
            {items.length === 0 || (without === 0 && complete) ? null : (
              <p className="border-t border-line p-3 text-sm text-quiet">
                {without === 0 ? '' : `${without} of its commits came by none that is known. `}
                {complete ? '' : 'Not all of its commits are known here.'}
              </p>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}
