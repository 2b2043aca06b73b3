import type { ReactNode } from 'react';
import type { releaseTickets } from '../../../../src/contract/release-tickets.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Digest, Empty, Loaded, Panel, Table, Tag } from '../../kit/index.ts';

/** What a release was made for: its tickets, how they stand, and by which commits they are named. */
export function Tickets({ release }: { readonly release: string }): ReactNode {
  const found = useAnswer<typeof releaseTickets>('/v1/releases/{release}/tickets', { params: { release } }, { live: ['ticket', release] });
  return (
    <Panel title="Tickets" flush>
      <Loaded of={found} lines={3}>
        {({ items, knownAt, error }) => (
          <>
            <Table
              caption="Tickets of this release"
              rows={items}
              rowKey={(one) => one.key}
              empty={
                <Empty
                  title="Its commits name no ticket that is known."
                  command="ym connect add jira --name jira --url https://example.org/rest --set projects=SHOP"
                />
              }
              columns={[
                { key: 'key', label: 'Ticket', sort: (one) => one.key, cell: (one) => <bdi>{one.key}</bdi> },
                {
                  key: 'state',
                  label: 'State',
                  cell: ({ tickets: [first] }) => (
                    <Tag tone={first?.state === 'done' ? 'allow' : first === undefined || first.state === 'rejected' ? 'deny' : 'wait'}>
                      {first === undefined ? 'its tracker does not know it' : (first.status ?? first.state)}
                    </Tag>
                  ),
                },
                {
                  key: 'title',
                  label: 'Title',
                  cell: ({ tickets: [first] }) =>
                    first?.url == null || !/^https?:\/\//.test(first.url) ? (
                      <bdi>{first?.title ?? ''}</bdi>
                    ) : (
                      <a href={first.url} rel="noreferrer noopener" target="_blank">
                        <bdi>{first.title}</bdi>
                      </a>
                    ),
                },
                { key: 'fix', label: 'Fix version', wide: true, cell: ({ tickets: [first] }) => <bdi>{first?.fixVersion ?? ''}</bdi> },
                {
                  key: 'commits',
                  label: 'Commits',
                  wide: true,
                  cell: (one) => (
                    <span className="inline-flex flex-wrap gap-1">
                      {one.commits.slice(0, 5).map((commit) => (
                        <Digest key={commit} of={commit} />
                      ))}
                      {one.commits.length > 5 ? `and ${one.commits.length - 5} more` : null}
                    </span>
                  ),
                },
              ]}
            />
            <p className="border-t border-line p-3 text-sm text-quiet">
              {knownAt === null ? (
                'Their trackers have not said yet how they stand.'
              ) : (
                <>
                  As their trackers said <Ago at={knownAt} />.
                </>
              )}
              {error === null ? null : (
                <>
                  {' '}
                  The last look failed: <bdi>{error}</bdi>
                </>
              )}
            </p>
          </>
        )}
      </Loaded>
    </Panel>
  );
}
