import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Ago, Command, Empty, Lasted, Panel, Person, State, Table, Tag } from '../../kit/index.ts';
import type { Overview } from './types.ts';

/** The newest runs, releases, incidents and debts, each with the way to all of them. */
export function Past({ of }: { readonly of: Overview }): ReactNode {
  const { name } = of.service;
  const all = (to: string): ReactNode => (
    <Link to={to} search={{ service: name } as never}>
      all
    </Link>
  );
  return (
    <div className="grid gap-4 md:max-lg:grid-cols-2 2xl:grid-cols-2">
      <Panel title="Runs" actions={all('/runs')} flush>
        <Table
          caption="The newest runs"
          rows={of.runs}
          rowKey={(run) => run.id}
          empty={
            <Empty title="It was never built." command={`npx ym run ${name}`}>
              A push to its branch starts a run too.
            </Empty>
          }
          columns={[
            {
              key: 'state',
              label: 'Run',
              cell: (run) => (
                <Link to="/runs/$run" params={{ run: run.id } as never}>
                  <State of={run.state} />
                </Link>
              ),
            },
            { key: 'ref', label: 'Ref', cell: (run) => <bdi>{run.ref?.replace('refs/heads/', '') ?? run.commit?.slice(0, 10) ?? ''}</bdi> },
            { key: 'took', label: 'Took', right: true, cell: (run) => <Lasted ms={run.tookMs} /> },
            { key: 'at', label: 'Queued', right: true, cell: (run) => <Ago at={run.queuedAt} /> },
          ]}
        />
      </Panel>
      <Panel title="Releases" actions={all('/releases')} flush>
        <Table
          caption="The newest releases"
          rows={of.releases}
          rowKey={(release) => release.id}
          empty={<Empty title="Nothing was released yet." command={`npx ym release create ${name}`} />}
          columns={[
            {
              key: 'version',
              label: 'Release',
              cell: (release) => (
                <Link to="/releases/$release" params={{ release: release.id } as never} className="font-medium">
                  {release.version}
                </Link>
              ),
            },
            {
              key: 'type',
              label: 'Type',
              cell: (release) => (
                <>
                  {release.type} {release.state === 'abandoned' ? <Tag tone="deny">given up</Tag> : null}
                </>
              ),
            },
            { key: 'at', label: 'Cut', right: true, cell: (release) => <Ago at={release.createdAt} /> },
          ]}
        />
      </Panel>
      <Panel title="Incidents" actions={all('/incidents')} flush>
        <Table
          caption="Open and newest incidents"
          rows={of.incidents}
          rowKey={(incident) => incident.id}
          empty={<p className="p-3 text-quiet">No incident is known.</p>}
          columns={[
            {
              key: 'title',
              label: 'Incident',
              cell: (incident) => (
                <Link to="/incidents/$incident" params={{ incident: incident.id } as never}>
                  <bdi>{incident.title}</bdi>
                </Link>
              ),
            },
            { key: 'state', label: 'State', cell: (incident) => <State of={incident.state} title={incident.severity} /> },
            { key: 'where', label: 'Where', cell: (incident) => incident.environment ?? <span className="text-quiet">anywhere</span> },
            { key: 'at', label: 'Began', right: true, cell: (incident) => <Ago at={incident.startedAt} /> },
          ]}
        />
      </Panel>
      <Panel title="Debts and waivers" actions={all('/debts')} flush>
        <Table
          caption="Debts and waivers that hold"
          rows={of.debts}
          rowKey={(debt) => debt.id}
          empty={<p className="p-3 text-quiet">Nothing is owed, and no rule is lifted.</p>}
          columns={[
            {
              key: 'subject',
              label: 'What',
              cell: (debt) => (
                <Link to="/debts" search={{ waiver: debt.id } as never}>
                  <bdi>{debt.subject}</bdi>
                </Link>
              ),
            },
            { key: 'kind', label: 'Kind', cell: (debt) => debt.kind },
            { key: 'owner', label: 'Owner', cell: (debt) => <Person {...debt.owner} />, wide: true },
            { key: 'due', label: 'Ends', right: true, cell: (debt) => <Ago at={debt.expiresAt} /> },
          ]}
        />
      </Panel>
      <div className="text-sm text-quiet md:max-lg:col-span-2 2xl:col-span-2">
        The same on the command line: <Command text={`npx ym release list --service ${name}`} />
      </div>
    </div>
  );
}
