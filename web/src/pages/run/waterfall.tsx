import { useEffect, useState, type ReactNode } from 'react';
import { Empty, Lasted } from '../../kit/index.ts';
import { lookOf } from './look.ts';
import { barsOf } from './timing.ts';
import type { Job, Run } from './types.ts';

/** When each job waited for a runner and when it ran. */
export function Waterfall({ run, chosen, onChoose }: { run: Run; chosen: string | null; onChoose: (job: string) => void }): ReactNode {
  const now = useNow(run.finishedAt === null);
  const bars = barsOf<Job>(run.jobs, run.queuedAt, now);
  if (bars.length === 0) return <Empty title="No job was queued yet." />;
  const whole = Math.max(1, ...bars.map(({ ended }) => ended));
  const percent = (ms: number): string => `${(ms / whole) * 100}%`;
  return (
    <div className="min-w-0 space-y-1 p-3">
      <p className="flex flex-wrap gap-x-4 text-sm text-quiet">
        <span>
          in all <Lasted ms={whole} />
        </span>
        <span>light: waited for a runner; solid: ran</span>
        <span>◆ on the critical path: had it been shorter, the run had ended sooner</span>
      </p>
      <ul className="relative max-h-[60vh] min-w-0 overflow-y-auto">
        {bars.map(({ job, queued, started, ended, critical }) => (
          <li key={job.id}>
            <button
              type="button"
              aria-pressed={chosen === job.id}
              onClick={() => onChoose(job.id)}
              className={`grid w-full grid-cols-[minmax(7rem,14rem)_minmax(0,1fr)_4.5rem] items-center gap-2 rounded px-1 py-0.5 text-left text-sm hover:bg-hover ${chosen === job.id ? 'bg-accent-soft' : ''}`}
            >
              <span className="clip" title={job.name}>
                {critical ? <span title="on the critical path">◆ </span> : null}
                <bdi>{job.name}</bdi>
              </span>
              <span className="relative h-4 min-w-0 rounded bg-sunk">
                <span
                  className="absolute inset-y-1 rounded bg-edge opacity-60"
                  style={{ left: percent(queued), width: percent(Math.max(0, started - queued)) }}
                />
                {job.startedAt === null ? null : (
                  <span
                    className={`absolute inset-y-0.5 min-w-0.5 rounded ${lookOf(job.state).bar}`}
                    style={{ left: percent(started), width: percent(Math.max(0, ended - started)) }}
                  />
                )}
              </span>
              <span className="text-right whitespace-nowrap text-quiet">
                {job.startedAt === null ? job.state : <Lasted ms={ended - started} />}
                <span className="sr-only">
                  , waited <Lasted ms={started - queued} />, {job.state}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The time, once a second while it matters. */
export function useNow(runs: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [runs]);
  return now;
}
