import type { ReactNode } from 'react';
import type { fetchForeignLog } from '../../../../src/contract/ci.ts';
import { useAct } from '../../api/query.ts';
import { Button, Problem } from '../../kit/index.ts';
import type { Job } from './types.ts';

/** The log of a job that another CI keeps: fetched when somebody wants to read it, and shown as ours are from then on. */
export function ForeignLog({ run, job }: { readonly run: string; readonly job: Job }): ReactNode {
  const fetched = useAct<typeof fetchForeignLog>('POST', '/v1/jobs/{job}/fetch-log');
  const over = job.finishedAt !== null;
  const because = job.foreign?.log !== 'there' ? 'there is none' : over ? null : 'it grows there until the job has ended';
  return (
    <div className="space-y-2 p-4" data-run={run}>
      <p className="text-quiet">
        The log of this job is kept by its CI server. Fetched, it is kept here as long as other logs, and it is not redacted: what is secret
        there is not known here.
      </p>
      <Button busy={fetched.busy} because={because} onClick={() => void fetched.act({ params: { job: job.id }, body: {} })}>
        Fetch the log
      </Button>
      {fetched.problem === null ? null : <Problem of={fetched.problem} />}
    </div>
  );
}
