import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useMay } from '../../app/session.tsx';
import { Ago, Button, Empty, Panel, State, Table, Tag, UrlFilter, useUrl } from '../../kit/index.ts';
import { BackAsk, DeployAsk, RevokeAsk, VerifyAsk } from './asks.tsx';
import { versionOf, type Overview, type Row } from './types.ts';

type Asked = { readonly what: 'verify' | 'revoke' | 'back' | 'deploy'; readonly row: Row };
const MOST = 100;

/** Every service that has something to do with this environment, with what can be done about it. */
export function Running({ of }: { readonly of: Overview }): ReactNode {
  const [asked, ask] = useState<Asked | null>(null);
  const [text] = useUrl('text');
  const { name } = of.environment;
  const rows = of.rows.filter((row) => row.cell !== null && row.service.includes(text.toLowerCase()));
  const props = asked === null ? null : { environment: name, row: asked.row, onClose: () => ask(null) };
  return (
    <div className="space-y-3">
      <div className="max-w-xs">
        <UrlFilter name="text" label="Service" placeholder="part of a name" />
      </div>
      <Panel flush>
        <Table
          caption={`What runs in ${name}`}
          rows={rows.slice(0, MOST)}
          rowKey={(row) => row.service}
          empty={
            <Empty
              title={text === '' ? 'Nothing runs here yet.' : 'No service here has such a name.'}
              {...(text === '' ? { command: 'ym release create SERVICE' } : {})}
            >
              A release comes here after it was verified in the environments before.
            </Empty>
          }
          columns={[
            {
              key: 'service',
              label: 'Service',
              sort: (row) => row.service,
              cell: (row) => (
                <>
                  <Link to="/services/$service" params={{ service: row.service } as never} className="font-medium">
                    {row.service}
                  </Link>{' '}
                  <span className="block text-sm whitespace-nowrap text-quiet">
                    <bdi>{row.team}</bdi>, tier {row.tier}
                  </span>
                </>
              ),
            },
            { key: 'version', label: 'Version', cell: (row) => <Version row={row} at={row.cell?.is} /> },
            {
              key: 'since',
              label: 'Since',
              sort: (row) => row.cell?.since ?? '',
              cell: (row) => (row.cell?.since === undefined ? '' : <Ago at={row.cell.since} />),
            },
            { key: 'state', label: 'State', cell: (row) => <Standing row={row} /> },
            { key: 'now', label: 'Now', cell: (row) => <Now row={row} /> },
            { key: 'port', label: 'Port', right: true, wide: true, cell: (row) => row.frontPort ?? '' },
            { key: 'acts', label: 'Acts', cell: (row) => <Acts environment={name} row={row} onAsk={(what) => ask({ what, row })} /> },
          ]}
        />
        {rows.length > MOST ? (
          <p className="border-t border-line p-3 text-quiet">
            The first {MOST} of {rows.length} are shown. Narrow it down by name.
          </p>
        ) : null}
      </Panel>
      {props === null ? null : asked?.what === 'verify' ? (
        <VerifyAsk {...props} />
      ) : asked?.what === 'revoke' ? (
        <RevokeAsk {...props} />
      ) : asked?.what === 'back' ? (
        <BackAsk {...props} />
      ) : (
        <DeployAsk {...props} />
      )}
    </div>
  );
}

function Version({ row, at }: { readonly row: Row; readonly at: number | undefined }): ReactNode {
  const version = versionOf(row, at);
  if (version === null) return <span className="text-quiet">nothing</span>;
  return (
    <Link to="/releases/$release" params={{ release: version.release } as never} title={version.digest ?? ''}>
      {version.version}
    </Link>
  );
}

function Standing({ row: { cell } }: { readonly row: Row }): ReactNode {
  return (
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
    </span>
  );
}

/** What is on its way, and the act that its agent does at this moment. */
function Now({ row }: { readonly row: Row }): ReactNode {
  const { cell, act, lease } = row;
  if (cell?.moving === undefined)
    return cell?.failed === undefined ? (
      cell?.pending === undefined ? null : (
        <span className="text-quiet">
          <Version row={row} at={cell.pending} /> is meant for here
        </span>
      )
    ) : (
      <span>
        <Version row={row} at={cell.failed.is} /> <State of={cell.failed.state} />
      </span>
    );
  return (
    <span className="block">
      <Version row={row} at={cell.moving.is} /> <State of={cell.moving.state} />
      {cell.moving.weight === null ? null : <span> {cell.moving.weight} %</span>}
      {act === null ? null : (
        <span className="block text-sm text-quiet">
          {act.what} {act.state}, <Ago at={act.since} />
          {lease === null ? null : (
            <span title={`fencing token ${lease.token}`}>
              , leased until <Ago at={lease.until} />
            </span>
          )}
        </span>
      )}
    </span>
  );
}

function Acts({
  environment,
  row,
  onAsk,
}: {
  readonly environment: string;
  readonly row: Row;
  readonly onAsk: (what: Asked['what']) => void;
}): ReactNode {
  const may = useMay();
  const on = { service: row.service, team: row.team, environment };
  const runs = row.cell?.is !== undefined;
  return (
    <span className="flex flex-wrap gap-1 xl:flex-nowrap">
      {row.cell?.pending === undefined ? null : (
        <Button because={may('deployment.start', on) ? null : 'it needs the role developer'} onClick={() => onAsk('deploy')}>
          Deploy
        </Button>
      )}
      {runs ? (
        <>
          <Button
            because={may('environment.verify', on) ? null : 'it needs the role developer or approver'}
            onClick={() => onAsk('verify')}
          >
            Verify
          </Button>
          {row.cell?.verified === 'verified' ? (
            <Button
              because={may('environment.verify', on) ? null : 'it needs the role developer or approver'}
              onClick={() => onAsk('revoke')}
            >
              Revoke
            </Button>
          ) : null}
          <Button
            kind="danger"
            because={may('deployment.rollback', on) ? null : 'it needs the role developer'}
            onClick={() => onAsk('back')}
          >
            Roll back
          </Button>
        </>
      ) : null}
    </span>
  );
}
