import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { getInstance } from '../../../../src/contract/admin.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Bytes, Copy, Facts, Loaded, Panel, Progress, Table, Tag, When } from '../../kit/index.ts';

/** What this instance is and how it is: servers, keys, database, disk, ledger, settings. */
export function Instance(): ReactNode {
  const instance = useAnswer<typeof getInstance>('/v1/admin/instance', {}, { live: ['ledger', 'master-key', 'data-key'] });
  return (
    <Loaded of={instance}>
      {(one) => (
        <div className="grid min-w-0 gap-4 lg:grid-cols-2">
          <Panel title="Program">
            <Facts
              of={[
                ['Version', one.version],
                ['Node', one.node],
                ['Address', one.publicUrl],
                [
                  'Instance',
                  <code key="i" className="text-sm">
                    {one.instance.id}
                  </code>,
                ],
                ['Since', <When key="s" at={one.instance.createdAt} />],
                ['Epoch', one.instance.epoch],
                ['People', `${one.people.active} active; ${one.people.sessions} sessions and ${one.people.tokens} tokens are good now`],
              ]}
            />
          </Panel>
          <Panel title="Ledger">
            <Facts
              of={[
                [
                  'Origin',
                  <code key="o" className="text-sm">
                    {one.ledger.origin}
                  </code>,
                ],
                ['Entries', one.ledger.size.toLocaleString()],
                ['Checkpoint', one.ledger.checkpointAt === null ? 'none yet' : <Ago key="c" at={one.ledger.checkpointAt} />],
                [
                  'Behind',
                  <span key="b" className="inline-flex items-center gap-2">
                    {one.ledger.waiting} facts wait, {one.ledger.lagMs} ms
                    {one.ledger.lagMs > 5000 ? (
                      <Tag tone="wait" icon="wait">
                        behind
                      </Tag>
                    ) : (
                      <Tag tone="allow" icon="done">
                        current
                      </Tag>
                    )}
                  </span>,
                ],
              ]}
            />
            <p className="mt-2">
              <Link to="/evidence/ledger">Check it</Link>
            </p>
          </Panel>
          <Panel title="Database and disk">
            <Facts
              of={[
                ['Database', `${one.database.kind === 'embedded' ? 'embedded PostgreSQL' : 'PostgreSQL'} ${one.database.version}`],
                ['Its size', <Bytes key="d" of={one.database.bytes} />],
                ['Connections', one.database.connections],
                [
                  'Folder',
                  one.disk === null ? (
                    'unknown'
                  ) : (
                    <code key="f" className="text-sm">
                      {one.disk.folder}
                    </code>
                  ),
                ],
              ]}
            />
            {one.disk === null ? null : (
              <div className="mt-2">
                <Progress
                  part={1 - one.disk.freeBytes / Math.max(1, one.disk.totalBytes)}
                  label={`${Math.round((one.disk.freeBytes / Math.max(1, one.disk.totalBytes)) * 100)} % of the disk is free`}
                />
              </div>
            )}
          </Panel>
          <Panel title="Signing keys">
            <ul className="space-y-1">
              {one.signingKeys.map(({ keyId, current }) => (
                <li key={keyId} className="flex flex-wrap items-center gap-2">
                  <code className="text-sm" title={keyId}>
                    {keyId.slice(0, 24)}…
                  </code>
                  <Copy text={keyId} what="key id" />
                  {current ? (
                    <Tag tone="allow" icon="done">
                      signs
                    </Tag>
                  ) : (
                    <Tag>retired: only verifies</Tag>
                  )}
                </li>
              ))}
            </ul>
          </Panel>
          <Panel title={`Servers (${one.servers.length})`} flush>
            <Table
              caption="Servers"
              rows={one.servers}
              rowKey={(server) => `${server.name} ${server.startedAt}`}
              columns={[
                { key: 'name', label: 'Name', cell: (server) => server.name },
                { key: 'version', label: 'Version', cell: (server) => server.version },
                { key: 'since', label: 'Started', cell: (server) => <Ago at={server.startedAt} /> },
                { key: 'seen', label: 'Heard of', cell: (server) => <Ago at={server.seenAt} /> },
              ]}
            />
          </Panel>
          <div className="min-w-0 lg:col-span-2">
            <Panel title="Settings in force" flush>
              <Table
                caption="Settings"
                rows={one.settings}
                rowKey={(setting) => setting.name}
                columns={[
                  { key: 'name', label: 'Setting', cell: (setting) => <code className="text-sm">{setting.name}</code> },
                  { key: 'value', label: 'Value', breaks: true, cell: (setting) => setting.value },
                  { key: 'means', label: 'Means', wide: true, cell: (setting) => <span className="text-quiet">{setting.means}</span> },
                ]}
              />
            </Panel>
          </div>
        </div>
      )}
    </Loaded>
  );
}
