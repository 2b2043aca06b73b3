import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { yardBoard } from '../../../../src/contract/yard.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import {
  Ago,
  Empty,
  Filters,
  Icon,
  Loaded,
  Page,
  Panel,
  State,
  Table,
  UrlFilter,
  UrlSelect,
  useUrl,
  type Column,
} from '../../kit/index.ts';

type Board = AnswerOf<typeof yardBoard>;
type Row = Board['rows'][number];

/** So many stand on the page; the filters find the rest. */
const MOST = 200;
const LIVE = ['service', 'team', 'catalog', 'deployment', 'pipelinerun', 'incident', 'waiver'];

/** All services with who owns them and how they are. */
export default function Screen(): ReactNode {
  const [team] = useUrl('team');
  const [tier] = useUrl('tier');
  const [text] = useUrl('text');
  const query = { ...(team === '' ? {} : { team }), ...(tier === '' ? {} : { tier }), ...(text === '' ? {} : { text }) };
  const board = useAnswer<typeof yardBoard>('/v1/yard', { query }, { live: LIVE, keep: true });
  return (
    <Page
      title="Services"
      actions={
        <Link to="/inventory" className="underline underline-offset-2">
          Inventory
        </Link>
      }
    >
      <Loaded of={board}>{(answer) => <Shown board={answer} />}</Loaded>
    </Page>
  );
}

function Shown({ board }: { readonly board: Board }): ReactNode {
  if (board.services === 0)
    return (
      <div className="panel">
        <Empty title="There are no services yet." command="ym apply -f yardmaster.yaml">
          A service is one deployable thing with one owner. They are named in yardmaster.yaml.
        </Empty>
      </div>
    );
  const rows = board.rows.slice(0, MOST);
  return (
    <>
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
      </Filters>
      <Panel title={`${board.rows.length} of ${board.services}`} flush>
        <Table
          caption="Services"
          columns={columnsOf(board)}
          rows={rows}
          rowKey={(row) => row.service}
          empty={<Empty title="No service is like that." />}
        />
        {board.rows.length > MOST ? (
          <p className="border-t border-line p-3 text-quiet">The first {MOST} are shown. Narrow it down by name, team or tier.</p>
        ) : null}
      </Panel>
    </>
  );
}

function columnsOf(board: Board): readonly Column<Row>[] {
  const at = board.environments.length - 1;
  const last = board.environments[at];
  const cellOf = (row: Row) => row.cells[at] ?? null;
  return [
    {
      key: 'service',
      label: 'Service',
      sort: (row) => row.service,
      cell: (row) => (
        <Link to="/services/$service" params={{ service: row.service } as never} className="font-medium">
          {row.service}
        </Link>
      ),
    },
    { key: 'team', label: 'Team', sort: (row) => row.team, cell: (row) => <bdi>{row.team}</bdi> },
    { key: 'tier', label: 'Tier', sort: (row) => row.tier, cell: (row) => row.tier },
    {
      key: 'run',
      label: 'Last run',
      sort: (row) => row.run?.state ?? '',
      cell: (row) =>
        row.run === null ? (
          <span className="text-quiet">none</span>
        ) : (
          <Link to="/runs/$run" params={{ run: row.run.id } as never}>
            <State of={row.run.state} />
          </Link>
        ),
    },
    ...(last === undefined
      ? []
      : [
          {
            key: 'last',
            label: `In ${last.name}`,
            cell: (row: Row) => {
              const cell = cellOf(row);
              if (cell?.is === undefined) return <span className="text-quiet">nothing</span>;
              return (
                <>
                  <bdi className="font-medium">{row.versions[cell.is]?.version}</bdi>{' '}
                  <span className="text-quiet">{cell.since === undefined ? null : <Ago at={cell.since} />}</span>
                </>
              );
            },
          },
        ]),
    {
      key: 'incidents',
      label: 'Incidents',
      sort: (row) => -row.incidents.length,
      cell: (row) =>
        row.incidents.length === 0 ? (
          <span className="text-quiet">none</span>
        ) : (
          <Link to="/incidents" search={{ service: row.service, state: 'open' } as never} className="text-deny">
            <Icon name="incident" size={12} /> {row.incidents.length} open
          </Link>
        ),
    },
    {
      key: 'debts',
      label: 'Debts',
      sort: (row) => row.debts?.due ?? '9',
      wide: true,
      cell: (row) =>
        row.debts === null ? (
          <span className="text-quiet">none</span>
        ) : (
          <span className="text-wait">
            {row.debts.count}, due <Ago at={row.debts.due} />
          </span>
        ),
    },
  ];
}
