import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { listReproductions } from '../../../../src/contract/artifacts.ts';
import { useAnswer } from '../../api/query.ts';
import { Command, Empty, Loaded, Panel, Table, Tag, When } from '../../kit/index.ts';

const RUNNERS = { other: 'another runner', same: 'the same runner', unknown: 'not known' } as const;

/** Whether its commit, built again, gave the same bytes. */
export function Rebuilds({ digest }: { readonly digest: string }): ReactNode {
  const found = useAnswer<typeof listReproductions>('/v1/artifacts/{digest}/reproductions', { params: { digest } }, { live: ['artifact'] });
  return (
    <Panel title="Built again" flush>
      <Loaded of={found} lines={2}>
        {({ items }) => (
          <Table
            caption="Rebuilds"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty title="Nobody has built it again.">
                <Command text={`ym artifact reproduce ${digest}`} />
              </Empty>
            }
            columns={[
              {
                key: 'same',
                label: 'It gave',
                cell: (one) =>
                  one.same ? (
                    <Tag tone="allow" icon="done">
                      the same bytes
                    </Tag>
                  ) : (
                    <Link to="/artifacts/$digest" params={{ digest: one.other } as never}>
                      <Tag tone="wait" icon="wait">
                        other bytes
                      </Tag>
                    </Link>
                  ),
              },
              { key: 'where', label: 'On', cell: (one) => RUNNERS[one.runners] },
              { key: 'when', label: 'When', cell: (one) => <When at={one.at} /> },
              {
                key: 'causes',
                label: 'Where they differ',
                cell: (one) =>
                  one.causes.length === 0 ? (
                    '–'
                  ) : (
                    <ul className="space-y-1">
                      {one.causes.map(({ cause, count, paths, why }) => (
                        <li key={cause}>
                          {cause} ({count}): <bdi className="break-all">{paths.slice(0, 5).join(', ')}</bdi>
                          {why.length === 0 ? '' : ` (${[...new Set(why.map((each) => each.why))].join(', ')})`}
                        </li>
                      ))}
                    </ul>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
