import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Ago, Digest, Panel, State, Table, Tag } from '../../kit/index.ts';
import type { Cell, Overview } from './types.ts';

type Place = { readonly name: string; readonly kind: string; readonly cell: Cell | null };

/** Which version runs where, how it is there, and what is on its way. */
export function Places({ of }: { readonly of: Overview }): ReactNode {
  const { row, outdated } = of;
  const places: readonly Place[] = of.environments.map((one, at) => ({ name: one.name, kind: one.kind, cell: row.cells[at] ?? null }));
  const release = (at: number | undefined): ReactNode => {
    const one = at === undefined ? undefined : row.versions[at];
    if (one === undefined) return <span className="text-quiet">nothing</span>;
    return (
      <Link to="/releases/$release" params={{ release: one.release } as never} className="font-medium">
        {one.version}
      </Link>
    );
  };
  return (
    <Panel title="Where it runs" flush>
      <Table
        caption={`${of.service.name} by environment`}
        rows={places}
        rowKey={(place) => place.name}
        empty={<p className="p-3 text-quiet">There are no environments yet: name them in yardmaster.yaml.</p>}
        columns={[
          {
            key: 'environment',
            label: 'Environment',
            cell: ({ name, kind }) => (
              <>
                <Link to="/environments/$environment" params={{ environment: name } as never}>
                  {name}
                </Link>{' '}
                <span className="block text-sm text-quiet">{kind}</span>
              </>
            ),
          },
          {
            key: 'version',
            label: 'Version',
            cell: ({ cell }) => (
              <span className="flex flex-wrap items-center gap-x-2">
                {release(cell?.is)}
                {cell?.is === undefined || row.versions[cell.is]?.digest == null ? null : (
                  <Digest of={row.versions[cell.is]?.digest ?? ''} to={`/artifacts/${row.versions[cell.is]?.digest ?? ''}`} />
                )}
              </span>
            ),
          },
          { key: 'since', label: 'Since', cell: ({ cell }) => (cell?.since === undefined ? '' : <Ago at={cell.since} />) },
          {
            key: 'state',
            label: 'State',
            cell: ({ name, cell }) => (
              <span className="flex flex-wrap gap-1">
                {cell?.verified === undefined ? null : <State of={cell.verified} />}
                {cell?.health === undefined ? null : (
                  <Tag tone="deny" icon="incident">
                    {cell.health}
                  </Tag>
                )}
                {cell?.drift === undefined ? null : (
                  <Tag tone="unknown" icon="unknown" title={cell.drift}>
                    drift
                  </Tag>
                )}
                {outdated.includes(name) ? (
                  <Tag
                    tone="wait"
                    icon="wait"
                    title="The catalog has newer values than what runs was started with; the next deployment brings them."
                  >
                    older configuration
                  </Tag>
                ) : null}
              </span>
            ),
          },
          {
            key: 'next',
            label: 'On its way',
            cell: ({ cell }) => (
              <span className="flex flex-wrap items-center gap-x-2">
                {cell?.moving === undefined ? null : (
                  <>
                    {release(cell.moving.is)} <State of={cell.moving.state} />
                    {cell.moving.weight === null ? null : <span>{cell.moving.weight} % of the traffic</span>}
                  </>
                )}
                {cell?.failed === undefined ? null : (
                  <>
                    {release(cell.failed.is)} <State of={cell.failed.state} /> <Ago at={cell.failed.at} />
                  </>
                )}
                {cell?.pending === undefined ? null : <>{release(cell.pending)} is meant for here</>}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}
