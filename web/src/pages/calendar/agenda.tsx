import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { CalendarItem } from '../../../../src/contract/calendar.ts';
import { Empty, Icon, Said, State, Tag, When } from '../../kit/index.ts';
import { dayOf, startOf, type Day } from './days.ts';
import { addressOf, KINDS } from './kinds.tsx';

const whole = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

/** Day after day, what begins on it; what began before stands on top. */
export function Agenda({
  days,
  items,
  onOpen,
}: {
  readonly days: readonly Day[];
  readonly items: readonly CalendarItem[];
  readonly onOpen: (item: CalendarItem) => void;
}): ReactNode {
  const first = days[0] ?? dayOf(new Date());
  const groups = new Map<Day, CalendarItem[]>();
  for (const item of items) {
    const day = dayOf(new Date(item.from));
    const key = day < first ? '' : day;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  if (items.length === 0)
    return (
      <Empty title="Nothing in this time" command="ym freeze preview --env prod --for 2d">
        Freezes, releases, deployments and the ends of waivers stand here. What a freeze would hold:
      </Empty>
    );
  return (
    <div className="divide-y divide-line">
      {[...groups.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([day, list]) => (
          <section key={day} className="grid gap-x-4 gap-y-1 p-3 md:grid-cols-[12rem_minmax(0,1fr)]">
            <h2 className="text-base">{day === '' ? 'Since before' : whole.format(startOf(day))}</h2>
            <ul className="min-w-0 space-y-2">
              {list.map((item) => (
                <Line key={item.key} item={item} onOpen={onOpen} />
              ))}
            </ul>
          </section>
        ))}
    </div>
  );
}

function Line({ item, onOpen }: { readonly item: CalendarItem; readonly onOpen: (item: CalendarItem) => void }): ReactNode {
  const { word, icon, ground } = KINDS[item.kind];
  const address = addressOf(item);
  return (
    <li className="flex min-w-0 items-start gap-2">
      <span className={`mt-0.5 inline-flex size-6 shrink-0 items-center justify-center rounded ${ground}`}>
        <Icon name={icon} size={13} />
      </span>
      <div className="min-w-0">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2">
          <span className="sr-only">{word}: </span>
          {address === null ? (
            <button
              type="button"
              className="min-h-6 min-w-0 text-left font-medium text-accent hover:underline"
              onClick={() => onOpen(item)}
            >
              <bdi>{item.title}</bdi>
            </button>
          ) : (
            <Link to={address} className="min-w-0 font-medium">
              <bdi>{item.title}</bdi>
            </Link>
          )}
          <State of={item.state} />
          {item.environment === null ? null : <Tag>{item.environment}</Tag>}
        </div>
        <p className="text-sm text-quiet">
          <Times item={item} />
        </p>
        <p className="text-sm">
          <Said text={item.detail} />
        </p>
      </div>
    </li>
  );
}

/** From when to when, here; and in the zone that the freeze was written in. */
export function Times({ item }: { readonly item: CalendarItem }): ReactNode {
  return (
    <>
      <When at={item.from} />
      {item.until === item.from ? null : item.until === null ? (
        ', with no known end'
      ) : (
        <>
          {' '}
          to <When at={item.until} />
        </>
      )}
      {item.zone === null ? null : (
        <>
          {' '}
          ({inZone(item.from, item.zone)} in {item.zone})
        </>
      )}
    </>
  );
}

function inZone(at: string, zone: string): string {
  try {
    return new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit', timeZone: zone }).format(
      new Date(at),
    );
  } catch {
    return at;
  }
}
