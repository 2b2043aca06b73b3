import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { createRegistration, listRunners, revokeRunner } from '../../../../src/contract/pipelines.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Empty, Field, Loaded, Panel, Select, Table, Tag, Once } from '../../kit/index.ts';
import { AWAY_MS, SEEN_EVERY_MS, startCommand } from './machine-command.ts';

type Runner = AnswerOf<typeof listRunners>['items'][number];

/** The machines that build. */
export function Runners(): ReactNode {
  const runners = useAnswer<typeof listRunners>('/v1/runners', {}, { live: ['runner', 'taskrun'], every: SEEN_EVERY_MS });
  const [asked, setAsked] = useState<Runner | 'register' | null>(null);
  const because = useMay()('admin.machines') ? null : 'it needs the role admin';
  return (
    <Panel
      title="Runners"
      flush
      actions={
        <Button kind="primary" because={because} onClick={() => setAsked('register')}>
          Register a runner
        </Button>
      }
    >
      <Loaded of={runners}>
        {({ items }) => (
          <Table
            caption="Runners"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty
                title="No runners yet: nothing builds. A runner is a process on a machine that asks for jobs."
                command="ym runner register"
              />
            }
            columns={[
              { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi title={one.id}>{one.name}</bdi> },
              { key: 'state', label: 'State', cell: (one) => <RunnerState of={one} /> },
              {
                key: 'seen',
                label: 'Last seen',
                sort: (one) => one.seenAt ?? '',
                cell: (one) => (one.seenAt === null ? <span className="text-quiet">never</span> : <Ago at={one.seenAt} />),
              },
              { key: 'pool', label: 'Pool', sort: (one) => one.pool, cell: (one) => one.pool },
              { key: 'trust', label: 'Takes from trust', wide: true, cell: (one) => one.trust },
              { key: 'isolation', label: 'Isolation', wide: true, cell: (one) => <Isolation of={one} /> },
              { key: 'version', label: 'Version', wide: true, cell: (one) => one.version ?? <span className="text-quiet">unknown</span> },
              {
                key: 'doing',
                label: 'Doing',
                cell: (one) =>
                  one.doing.length === 0 ? (
                    <span className="text-quiet">nothing</span>
                  ) : (
                    <ul>
                      {one.doing.map((job) => (
                        <li key={job.job}>
                          <Link to="/runs/$run" params={{ run: job.run } as never}>
                            <bdi>{job.name}</bdi>
                          </Link>
                        </li>
                      ))}
                    </ul>
                  ),
              },
              {
                key: 'end',
                label: 'Act',
                right: true,
                cell: (one) =>
                  one.revoked ? null : (
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
      {asked !== null && typeof asked === 'object' ? <Revoke runner={asked} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

function RunnerState({ of }: { readonly of: Runner }): ReactNode {
  if (of.revoked)
    return (
      <Tag tone="deny" icon="deny">
        revoked
      </Tag>
    );
  if (of.seenAt === null) return <Tag icon="wait">registered</Tag>;
  return Date.now() - Date.parse(of.seenAt) > AWAY_MS ? (
    <Tag tone="unknown" icon="unknown">
      away
    </Tag>
  ) : (
    <Tag tone="allow" icon="done">
      here
    </Tag>
  );
}

function Isolation({ of }: { readonly of: Runner }): ReactNode {
  if (of.executors.length === 0 && of.isolation === null) return <span className="text-quiet">unknown</span>;
  const open = of.executors.length > 0 && !of.executors.includes('sandbox');
  return (
    <span className="flex flex-wrap gap-1">
      {of.executors.map((name) => (
        <Tag key={name} tone={name === 'host' ? 'wait' : 'allow'}>
          {name}
        </Tag>
      ))}
      {open ? <span className="text-sm text-quiet">steps see the whole machine</span> : null}
      {of.isolation === null || of.isolation.length === 0 ? null : (
        <span className="text-sm text-quiet">last job: {of.isolation.join(', ')}</span>
      )}
    </span>
  );
}

function Register({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('builder-1');
  const [pool, setPool] = useState('default');
  const [trust, setTrust] = useState('trusted');
  const make = useAct<typeof createRegistration>('POST', '/v1/runners/registrations');
  const [made, setMade] = useState<{ readonly registration: string; readonly expiresAt: string } | null>(null);
  if (made !== null)
    return (
      <Once
        title={`Start ${name}`}
        until={made.expiresAt}
        texts={[['On its machine, with Node 20 or newer', startCommand('runner', name, made.registration)]]}
        onClose={onClose}
      >
        <p className="text-quiet">The runner appears in the list as soon as it has come in.</p>
      </Once>
    );
  return (
    <Ask
      title="Register a runner"
      says="Makes a single-use registration. The machine that uses it gets a key of its own and takes jobs of its pool."
      does="Make the registration"
      reason="none"
      busy={make.busy}
      problem={make.problem}
      ready={name !== '' && pool !== ''}
      onDo={() => void make.act({ body: { pool, trust: trust as 'trusted' } }).then((answer) => answer !== null && setMade(answer))}
      onClose={onClose}
    >
      <Field label="Its name" autoFocus maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
      <Field label="Pool" maxLength={63} value={pool} onChange={(event) => setPool(event.target.value)} />
      <Select
        label="Takes jobs from trust"
        value={trust}
        onChange={setTrust}
        hint="Strangers’ jobs never share a runner with ours."
        options={[
          ['protected', 'protected: the protected branch only'],
          ['trusted', 'trusted: our branches'],
          ['untrusted', 'untrusted: forks and strangers'],
        ]}
      />
    </Ask>
  );
}

function Revoke({ runner, onClose }: { readonly runner: Runner; readonly onClose: () => void }): ReactNode {
  const revoke = useAct<typeof revokeRunner>('DELETE', '/v1/runners/{runner}');
  return (
    <Ask
      title={`Revoke ${runner.name}`}
      says={`Its key stops working now. ${runner.doing.length === 0 ? 'It does nothing right now.' : `${runner.doing.length} jobs that it runs go to another runner when their lease is over.`}`}
      does="Revoke"
      danger
      reason="none"
      busy={revoke.busy}
      problem={revoke.problem}
      onDo={() => void revoke.act({ params: { runner: runner.id } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
