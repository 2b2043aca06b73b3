import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useMemo, useRef, type ReactNode } from 'react';
import { Icon, State, Tag } from '../../kit/index.ts';
import { CellButton } from './cell.tsx';
import type { Board, Environment, Row } from './types.ts';

const ROW_PX = 48;

type Line = { readonly key: string; readonly team: string; readonly count: number } | { readonly key: string; readonly row: Row };

/** Rows as they stand, or under a heading for each team. */
function linesOf(rows: readonly Row[], byTeam: boolean): readonly Line[] {
  if (!byTeam) return rows.map((row) => ({ key: row.service, row }));
  const teams = Map.groupBy(rows, (row) => row.team);
  return [...teams]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([team, mine]) => [{ key: `team ${team}`, team, count: mine.length }, ...mine.map((row) => ({ key: row.service, row }))]);
}

/** The board: only the rows in sight are on the page; the heading and the first column stay where they are. */
export function BoardTable({
  board,
  byTeam,
  onOpen,
}: {
  readonly board: Board;
  readonly byTeam: boolean;
  readonly onOpen: (cell: string) => void;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => linesOf(board.rows, byTeam), [board.rows, byTeam]);
  const windowed = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 8,
  });
  const shown = windowed.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = windowed.getTotalSize() - (shown.at(-1)?.end ?? 0);
  const wide = board.environments.length + 2;
  return (
    <div
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="the board"
      className="panel relative max-h-[max(24rem,calc(100dvh-13rem))] min-w-0 overflow-auto"
    >
      <table aria-rowcount={lines.length + 1} className="w-full border-separate border-spacing-0 text-left">
        <caption className="sr-only">
          Services by environment: {board.rows.length} of them, the version that runs and what is on its way
        </caption>
        <thead>
          <tr aria-rowindex={1}>
            <th
              scope="col"
              className="sticky top-0 left-0 z-20 w-48 min-w-36 border-r border-b border-line bg-surface px-3 py-1.5 text-sm font-medium text-quiet sm:min-w-56"
            >
              Service
            </th>
            {board.environments.map((environment) => (
              <EnvironmentHead key={environment.name} of={environment} />
            ))}
            <th scope="col" className="sticky top-0 z-10 border-b border-line bg-surface px-3 py-1.5 text-sm font-medium text-quiet">
              Last run
            </th>
          </tr>
        </thead>
        <tbody>
          <Gap px={before} wide={wide} />
          {shown.map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            if ('team' in line)
              return (
                <tr key={line.key} aria-rowindex={item.index + 2} style={{ height: ROW_PX }}>
                  <th scope="rowgroup" colSpan={wide} className="border-b border-line bg-sunk px-3 text-sm font-semibold">
                    <span className="sticky left-3 inline-block">
                      <bdi>{line.team}</bdi> <span className="font-normal text-quiet">{line.count}</span>
                    </span>
                  </th>
                </tr>
              );
            return <BoardRow key={line.key} index={item.index} row={line.row} environments={board.environments} onOpen={onOpen} />;
          })}
          <Gap px={after} wide={wide} />
        </tbody>
      </table>
    </div>
  );
}

function Gap({ px, wide }: { readonly px: number; readonly wide: number }): ReactNode {
  return px <= 0 ? null : (
    <tr aria-hidden="true">
      <td colSpan={wide} style={{ height: px }} />
    </tr>
  );
}

function EnvironmentHead({ of }: { readonly of: Environment }): ReactNode {
  const agent = of.agentAlive === null ? 'no agent acts here' : of.agentAlive ? null : 'its agent is silent';
  return (
    <th scope="col" className="sticky top-0 z-10 min-w-32 border-b border-line bg-surface px-2 py-1.5 text-sm font-medium">
      <span className="flex items-center gap-1.5">
        <Link to="/environments/$environment" params={{ environment: of.name } as never} className="clip text-ink">
          {of.name}
        </Link>
        {agent === null ? null : (
          <span className="flex text-unknown" title={agent}>
            <Icon name="unknown" size={12} />
            <span className="sr-only">{agent}</span>
          </span>
        )}
        {of.booked === null ? null : (
          <Tag tone="wait" title={`booked by ${of.booked.owner} until ${of.booked.until}`}>
            booked
          </Tag>
        )}
      </span>
    </th>
  );
}

const BoardRow = memo(function BoardRow({
  row,
  index,
  environments,
  onOpen,
}: {
  readonly row: Row;
  readonly index: number;
  readonly environments: readonly Environment[];
  readonly onOpen: (cell: string) => void;
}): ReactNode {
  return (
    <tr aria-rowindex={index + 2} style={{ height: ROW_PX }} className="group/row">
      <th
        scope="row"
        className="sticky left-0 z-10 max-w-48 border-r border-b border-line bg-surface px-3 font-normal group-hover/row:bg-hover sm:max-w-64"
      >
        <span className="flex min-w-0 items-center gap-1.5">
          <Link
            to="/services/$service"
            params={{ service: row.service } as never}
            className="clip font-medium text-ink"
            title={row.service}
          >
            {row.service}
          </Link>
          {row.incidents.length > 0 ? (
            <span className="flex text-deny" title={`${row.incidents.length} open incidents`}>
              <Icon name="incident" size={12} />
              <span className="sr-only">{row.incidents.length} open incidents</span>
            </span>
          ) : null}
          {row.debts === null ? null : (
            <span className="flex text-wait" title={`${row.debts.count} debts or waivers end soon, the first at ${row.debts.due}`}>
              <Icon name="debts" size={12} />
              <span className="sr-only">{row.debts.count} debts or waivers end soon</span>
            </span>
          )}
        </span>
        <span className="clip block text-xs text-quiet">
          <bdi>{row.team}</bdi> · tier {row.tier}
          {row.observeOnly ? ' · observed only' : ''}
        </span>
      </th>
      {environments.map((environment, at) => (
        <td key={environment.name} className="max-w-44 border-b border-line p-0.5 align-middle">
          <CellButton
            row={row}
            cell={row.cells[at] ?? null}
            environment={environment.name}
            onOpen={() => onOpen(`${row.service}/${environment.name}`)}
          />
        </td>
      ))}
      <td className="border-b border-line px-3 align-middle">
        {row.run === null ? (
          <span className="text-quiet">–</span>
        ) : (
          <Link to="/runs/$run" params={{ run: row.run.id } as never} className="hover:no-underline">
            <State of={row.run.state} />
          </Link>
        )}
      </td>
    </tr>
  );
});
