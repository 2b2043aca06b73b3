import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { hiddenBy, inSight, lineAt, rowOf, type Fold } from './folds.ts';
import { LogLine } from './log-line.tsx';
import type { LogState, LogStore } from './log-store.ts';

const HEIGHT = 20;
/** Browsers can't make a box much higher than this; a longer log scrolls in larger steps. */
const HIGHEST = 8_000_000;
const AROUND = 12;

export type Jump = { readonly line: number; readonly at: number };

/**
 * The lines of a log, of which only those in sight stand in the page: a box as high as all of them scrolls, and where it
 * stands says which are shown.
 */
export function LogLines({
  store,
  state,
  folds,
  closed,
  onFold,
  wrap,
  follow,
  onFollow,
  jump,
  chosen,
  onChoose,
  hits,
  current,
  mark,
  capitals,
}: {
  readonly store: LogStore;
  readonly state: LogState;
  readonly folds: readonly Fold[];
  readonly closed: ReadonlySet<number>;
  readonly onFold: (start: number) => void;
  readonly wrap: boolean;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  /** Where to go; a new object goes there again. */
  readonly jump: Jump | null;
  readonly chosen: readonly [number, number] | null;
  readonly onChoose: (number: number, range: boolean) => void;
  readonly hits: ReadonlySet<number>;
  readonly current: number | null;
  readonly mark: string;
  readonly capitals: boolean;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(500);
  const hidden = hiddenBy(folds, closed);
  const rows = inSight(hidden, state.total);
  const full = Math.min(rows * HEIGHT, HIGHEST);
  const fits = Math.max(1, Math.floor(height / HEIGHT));
  // With the scroll bar at its end the last line stands at the bottom, whatever the scale.
  const scale = rows <= fits || full <= height ? 1 : (rows - fits) / (full - height);
  const first = Math.max(0, Math.min(rows - 1, Math.floor(top * scale) - AROUND));
  const last = Math.min(rows, Math.floor(top * scale) + fits + AROUND + 1);
  const lines: number[] = [];
  for (let row = first; row < last; row += 1) lines.push(lineAt(hidden, row));

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const [from, to] = [lines[0], lines.at(-1)];
    if (from === undefined || to === undefined) return;
    // What only flies past is not asked for.
    const timer = setTimeout(() => store.want(from, to), 50);
    return () => clearTimeout(timer);
  });
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, rows, height]);
  useLayoutEffect(() => {
    if (jump === null || box.current === null || !state.known) return;
    const row = rowOf(hidden, Math.min(jump.line, state.total)) - Math.floor(fits / 3);
    box.current.scrollTop = Math.max(0, row / scale);
    // Only a new jump moves; that more lines came does not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [jump, state.known]);

  const byStart = new Map(folds.map((fold) => [fold.start, fold]));
  const offset = scale === 1 ? first * HEIGHT : top - (Math.floor(top * scale) - first) * HEIGHT;
  return (
    <div
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="log"
      onScroll={({ currentTarget }) => {
        setTop(currentTarget.scrollTop);
        // Only who goes up wants to stay: that the log grew below is no wish.
        if (follow && currentTarget.scrollTop < top - 4) onFollow(false);
      }}
      className="relative [overflow-anchor:none] h-[max(22rem,calc(100dvh-20rem))] min-w-0 overflow-auto overscroll-contain rounded-b-lg bg-surface font-mono text-xs leading-5"
    >
      {/* Without transition: else the box has its new height only in the next frame, and can't be scrolled to where it should be. */}
      <div style={{ height: wrap ? undefined : full, minHeight: full }} className="relative w-full transition-none">
        <div
          style={{ transform: `translateY(${offset}px)` }}
          className={`bg-surface transition-none ${wrap ? 'w-full' : 'w-max min-w-full'}`}
        >
          {lines.map((line) => (
            <LogLine
              key={line}
              number={line}
              text={store.line(line)}
              cut={store.cutOf(line)}
              wrap={wrap}
              chosen={chosen !== null && line >= chosen[0] && line <= chosen[1]}
              hit={hits.has(line)}
              current={current === line}
              mark={mark}
              capitals={capitals}
              fold={byStart.get(line) ?? null}
              closed={closed.has(line)}
              onFold={onFold}
              onChoose={onChoose}
            />
          ))}
        </div>
      </div>
    </div>
  );
}
