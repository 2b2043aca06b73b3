import type { ReactNode } from 'react';
import type { listHooks } from '../../../../src/contract/admin.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Command, Copy, Empty, Loaded, Panel, Table, Tag } from '../../kit/index.ts';
import { HooksIn } from './hooks-in.tsx';
import { Subscriptions } from './subscriptions.tsx';

/** What comes in by webhooks, and what goes out by them. */
export function Webhooks(): ReactNode {
  return (
    <div className="space-y-4">
      <Doors />
      <HooksIn />
      <Subscriptions />
    </div>
  );
}

/** Every signed webhook that is taken; secrets are shown at their making and never again. */
function Doors(): ReactNode {
  const hooks = useAnswer<typeof listHooks>('/v1/admin/hooks', {}, { live: ['hook', 'incident'] });
  return (
    <Panel title="Webhooks that are taken" flush>
      <Loaded of={hooks}>
        {({ items }) => (
          <Table
            caption="Webhooks"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty
                title="No webhooks yet. Repositories are asked for new pushes every now and then; a webhook makes that at once."
                command="ym hook SERVICE"
              />
            }
            columns={[
              { key: 'name', label: 'For', sort: (one) => one.name, cell: (one) => <bdi>{one.name}</bdi> },
              { key: 'kind', label: 'Takes', cell: (one) => <Tag>{one.kind === 'repository' ? 'pushes' : one.kind}</Tag> },
              {
                key: 'state',
                label: 'State',
                cell: (one) =>
                  one.revokedAt === null ? (
                    <Tag tone="allow" icon="done">
                      taken
                    </Tag>
                  ) : (
                    <Tag tone="deny" icon="deny">
                      revoked
                    </Tag>
                  ),
              },
              {
                key: 'last',
                label: 'Last delivery',
                sort: (one) => one.lastDeliveryAt ?? '',
                cell: (one) =>
                  one.lastDeliveryAt === null ? (
                    <span className="text-quiet">none that is remembered</span>
                  ) : (
                    <Ago at={one.lastDeliveryAt} />
                  ),
              },
              {
                key: 'refused',
                label: 'Refused',
                sort: (one) => one.refused,
                cell: (one) =>
                  one.refused === 0 ? <span className="text-quiet">none</span> : <bdi>{`${one.refused}: ${one.refusedWhy ?? ''}`}</bdi>,
              },
              {
                key: 'path',
                label: 'Address',
                wide: true,
                cell: (one) => (
                  <span className="inline-flex items-center gap-1 font-mono text-sm">
                    {one.path} <Copy text={`${location.origin}${one.path}`} what="address" />
                  </span>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <div className="space-y-2 border-t border-line p-3">
        <p className="text-quiet">Make one, or renew its secret (the old one ends with it):</p>
        <div className="grid gap-2 sm:grid-cols-2">
          <Command text="ym hook SERVICE" />
          <Command text="ym incident hook NAME" />
        </div>
      </div>
    </Panel>
  );
}
