import { Link, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { getIncident, linkIncident } from '../../../../src/contract/environments.ts';
import type { incidentPage } from '../../../../src/contract/inbox.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Button, Empty, Facts, Lasted, Loaded, Page, Panel, Said, State, Table, Tag, useKeys, When } from '../../kit/index.ts';
import { Back, Resolve } from './asks.tsx';

type Incident = AnswerOf<typeof getIncident>;
type Story = AnswerOf<typeof incidentPage>;

/** One incident: what is known of it, what happened when, what was deployed before it, and the way back. */
export default function Screen(): ReactNode {
  const { incident = '' } = useParams({ strict: false }) as { readonly incident?: string };
  const one = useAnswer<typeof getIncident>('/v1/incidents/{incident}', { params: { incident } }, { live: ['incident', incident] });
  const story = useAnswer<typeof incidentPage>(
    '/v1/incidents/{incident}/page',
    { params: { incident } },
    { live: ['incident', 'deployment', incident] },
  );
  if (one.data === undefined || story.data === undefined)
    return (
      <Page title="Incident" crumbs={[{ label: 'Incidents', to: '/incidents' }]}>
        {one.error === null ? <Loaded of={story}>{() => null}</Loaded> : <Loaded of={one}>{() => null}</Loaded>}
      </Page>
    );
  return <Shown incident={one.data} story={story.data} />;
}

function Shown({ incident, story }: { readonly incident: Incident; readonly story: Story }): ReactNode {
  const [asked, ask] = useState<'resolve' | 'back' | null>(null);
  const may = useMay();
  const on = {
    ...(incident.service === null ? {} : { service: incident.service }),
    ...(incident.environment === null ? {} : { environment: incident.environment }),
  };
  const write = may('incident.write', on) ? null : 'your roles don’t allow it here';
  const resolve = incident.state === 'resolved' ? 'it is resolved' : write;
  const [running] = story.running;
  const back =
    (may('deployment.rollback', on) ? null : 'your roles don’t allow it here') ??
    (incident.service === null
      ? 'it names no service'
      : incident.environment === null
        ? 'it names no environment'
        : running === undefined
          ? 'nothing runs there'
          : null);
  useKeys({ x: { label: 'resolve', run: () => ask(resolve === null ? 'resolve' : null) } });
  return (
    <Page
      title={incident.title}
      crumbs={[{ label: 'Incidents', to: '/incidents' }]}
      mark={
        <>
          <State of={incident.state} />
          <Tag tone={incident.severity === 'critical' ? 'deny' : 'plain'}>{incident.severity}</Tag>
        </>
      }
      actions={
        <>
          <Button kind="primary" icon="done" because={resolve} onClick={() => ask('resolve')}>
            Resolve
          </Button>
          <Button kind="danger" because={back} onClick={() => ask('back')}>
            Roll back {incident.service ?? ''}
          </Button>
        </>
      }
    >
      <div className="grid min-w-0 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-4">
          <Panel title="What happened">
            <Timeline story={story} />
          </Panel>
          <Deployed incident={incident} story={story} because={write} />
        </div>
        <div className="min-w-0 space-y-4">
          <Panel title="What is known">
            <Facts
              of={[
                ['service', incident.service === null ? 'not known' : <Link to={`/services/${incident.service}`}>{incident.service}</Link>],
                ['environment', incident.environment ?? 'everywhere'],
                ['began', <When key="began" at={incident.startedAt} />],
                ['opened', <When key="opened" at={incident.detectedAt} />],
                ['resolved', incident.resolvedAt === null ? 'not yet' : <When key="resolved" at={incident.resolvedAt} />],
                [
                  'lasted',
                  <Lasted
                    key="lasted"
                    ms={incident.resolvedAt === null ? null : Date.parse(incident.resolvedAt) - Date.parse(incident.startedAt)}
                  />,
                ],
                ['told by', incident.source === 'hook' ? 'monitoring' : incident.source === 'system' ? 'Yardmaster itself' : 'a person'],
                [
                  'runs now',
                  story.running.length === 0
                    ? 'nothing'
                    : story.running.map((one) => (
                        <span key={one.environment} className="block">
                          <Link to={`/releases/${one.release}`} className="underline">
                            {one.version}
                          </Link>{' '}
                          in {one.environment}
                        </span>
                      )),
                ],
              ]}
            />
            {story.description === null ? null : (
              <p className="mt-2 border-t border-line pt-2 whitespace-pre-wrap">
                <bdi>{story.description}</bdi>
              </p>
            )}
            <p className="mt-2 text-sm">
              <Link to={`/evidence?node=${incident.id}`}>its evidence</Link>
            </p>
          </Panel>
        </div>
      </div>
      {asked === 'resolve' ? <Resolve incident={incident} onClose={() => ask(null)} /> : null}
      {asked === 'back' && running !== undefined ? <Back incident={incident} running={running} onClose={() => ask(null)} /> : null}
    </Page>
  );
}

function Timeline({ story }: { readonly story: Story }): ReactNode {
  return (
    <ol className="space-y-2 border-l-2 border-line pl-3">
      {story.timeline.map((one, index) => (
        <li key={index} className="min-w-0">
          <p className="text-sm text-quiet">
            <When at={one.at} />
            {one.actor === null ? null : (
              <>
                {' by '}
                <bdi>{one.actor.person?.name ?? 'Yardmaster itself'}</bdi>
              </>
            )}
          </p>
          <p className={one.kind === 'began' || one.kind === 'resolved' ? 'font-semibold' : ''}>
            {one.release === null ? (
              <Said text={one.text} />
            ) : (
              <Link to={`/releases/${one.release}`} className="text-accent">
                <Said text={one.text} />
              </Link>
            )}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** Deployments around the incident; each can be named as its cause. */
function Deployed({
  incident,
  story,
  because,
}: {
  readonly incident: Incident;
  readonly story: Story;
  readonly because: string | null;
}): ReactNode {
  const link = useAct<typeof linkIncident>('POST', '/v1/incidents/{incident}/link');
  return (
    <Panel title="Deployed before it and since" flush>
      <Table
        caption="Deployments around the incident, newest first"
        rows={story.deployments}
        rowKey={(row) => row.id}
        empty={<Empty title="Nothing was deployed there in the day before it" />}
        columns={[
          {
            key: 'version',
            label: 'Release',
            cell: (row) => <Link to={`/releases/${row.release}?environment=${row.environment}`}>{row.version}</Link>,
          },
          { key: 'environment', label: 'Environment', cell: (row) => row.environment },
          { key: 'state', label: 'Ended', cell: (row) => <State of={row.state} /> },
          { key: 'at', label: 'At', cell: (row) => <When at={row.at} /> },
          {
            key: 'linked',
            label: 'Cause',
            right: true,
            cell: (row) =>
              row.linked ? (
                <Tag tone="deny">its cause</Tag>
              ) : (
                <Button
                  because={because}
                  busy={link.busy}
                  onClick={() => void link.act({ params: { incident: incident.id }, body: { deployments: [row.id] } })}
                >
                  Name as cause
                </Button>
              ),
          },
        ]}
      />
    </Panel>
  );
}
