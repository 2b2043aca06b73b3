import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { CalendarItem } from '../../../../src/contract/calendar.ts';
import { addDays, dayOf, daysBetween, isOn, startOf, type Day } from './days.ts';
import { byWeight, Chip } from './kinds.tsx';

const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const number = new Intl.DateTimeFormat(undefined, { day: 'numeric' });
const whole = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

type Props = {
  readonly view: 'month' | 'week';
  readonly days: readonly Day[];
  /** The day that the month or week is about. */
  readonly day: Day;
  readonly items: readonly CalendarItem[];
  readonly canMove: boolean;
  readonly onOpen: (item: CalendarItem) => void;
  readonly onDay: (day: Day) => void;
  /** A freeze was dragged so many days on. */
  readonly onMove: (item: CalendarItem, days: number) => void;
  readonly onNew: (day: Day) => void;
};

/** Weeks as rows, days as squares. Arrows move from day to day, n makes a freeze there; a freeze is moved by dragging it, or in its form. */
export function Grid({ view, days, day, items, canMove, onOpen, onDay, onMove, onNew }: Props): ReactNode {
  const [at, setAt] = useState<Day>(days.includes(dayOf(new Date())) ? dayOf(new Date()) : day);
  const focused = days.includes(at) ? at : (days[0] ?? day);
  const dragged = useRef<{ readonly item: CalendarItem; readonly from: Day } | null>(null);
  const table = useRef<HTMLTableElement>(null);
  const today = dayOf(new Date());
  const most = view === 'week' ? 24 : 5;
  const go = (to: Day): void => {
    setAt(to);
    if (!days.includes(to)) onDay(to);
    requestAnimationFrame(() => table.current?.querySelector<HTMLElement>(`[data-day="${to}"]`)?.focus());
  };
  const keys = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
    if (event.target !== event.currentTarget) return;
    if (step !== undefined) {
      event.preventDefault();
      go(addDays(focused, step));
    } else if (event.key === 'n' && canMove) onNew(focused);
  };
  const weeks = Array.from({ length: days.length / 7 }, (_, index) => days.slice(index * 7, index * 7 + 7));
  return (
    <div className="overflow-x-auto">
      <table
        ref={table}
        className="w-full min-w-[42rem] table-fixed border-collapse"
        aria-label={view === 'week' ? 'the week' : 'the month'}
      >
        <thead>
          <tr>
            {(weeks[0] ?? []).map((one) => (
              <th key={one} scope="col" className="border-b border-line px-1.5 py-1 text-left text-sm font-medium text-quiet">
                {weekday.format(startOf(one))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]}>
              {week.map((one) => {
                const here = items.filter((item) => isOn(item, one)).sort(byWeight);
                const outside = view === 'month' && one.slice(0, 7) !== day.slice(0, 7);
                return (
                  <td
                    key={one}
                    data-day={one}
                    tabIndex={one === focused ? 0 : -1}
                    aria-label={`${whole.format(startOf(one))}, ${here.length === 0 ? 'nothing' : here.length === 1 ? 'one thing' : `${here.length} things`}`}
                    onKeyDown={keys}
                    onFocus={() => setAt(one)}
                    onDragOver={(event) => {
                      if (dragged.current !== null) event.preventDefault();
                    }}
                    onDrop={() => {
                      const what = dragged.current;
                      dragged.current = null;
                      const days = what === null ? 0 : daysBetween(what.from, one);
                      if (what !== null && days !== 0) onMove(what.item, days);
                    }}
                    className={`border border-line p-1 align-top ${view === 'week' ? 'h-96' : 'h-28'} ${outside ? 'bg-sunk' : 'bg-surface'}`}
                  >
                    <div className="flex items-center justify-between">
                      <span
                        className={`inline-flex min-w-6 justify-center rounded-full px-1 text-sm ${one === today ? 'bg-accent-ground font-semibold text-on-accent' : outside ? 'text-quiet' : ''}`}
                      >
                        {number.format(startOf(one))}
                        {one === today ? <span className="sr-only"> (today)</span> : null}
                      </span>
                    </div>
                    <ul className="mt-0.5 space-y-0.5">
                      {here.slice(0, most).map((item) => (
                        <li key={item.key}>
                          <Chip
                            item={item}
                            begins={dayOf(new Date(item.from)) === one}
                            onOpen={onOpen}
                            draggable={canMove && movable(item)}
                            onDragStart={() => {
                              dragged.current = { item, from: one };
                            }}
                          />
                        </li>
                      ))}
                      {here.length > most ? (
                        <li>
                          <button type="button" className="min-h-6 px-1 text-xs text-accent" onClick={() => onDay(one)}>
                            {here.length - most} more
                          </button>
                        </li>
                      ) : null}
                    </ul>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A freeze or window that is not over, and comes once: what comes again is changed in its form. */
export function movable(item: CalendarItem): boolean {
  return (item.kind === 'freeze' || item.kind === 'window') && item.state !== 'past' && item.rule === null;
}
