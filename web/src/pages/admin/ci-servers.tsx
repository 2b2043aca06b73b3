import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { backfill, CiPlaceView, listPipelines } from '../../../../src/contract/ci.ts';
import type { ConnectionView, listConnections } from '../../../../src/contract/connections.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Button, Empty, Loaded, Panel, Problem, Progress, Table } from '../../kit/index.ts';
import { Connections } from './connections.tsx';

/** Vendors whose CI is read. */
const READ = new Set(['github', 'gitlab', 'azure', 'jenkins']);

/** What is connected, and below it the pipelines of those that build. */
export function ConnectionsAndCi(): ReactNode {
  const list = useAnswer<typeof listConnections>('/v1/connections', {}, { live: ['connection'] });
  const because = useMay()('connection.write') ? null : 'it needs the role admin';
  return (
    <div className="min-w-0 space-y-4">
      <Connections />
      {(list.data?.items ?? [])
        .filter((one) => READ.has(one.vendor))
        .map((one) => (
          <CiServer key={one.id} of={one} because={because} />
        ))}
    </div>
  );
}

/** The pipelines of a CI server that is connected: whose runs they are, and how far their past was read. */
function CiServer({ of, because }: { readonly of: ConnectionView; readonly because: string | null }): ReactNode {
  const params = { connection: of.name };
  const found = useAnswer<typeof listPipelines>(
    '/v1/connections/{connection}/pipelines',
    { params },
    { live: ['ci', 'connection'], every: 15_000 },
  );
  const fill = useAct<typeof backfill>('POST', '/v1/connections/{connection}/backfill');
  return (
    <Panel
      title={<bdi>Pipelines of {of.name}</bdi>}
      flush
      actions={
        <Button busy={fill.busy} because={because} onClick={() => void fill.act({ params, body: { days: 90 } })}>
          Read 90 days again
        </Button>
      }
    >
      {fill.problem === null ? null : <Problem of={fill.problem} />}
      <Loaded of={found} lines={3}>
        {({ places, backfill: past, listedAt, lastError }) => (
          <>
            {past.places === 0 ? null : (
              <div className="p-3">
                <Progress part={past.progress} label={`Past of ${past.places} places: ${past.runs} runs, ${past.done} places done`} />
              </div>
            )}
            {lastError === null ? null : (
              <p className="p-3 text-quiet">
                <bdi>{lastError}</bdi>
              </p>
            )}
            <Table
              caption={`Pipelines of ${of.name}`}
              rows={rowsOf(places)}
              rowKey={(one) => one.key}
              empty={
                <Empty
                  title={listedAt === null ? 'It was not looked through yet.' : 'Nothing of it belongs to a service, or nothing ran.'}
                  command={`ym connect pipelines ${of.name}`}
                />
              }
              columns={[
                {
                  key: 'pipeline',
                  label: 'Pipeline',
                  sort: (one) => one.name,
                  cell: (one) => <bdi className="break-words">{one.name}</bdi>,
                },
                { key: 'place', label: 'At', wide: true, cell: (one) => <bdi className="break-words">{one.place.name}</bdi> },
                { key: 'service', label: 'Service', sort: (one) => one.service ?? '', cell: (one) => <Service of={one.service} /> },
                { key: 'past', label: 'Past', right: true, cell: (one) => pastOf(one.place) },
                {
                  key: 'asked',
                  label: 'Last asked',
                  wide: true,
                  cell: (one) => (one.place.checkedAt === null ? 'not yet' : <Ago at={one.place.checkedAt} />),
                },
                {
                  key: 'error',
                  label: 'Trouble',
                  cell: (one) => (one.place.lastError === null ? '' : <bdi className="text-sm text-quiet">{one.place.lastError}</bdi>),
                },
              ]}
            />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

type Row = { readonly key: string; readonly name: string; readonly service: string | null; readonly place: CiPlaceView };

/** Places that are watched; one that shows no pipeline yet is a row of its own. */
function rowsOf(places: readonly CiPlaceView[]): Row[] {
  return places
    .filter(({ watched }) => watched)
    .flatMap((place): Row[] =>
      place.pipelines.length === 0
        ? [{ key: place.id, name: 'none seen yet', service: null, place }]
        : place.pipelines.map((one) => ({ key: one.id, name: one.name, service: one.service, place })),
    )
    .slice(0, 500);
}

function Service({ of }: { readonly of: string | null }): ReactNode {
  if (of === null) return <span className="text-quiet">nobody’s</span>;
  return (
    <Link to="/services/$service" params={{ service: of } as never}>
      {of}
    </Link>
  );
}

function pastOf({ backfill: past }: CiPlaceView): string {
  if (past === null) return 'not asked for';
  return past.doneAt === null ? `${Math.floor(past.progress * 100)} %` : `${past.runs} runs`;
}
