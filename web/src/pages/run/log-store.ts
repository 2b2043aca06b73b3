import type { LogHits, LogLines, readLines, searchLog } from '../../../../src/contract/logs.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { call, Refusal } from '../../api/client.ts';
import { MARKS, type Mark } from './folds.ts';

/** What is known of a log now. A new object at each change. */
export type LogState = {
  readonly total: number;
  readonly bytes: number;
  readonly ended: boolean;
  readonly known: boolean;
  readonly marks: readonly Mark[];
  readonly problem: ProblemJson | null;
  /** Grows with every line that came. */
  readonly change: number;
};

export type LogStore = {
  /** The line, or null where it has not come yet. */
  line(number: number): string | null;
  /** Bytes that were left out of a line that is too long. */
  cutOf(number: number): number;
  /** Asks for what of these lines has not come. */
  want(from: number, to: number): void;
  subscribe(changed: () => void): () => void;
  state(): LogState;
};

export const PAGE = 500;
/** Pages that are kept: about 30,000 lines. */
const KEPT = 60;
const NOTHING: LogState = { total: 0, bytes: 0, ended: false, known: false, marks: [], problem: null, change: 0 };

/**
 * The log of one attempt of a job, by pages as they are looked at; follows it while it grows, as long as somebody
 * subscribes. Never holds more than some pages, however long the log is.
 */
export function makeLogStore(job: string, attempt: number): LogStore {
  let state = NOTHING;
  let stop: AbortController | null = null;
  const pages = new Map<number, string[]>();
  const cut = new Map<number, number>();
  const asked = new Set<number>();
  const listeners = new Set<() => void>();
  const set = (next: Partial<LogState>): void => {
    state = { ...state, ...next, change: state.change + 1 };
    for (const listener of listeners) listener();
  };
  const pageOf = (number: number): number => Math.floor((number - 1) / PAGE);

  const keep = ({ from, lines, cut: left, total, bytes, ended }: LogLines): void => {
    for (const [index, line] of lines.entries()) {
      const number = from + index;
      const at = pageOf(number);
      const page = pages.get(at) ?? [];
      page[(number - 1) % PAGE] = line;
      // What was looked at last is kept.
      pages.delete(at);
      pages.set(at, page);
      cut.delete(number);
    }
    for (const [number, bytesLeft] of Object.entries(left)) cut.set(Number(number), bytesLeft);
    for (const old of [...pages.keys()].slice(0, Math.max(0, pages.size - KEPT))) pages.delete(old);
    set({
      total: Math.max(total, state.total),
      bytes: Math.max(bytes, state.bytes),
      ended: ended || state.ended,
      known: true,
      problem: null,
    });
  };
  const ask = async (query: Record<string, unknown>, signal: AbortSignal): Promise<LogLines> =>
    call<typeof readLines>('GET', '/v1/jobs/{job}/log/lines', { params: { job }, query: { attempt, ...query } }, { signal });

  const fetchPage = async (at: number, signal: AbortSignal): Promise<void> => {
    if (asked.has(at)) return;
    asked.add(at);
    try {
      const end = Math.min((at + 1) * PAGE, state.total);
      for (let from = at * PAGE + 1; from <= end;) {
        const answer = await ask({ from, count: end - from + 1 }, signal);
        keep(answer);
        if (answer.lines.length === 0) break;
        from += answer.lines.length;
      }
    } catch (error) {
      if (!signal.aborted) set({ problem: error instanceof Refusal ? error.problem : null });
    } finally {
      asked.delete(at);
    }
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        // The last line may have grown: it is asked for again.
        const query = state.known
          ? { from: Math.max(1, state.total), count: PAGE, wait: 25, bytes: state.bytes }
          : { from: 1, count: PAGE };
        const answer = await ask(query, signal);
        failures = 0;
        keep(answer);
        void findMarks(signal);
        if (answer.ended && answer.from + answer.lines.length > answer.total) return;
        // More came than one answer holds: what is looked at is asked for by itself.
        if (answer.ended) return;
        await pause(250, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (error instanceof Refusal) set({ problem: error.problem });
        await pause(Math.min(1000 * 2 ** failures, 15_000), signal);
      }
    }
  };

  let looked = 1;
  let looking = false;
  const findMarks = async (signal: AbortSignal): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      let from: number | null = looked;
      while (from !== null && from <= state.total && state.marks.length < 5000) {
        const query = {
          attempt,
          q: MARKS,
          kind: 'regex' as const,
          capitals: 'yes' as const,
          with: 'beginnings' as const,
          from,
          limit: 2000,
        };
        const found: LogHits = await call<typeof searchLog>('GET', '/v1/jobs/{job}/log/search', { params: { job }, query }, { signal });
        const marks = found.lines.map((line, index) => ({ line, text: found.beginnings[index] ?? '' }));
        const known = state.marks.filter(({ line }) => line < (found.lines[0] ?? Infinity));
        if (marks.length > 0) set({ marks: [...known, ...marks] });
        // The last line of a growing log may not be whole yet.
        looked = Math.max(looked, found.next ?? (found.ended ? found.total + 1 : found.total));
        from = found.next;
      }
    } catch {
      // Without marks the log is shown unfolded; the next news looks again.
    } finally {
      looking = false;
    }
  };
  return {
    line: (number) => pages.get(pageOf(number))?.[(number - 1) % PAGE] ?? null,
    cutOf: (number) => cut.get(number) ?? 0,
    want(from, to) {
      if (stop === null) return;
      for (let at = pageOf(Math.max(1, from)); at <= pageOf(Math.min(to, state.total)); at += 1) {
        const page = pages.get(at);
        const last = Math.min((at + 1) * PAGE, state.total) - at * PAGE;
        const whole = page !== undefined && page.length >= last && !page.slice(0, last).includes(undefined as never);
        if (!whole) void fetchPage(at, stop.signal);
      }
    },
    subscribe(changed) {
      listeners.add(changed);
      if (stop === null) {
        stop = new AbortController();
        void follow(stop.signal);
      }
      return () => {
        listeners.delete(changed);
        if (listeners.size > 0) return;
        stop?.abort();
        stop = null;
      };
    },
    state: () => state,
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
