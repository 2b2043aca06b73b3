import type { ReactNode } from 'react';
import type { CalendarItem, CalendarKind } from '../../../../src/contract/calendar.ts';
import { Icon, type IconName } from '../../kit/index.ts';

/** Each kind has a mark, a word and a ground; colour is never alone. */
export const KINDS: Readonly<Record<CalendarKind, { readonly word: string; readonly icon: IconName; readonly ground: string }>> = {
  freeze: { word: 'Freeze', icon: 'stop', ground: 'bg-deny-soft text-deny' },
  window: { word: 'Window', icon: 'allow', ground: 'bg-allow-soft text-allow' },
  release: { word: 'Release', icon: 'release', ground: 'bg-sunk text-ink' },
  deployment: { word: 'Deployment', icon: 'run', ground: 'bg-accent-soft text-accent' },
  rollback: { word: 'Going back', icon: 'wait', ground: 'bg-wait-soft text-wait' },
  waiver: { word: 'Waiver ends', icon: 'debts', ground: 'bg-unknown-soft text-unknown' },
  debt: { word: 'Debt due', icon: 'incident', ground: 'bg-wait-soft text-wait' },
};

const ORDER_OF: Readonly<Record<CalendarKind, number>> = {
  freeze: 0,
  window: 1,
  debt: 2,
  waiver: 3,
  rollback: 4,
  deployment: 5,
  release: 6,
};

/** What binds comes first, what merely happened last; within a kind by time. */
export function byWeight(a: CalendarItem, b: CalendarItem): number {
  return ORDER_OF[a.kind] - ORDER_OF[b.kind] || (a.from < b.from ? -1 : 1);
}

/** Where an item opens to: its own page, or its details here. */
export function addressOf(item: CalendarItem): string | null {
  if (item.kind === 'release') return `/releases/${item.object}`;
  if (item.kind === 'deployment' || item.kind === 'rollback') return `/evidence?node=${item.object}`;
  if (item.kind === 'waiver' || item.kind === 'debt') return `/debts?waiver=${item.object}`;
  return null;
}

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** One item in a square of a day. */
export function Chip({
  item,
  begins,
  onOpen,
  ...drag
}: {
  readonly item: CalendarItem;
  /** Whether it begins on this day: then its time is told. */
  readonly begins: boolean;
  readonly onOpen: (item: CalendarItem) => void;
  readonly draggable?: boolean;
  readonly onDragStart?: (event: React.DragEvent) => void;
}): ReactNode {
  const { word, icon, ground } = KINDS[item.kind];
  return (
    <button
      type="button"
      {...drag}
      onClick={() => onOpen(item)}
      title={`${word}: ${item.title}. ${item.detail}`}
      className={`flex min-h-6 w-full min-w-0 items-center gap-1 rounded px-1 text-left text-xs ${ground} ${item.state === 'past' ? 'opacity-75' : ''} hover:brightness-95`}
    >
      <Icon name={icon} size={11} />
      <span className="sr-only">{word}: </span>
      {begins ? <span className="shrink-0">{time.format(new Date(item.from))}</span> : <span aria-hidden="true">…</span>}
      <span className="clip">
        <bdi>{item.kind === 'freeze' || item.kind === 'window' ? item.detail : item.title.replace(/^(?:Waiver ends|Debt due): /, '')}</bdi>
      </span>
    </button>
  );
}
