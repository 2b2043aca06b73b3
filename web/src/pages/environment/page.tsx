import { Link, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { environmentOverview } from '../../../../src/contract/yard.ts';
import { useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Button, Facts, Icon, Loaded, Page, Panel, Tabs, Tag, useKeys } from '../../kit/index.ts';
import { EnvironmentAdvisories } from '../../kit/advisories.tsx';
import { BookAsk, Bookings } from './bookings.tsx';
import { Happened } from './happened.tsx';
import { Running } from './running.tsx';
import { LIVE, type Overview } from './types.ts';

/** One environment: what runs there, who acts, who has it, and what was said and done. */
export default function Screen(): ReactNode {
  const { environment = '' } = useParams({ strict: false }) as { readonly environment?: string };
  const page = useAnswer<typeof environmentOverview>('/v1/yard/environments/{environment}', { params: { environment } }, { live: LIVE });
  if (page.data === undefined)
    return (
      <Page title={environment} crumbs={[{ label: 'Environments', to: '/environments' }]}>
        <Loaded of={page} lines={12}>
          {() => null}
        </Loaded>
      </Page>
    );
  return <Loaded of={page}>{(answer) => <Shown of={answer} />}</Loaded>;
}

function Shown({ of }: { readonly of: Overview }): ReactNode {
  const { environment } = of;
  const [booking, setBooking] = useState(false);
  const may = useMay();
  const because = may('environment.book', { environment: environment.name }) ? null : 'it needs the role developer';
  useKeys({ b: { label: 'book it', run: () => setBooking(because === null) } });
  return (
    <Page
      title={environment.name}
      crumbs={[{ label: 'Environments', to: '/environments' }]}
      mark={
        <>
          <Tag>{environment.kind}</Tag>
          {environment.protected ? <Tag icon="policy">protected</Tag> : null}
        </>
      }
      actions={
        <Button icon="calendar" because={because} onClick={() => setBooking(true)}>
          Book it
        </Button>
      }
    >
      <div className="grid gap-4 lg:grid-cols-2">
        <About of={of} />
        <Bookings of={of} />
      </div>
      <Tabs
        tabs={[
          {
            key: 'running',
            label: `What runs ${of.rows.filter((row) => row.cell?.is !== undefined).length}`,
            body: () => <Running of={of} />,
          },
          { key: 'advisories', label: 'Vulnerabilities', body: () => <EnvironmentAdvisories environment={environment.name} /> },
          { key: 'verifications', label: 'Verifications', body: () => <Happened of={of} part="verifications" /> },
          { key: 'history', label: 'What happened', body: () => <Happened of={of} part="history" /> },
        ]}
      />
      {booking ? <BookAsk of={of} onClose={() => setBooking(false)} /> : null}
    </Page>
  );
}

function About({ of: { environment, agents } }: { readonly of: Overview }): ReactNode {
  const { strategy } = environment;
  const steps =
    strategy.kind === 'canary' ? strategy.steps.map((step) => `${step.weight} % for ${Math.round(step.forMs / 1000)} s`).join(', ') : '';
  const before = environment.after[0];
  return (
    <Panel
      title="About"
      actions={
        before === undefined ? null : (
          <Link to="/environments" search={{ part: 'difference', left: before, right: environment.name } as never}>
            what differs from {before}
          </Link>
        )
      }
    >
      <Facts
        of={[
          ['after', environment.after.length === 0 ? 'it is the first' : environment.after.join(', ')],
          [
            'strategy',
            strategy.kind === 'all-at-once' ? 'all at once' : `canary${strategy.baseline ? ' against a baseline' : ''}: ${steps}`,
          ],
          [
            'agents',
            agents.length === 0 ? (
              <span className="text-unknown">
                <Icon name="unknown" size={12} /> none answers to “{environment.agent}”: ym agent register
              </span>
            ) : (
              <ul>
                {agents.map((agent) => (
                  <li key={agent.id} className={agent.alive ? '' : 'text-unknown'}>
                    <Icon name={agent.alive ? 'done' : 'unknown'} size={12} className={agent.alive ? 'text-allow' : ''} />{' '}
                    <bdi>{agent.name}</bdi>
                    {agent.alive ? ', heard of now' : agent.lastSeenAt === null ? ', never heard of' : ', last heard of '}
                    {agent.alive || agent.lastSeenAt === null ? null : <Ago at={agent.lastSeenAt} />}
                  </li>
                ))}
              </ul>
            ),
          ],
        ]}
      />
    </Panel>
  );
}
