import { Link, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { listRuns, RunSummary } from '../../../../src/contract/pipelines.ts';
import { useAnswer } from '../../api/query.ts';
import { useMe } from '../../app/session.tsx';
import {
  Ago,
  Button,
  Digest,
  Empty,
  Export,
  Filters,
  Lasted,
  Loaded,
  Page,
  Panel,
  Person,
  State,
  Table,
  UrlFilter,
  UrlSelect,
} from '../../kit/index.ts';

const STATES = ['queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled'].map((state) => [state, state] as const);
const AT_ONCE = 50;

/** Runs, newest first, found by what stands in the address. */
export default function RunsPage(): ReactNode {
  const me = useMe();
  const search = useSearch({ strict: false }) as Readonly<Record<string, string | undefined>>;
  const given = (name: string): string | undefined => (search[name] === '' ? undefined : search[name]);
  const filter = {
    service: given('service'),
    state: given('state') as RunSummary['state'] | undefined,
    ref: given('branch'),
    commit: given('commit'),
    trigger: given('trigger') as RunSummary['trigger'] | undefined,
    person: given('person') === 'me' ? me.person : given('person'),
  };
  const narrowed = Object.values(filter).some((value) => value !== undefined);
  const query = new URLSearchParams(
    Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]])),
  );
  return (
    <Page title="Runs" actions={<Export href={`/v1/runs.csv?${query}`}>CSV</Export>}>
      <Filters>
        <UrlFilter name="service" label="Service" placeholder="its name" />
        <UrlFilter name="branch" label="Branch or tag" placeholder="main" />
        <UrlSelect name="state" label="State" options={[['', 'any'], ...STATES]} />
        <UrlSelect
          name="trigger"
          label="Why"
          options={[
            ['', 'any reason'],
            ['push', 'a push'],
            ['manual', 'somebody asked'],
            ['recorded', 'recorded from another CI'],
          ]}
        />
        <UrlSelect
          name="person"
          label="Who"
          options={[
            ['', 'anybody'],
            ['me', 'I'],
            ...(given('person') === undefined || given('person') === 'me' ? [] : [[given('person') ?? '', 'one person'] as const]),
          ]}
        />
        <UrlFilter name="commit" label="Commit" placeholder="its full id" />
      </Filters>
      <Panel flush>
        <Pages key={query.toString()} filter={filter} narrowed={narrowed} />
      </Panel>
    </Page>
  );
}

type Filter = NonNullable<Parameters<typeof useAnswer<typeof listRuns>>[1]>['query'];

/** A list that grows by a page at a time; the first stays current. */
function Pages({ filter, narrowed }: { readonly filter: Filter; readonly narrowed: boolean }): ReactNode {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return (
    <>
      <OnePage filter={filter} cursor={null} narrowed={narrowed} last={cursors.length === 0} onMore={(next) => setCursors([next])} />
      {cursors.map((cursor, at) => (
        <OnePage
          key={cursor}
          filter={filter}
          cursor={cursor}
          narrowed={narrowed}
          last={at === cursors.length - 1}
          onMore={(next) => setCursors([...cursors, next])}
        />
      ))}
    </>
  );
}

function OnePage({
  filter,
  cursor,
  narrowed,
  last,
  onMore,
}: {
  readonly filter: Filter;
  readonly cursor: string | null;
  readonly narrowed: boolean;
  readonly last: boolean;
  readonly onMore: (next: string) => void;
}): ReactNode {
  const query = { ...filter, limit: AT_ONCE, ...(cursor === null ? {} : { cursor }) };
  const answer = useAnswer<typeof listRuns>('/v1/runs', { query }, { live: ['pipelinerun'], keep: true });
  return (
    <Loaded of={answer}>
      {({ items, next }) => (
        <>
          <Table
            caption={cursor === null ? 'runs, newest first' : 'older runs'}
            rows={items}
            rowKey={(run) => run.id}
            columns={COLUMNS}
            empty={narrowed ? <Empty title="No run is like that.">Take a filter away to see more.</Empty> : <FirstRun />}
          />
          {last && next !== null ? (
            <div className="border-t border-line p-3 text-center">
              <Button onClick={() => onMore(next)}>Show older runs</Button>
            </div>
          ) : null}
        </>
      )}
    </Loaded>
  );
}

function FirstRun(): ReactNode {
  return (
    <Empty title="Nothing has run yet." command="ym run SERVICE">
      Push to a repository that a service of the catalog names, with a <code>.yardmaster/pipeline.yaml</code> in it, or start one by hand.
    </Empty>
  );
}

const COLUMNS = [
  {
    key: 'run',
    label: 'Run',
    cell: (run: RunSummary) => (
      <span className="block min-w-0 text-left">
        <Link to="/runs/$run" params={{ run: run.id } as never} className="font-medium">
          <bdi>{run.service}</bdi> <bdi className="text-quiet">{run.ref?.replace(/^refs\/(?:heads|tags)\//, '') ?? ''}</bdi>
        </Link>
        {run.subject === null ? null : <bdi className="block max-w-xl text-sm text-quiet sm:line-clamp-1">{run.subject}</bdi>}
      </span>
    ),
  },
  { key: 'state', label: 'State', cell: (run: RunSummary) => <State of={run.state} title={run.cause?.slice(0, 300) ?? ''} /> },
  { key: 'commit', label: 'Commit', cell: (run: RunSummary) => (run.commit === null ? '–' : <Digest of={run.commit} />), wide: true },
  {
    key: 'why',
    label: 'Why',
    cell: (run: RunSummary) =>
      run.recorded !== null ? (
        <span title="another CI ran it and told it">
          recorded, <bdi>{run.recorded.system}</bdi>
        </span>
      ) : run.requester === null ? (
        run.trigger === 'push' ? (
          'a push'
        ) : (
          'asked for'
        )
      ) : run.requester.id.startsWith('per_') ? (
        <Link to="/runs" search={{ person: run.requester.id } as never}>
          <Person id={run.requester.id} name={run.requester.name} />
        </Link>
      ) : (
        <Person id={run.requester.id} name={run.requester.name} />
      ),
  },
  {
    key: 'took',
    label: 'Took',
    right: true,
    cell: (run: RunSummary) =>
      run.finishedAt === null || run.startedAt === null ? '–' : <Lasted ms={Date.parse(run.finishedAt) - Date.parse(run.startedAt)} />,
    sort: (run: RunSummary) => (run.finishedAt === null ? -1 : Date.parse(run.finishedAt) - Date.parse(run.startedAt ?? run.queuedAt)),
  },
  { key: 'when', label: 'Queued', right: true, cell: (run: RunSummary) => <Ago at={run.queuedAt} /> },
];
