import type { ReactNode } from 'react';
import { Command, Facts, Lasted, OutsideLink, Panel, Select, State, When, useUrl } from '../../kit/index.ts';
import { ForeignLog } from './foreign-log.tsx';
import { LogPane } from './log-pane.tsx';
import { lookOf } from './look.ts';
import type { Job } from './types.ts';

/** One job: how it stands, its steps, its log. */
export function JobPane({ run, job }: { readonly run: string; readonly job: Job }): ReactNode {
  const [attempt, setAttempt] = useUrl('attempt');
  const wanted = Number(attempt);
  const shown = Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= job.attempt ? wanted : job.attempt;
  const newest = shown === job.attempt;
  return (
    <Panel
      flush
      title={
        <span className="flex min-w-0 flex-wrap items-center gap-2">
          <bdi className="min-w-0">{job.name}</bdi> <State of={job.state} />
        </span>
      }
      actions={
        job.attempt < 2 ? undefined : (
          <Select
            label="Attempt"
            value={String(shown)}
            onChange={(value) => setAttempt(Number(value) === job.attempt ? '' : value)}
            options={Array.from({ length: job.attempt }, (_, at) => [String(job.attempt - at), `attempt ${job.attempt - at}`] as const)}
          />
        )
      }
    >
      <div className="grid min-w-0 gap-x-6 gap-y-3 border-b border-line p-3 lg:grid-cols-2">
        <Facts
          of={[
            ...(job.cause === null ? [] : ([['Why', <span className="whitespace-pre-wrap">{job.cause}</span>]] as const)),
            ...(job.needs.length === 0 ? [] : ([['Needs', <bdi>{someOf(job.needs)}</bdi>]] as const)),
            [
              'Ran on',
              job.foreign !== null ? (
                <span>
                  another CI{job.runner === null ? '' : <bdi>, on {job.runner}</bdi>}
                  {job.foreign.url === null ? null : (
                    <>
                      : <OutsideLink href={job.foreign.url}>the job there</OutsideLink>
                    </>
                  )}
                </span>
              ) : job.pool === 'recorded' ? (
                'another CI'
              ) : job.runner === null ? (
                `nothing yet; asks for the pool ${job.pool}`
              ) : (
                <code title={job.runner}>{job.pool}</code>
              ),
            ],
            ['Isolated', isolationOf(job)],
            ...(job.queuedAt === null ? [] : ([['Queued', <When at={job.queuedAt} />]] as const)),
            ...(job.startedAt === null || job.queuedAt === null
              ? []
              : ([['Waited', <Lasted ms={Date.parse(job.startedAt) - Date.parse(job.queuedAt)} />]] as const)),
            ...Object.entries(job.outputs)
              .slice(0, 20)
              .map(([name, value]) => [`Output ${name}`, <code>{value.slice(0, 500)}</code>] as const),
          ]}
        />
        {newest && job.steps.length > 0 ? <Steps job={job} /> : null}
      </div>
      {job.foreign !== null && job.foreign.log !== 'here' ? (
        <ForeignLog run={run} job={job} />
      ) : job.attempt === 0 || (job.pool === 'recorded' && job.foreign === null) ? (
        <p className="p-4 text-quiet">{waitingWords(job)}</p>
      ) : (
        <LogPane
          key={`${job.id} ${shown}`}
          job={job.id}
          attempt={shown}
          running={newest && job.finishedAt === null}
          failed={['failed', 'timed-out'].includes(job.state)}
        />
      )}
      <details className="border-t border-line p-3 text-sm">
        <summary className="text-quiet">The same from the command line</summary>
        <div className="pt-2">
          <Command text={`ym logs ${run} --job ${quoted(job.name)}`} />
        </div>
      </details>
    </Panel>
  );
}

function Steps({ job }: { readonly job: Job }): ReactNode {
  return (
    <ol className="relative max-h-56 min-w-0 overflow-y-auto" aria-label="steps">
      {job.steps.map((step, index) => (
        <li key={index} className="flex min-w-0 items-baseline justify-between gap-3 py-0.5 text-sm">
          <span className="flex min-w-0 items-baseline gap-2">
            <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" className="shrink-0 translate-y-px">
              <text x="0" y="10" className={`text-[11px] ${lookOf(step.state).text}`}>
                {lookOf(step.state).mark}
              </text>
            </svg>
            <bdi className="min-w-0">{step.name}</bdi>
            <span className="sr-only">{step.state}</span>
          </span>
          <span className="whitespace-nowrap text-quiet">
            {step.durationMs === null ? step.state : <Lasted ms={step.durationMs} />}
            {step.exitCode === null || step.exitCode === 0 ? '' : `, exit ${step.exitCode}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

function isolationOf(job: Job): string {
  if (job.pool === 'recorded' || job.foreign !== null) return 'by another CI: nothing of it was seen here';
  if (job.runner === null) return job.executor === 'any' ? 'as the runner can' : `asks for ${job.executor}`;
  return job.isolation.length === 0 ? `${job.executor}: by nothing` : `${job.executor}: ${job.isolation.join(', ')}`;
}

function waitingWords(job: Job): string {
  if (job.pool === 'recorded') return 'Another CI ran this job: its log is there, and only what was told is here.';
  if (job.state === 'skipped') return 'This job was skipped, so it has no log.';
  if (job.state === 'waiting') return 'This job waits for the jobs that it needs.';
  if (job.state === 'queued') return `This job waits for a runner of the pool ${job.pool}. See who is there with: ym runners`;
  return 'No runner took this job, so it has no log.';
}

function someOf(names: readonly string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}

function quoted(name: string): string {
  return /^[\w-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
