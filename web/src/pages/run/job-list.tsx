import { useState, type ReactNode } from 'react';
import { Button, Lasted, State } from '../../kit/index.ts';
import { boxesOf, stateOf, tally } from './groups.ts';
import type { Job } from './types.ts';

/** The jobs as a list: for narrow screens, and for who would rather read than look. */
export function JobList({
  jobs,
  chosen,
  onChoose,
}: {
  jobs: readonly Job[];
  chosen: string | null;
  onChoose: (job: string) => void;
}): ReactNode {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  return (
    <ul className="relative max-h-[60vh] min-w-0 overflow-y-auto">
      {boxesOf(jobs, open).map((box) => {
        const [job] = box.jobs;
        const many = box.jobs.length > 1;
        return (
          <li key={box.key} className="border-b border-line last:border-b-0">
            <button
              type="button"
              aria-pressed={many ? undefined : job?.id === chosen}
              onClick={() => (many ? setOpen(new Set([...open, box.label])) : onChoose(job?.id ?? ''))}
              className={`flex min-h-10 w-full min-w-0 flex-wrap items-center justify-between gap-x-3 gap-y-0.5 px-3 py-1.5 text-left hover:bg-hover ${!many && job?.id === chosen ? 'bg-accent-soft' : ''}`}
            >
              <span className="min-w-0 font-medium">
                <bdi>{box.label}</bdi>
                {many ? <span className="text-quiet"> × {box.jobs.length}</span> : null}
              </span>
              <span className="flex items-center gap-2 text-sm text-quiet">
                {many ? (
                  tally(box.jobs)
                ) : job?.startedAt != null && job.finishedAt !== null ? (
                  <Lasted ms={Date.parse(job.finishedAt) - Date.parse(job.startedAt)} />
                ) : null}
                <State of={stateOf(box.jobs)} />
              </span>
            </button>
          </li>
        );
      })}
      {open.size === 0 ? null : (
        <li className="p-2">
          <Button onClick={() => setOpen(new Set())}>Close the matrices</Button>
        </li>
      )}
    </ul>
  );
}
