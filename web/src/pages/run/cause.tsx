import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { readLines } from '../../../../src/contract/logs.ts';
import type { listFailedTests, ReportView } from '../../../../src/contract/gates.ts';
import { call } from '../../api/client.ts';
import { useAnswer } from '../../api/query.ts';
import { Button, Icon } from '../../kit/index.ts';
import { stretches } from './ansi.ts';
import type { Job, Run } from './types.ts';

const BAD = ['failed', 'timed-out', 'refused'];
const LAST_WORDS = 14;

/** The job that failed first: what came after it failed may have failed because of it. */
export function firstFailed(jobs: readonly Job[]): Job | null {
  const bad = jobs.filter((job) => BAD.includes(job.state));
  return bad.sort((one, other) => (one.finishedAt ?? '~').localeCompare(other.finishedAt ?? '~'))[0] ?? null;
}

/** Why a run failed, before anything else: the step, its last words, the tests. */
export function Cause({
  run,
  reports,
  onChoose,
}: {
  run: Run;
  reports: readonly ReportView[];
  onChoose: (job: string) => void;
}): ReactNode {
  const job = firstFailed(run.jobs);
  if (job === null && run.state !== 'failed') return null;
  const step = job?.steps.find((one) => BAD.includes(one.state)) ?? null;
  const others = run.jobs.filter((one) => BAD.includes(one.state)).length - 1;
  const failing = reports.filter((report) => (report.tests?.failed ?? 0) + (report.tests?.errored ?? 0) > 0);
  return (
    <section aria-label="why it failed" className="min-w-0 space-y-3 rounded-lg border border-deny bg-surface p-3">
      <div className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0 space-y-1">
          <h2 className="flex min-w-0 items-center gap-2 text-base text-deny">
            <Icon name="deny" />
            {job === null ? (
              'The run failed'
            ) : (
              <span className="min-w-0">
                <bdi>{job.name}</bdi> {job.state.replaceAll('-', ' ')}
                {step === null ? (
                  ''
                ) : (
                  <>
                    {' '}
                    in the step “<bdi>{step.name}</bdi>”
                  </>
                )}
                {step?.exitCode == null ? '' : ` with exit code ${step.exitCode}`}
              </span>
            )}
          </h2>
          {(job?.cause ?? run.cause) === null ? null : (
            <pre className="font-sans whitespace-pre-wrap">{(job?.cause ?? run.cause)?.slice(0, 6000)}</pre>
          )}
          {others > 0 ? (
            <p className="text-sm text-quiet">{others === 1 ? 'Another job' : `${others} other jobs`} failed after it.</p>
          ) : null}
        </div>
        {job === null || job.attempt === 0 ? null : <Button onClick={() => onChoose(job.id)}>Open its log</Button>}
      </div>
      {failing.slice(0, 5).map((report) => (
        <FailedTests key={report.id} report={report} />
      ))}
      {job === null || job.attempt === 0 ? null : <LastWords job={job} />}
    </section>
  );
}

/** The end of the log of the failed step. */
function LastWords({ job }: { readonly job: Job }): ReactNode {
  const { data } = useQuery({
    queryKey: ['last words', job.id, job.attempt],
    queryFn: ({ signal }) =>
      call<typeof readLines>(
        'GET',
        '/v1/jobs/{job}/log/lines',
        { params: { job: job.id }, query: { attempt: job.attempt, tail: 200, count: 200 } },
        { signal },
      ),
    staleTime: Infinity,
  });
  if (data === undefined || data.lines.length === 0) return null;
  // Where the failed step ends; what tidies up behind it says nothing about why.
  const end = data.lines.findLastIndex((line) => line.startsWith('✗ '));
  const shown = end === -1 ? data.lines.slice(-LAST_WORDS) : data.lines.slice(Math.max(0, end - LAST_WORDS + 1), end + 1);
  return (
    <pre
      tabIndex={0}
      aria-label="the last lines of the step that failed"
      className="max-h-72 min-w-0 overflow-auto rounded border border-line bg-sunk p-2 text-xs leading-5"
    >
      {shown.map((line, index) => (
        <span key={index} className="block">
          {stretches(line).map(({ text, classes }, at) => (
            <span key={at} className={classes}>
              {text}
            </span>
          ))}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

/** The tests of a report that did not pass, with what they said. */
export function FailedTests({ report }: { readonly report: ReportView }): ReactNode {
  const [all, setAll] = useState(false);
  const { data } = useAnswer<typeof listFailedTests>('/v1/reports/{report}/failed-tests', {
    params: { report: report.id },
    query: { limit: 100 },
  });
  if (data === undefined || data.items.length === 0) return null;
  const items = all ? data.items : data.items.slice(0, 5);
  return (
    <div className="min-w-0">
      <h3 className="text-sm">
        {data.total === 1 ? '1 test did not pass' : `${data.total} tests did not pass`} in <bdi>{report.name}</bdi>
      </h3>
      <ul className="mt-1 space-y-1">
        {items.map((test, index) => (
          <li key={index} className="min-w-0 rounded border border-line">
            <details>
              <summary className="flex min-h-8 min-w-0 flex-wrap items-baseline gap-x-2 px-2 py-1 hover:bg-hover">
                <span className="text-deny" aria-hidden="true">
                  ✗
                </span>
                <bdi className="min-w-0 font-medium">{test.name}</bdi>
                <bdi className="min-w-0 text-sm text-quiet">{test.suite}</bdi>
                <bdi className="min-w-0 basis-full text-sm">{test.message}</bdi>
              </summary>
              <pre className="max-h-80 overflow-auto border-t border-line bg-sunk p-2 text-xs whitespace-pre-wrap" tabIndex={0}>
                {test.file === null ? '' : `${test.file}\n`}
                {test.text === '' ? 'It said no more.' : test.text}
              </pre>
            </details>
          </li>
        ))}
      </ul>
      {data.items.length > items.length ? (
        <div className="mt-2">
          <Button onClick={() => setAll(true)}>Show all {data.items.length}</Button>
        </div>
      ) : null}
    </div>
  );
}
