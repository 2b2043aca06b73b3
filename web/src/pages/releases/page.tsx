import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { listEnvironments, listServices } from '../../../../src/contract/catalog.ts';
import type { releaseBoard } from '../../../../src/contract/inbox.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import {
  Ago,
  Button,
  Digest,
  Empty,
  Filters,
  Loaded,
  Page,
  Panel,
  Person,
  State,
  Table,
  Tag,
  UrlSelect,
  useUrl,
  type Column,
} from '../../kit/index.ts';

type Line = AnswerOf<typeof releaseBoard>['items'][number];

const STATES = [
  ['', 'any'],
  ['under-way', 'under way'],
  ['runs', 'runs somewhere'],
  ['went-wrong', 'went wrong'],
  ['open', 'open'],
  ['abandoned', 'given up'],
] as const;

/** Releases, newest first, with where each stands. */
export default function Screen(): ReactNode {
  const [service] = useUrl('service');
  const [environment] = useUrl('environment');
  const [state] = useUrl('state');
  const [mine] = useUrl('mine');
  const [cursor, turn] = useUrl('cursor');
  const [before, setBefore] = useState<readonly string[]>([]);
  const services = useAnswer<typeof listServices>('/v1/services', {}, { live: ['service'] });
  const environments = useAnswer<typeof listEnvironments>('/v1/environments', {}, { live: ['environment'] });
  const query = { service, environment, state: state as never, mine: mine as never, cursor, limit: 50 };
  const filled = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
  const board = useAnswer<typeof releaseBoard>(
    '/v1/release-board',
    { query: filled },
    { live: ['release', 'deployment', 'service'], keep: true },
  );
  const filtered = service !== '' || environment !== '' || state !== '' || mine !== '';
  return (
    <Page title="Releases">
      <Filters>
        <UrlSelect
          name="service"
          label="Service"
          options={[['', 'all'], ...(services.data?.items ?? []).map((one) => [one.name, one.name] as const)]}
        />
        <UrlSelect
          name="environment"
          label="Environment"
          options={[['', 'all'], ...(environments.data?.items ?? []).map((one) => [one.name, one.name] as const)]}
        />
        <UrlSelect name="state" label="State" options={STATES} />
        <UrlSelect
          name="mine"
          label="Asked for by"
          options={[
            ['', 'anybody'],
            ['yes', 'me'],
          ]}
        />
      </Filters>
      <Panel flush>
        <Loaded of={board} lines={10}>
          {(answer) => (
            <>
              <Table
                caption="Releases, newest first"
                columns={COLUMNS}
                rows={answer.items}
                rowKey={(row) => row.id}
                empty={
                  filtered ? (
                    <Empty title="No release fits these filters" />
                  ) : (
                    <Empty title="No release yet" command="ym release create SERVICE">
                      A release is a version of what a run built. After a run has succeeded:
                    </Empty>
                  )
                }
              />
              <div className="flex justify-end gap-2 p-2 empty:hidden">
                {cursor === '' ? null : (
                  <Button
                    onClick={() => {
                      turn(before.at(-1) ?? '');
                      setBefore(before.slice(0, -1));
                    }}
                  >
                    Newer
                  </Button>
                )}
                {answer.next === null ? null : (
                  <Button
                    onClick={() => {
                      setBefore([...before, cursor]);
                      turn(answer.next ?? '');
                    }}
                  >
                    Older
                  </Button>
                )}
              </div>
            </>
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}

const COLUMNS: readonly Column<Line>[] = [
  {
    key: 'release',
    label: 'Release',
    cell: (row) => (
      <span className="flex min-w-0 flex-wrap items-center gap-2">
        <Link to={`/releases/${row.id}`} className="font-medium">
          <bdi>
            {row.service} {row.version}
          </bdi>
        </Link>
        {row.type === 'standard' ? null : <Tag tone="wait">{row.type}</Tag>}
        {row.state === 'abandoned' ? <Tag>given up</Tag> : null}
      </span>
    ),
  },
  {
    key: 'where',
    label: 'Where it stands',
    cell: (row) => (
      <span className="flex min-w-0 flex-wrap gap-1.5">
        {row.targets.map((target) => (
          <Link
            key={target.environment}
            to={`/releases/${row.id}?environment=${target.environment}`}
            title={target.deployment === null ? 'not deployed there' : target.deployment.cause}
            className="inline-flex min-h-6 items-center gap-1 text-ink"
          >
            <span className={target.runs ? 'font-semibold' : 'text-quiet'}>{target.environment}</span>
            {target.runs ? (
              <State of="runs here" />
            ) : target.deployment === null ? (
              <span className="text-quiet">–</span>
            ) : (
              <State of={wordOf(target.deployment.state)} />
            )}
          </Link>
        ))}
      </span>
    ),
  },
  {
    key: 'requester',
    label: 'Asked for by',
    wide: true,
    cell: (row) => (row.requester === null ? <span className="text-quiet">a machine</span> : <Person {...row.requester} />),
  },
  { key: 'commit', label: 'Commit', wide: true, cell: (row) => <Digest of={row.commit} /> },
  { key: 'created', label: 'Made', cell: (row) => <Ago at={row.createdAt} />, right: true },
];

/** A deployment that succeeded while something newer runs there was replaced. */
function wordOf(state: string): string {
  return state === 'succeeded' ? 'replaced' : state;
}
