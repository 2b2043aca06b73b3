import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { listReports } from '../../../../src/contract/gates.ts';
import type { getRun } from '../../../../src/contract/pipelines.ts';
import { useAnswer } from '../../api/query.ts';
import { Empty, Loaded, Page, Panel, State, Tabs, useUrl } from '../../kit/index.ts';
import { AskThere } from './ask-there.tsx';
import { About } from './about.tsx';
import { CameBy } from './merge-requests.tsx';
import { Acts } from './acts.tsx';
import { Cause, firstFailed } from './cause.tsx';
import { Findings } from './findings.tsx';
import { useFollowed } from './follow.ts';
import { Graph } from './graph.tsx';
import { JobList } from './job-list.tsx';
import { JobPane } from './job-pane.tsx';
import { branchOf } from './look.ts';
import { Artifacts, Reports } from './reports.tsx';
import type { Job, Run } from './types.ts';
import { Waterfall } from './waterfall.tsx';

/** One run: why it stands as it does, its jobs, their logs, and what it made. */
export default function RunPage(): ReactNode {
  const { run: id = '' } = useParams({ strict: false }) as { run?: string };
  const answer = useAnswer<typeof getRun>('/v1/runs/{run}', { params: { run: id } }, { live: [id] });
  useFollowed(answer.data);
  const run = answer.data;
  const title = run === undefined ? 'Run' : `${run.service} ${branchOf(run.ref) ?? run.commit?.slice(0, 10) ?? ''}`.trim();
  return (
    <Page
      title={title}
      crumbs={[{ label: 'Runs', to: '/runs' }]}
      mark={run === undefined ? undefined : <State of={run.state} />}
      actions={run === undefined ? undefined : <Acts run={run} />}
    >
      <Loaded of={answer}>{(known) => <Body run={known} />}</Loaded>
    </Page>
  );
}

function Body({ run }: { readonly run: Run }): ReactNode {
  const [wanted, choose] = useUrl('job');
  const reports = useAnswer<typeof listReports>('/v1/reports', { query: { run: run.id } }, { live: ['report', 'testsuiterun', run.id] });
  const found = reports.data?.items ?? [];
  const job = run.jobs.find((one) => one.id === wanted || one.name === wanted) ?? standing(run.jobs);
  const artifacts = run.jobs.reduce((sum, one) => sum + one.artifacts.length, 0);
  const jobs = { jobs: run.jobs, chosen: job?.id ?? null, onChoose: choose };
  return (
    <div className="min-w-0 space-y-4">
      <Cause
        run={run}
        reports={found}
        onChoose={(id) => {
          choose(id);
          document.getElementById('job')?.scrollIntoView({ block: 'start' });
        }}
      />
      <About run={run} />
      <CameBy run={run} />
      {run.jobs.length === 0 ? (
        <Panel>
          {run.read === null ? (
            <Empty title="This run has no jobs.">Its pipeline could not be planned; the reason stands above.</Empty>
          ) : (
            <AskThere run={run} />
          )}
        </Panel>
      ) : (
        <>
          <Panel flush>
            <Tabs
              tabs={[
                {
                  key: 'graph',
                  label: 'Graph',
                  body: () => (
                    <>
                      <div className="max-sm:hidden">
                        <Graph {...jobs} />
                      </div>
                      <div className="sm:hidden">
                        <JobList {...jobs} />
                      </div>
                    </>
                  ),
                },
                { key: 'list', label: `Jobs (${run.jobs.length})`, body: () => <JobList {...jobs} /> },
                { key: 'timing', label: 'Timing', body: () => <Waterfall run={run} chosen={job?.id ?? null} onChoose={choose} /> },
                { key: 'reports', label: `Reports (${found.length})`, body: () => <Reports reports={found} jobs={run.jobs} /> },
                { key: 'findings', label: 'Findings', body: () => <Findings run={run.id} /> },
                { key: 'artifacts', label: `Artifacts (${artifacts})`, body: () => <Artifacts jobs={run.jobs} /> },
              ]}
            />
          </Panel>
          {job === null ? null : (
            <div id="job" className="scroll-mt-2">
              <JobPane key={job.id} run={run.id} job={job} />
            </div>
          )}
        </>
      )}
    </div>
  );
}

/** The job that one wants to see: what failed first, what runs, what ran last. */
function standing(jobs: readonly Job[]): Job | null {
  const running = jobs.find((job) => job.state === 'running');
  const ran = jobs.filter((job) => job.startedAt !== null).sort((one, other) => (other.startedAt ?? '').localeCompare(one.startedAt ?? ''));
  return firstFailed(jobs) ?? running ?? ran[0] ?? jobs[0] ?? null;
}
