import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { FirstStep } from '../../../../src/contract/yard.ts';
import { Command, Icon, Panel } from '../../kit/index.ts';
import type { Board } from './types.ts';

const EXAMPLE = `teams:
  crew: { title: Crew }
environments:
  dev: { kind: development }
  prod: { kind: production, after: dev }
services:
  shop:
    team: crew
    tier: 3
    repository: { url: https://git.example.org/shop.git, branch: main }
    run: { command: [node, server.js], health: /healthz }`;

/** Each step: what it is, why, and the exact command. */
const STEPS: Readonly<Record<FirstStep, { readonly title: string; readonly body: ReactNode }>> = {
  'sign-in': {
    title: 'Sign in',
    body: (
      <>
        Done. For the command line: <Command text={`YARDMASTER_URL=${location.origin} npx ym login --email you@example.org`} />
      </>
    ),
  },
  catalog: {
    title: 'Say what there is',
    body: (
      <>
        <p>Write teams, environments and services into yardmaster.yaml and apply it; the plan is shown first.</p>
        <pre tabIndex={0} className="overflow-x-auto rounded border border-line bg-sunk p-2 text-sm">
          {EXAMPLE}
        </pre>
        <Command text="npx ym apply -f yardmaster.yaml" />
      </>
    ),
  },
  repository: {
    title: 'Its repository is watched',
    body: 'It is read some seconds after it was named under “repository”. Put a pipeline into it at .yardmaster/pipeline.yaml, and push.',
  },
  runner: {
    title: 'Start a runner: it builds',
    body: (
      <>
        <p>It prints the command that starts it, on this machine or another.</p>
        <Command text="npx ym runner register" />
      </>
    ),
  },
  agent: {
    title: 'Start an agent: it deploys',
    body: (
      <>
        <p>On the machine where the services are to run. It prints the command that starts it.</p>
        <Command text="npx ym agent register" />
      </>
    ),
  },
  run: {
    title: 'Build it',
    body: (
      <>
        <p>
          A push does it too. Watch it under <Link to="/runs">Runs</Link>.
        </p>
        <Command text="npx ym run shop" />
      </>
    ),
  },
  release: {
    title: 'Cut a release',
    body: (
      <>
        <p>Its version follows from the commits. It goes on to the first environment by itself.</p>
        <Command text="npx ym release create shop" />
      </>
    ),
  },
  approval: {
    title: 'Let another person approve',
    body: (
      <>
        <p>
          Who asked for it does not count. Invite somebody under <Link to="/admin">Admin</Link>; they find it in their{' '}
          <Link to="/inbox">Inbox</Link>.
        </p>
        <Command text={'npx ym approve shop --env prod --reason "read the diff"'} />
      </>
    ),
  },
  deployed: {
    title: 'It runs in the last environment',
    body: (
      <>
        <p>It says what it waits for until then.</p>
        <Command text="npx ym release follow shop" />
      </>
    ),
  },
};

/** The road from an empty instance to the first release; each step ticks itself off as it happens. */
export function FirstSteps({ of, started }: { readonly of: NonNullable<Board['firstSteps']>; readonly started: boolean }): ReactNode {
  const next = of.find((one) => !one.done)?.step;
  const done = of.filter((one) => one.done).length;
  return (
    <Panel title={started ? `To the first release: ${done} of ${of.length} steps done` : 'From here to the first release'}>
      <ol className="space-y-1">
        {of.map(({ step, done: isDone }) => (
          <li key={step}>
            <details open={step === next} className="rounded-md open:bg-sunk open:p-2">
              <summary className="flex min-h-8 items-center gap-2">
                <Icon
                  name={isDone ? 'done' : step === next ? 'right' : 'wait'}
                  className={isDone ? 'text-allow' : step === next ? 'text-accent' : 'text-quiet'}
                />
                <span className={isDone ? 'text-quiet' : step === next ? 'font-semibold' : ''}>{STEPS[step].title}</span>
                <span className="sr-only">{isDone ? '(done)' : step === next ? '(next)' : '(to come)'}</span>
              </summary>
              <div className="max-w-2xl space-y-2 py-1 pl-6">{STEPS[step].body}</div>
            </details>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
