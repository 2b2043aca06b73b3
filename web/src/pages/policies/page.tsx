import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { listPolicies } from '../../../../src/contract/gates.ts';
import type { listPolicyLevels, PolicyLevel } from '../../../../src/contract/policy-levels.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import { Digest, Loaded, Page, Panel, Person, Table, Tag, When, type Column } from '../../kit/index.ts';

type Policy = AnswerOf<typeof listPolicies>['items'][number];

/** The policies as they are in force. */
export default function Screen(): ReactNode {
  const policies = useAnswer<typeof listPolicies>('/v1/policies', {}, { live: ['policy'] });
  const levels = useAnswer<typeof listPolicyLevels>('/v1/policy-levels', {}, { live: ['policy'] });
  return (
    <Page title="Policies">
      <p className="max-w-3xl text-quiet">
        A policy says what must be true before something may go into an environment, for each tier of services. A service names the policy
        that it stands under; nothing in it has a default. The organisation, a team and a repository can ask more, and never less.
      </p>
      <Panel flush>
        <Loaded of={policies} lines={4}>
          {({ items }) => <Table caption="The policies in force" columns={COLUMNS} rows={items} rowKey={(one) => one.name} />}
        </Loaded>
      </Panel>
      <Panel flush title="What is asked beside them">
        <Loaded of={levels} lines={3}>
          {({ items }) => (
            <Table caption="The organisation's minimum and what teams ask" columns={LEVELS} rows={items} rowKey={(one) => one.team ?? ''} />
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}

const COLUMNS: readonly Column<Policy>[] = [
  {
    key: 'name',
    label: 'policy',
    cell: (one) => (
      <div className="min-w-0">
        <Link to={`/policies/${one.name}`} className="font-medium">
          {one.name}
        </Link>
        <p className="text-sm text-quiet">
          <bdi>{one.title}</bdi>
        </p>
      </div>
    ),
  },
  { key: 'version', label: 'version', cell: (one) => one.version },
  {
    key: 'changed',
    label: 'changed',
    cell: (one) =>
      one.preset ? (
        <Tag>as it came with the program</Tag>
      ) : (
        <span>
          {one.changedBy === null ? 'by a machine' : <Person id={one.changedBy.id} name={one.changedBy.name} />}
          {one.changedAt === null ? null : (
            <>
              , <When at={one.changedAt} />
            </>
          )}
        </span>
      ),
  },
  { key: 'digest', label: 'digest', wide: true, cell: (one) => <Digest of={one.digest} /> },
];

const LEVELS: readonly Column<PolicyLevel>[] = [
  {
    key: 'level',
    label: 'who asks',
    cell: (one) => (
      <div className="min-w-0">
        {one.team === null ? (
          <Link to="/policies/minimum" className="font-medium">
            the organisation
          </Link>
        ) : (
          <Link to="/policies/team/$team" params={{ team: one.team } as never} className="font-medium">
            team <bdi>{one.team}</bdi>
          </Link>
        )}
        <p className="text-sm text-quiet">
          <bdi>{one.title}</bdi>
        </p>
      </div>
    ),
  },
  {
    key: 'version',
    label: 'version',
    cell: (one) => (one.source === null ? <span className="text-quiet">asks nothing</span> : one.version),
  },
  {
    key: 'changed',
    label: 'changed',
    cell: (one) =>
      one.changedAt === null ? (
        '–'
      ) : (
        <span>
          {one.changedBy === null ? 'by a machine' : <Person id={one.changedBy.id} name={one.changedBy.name} />},{' '}
          <When at={one.changedAt} />
        </span>
      ),
  },
  { key: 'services', label: 'services it concerns', right: true, wide: true, cell: (one) => one.services },
];
