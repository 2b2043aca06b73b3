import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { startRollback } from '../../../../src/contract/deployments.ts';
import type { startRun } from '../../../../src/contract/pipelines.ts';
import type { createRelease } from '../../../../src/contract/releases.ts';
import { useAct } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Field, Select, useKeys } from '../../kit/index.ts';
import { NextVersionOf } from './next-version.tsx';
import type { Overview } from './types.ts';

type Asked = 'run' | 'release' | 'back' | null;

/** What can be done with a service: build it, cut a release of it, take it back. */
export function Acts({ of }: { readonly of: Overview }): ReactNode {
  const [asked, ask] = useState<Asked>(null);
  const may = useMay();
  const on = { service: of.service.name, team: of.service.team };
  const close = (): void => ask(null);
  const because = {
    run: !may('run.start', on) ? 'it needs the role developer' : of.service.repository === null ? 'it has no repository' : null,
    release: !may('release.create', on)
      ? 'it needs the role developer'
      : of.runs.some((run) => run.state === 'succeeded')
        ? null
        : 'no run has succeeded yet',
    back: !may('deployment.rollback', on) ? 'it needs the role developer' : running(of).length > 0 ? null : 'nothing of it runs',
  };
  useKeys({
    b: { label: 'build it', run: () => ask(because.run === null ? 'run' : null) },
    c: { label: 'cut a release', run: () => ask(because.release === null ? 'release' : null) },
  });
  return (
    <>
      <Button icon="run" because={because.run} onClick={() => ask('run')}>
        Run
      </Button>
      <Button kind="primary" icon="release" because={because.release} onClick={() => ask('release')}>
        Cut release
      </Button>
      <Button kind="danger" because={because.back} onClick={() => ask('back')}>
        Roll back
      </Button>
      {asked === 'run' ? <RunAsk of={of} onClose={close} /> : null}
      {asked === 'release' ? <ReleaseAsk of={of} onClose={close} /> : null}
      {asked === 'back' ? <BackAsk of={of} onClose={close} /> : null}
    </>
  );
}

type Props = { readonly of: Overview; readonly onClose: () => void };

function running({ environments, row }: Overview): readonly string[] {
  return environments.flatMap((one, at) => (row.cells[at]?.is === undefined ? [] : [one.name]));
}

function RunAsk({ of: { service }, onClose }: Props): ReactNode {
  const run = useAct<typeof startRun>('POST', '/v1/runs');
  const navigate = useNavigate();
  const [ref, setRef] = useState('');
  const start = async (): Promise<void> => {
    const done = await run.act({ body: { service: service.name, ...(ref.trim() === '' ? {} : { ref: ref.trim() }) } });
    if (done !== null) void navigate({ to: '/runs/$run', params: { run: done.id } as never });
  };
  return (
    <Ask
      title={`Run the pipeline of ${service.name}`}
      says={`It builds ${ref.trim() === '' ? `the newest commit of ${service.repository?.branch ?? 'its branch'}` : ref.trim()} as the pipeline file there says.`}
      does="Run"
      reason="none"
      busy={run.busy}
      problem={run.problem}
      onClose={onClose}
      onDo={() => void start()}
    >
      <Field
        label="Branch, tag or commit"
        hint="Left empty: its own branch"
        value={ref}
        maxLength={250}
        onChange={(event) => setRef(event.target.value)}
      />
    </Ask>
  );
}

function ReleaseAsk({ of: { service, runs, environments }, onClose }: Props): ReactNode {
  const create = useAct<typeof createRelease>('POST', '/v1/releases');
  const navigate = useNavigate();
  const good = runs.filter((run) => run.state === 'succeeded');
  const [run, setRun] = useState<string>(good[0]?.id ?? '');
  const [type, setType] = useState('standard');
  const [plan, setPlan] = useState('continuous');
  const body = { service: service.name, run: run as `run_${string}`, type: type as 'standard', plan: plan as 'continuous' };
  const cut = async (): Promise<void> => {
    const done = await create.act({ body });
    if (done !== null) void navigate({ to: '/releases/$release', params: { release: done.id } as never });
  };
  return (
    <Ask
      title={`Cut a release of ${service.name}`}
      says={
        plan === 'continuous'
          ? `Its version follows from the commits. It goes to ${environments[0]?.name ?? 'the first environment'} and on by itself, as far as the policy lets it.`
          : 'Its version follows from the commits. It goes nowhere until somebody deploys it.'
      }
      does="Cut release"
      reason="none"
      busy={create.busy}
      problem={create.problem}
      onClose={onClose}
      onDo={() => void cut()}
    >
      <Select
        label="Of the run"
        value={run}
        onChange={setRun}
        options={good.map(
          (one) => [one.id, `${one.commit?.slice(0, 10) ?? 'no commit'}, ${new Date(one.queuedAt).toLocaleString()}`] as const,
        )}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <Select
          label="Type"
          value={type}
          onChange={setType}
          options={[
            ['standard', 'standard'],
            ['hotfix', 'hotfix: the cure of an incident'],
            ['emergency', 'emergency'],
          ]}
        />
        <Select
          label="On its way"
          value={plan}
          onChange={setPlan}
          options={[
            ['continuous', 'by itself'],
            ['manual', 'by hand'],
          ]}
        />
      </div>
      {run === '' ? null : <NextVersionOf service={service.name} run={run} type={type} short />}
    </Ask>
  );
}

function BackAsk({ of, onClose }: Props): ReactNode {
  const back = useAct<typeof startRollback>('POST', '/v1/deployments/rollback');
  const places = running(of);
  const [environment, choose] = useState(places.at(-1) ?? '');
  const at = of.environments.findIndex((one) => one.name === environment);
  const is = of.row.cells[at]?.is;
  // What was seen when it was decided: where another release runs by then, the server says so.
  const [seen] = useState(
    () => new Map(of.environments.map((one, place) => [one.name, of.row.versions[of.row.cells[place]?.is ?? -1]?.release])),
  );
  const from = seen.get(environment);
  return (
    <Ask
      title={`Roll back ${of.service.name}`}
      says={
        <>
          <p>
            In {environment} runs {is === undefined ? 'nothing' : of.row.versions[is]?.version}. It goes to the release that was verified
            there last before it. If a deployment is half way, it turns round.
          </p>
          <p className="text-quiet">Freezes and approvals don’t hold a way back; only a plan that says data would be lost does.</p>
        </>
      }
      does="Roll back"
      danger
      busy={back.busy}
      problem={back.problem}
      onClose={onClose}
      onDo={(reason) =>
        void back
          .act({ body: { service: of.service.name, environment, reason, ...(from === undefined ? {} : { from }) } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    >
      <Select label="Where" value={environment} onChange={choose} options={places.map((one) => [one, one] as const)} />
    </Ask>
  );
}
