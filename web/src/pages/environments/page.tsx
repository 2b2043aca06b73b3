import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { environmentsBoard } from '../../../../src/contract/yard.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Empty, Icon, Loaded, Page, Panel, Person, Table, Tabs, Tag } from '../../kit/index.ts';
import { Difference } from './difference.tsx';

type Environment = AnswerOf<typeof environmentsBoard>['items'][number];
const LIVE = ['environment', 'service', 'deployment', 'incident', 'agent', 'catalog'];

/** The environments in the order that a release passes them, and what differs between two of them. */
export default function Screen(): ReactNode {
  const list = useAnswer<typeof environmentsBoard>('/v1/yard/environments', {}, { live: LIVE });
  return (
    <Page title="Environments">
      <Loaded of={list}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="panel">
              <Empty title="There are no environments yet." command="npx ym apply -f yardmaster.yaml">
                An environment is where services run: dev, stage, prod. They are named in yardmaster.yaml, each with those that come before
                it.
              </Empty>
            </div>
          ) : (
            <Tabs
              tabs={[
                { key: 'list', label: 'In order', body: () => <List items={items} /> },
                { key: 'difference', label: 'Difference of two', body: () => <Difference names={items.map((one) => one.name)} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

function List({ items }: { readonly items: readonly Environment[] }): ReactNode {
  return (
    <Panel flush>
      <Table
        caption="Environments in the order of the road"
        rows={items}
        rowKey={(one) => one.name}
        columns={[
          {
            key: 'name',
            label: 'Environment',
            cell: (one) => (
              <span className="flex flex-wrap items-center gap-2">
                <Link to="/environments/$environment" params={{ environment: one.name } as never} className="font-medium">
                  {one.name}
                </Link>
                {one.protected ? (
                  <Tag icon="policy" title="secrets only for protected branches, and no unapproved work">
                    protected
                  </Tag>
                ) : null}
                {one.bookings
                  .filter((booking) => booking.state === 'active')
                  .map((booking) => (
                    <Tag key={booking.id} tone="wait" title={booking.reason}>
                      booked by <Person {...booking.owner} />
                    </Tag>
                  ))}
              </span>
            ),
          },
          { key: 'kind', label: 'Kind', cell: (one) => one.kind },
          {
            key: 'after',
            label: 'After',
            cell: (one) =>
              one.after.length === 0 ? <span className="whitespace-nowrap text-quiet">the first</span> : one.after.join(', '),
          },
          { key: 'strategy', label: 'Strategy', cell: (one) => strategyWords(one.strategy), wide: true },
          { key: 'agent', label: 'Agent', cell: (one) => <Agents of={one} /> },
          { key: 'running', label: 'Services', right: true, cell: (one) => one.running },
          { key: 'state', label: 'State', cell: (one) => <Standing of={one} /> },
        ]}
      />
    </Panel>
  );
}

function Agents({ of }: { readonly of: Environment }): ReactNode {
  const [agent] = of.agents;
  if (agent === undefined)
    return (
      <span className="text-unknown">
        <Icon name="unknown" size={12} /> none answers to “{of.agent}”
      </span>
    );
  return (
    <span className={`sm:whitespace-nowrap ${agent.alive ? '' : 'text-unknown'}`}>
      <Icon name={agent.alive ? 'done' : 'unknown'} size={12} className={agent.alive ? 'text-allow' : ''} /> <bdi>{agent.name}</bdi>
      {agent.alive ? '' : agent.lastSeenAt === null ? ', never heard of' : ', last heard of '}
      {agent.alive || agent.lastSeenAt === null ? null : <Ago at={agent.lastSeenAt} />}
    </span>
  );
}

/** What is odd there, each with the board filtered to it. */
function Standing({ of }: { readonly of: Environment }): ReactNode {
  const all = [
    [of.waiting, 'waiting', 'wait', 'waiting'],
    [of.moving, 'deploying', 'accent', 'moving'],
    [of.incidents, 'hurt', 'deny', 'incident'],
    [of.unverified, 'not verified', 'unknown', 'unverified'],
    [of.drifting, 'drift', 'unknown', 'drift'],
  ] as const;
  const odd = all.filter(([count]) => count > 0);
  if (odd.length === 0) return <span className="text-quiet">quiet</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {odd.map(([count, word, tone, state]) => (
        <Link key={word} to="/" search={{ state } as never} className="hover:no-underline">
          <Tag tone={tone}>
            {count} {word}
          </Tag>
        </Link>
      ))}
    </span>
  );
}

function strategyWords(strategy: Environment['strategy']): string {
  if (strategy.kind === 'all-at-once') return 'all at once';
  return `canary: ${strategy.steps.map((step) => `${step.weight} %`).join(', ')}${strategy.baseline ? ', against a baseline' : ''}`;
}
