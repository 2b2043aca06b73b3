import { useState, type ReactNode } from 'react';
import type { createAgentRegistration, listAgents, revokeAgent } from '../../../../src/contract/agent.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Empty, Field, Loaded, Panel, Table, Tag, Once } from '../../kit/index.ts';
import { AWAY_MS, SEEN_EVERY_MS, startCommand } from './machine-command.ts';

type Agent = AnswerOf<typeof listAgents>['items'][number];

/** The machines where services run. */
export function Agents(): ReactNode {
  const agents = useAnswer<typeof listAgents>('/v1/agents', {}, { live: ['agent', 'deployment', 'service'], every: SEEN_EVERY_MS });
  const [asked, setAsked] = useState<Agent | 'register' | null>(null);
  const because = useMay()('admin.machines') ? null : 'it needs the role admin';
  return (
    <Panel
      title="Agents"
      flush
      actions={
        <Button kind="primary" because={because} onClick={() => setAsked('register')}>
          Register an agent
        </Button>
      }
    >
      <Loaded of={agents}>
        {({ items }) => (
          <Table
            caption="Agents"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty
                title="No agents yet: nothing can be deployed. An agent runs where services run, starts them and moves their traffic."
                command="ym agent register --label default"
              />
            }
            columns={[
              { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi title={one.id}>{one.name}</bdi> },
              { key: 'state', label: 'State', cell: (one) => <AgentState of={one} /> },
              {
                key: 'seen',
                label: 'Last seen',
                sort: (one) => one.lastSeenAt ?? '',
                cell: (one) => (one.lastSeenAt === null ? <span className="text-quiet">never</span> : <Ago at={one.lastSeenAt} />),
              },
              {
                key: 'labels',
                label: 'Labels',
                cell: (one) => (
                  <span className="flex flex-wrap gap-1">
                    {one.labels.map((label) => (
                      <Tag key={label}>{label}</Tag>
                    ))}
                  </span>
                ),
              },
              { key: 'version', label: 'Version', wide: true, cell: (one) => one.version ?? <span className="text-quiet">unknown</span> },
              { key: 'runs', label: 'Keeps running', cell: (one) => <Runs of={one} /> },
              {
                key: 'acts',
                label: 'Doing',
                cell: (one) => (one.acts.length === 0 ? <span className="text-quiet">nothing</span> : `${one.acts.length} acts`),
              },
              {
                key: 'end',
                label: 'Act',
                right: true,
                cell: (one) =>
                  one.revokedAt !== null ? null : (
                    <Button kind="quiet" because={because} aria-label={`revoke ${one.name}`} onClick={() => setAsked(one)}>
                      Revoke
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {asked === 'register' ? <Register onClose={() => setAsked(null)} /> : null}
      {asked !== null && typeof asked === 'object' ? <Revoke agent={asked} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

function AgentState({ of }: { readonly of: Agent }): ReactNode {
  if (of.revokedAt !== null)
    return (
      <Tag tone="deny" icon="deny">
        revoked
      </Tag>
    );
  if (of.lastSeenAt === null) return <Tag icon="wait">registered</Tag>;
  return Date.now() - Date.parse(of.lastSeenAt) > AWAY_MS ? (
    <Tag tone="unknown" icon="unknown">
      away
    </Tag>
  ) : (
    <Tag tone="allow" icon="done">
      here
    </Tag>
  );
}

function Runs({ of }: { readonly of: Agent }): ReactNode {
  if (of.runs.length === 0) return <span className="text-quiet">nothing</span>;
  return (
    <ul className="text-sm">
      {of.runs.slice(0, 6).map(({ service, environment, version }) => (
        <li key={`${service} ${environment}`}>
          {service} {version ?? ''} in {environment}
        </li>
      ))}
      {of.runs.length > 6 ? <li className="text-quiet">and {of.runs.length - 6} more</li> : null}
    </ul>
  );
}

function Register({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('machine-1');
  const [labels, setLabels] = useState('default');
  const make = useAct<typeof createAgentRegistration>('POST', '/v1/agents/registrations');
  const [made, setMade] = useState<{ readonly registration: string; readonly expiresAt: string } | null>(null);
  if (made !== null)
    return (
      <Once
        title={`Start ${name}`}
        until={made.expiresAt}
        texts={[['On its machine, with Node 20 or newer', startCommand('agent', name, made.registration)]]}
        onClose={onClose}
      >
        <p className="text-quiet">Environments name agents by name or label. It appears in the list as soon as it has come in.</p>
      </Once>
    );
  return (
    <Ask
      title="Register an agent"
      says="Makes a single-use registration. The machine that uses it gets a key of its own and runs the services of environments that name it or one of its labels."
      does="Make the registration"
      reason="none"
      busy={make.busy}
      problem={make.problem}
      ready={name !== ''}
      onDo={() =>
        void make
          .act({ body: { labels: labels.split(/[\s,]+/).filter((one) => one !== '') } })
          .then((answer) => answer !== null && setMade(answer))
      }
      onClose={onClose}
    >
      <Field label="Its name" autoFocus maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
      <Field
        label="Labels"
        hint="With spaces between."
        maxLength={500}
        value={labels}
        onChange={(event) => setLabels(event.target.value)}
      />
    </Ask>
  );
}

function Revoke({ agent, onClose }: { readonly agent: Agent; readonly onClose: () => void }): ReactNode {
  const revoke = useAct<typeof revokeAgent>('DELETE', '/v1/agents/{agent}');
  return (
    <Ask
      title={`Revoke ${agent.name}`}
      says={`Its key stops working now, and it gets no further act. What it started keeps running on its machine: ${agent.runs.length} services. ${agent.acts.length === 0 ? '' : `${agent.acts.length} acts that it has in hand are taken back, or end as failed where what became of them will never be told. `}Its environments need another agent.`}
      does="Revoke"
      danger
      reason="none"
      busy={revoke.busy}
      problem={revoke.problem}
      onDo={() => void revoke.act({ params: { agent: agent.id } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
