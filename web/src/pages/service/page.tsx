import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { serviceOverview } from '../../../../src/contract/yard.ts';
import { useAnswer } from '../../api/query.ts';
import { Facts, Loaded, OutsideLink, Page, Panel, Person, Tabs, Tag } from '../../kit/index.ts';
import { Acts } from './acts.tsx';
import { Adopt } from './adopt.tsx';
import { Baseline } from './baseline.tsx';
import { FindingClocks } from './clocks.tsx';
import { Configuration } from './configuration.tsx';
import { Dependencies } from './dependencies.tsx';
import { NextVersion } from './next-version.tsx';
import { Past } from './past.tsx';
import { Places } from './places.tsx';
import { Scorecard } from './scorecard.tsx';
import { LIVE, type Overview } from './types.ts';
import { Watch } from './watch.tsx';

/** One service: who owns it, which version is where, and everything that leads further. */
export default function Screen(): ReactNode {
  const { service = '' } = useParams({ strict: false }) as { readonly service?: string };
  const page = useAnswer<typeof serviceOverview>('/v1/services/{service}/overview', { params: { service } }, { live: LIVE });
  if (page.data === undefined)
    return (
      <Page title={service} crumbs={[{ label: 'Services', to: '/services' }]}>
        <Loaded of={page} lines={12}>
          {() => null}
        </Loaded>
      </Page>
    );
  return <Loaded of={page}>{(answer) => <Shown of={answer} />}</Loaded>;
}

function Shown({ of }: { readonly of: Overview }): ReactNode {
  const { service } = of;
  return (
    <Page
      title={service.name}
      crumbs={[{ label: 'Services', to: '/services' }]}
      mark={
        <>
          <Tag tone={service.tier === 1 ? 'accent' : 'plain'}>tier {service.tier}</Tag>
          {service.observeOnly ? <Tag tone="wait">observed only</Tag> : null}
        </>
      }
      actions={<Acts of={of} />}
    >
      <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-4">
          <Places of={of} />
          <Tabs
            tabs={[
              { key: 'past', label: 'Runs, releases, incidents', body: () => <Past of={of} /> },
              { key: 'dependencies', label: `Dependencies ${of.needs.length + of.neededBy.length}`, body: () => <Dependencies of={of} /> },
              { key: 'configuration', label: 'Configuration', body: () => <Configuration of={of} /> },
            ]}
          />
          <FindingClocks service={service.name} />
        </div>
        <div className="min-w-0 space-y-4">
          <About of={of} />
          <NextVersion of={of} />
          <Adopt service={service.name} observed={service.observeOnly} />
          <Scorecard service={service.name} />
          <Baseline service={service.name} />
          <Watch of={of} />
        </div>
      </div>
    </Page>
  );
}

function About({ of: { service, owners } }: { readonly of: Overview }): ReactNode {
  const { repository } = service;
  return (
    <Panel title="About">
      <Facts
        of={[
          [
            'team',
            <Link key="t" to="/services" search={{ team: service.team } as never}>
              <bdi>{service.team}</bdi>
            </Link>,
          ],
          [
            'people',
            owners.length === 0 ? (
              <span key="n" className="text-quiet">
                nobody of the team has an account
              </span>
            ) : (
              <span key="o">
                {owners.map((one, index) => (
                  <span key={one.id}>
                    {index === 0 ? '' : ', '}
                    <Person {...one} />
                  </span>
                ))}
              </span>
            ),
          ],
          [
            'policy',
            <span key="p">
              <Link to="/policies/$policy" params={{ policy: service.policy } as never}>
                {service.policy}
              </Link>
              ,{' '}
              <Link to="/services/$service/rules" params={{ service: service.name } as never}>
                all that is asked of it
              </Link>
            </span>,
          ],
          ['stack', service.stack ?? <span className="text-quiet">not said</span>],
          [
            'repository',
            repository === null ? (
              <span className="text-quiet">none</span>
            ) : (
              <span>
                <OutsideLink href={repository.url} />, branch <code>{repository.branch}</code>
                {repository.path === '.' ? null : (
                  <>
                    , folder <code>{repository.path}</code>
                  </>
                )}
              </span>
            ),
          ],
          [
            'starts with',
            service.run === null ? <span className="text-quiet">nothing: a library</span> : <code>{service.run.command.join(' ')}</code>,
          ],
        ]}
      />
    </Panel>
  );
}
