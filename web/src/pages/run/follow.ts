import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { getRun } from '../../../../src/contract/pipelines.ts';
import { addressOf, call } from '../../api/client.ts';
import type { Run } from './types.ts';

const PATH = '/v1/runs/{run}';

/**
 * Keeps a run that goes on current: steps are no facts, so the live stream does not tell of them; the server answers a
 * waiting question as soon as anything of the run has changed. A large run is asked less often.
 */
export function useFollowed(run: Run | undefined): void {
  const client = useQueryClient();
  const id = run?.finishedAt === null ? run.id : null;
  useEffect(() => {
    if (id === null) return;
    const stop = new AbortController();
    const key = [addressOf(PATH, { run: id }, {})];
    const follow = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const known = client.getQueryData<Run>(key);
        const query = known === undefined ? {} : { wait: 25, version: known.version };
        const answer = await call<typeof getRun>('GET', PATH, { params: { run: id }, query }, { signal: stop.signal }).catch(() => null);
        if (stop.signal.aborted) return;
        if (answer !== null) client.setQueryData(key, answer);
        if (answer?.finishedAt != null) return;
        await new Promise((resolve) => setTimeout(resolve, answer === null ? 3000 : answer.jobs.length > 100 ? 3000 : 700));
      }
    };
    void follow();
    return () => stop.abort();
  }, [client, id]);
}
