import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Button, Copy, Problem, useKeys } from '../../kit/index.ts';
import { plainText } from './ansi.ts';
import { foldsOf } from './folds.ts';
import { LogLines, type Jump } from './log-lines.tsx';
import { useHits } from './log-search.ts';
import { makeLogStore } from './log-store.ts';

/** `#L12` or `#L12-L20` of the address. */
function linesOfHash(): readonly [number, number] | null {
  const found = /^#L(\d{1,9})(?:-L(\d{1,9}))?$/.exec(location.hash);
  if (found === null) return null;
  const [from, to] = [Number(found[1]), Number(found[2] ?? found[1])];
  return from < 1 ? null : [Math.min(from, to), Math.max(from, to)];
}

/** The log of one attempt of a job: followed, folded, searched, linked to by line. */
export function LogPane({
  job,
  attempt,
  running,
  failed,
}: {
  readonly job: string;
  readonly attempt: number;
  readonly running: boolean;
  /** What failed is read from its end. */
  readonly failed: boolean;
}): ReactNode {
  const store = useMemo(() => makeLogStore(job, attempt), [job, attempt]);
  const state = useSyncExternalStore(store.subscribe, store.state);
  const folds = useMemo(() => foldsOf(state.marks, state.total), [state.marks, state.total]);
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(running && linesOfHash() === null);
  const [chosen, setChosen] = useState(linesOfHash);
  const [jump, setJump] = useState<Jump | null>(() => {
    const lines = linesOfHash();
    return lines !== null ? { line: lines[0], at: 0 } : failed ? { line: Infinity, at: 0 } : null;
  });
  const [wanted, setWanted] = useState({ q: '', regex: false, capitals: false });
  const hits = useHits(job, attempt, wanted, state.total, state.ended);
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const hitSet = useMemo(() => new Set(hits.lines), [hits.lines]);
  const current = hits.lines[at] ?? null;

  const go = (line: number): void => {
    setFollow(false);
    // What is folded away is opened where one goes.
    setClosed(
      (before) => new Set([...before].filter((start) => !folds.some((fold) => fold.start === start && line > start && line <= fold.end))),
    );
    setJump({ line, at: performance.now() });
  };
  const step = (by: number): void => {
    if (hits.lines.length === 0) return;
    const next = (at + by + hits.lines.length) % hits.lines.length;
    setAt(next);
    go(hits.lines[next] ?? 1);
  };
  const first = hits.lines[0];
  useEffect(() => {
    setAt(0);
    if (first !== undefined) go(first);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only another first hit goes there
  }, [first, wanted]);
  useEffect(() => {
    const changed = (): void => {
      const lines = linesOfHash();
      setChosen(lines);
      if (lines !== null) go(lines[0]);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- listens once
  }, [folds]);
  const keys = useMemo(
    () => ({
      f: { label: 'Follow the log', run: () => setFollow((now) => !now) },
      s: { label: 'Search the log', run: () => field.current?.focus() },
      w: { label: 'Wrap long lines', run: () => setWrap((now) => !now) },
    }),
    [],
  );
  useKeys(keys);

  const choose = (number: number, range: boolean): void => {
    const from = range && chosen !== null ? chosen[0] : number;
    const next = [Math.min(from, number), Math.max(from, number)] as const;
    setChosen(next);
    setFollow(false);
    const hash = next[0] === next[1] ? `#L${next[0]}` : `#L${next[0]}-L${next[1]}`;
    history.replaceState(history.state, '', `${location.pathname}${location.search}${hash}`);
  };
  const toggle = (start: number): void =>
    setClosed((before) => {
      const next = new Set(before);
      if (!next.delete(start)) next.add(start);
      return next;
    });
  const all = folds.filter((fold) => fold.step && !fold.failed).map(({ start }) => start);
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
        <form
          role="search"
          className="flex min-w-0 flex-1 flex-wrap items-center gap-2 max-sm:basis-full"
          onSubmit={(event) => {
            event.preventDefault();
            step(1);
          }}
        >
          <input
            ref={field}
            type="search"
            aria-label="search the log"
            placeholder="Search the log (s)"
            maxLength={200}
            value={wanted.q}
            onChange={(event) => setWanted({ ...wanted, q: event.target.value })}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && event.shiftKey) {
                event.preventDefault();
                step(-1);
              }
            }}
            className="min-h-8 min-w-0 flex-[1_1_6rem] rounded-md border border-edge bg-surface px-2 text-sm sm:max-w-72"
          />
          <Toggle label="Aa" title="Capital letters count" on={wanted.capitals} set={(capitals) => setWanted({ ...wanted, capitals })} />
          <Toggle label=".*" title="Regular expression (RE2)" on={wanted.regex} set={(regex) => setWanted({ ...wanted, regex })} />
          <Button aria-label="previous hit" because={hits.lines.length === 0 ? 'nothing is found' : null} onClick={() => step(-1)}>
            ↑
          </Button>
          <Button aria-label="next hit" because={hits.lines.length === 0 ? 'nothing is found' : null} onClick={() => step(1)}>
            ↓
          </Button>
          <span role="status" className="text-sm whitespace-nowrap text-quiet">
            {wanted.q === ''
              ? ''
              : hits.lines.length === 0
                ? hits.done
                  ? 'not found'
                  : 'searching'
                : `${at + 1} of ${hits.lines.length.toLocaleString()}${hits.done ? '' : '+'}`}
          </span>
        </form>
        <div className="flex flex-wrap items-center gap-2">
          {chosen === null ? null : <Chosen lines={chosen} textOf={(line) => plainText(store.line(line) ?? '')} />}
          {all.length === 0 ? null : (
            <Button onClick={() => setClosed(closed.size === 0 ? new Set(all) : new Set())}>{closed.size === 0 ? 'Fold' : 'Unfold'}</Button>
          )}
          <Toggle label="Wrap" title="Wrap long lines" on={wrap} set={setWrap} />
          {state.ended ? null : <Toggle label="Follow" title="Stay at the end while the log grows" on={follow} set={setFollow} />}
          <a
            href={`/v1/jobs/${job}/log.txt?attempt=${attempt}`}
            download
            className="inline-flex min-h-8 items-center rounded-md border border-edge bg-surface px-2.5 text-sm font-medium text-ink hover:bg-hover hover:no-underline"
          >
            Download
          </a>
        </div>
      </div>
      {(hits.problem ?? state.problem) === null ? null : <Problem of={(hits.problem ?? state.problem) as never} />}
      {state.known && state.total === 0 ? (
        <p className="p-4 text-quiet">{state.ended ? 'This attempt printed nothing.' : 'Nothing was printed yet.'}</p>
      ) : (
        <LogLines
          store={store}
          state={state}
          folds={folds}
          closed={closed}
          onFold={toggle}
          wrap={wrap}
          follow={follow}
          onFollow={setFollow}
          jump={jump}
          chosen={chosen}
          onChoose={choose}
          hits={hitSet}
          current={wanted.q === '' ? null : current}
          mark={wanted.regex ? '' : wanted.q}
          capitals={wanted.capitals}
        />
      )}
      <p className="flex flex-wrap gap-x-4 border-t border-line px-3 py-1 text-xs text-quiet">
        <span>{state.total.toLocaleString()} lines</span>
        <span>{state.bytes.toLocaleString()} bytes</span>
        <span>{state.ended ? 'ended' : state.known ? 'growing' : 'loading'}</span>
        <span className="max-sm:hidden">click a number to link to its line, with Shift to a range</span>
      </p>
    </div>
  );
}

function Toggle({ label, title, on, set }: { label: string; title: string; on: boolean; set: (on: boolean) => void }): ReactNode {
  return (
    <button
      type="button"
      aria-pressed={on}
      title={title}
      aria-label={title}
      onClick={() => set(!on)}
      className={`inline-flex min-h-8 items-center rounded-md border px-2 text-sm font-medium ${on ? 'border-accent bg-accent-soft text-accent' : 'border-edge bg-surface text-quiet hover:bg-hover'}`}
    >
      {label}
    </button>
  );
}

/** What is marked, to be copied: the link to it and the text. */
function Chosen({ lines: [from, to], textOf }: { lines: readonly [number, number]; textOf: (line: number) => string }): ReactNode {
  const text = Array.from({ length: Math.min(to - from + 1, 2000) }, (_, at) => textOf(from + at)).join('\n');
  return (
    <span className="inline-flex items-center gap-1 text-sm whitespace-nowrap text-quiet">
      {from === to ? `line ${from}` : `lines ${from}–${to}`}
      <Copy text={location.href} what="link" />
      <Copy text={text} what="text" />
    </span>
  );
}
