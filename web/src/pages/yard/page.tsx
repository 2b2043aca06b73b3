import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { inbox } from '../../../../src/contract/inbox.ts';
import type { yardBoard } from '../../../../src/contract/yard.ts';
import { useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Button, Check, Empty, Filters, Loaded, Page, UrlFilter, UrlSelect, useKeys, useUrl } from '../../kit/index.ts';
import { BoardTable } from './board.tsx';
import { CellCard } from './cell-card.tsx';
import { FirstSteps } from './first-steps.tsx';
import { Freezes } from './freezes.tsx';
import { States } from './states.tsx';
import { StopTheLine } from './stop-the-line.tsx';
import { LIVE, type Board, type State } from './types.ts';

/** No fact tells that a repository was read, that a machine came in or fell silent; while the first steps stand somebody waits for it. */
const every = (board: Board | undefined): number => (board?.firstSteps == null ? 60_000 : 3_000);

/** The Yard: every service in every environment, what is on its way, and what stands still. */
export default function Screen(): ReactNode {
  const [team] = useUrl('team');
  const [tier] = useUrl('tier');
  const [state] = useUrl('state');
  const [text] = useUrl('text');
  const [stopping, setStopping] = useState(false);
  const may = useMay();
  const query = {
    ...(team === '' ? {} : { team }),
    ...(tier === '' ? {} : { tier }),
    ...(state === '' ? {} : { state: state as State }),
    ...(text === '' ? {} : { text }),
  };
  const board = useAnswer<typeof yardBoard>('/v1/yard', { query }, { live: LIVE, keep: true, every });
  const because = may('freeze.write') ? null : 'it needs the role release-manager';
  useKeys({ s: { label: 'stop the line', run: () => setStopping(because === null) } });
  return (
    <Page
      title="Yard"
      actions={
        <Button kind="danger" icon="stop" because={because} onClick={() => setStopping(true)}>
          Stop the line
        </Button>
      }
    >
      <Loaded of={board} lines={14}>
        {(answer) => <Shown board={answer} filtered={Object.keys(query).length > 0} />}
      </Loaded>
      {stopping && board.data !== undefined ? <StopTheLine board={board.data} onClose={() => setStopping(false)} /> : null}
    </Page>
  );
}

function Shown({ board, filtered }: { readonly board: Board; readonly filtered: boolean }): ReactNode {
  const [grouped, group] = useUrl('group');
  const [open, setOpen] = useUrl('cell');
  const [service = '', environment = ''] = open.split('/');
  const row = board.rows.find((one) => one.service === service);
  return (
    <>
      <Freezes of={board.freezes} />
      {board.firstSteps === null ? null : <FirstSteps of={board.firstSteps} board={board} />}
      {board.services === 0 ? (
        <Nothing board={board} />
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-1.5">
            <Waiting />
            <States board={board} />
          </div>
          <Filters>
            <UrlFilter name="text" label="Service" placeholder="part of a name" />
            <UrlSelect name="team" label="Team" options={[['', 'all teams'], ...board.teams.map((one) => [one, one] as const)]} />
            <UrlSelect
              name="tier"
              label="Tier"
              options={[
                ['', 'all tiers'],
                ['1', '1 critical'],
                ['2', '2 important'],
                ['3', '3 low risk'],
              ]}
            />
            <div className="flex items-end pb-1.5">
              <Check label="by team" checked={grouped === 'team'} onChange={(on) => group(on ? 'team' : '')} />
            </div>
          </Filters>
          {board.rows.length === 0 ? (
            <div className="panel">
              <Empty title={filtered ? 'No service is like that.' : 'There is no service that you may see.'}>
                {filtered ? <Link to="/">Show all {board.services}</Link> : null}
              </Empty>
            </div>
          ) : (
            <BoardTable board={board} byTeam={grouped === 'team'} onOpen={setOpen} />
          )}
          {open === '' || environment === '' ? null : (
            <CellCard service={service} environment={environment} row={row ?? null} board={board} onClose={() => setOpen('')} />
          )}
        </>
      )}
    </>
  );
}

/** How much waits for me, with the way there. */
function Waiting(): ReactNode {
  const mine = useAnswer<typeof inbox>('/v1/inbox', {}, { live: ['release', 'approval', 'deployment', 'waiver'] });
  const count = mine.data?.items.length ?? 0;
  return (
    <Link
      to="/inbox"
      className="inline-flex min-h-8 items-center rounded-full border border-edge bg-surface px-3 text-sm font-medium text-ink hover:bg-hover hover:no-underline"
    >
      {mine.data === undefined
        ? 'Inbox'
        : count === 0
          ? 'Inbox: nothing waits for you'
          : `Inbox: ${count}${mine.data.more ? '+' : ''} for you`}
    </Link>
  );
}

function Nothing({ board }: { readonly board: Board }): ReactNode {
  if (board.firstSteps !== null) return null;
  return (
    <div className="panel">
      <Empty title="There is nothing here that you may see.">
        An admin gives roles: over the organisation, a team or a service. Ask for one, or look at <Link to="/account">your account</Link>.
      </Empty>
    </div>
  );
}
