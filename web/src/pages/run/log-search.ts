import { useEffect, useState } from 'react';
import type { LogHits, searchLog } from '../../../../src/contract/logs.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { call, Refusal } from '../../api/client.ts';

export type Wanted = { readonly q: string; readonly regex: boolean; readonly capitals: boolean };
export type Hits = {
  readonly lines: readonly number[];
  /** Everything there is was searched. */
  readonly done: boolean;
  readonly problem: ProblemJson | null;
};

const NONE: Hits = { lines: [], done: true, problem: null };
/** More lines than anybody steps through. */
const MOST = 20_000;

/** The lines of a log that hold what is looked for, found on the server a part at a time. */
export function useHits(job: string, attempt: number, { q, regex, capitals }: Wanted, total: number, ended: boolean): Hits {
  const [hits, setHits] = useState<Hits>(NONE);
  // A growing log is searched again as it grows, but not at every line.
  const grown = ended ? total : Math.floor(total / 200);
  useEffect(() => {
    if (q === '') {
      setHits(NONE);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => void search(stop.signal), 200);
    const search = async (signal: AbortSignal): Promise<void> => {
      const lines: number[] = [];
      try {
        let from: number | null = 1;
        while (from !== null && lines.length < MOST) {
          const how = { kind: regex ? ('regex' as const) : ('text' as const), capitals: capitals ? ('yes' as const) : ('no' as const) };
          const query = { attempt, q, ...how, from, limit: 2000 };
          const found: LogHits = await call<typeof searchLog>('GET', '/v1/jobs/{job}/log/search', { params: { job }, query }, { signal });
          lines.push(...found.lines);
          from = found.next;
          setHits({ lines: [...lines], done: from === null, problem: null });
        }
      } catch (error) {
        if (!signal.aborted) setHits({ lines, done: true, problem: error instanceof Refusal ? error.problem : null });
      }
    };
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [job, attempt, q, regex, capitals, grown]);
  return hits;
}
