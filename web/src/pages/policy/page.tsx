import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { explainPolicy, listPolicyVersions } from '../../../../src/contract/gates.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import { useMe } from '../../app/session.tsx';
import { Digest, Empty, Loaded, Page, Panel, Person, Table, Tabs, Tag, useUrl, When } from '../../kit/index.ts';
import { cells } from './cells.ts';
import { Proposals } from './proposals.tsx';
import { Examples, Rules } from './rules.tsx';
import { Text } from './text.tsx';

type Explained = AnswerOf<typeof explainPolicy>;
type Name = 'startup' | 'standard' | 'regulated';

/** One policy: its rules in words, its answers to examples, its text, its versions, where it is used. */
export default function Screen(): ReactNode {
  const { policy } = useParams({ strict: false }) as { policy: Name };
  const [version, choose] = useUrl('version');
  const me = useMe().person;
  const explained = useAnswer<typeof explainPolicy>(
    '/v1/policies/{policy}/explained',
    { params: { policy }, query: version === '' ? {} : { version: version as never } },
    { live: ['policy', 'service'], keep: true },
  );
  return (
    <Page
      title={policy}
      crumbs={[{ label: 'Policies', to: '/policies' }]}
      mark={
        explained.data === undefined ? undefined : (
          <Tag tone={explained.data.version === explained.data.newest ? 'accent' : 'wait'}>version {explained.data.version}</Tag>
        )
      }
    >
      <Loaded of={explained} lines={10}>
        {(one) => (
          <>
            <p className="text-quiet">
              <bdi>{one.title}</bdi>
              {one.version === one.newest ? null : (
                <>
                  {' '}
                  <button type="button" className="text-accent underline" onClick={() => choose('')}>
                    To version {one.newest}, which is in force
                  </button>
                </>
              )}
            </p>
            <Tabs
              tabs={[
                { key: 'rules', label: 'Rules', body: () => <Rules of={one} /> },
                { key: 'examples', label: 'Examples', body: () => <Examples of={one.examples} /> },
                { key: 'text', label: 'Text', body: () => <Text key={one.version} of={one} /> },
                { key: 'proposals', label: 'Proposals', body: () => <Proposals policy={policy} me={me} /> },
                { key: 'versions', label: 'Versions', body: () => <Versions policy={policy} onChoose={choose} /> },
                { key: 'uses', label: `Used by ${one.used}`, body: () => <Uses of={one} /> },
              ]}
            />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Versions({ policy, onChoose }: { readonly policy: Name; readonly onChoose: (version: string) => void }): ReactNode {
  const versions = useAnswer<typeof listPolicyVersions>('/v1/policies/{policy}/versions', { params: { policy } }, { live: ['policy'] });
  return (
    <Panel flush>
      <Loaded of={versions} lines={4}>
        {({ items }) => (
          <Table
            caption="Versions, newest first"
            rows={items}
            rowKey={(one) => String(one.version)}
            columns={[
              {
                key: 'version',
                label: 'version',
                cell: (one) => (
                  <button
                    type="button"
                    className="min-h-6 whitespace-nowrap text-accent hover:underline"
                    onClick={() => onChoose(String(one.version))}
                  >
                    version {one.version}
                  </button>
                ),
              },
              {
                key: 'by',
                label: 'by',
                cell: (one) =>
                  one.preset ? (
                    'the program'
                  ) : one.changedBy === null ? (
                    'a machine'
                  ) : (
                    <Person id={one.changedBy.id} name={one.changedBy.name} />
                  ),
              },
              { key: 'at', label: 'when', cell: (one) => (one.changedAt === null ? '–' : <When at={one.changedAt} />) },
              { key: 'changed', label: 'changed', cell: (one) => (one.preset ? 'as it came' : cells(one.changed)) },
              { key: 'services', label: 'services it concerns', right: true, wide: true, cell: (one) => one.services },
              { key: 'digest', label: 'digest', wide: true, cell: (one) => <Digest of={one.digest} /> },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function Uses({ of }: { readonly of: Explained }): ReactNode {
  return (
    <Panel flush>
      <Table
        caption="Services under this policy"
        rows={of.uses}
        rowKey={(one) => one.service}
        empty={
          <Empty title="No service stands under this policy" command="ym apply">
            A service names it in yardmaster.yaml as <code>policy: {of.name}</code>. Then:
          </Empty>
        }
        columns={[
          {
            key: 'service',
            label: 'service',
            cell: (one) => <Link to={`/services/${one.service}`}>{one.service}</Link>,
            sort: (one) => one.service,
          },
          { key: 'team', label: 'team', cell: (one) => <bdi>{one.team}</bdi>, sort: (one) => one.team },
          { key: 'tier', label: 'tier', cell: (one) => one.tier, sort: (one) => one.tier },
        ]}
      />
      {of.used > of.uses.length ? (
        <p className="p-3 text-sm text-quiet">
          The first {of.uses.length} of {of.used}.
        </p>
      ) : null}
    </Panel>
  );
}
