import type { ReactNode } from 'react';
import type { readRunAgain } from '../../../../src/contract/ci.ts';
import { useAct } from '../../api/query.ts';
import { Button, Empty, Problem } from '../../kit/index.ts';
import type { Run } from './types.ts';

/** A run of the past, of which only the listing was read: its jobs are asked for when somebody wants to see them. */
export function AskThere({ run }: { readonly run: Run }): ReactNode {
  const again = useAct<typeof readRunAgain>('POST', '/v1/runs/{run}/read');
  return (
    <>
      <Empty title="The jobs of this run were not asked for yet.">
        <Button busy={again.busy} onClick={() => void again.act({ params: { run: run.id }, body: {} })}>
          Ask its CI server
        </Button>
      </Empty>
      {again.problem === null ? null : <Problem of={again.problem} />}
    </>
  );
}
