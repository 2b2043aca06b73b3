import type { ReactNode } from 'react';
import type { listPromotions } from '../../../../src/contract/promotions.ts';
import { useAnswer } from '../../api/query.ts';
import { Loaded, Panel, PromotionTable } from '../../kit/index.ts';

/** Where the artifacts of a release were promoted to. Most have no registry of releases, and then nothing is shown. */
export function Promotions({ release }: { readonly release: string }): ReactNode {
  const promotions = useAnswer<typeof listPromotions>('/v1/promotions', { query: { release } }, { live: ['promotion', 'artifact'] });
  if (promotions.data?.items.length === 0) return null;
  return (
    <Panel title="Promotions" flush>
      <Loaded of={promotions} lines={2}>
        {({ items }) => <PromotionTable items={items} empty={null} />}
      </Loaded>
    </Panel>
  );
}
