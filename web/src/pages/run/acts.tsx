import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import type { cancelRun, retryRun } from '../../../../src/contract/pipelines.ts';
import { useAct } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Command, useKeys } from '../../kit/index.ts';
import type { Run } from './types.ts';

/** What can be done with a run: stop it, or run its commit again. */
export function Acts({ run }: { readonly run: Run }): ReactNode {
  const may = useMay();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'cancel' | 'retry' | null>(null);
  const cancel = useAct<typeof cancelRun>('POST', '/v1/runs/{run}/cancel');
  const retry = useAct<typeof retryRun>('POST', '/v1/runs/{run}/retry');
  const over = run.finishedAt !== null;
  const on = { service: run.service };
  const noCancel = !may('run.cancel', on)
    ? 'it needs the role of a developer'
    : run.recorded !== null
      ? 'another CI runs it'
      : over
        ? 'it has ended'
        : run.state === 'cancelling'
          ? 'it is being cancelled'
          : null;
  const noRetry = !may('run.start', on)
    ? 'it needs the role of a developer'
    : run.recorded !== null
      ? 'another CI ran it'
      : !over
        ? 'it still goes on'
        : run.commit === null
          ? 'it is of no commit'
          : null;
  const keys = useMemo(
    () => ({
      x: { label: 'Cancel the run', run: () => (noCancel === null ? setAsking('cancel') : undefined) },
      e: { label: 'Run it again', run: () => (noRetry === null ? setAsking('retry') : undefined) },
    }),
    [noCancel, noRetry],
  );
  useKeys(keys);
  const open = (what: 'cancel' | 'retry'): void => {
    cancel.clear();
    retry.clear();
    setAsking(what);
  };
  return (
    <>
      <Button icon="run" because={noRetry} onClick={() => open('retry')}>
        Run again
      </Button>
      <Button kind="danger" icon="stop" because={noCancel} onClick={() => open('cancel')}>
        Cancel
      </Button>
      {asking === 'cancel' ? (
        <Ask
          title="Cancel this run"
          says={
            <>
              <p>
                Nothing more of it is started, and jobs that run are told to stop; steps marked “always” still tidy up. A release can’t be
                made of it.
              </p>
              <Command text={`ym run cancel ${run.id} --reason '…'`} />
            </>
          }
          does="Cancel the run"
          danger
          busy={cancel.busy}
          problem={cancel.problem}
          onClose={() => setAsking(null)}
          onDo={(reason) =>
            void cancel
              .act({ params: { run: run.id }, body: { reason: reason.slice(0, 1000) } })
              .then((done) => (done === null ? undefined : setAsking(null)))
          }
        />
      ) : asking === 'retry' ? (
        <Ask
          title="Run it again"
          says={
            <>
              <p>
                A new run of the commit <code>{run.commit?.slice(0, 12)}</code>, by the pipeline as it stands in that commit. This one stays
                as it is.
              </p>
              <Command text={`ym run retry ${run.id}`} />
            </>
          }
          does="Run it again"
          reason="none"
          busy={retry.busy}
          problem={retry.problem}
          onClose={() => setAsking(null)}
          onDo={() =>
            void retry.act({ params: { run: run.id }, body: {} }).then((made) => {
              if (made === null) return;
              setAsking(null);
              void navigate({ to: '/runs/$run', params: { run: made.id } as never });
            })
          }
        />
      ) : null}
    </>
  );
}
