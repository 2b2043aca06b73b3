import { QueryClient, useMutation, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import type { AnswerOf, CallOf, RouteShape } from '../../../src/contract/route.ts';
import type { ProblemJson } from '../../../src/kernel/problem.ts';
import { addressOf, call, Refusal } from './client.ts';

/** What a person can't mend by asking again is not asked again. */
const FINAL = new Set([400, 401, 403, 404, 409, 410, 422]);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => count < 3 && !(error instanceof Refusal && FINAL.has(error.problem.status)),
      retryDelay: (count) => Math.min(500 * 2 ** count, 5000),
    },
    mutations: { retry: false },
  },
});

export type AskOptions<Answer = unknown> = {
  /** First words of fact types (`release`), or ids of subjects: a fact like that asks this answer again. */
  readonly live?: readonly string[];
  readonly enabled?: boolean;
  /** Keep what was shown while another page of it is asked for. */
  readonly keep?: boolean;
  /** Asked again after so many milliseconds, while the page is seen: for what time or a machine changes and no fact tells. */
  readonly every?: number | ((answer: Answer | undefined) => number | false);
};

/** Asks a GET route and keeps its answer current: `useAnswer<typeof oneRelease>('/v1/releases/{release}', { params })`. */
export function useAnswer<Route extends RouteShape>(
  path: Route['path'],
  given: CallOf<Route> = {},
  { live = [], enabled = true, keep = false, every }: AskOptions<AnswerOf<Route>> = {},
): UseQueryResult<AnswerOf<Route>, Refusal> {
  return useQuery<AnswerOf<Route>, Refusal>({
    queryKey: enabled ? [addressOf(path, given.params, given.query)] : [path, 'not asked'],
    queryFn: ({ signal }) => call<Route>('GET', path, given, { signal }),
    meta: { live },
    enabled,
    ...(every === undefined
      ? {}
      : { refetchInterval: typeof every === 'number' ? every : (query: { state: { data?: AnswerOf<Route> } }) => every(query.state.data) }),
    ...(keep ? { placeholderData: (before: AnswerOf<Route> | undefined) => before } : {}),
  } as Parameters<typeof useQuery<AnswerOf<Route>, Refusal>>[0]);
}

export type Act<Route extends RouteShape> = {
  /** Does it; answers null where the server refused (see `problem`). Pressed twice in a row it is done once. */
  act(given: CallOf<Route>): Promise<AnswerOf<Route> | null>;
  readonly busy: boolean;
  readonly problem: ProblemJson | null;
  clear(): void;
};

/** An unsafe call of a route. After it, every answer on the screen that lives by facts is asked again. */
export function useAct<Route extends RouteShape>(method: Route['method'], path: Route['path']): Act<Route> {
  const client = useQueryClient();
  const running = useRef(false);
  const mutation = useMutation<AnswerOf<Route>, Refusal, CallOf<Route>>({
    mutationFn: (given) => call<Route>(method, path, given, { idempotencyKey: crypto.randomUUID() }),
    onSettled: () => client.invalidateQueries({ predicate: (query) => (query.meta?.['live'] as string[] | undefined)?.length !== 0 }),
  });
  const { mutateAsync } = mutation;
  const act = useCallback(
    async (given: CallOf<Route>) => {
      if (running.current) return null;
      running.current = true;
      try {
        return await mutateAsync(given);
      } catch (error) {
        if (error instanceof Refusal) return null;
        throw error;
      } finally {
        running.current = false;
      }
    },
    [mutateAsync],
  );
  return { act, busy: mutation.isPending, problem: mutation.error?.problem ?? null, clear: mutation.reset };
}

/** Asks again everything that lives by facts: after a gap in the stream. */
export function everythingMayHaveChanged(): void {
  void queries.invalidateQueries({ predicate: (query) => ((query.meta?.['live'] as readonly string[] | undefined)?.length ?? 0) > 0 });
}
