import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { FirstStep } from '../../../../src/contract/yard.ts';
import { Command, Copy, Icon, Panel } from '../../kit/index.ts';
import type { Board } from './types.ts';

const CATALOG = `policy: startup
teams:
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

const PIPELINE = `name: shop
on:
  push: { branches: [main] }
  manual:
jobs:
  test:
    steps:
      - name: unit tests
        run: node --test --test-reporter=junit > junit.xml
    reports:
      - { kind: junit, path: junit.xml }
  package:
    needs: [test]
    steps:
      - name: collect
        run: mkdir dist && cp package.json *.js dist/
    artifacts:
      - { name: shop, path: dist }`;

/** What the steps speak of: a service, and the environment where the road ends. */
type Named = { readonly service: string; readonly last: string };

/** Each step: what it is, why, and the exact command. */
const STEPS: Readonly<Record<FirstStep, { readonly title: string; readonly body: (named: Named) => ReactNode }>> = {
  'sign-in': {
    title: 'Sign in',
    body: () => (
      <>
        <p>Done. For the command line, in the folder where Yardmaster is installed; the commands below follow in the same terminal:</p>
        <Command text={`export YARDMASTER_URL=${location.origin}\nnpx ym login --email you@example.org`} />
      </>
    ),
  },
  catalog: {
    title: 'Say what there is',
    body: () => (
      <>
        <p>Write teams, environments and services into yardmaster.yaml and apply it; the plan is shown first.</p>
        <Example name="yardmaster.yaml" text={CATALOG} />
        <Command text="npx ym apply -f yardmaster.yaml" />
      </>
    ),
  },
  repository: {
    title: 'Its repository is watched',
    body: () => 'It is read some seconds after it was named under “repository”.',
  },
  runner: {
    title: 'Start a runner: it builds',
    body: () => (
      <>
        <p>
          Register it under <AdminLink part="runners" label="Runners" />, or by this command. Either shows the command that starts it, on
          this machine or another.
        </p>
        <Command text="npx ym runner register" />
      </>
    ),
  },
  agent: {
    title: 'Start an agent: it deploys',
    body: () => (
      <>
        <p>
          It belongs on the machine where the services are to run. Register it under <AdminLink part="agents" label="Agents" />, or by this
          command. Either shows the command that starts it.
        </p>
        <Command text="npx ym agent register" />
      </>
    ),
  },
  run: {
    title: 'Build it',
    body: ({ service }) => (
      <>
        <p>Put a pipeline into the repository at .yardmaster/pipeline.yaml. This one tests and packages a program for Node:</p>
        <Example name=".yardmaster/pipeline.yaml" text={PIPELINE} />
        <p>
          A push builds it, and so does this command. Watch it under <Link to="/runs">Runs</Link>.
        </p>
        <Command text={`npx ym run ${service}`} />
      </>
    ),
  },
  release: {
    title: 'Cut a release',
    body: ({ service }) => (
      <>
        <p>
          On the page of the service under <Link to="/services">Services</Link>, or by this command. Its version follows from the commits.
          It goes on to the first environment by itself.
        </p>
        <Command text={`npx ym release create ${service}`} />
      </>
    ),
  },
  approval: {
    title: 'Let another person approve',
    body: ({ service, last }) => (
      <>
        <p>
          Who asked for it does not count. Invite somebody with the role approver under <AdminLink part="people" label="People" />; they
          find it in their <Link to="/inbox">Inbox</Link>, or type:
        </p>
        <Command text={`npx ym approve ${service} --env ${last} --reason "read the diff"`} />
      </>
    ),
  },
  deployed: {
    title: 'It runs in the last environment',
    body: ({ service }) => (
      <>
        <p>It says what it waits for until then.</p>
        <Command text={`npx ym release follow ${service}`} />
      </>
    ),
  },
};

function AdminLink({ part, label }: { readonly part: string; readonly label: string }): ReactNode {
  return (
    <Link to="/admin/$part" params={{ part } as never}>
      Admin: {label}
    </Link>
  );
}

/** A file to begin with. */
function Example({ name, text }: { readonly name: string; readonly text: string }): ReactNode {
  return (
    <div className="relative">
      <pre tabIndex={0} aria-label={`an example of ${name}`} className="overflow-x-auto rounded border border-line bg-sunk p-2 text-sm">
        {text}
      </pre>
      <span className="absolute top-1 right-1 rounded bg-sunk">
        <Copy text={text} what={name} />
      </span>
    </div>
  );
}

/** The road from an empty instance to the first release; each step ticks itself off as it happens. */
export function FirstSteps({ of, board }: { readonly of: NonNullable<Board['firstSteps']>; readonly board: Board }): ReactNode {
  const named = { service: board.rows[0]?.service ?? 'shop', last: board.environments.at(-1)?.name ?? 'prod' };
  const next = of.find((one) => !one.done)?.step;
  const done = of.filter((one) => one.done).length;
  return (
    <Panel title={board.services > 0 ? `To the first release: ${done} of ${of.length} steps done` : 'From here to the first release'}>
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
              <div className="max-w-2xl space-y-2 py-1 pl-6">{STEPS[step].body(named)}</div>
            </details>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
