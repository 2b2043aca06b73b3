import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { listEnvironments, listServices } from '../../../../src/contract/catalog.ts';
import type { listIncidents, openIncident } from '../../../../src/contract/environments.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import {
  Ask,
  Button,
  Empty,
  Field,
  Filters,
  Lasted,
  Loaded,
  Page,
  Panel,
  Select,
  State,
  Table,
  Tag,
  UrlSelect,
  useKeys,
  useUrl,
  When,
} from '../../kit/index.ts';

const SEVERITIES = ['critical', 'major', 'minor'] as const;

/** What went wrong, newest first; and the door to say that something does. */
export default function Screen(): ReactNode {
  const [service] = useUrl('service');
  const [environment] = useUrl('environment');
  const [state] = useUrl('state');
  const [cursor, turn] = useUrl('cursor');
  const [opening, setOpening] = useState(false);
  const may = useMay();
  const services = useAnswer<typeof listServices>('/v1/services', {}, { live: ['service'] });
  const environments = useAnswer<typeof listEnvironments>('/v1/environments', {}, { live: ['environment'] });
  const query = Object.fromEntries(Object.entries({ service, environment, state, cursor }).filter(([, value]) => value !== ''));
  const list = useAnswer<typeof listIncidents>(
    '/v1/incidents',
    { query: { ...query, limit: 100 } as never },
    { live: ['incident'], keep: true },
  );
  const because = may('incident.write') ? null : 'it needs the role developer, release manager or admin';
  useKeys({ o: { label: 'open an incident', run: () => setOpening(because === null) } });
  const names = (items: readonly { readonly name: string }[] | undefined) => (items ?? []).map((one) => [one.name, one.name] as const);
  return (
    <Page
      title="Incidents"
      actions={
        <Button kind="danger" icon="incident" because={because} onClick={() => setOpening(true)}>
          Open an incident
        </Button>
      }
    >
      <Filters>
        <UrlSelect name="service" label="Service" options={[['', 'all'], ...names(services.data?.items)]} />
        <UrlSelect name="environment" label="Environment" options={[['', 'all'], ...names(environments.data?.items)]} />
        <UrlSelect
          name="state"
          label="State"
          options={[
            ['', 'any'],
            ['open', 'open'],
            ['resolved', 'resolved'],
          ]}
        />
      </Filters>
      <Panel flush>
        <Loaded of={list}>
          {(answer) => (
            <>
              <Table
                caption="Incidents, newest first"
                rows={answer.items}
                rowKey={(row) => row.id}
                empty={
                  <Empty title="No incident" command="ym incident open --title TITLE --service SERVICE --env prod">
                    When something is wrong with a service, say so here, by the command line, or let monitoring tell it by a webhook.
                    Standard releases wait meanwhile.
                  </Empty>
                }
                columns={[
                  {
                    key: 'title',
                    label: 'Incident',
                    cell: (row) => (
                      <Link to={`/incidents/${row.id}`} className="font-medium">
                        <bdi>{row.title}</bdi>
                      </Link>
                    ),
                  },
                  { key: 'state', label: 'State', cell: (row) => <State of={row.state} /> },
                  {
                    key: 'severity',
                    label: 'Severity',
                    cell: (row) => <Tag tone={row.severity === 'critical' ? 'deny' : 'plain'}>{row.severity}</Tag>,
                  },
                  {
                    key: 'place',
                    label: 'Where',
                    cell: (row) => [row.service ?? 'everything', row.environment].filter(Boolean).join(' in '),
                  },
                  {
                    key: 'linked',
                    label: 'Put down to',
                    wide: true,
                    cell: (row) =>
                      row.deployments.length === 0 ? (
                        <span className="text-quiet">not known</span>
                      ) : (
                        `${row.deployments.length} deployment${row.deployments.length === 1 ? '' : 's'}`
                      ),
                  },
                  { key: 'began', label: 'Began', cell: (row) => <When at={row.startedAt} /> },
                  {
                    key: 'lasted',
                    label: 'Lasted',
                    right: true,
                    cell: (row) => <Lasted ms={row.resolvedAt === null ? null : Date.parse(row.resolvedAt) - Date.parse(row.startedAt)} />,
                  },
                ]}
              />
              {answer.next === null ? null : (
                <div className="p-2 text-right">
                  <Button onClick={() => turn(answer.next ?? '')}>Older</Button>
                </div>
              )}
            </>
          )}
        </Loaded>
      </Panel>
      {opening ? (
        <Opening
          services={(services.data?.items ?? []).map((one) => one.name)}
          environments={(environments.data?.items ?? []).map((one) => one.name)}
          chosen={{ service, environment }}
          onClose={() => setOpening(false)}
        />
      ) : null}
    </Page>
  );
}

function Opening({
  services,
  environments,
  chosen,
  onClose,
}: {
  readonly services: readonly string[];
  readonly environments: readonly string[];
  readonly chosen: { readonly service: string; readonly environment: string };
  readonly onClose: () => void;
}): ReactNode {
  const open = useAct<typeof openIncident>('POST', '/v1/incidents');
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [severity, setSeverity] = useState<string>('major');
  const [service, setService] = useState(chosen.service);
  const [environment, setEnvironment] = useState(chosen.environment);
  return (
    <Ask
      title="Open an incident"
      says="Standard releases of the service wait while it is open; a hotfix or an emergency release may be its cure. What is under way asks again."
      does="Open it"
      danger
      reason="optional"
      reasonLabel="What is known"
      ready={title.trim() !== ''}
      busy={open.busy}
      problem={open.problem}
      onClose={onClose}
      onDo={(description) =>
        void open
          .act({
            body: {
              title: title.trim(),
              severity: severity as never,
              ...(description === '' ? {} : { description }),
              ...(service === '' ? {} : { service }),
              ...(environment === '' ? {} : { environment }),
            },
          })
          .then((made) => (made === null ? undefined : void navigate({ to: `/incidents/${made.id}` })))
      }
    >
      <Field label="What people see of it" value={title} maxLength={300} onChange={(event) => setTitle(event.target.value)} autoFocus />
      <Select label="Severity" value={severity} onChange={setSeverity} options={SEVERITIES.map((one) => [one, one] as const)} />
      <Select
        label="Service"
        value={service}
        onChange={setService}
        options={[['', 'none, or not known'], ...services.map((one) => [one, one] as const)]}
      />
      <Select
        label="Environment"
        value={environment}
        onChange={setEnvironment}
        options={[['', 'everywhere'], ...environments.map((one) => [one, one] as const)]}
      />
    </Ask>
  );
}
