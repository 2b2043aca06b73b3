import { useEffect, type ReactNode } from 'react';
import type { inbox } from '../../../../src/contract/inbox.ts';
import { useAnswer } from '../../api/query.ts';
import { INBOX_LIVE } from '../../app/inbox-badge.tsx';
import { Ago, Button, Empty, Icon, Loaded, Page, useKeys, useUrl } from '../../kit/index.ts';
import { Detail } from './detail.tsx';
import { Kind, type Item } from './kind.tsx';

/** What waits for me, what blocks others first; decided here, with the keyboard or the thumb. */
export default function Screen(): ReactNode {
  const asked = useAnswer<typeof inbox>('/v1/inbox', {}, { live: INBOX_LIVE });
  return (
    <Page title="Inbox">
      <Loaded of={asked} lines={8}>
        {(answer) =>
          answer.items.length === 0 ? (
            <div className="panel">
              <Empty title="Nothing waits for you" command="ym inbox">
                Approvals that you can give, deployments that need a person, reviews and waivers that fall due come here by themselves.
              </Empty>
            </div>
          ) : (
            <Both items={answer.items} more={answer.more} />
          )
        }
      </Loaded>
    </Page>
  );
}

/** The list beside what is open of it; on a phone one or the other. */
function Both({ items, more }: { readonly items: readonly Item[]; readonly more: boolean }): ReactNode {
  const [chosen, choose] = useUrl('item');
  const at = items.findIndex((item) => item.id === chosen);
  const open = items[at];
  const wide = typeof matchMedia === 'function' && matchMedia('(min-width: 1024px)').matches;
  const shown = open ?? (wide ? items[0] : undefined);
  const move = (step: number): void => {
    const next = items[Math.max(0, Math.min(items.length - 1, (at === -1 ? (wide ? 0 : -1) : at) + step))];
    if (next === undefined) return;
    choose(next.id);
    // The button of the item has the focus then: Enter is its own, and stays every other button's too.
    document.getElementById(`item-${next.id}`)?.querySelector('button')?.focus();
  };
  useKeys({
    j: { label: 'next', run: () => move(1) },
    k: { label: 'the one before', run: () => move(-1) },
    Escape: { label: 'back to the list', run: () => choose('') },
  });
  useEffect(() => {
    document.getElementById(`item-${shown?.id ?? ''}`)?.scrollIntoView({ block: 'nearest' });
  }, [shown?.id]);
  return (
    <div className="grid min-w-0 items-start gap-4 lg:grid-cols-[minmax(18rem,26rem)_minmax(0,1fr)]">
      <div className={`panel min-w-0 ${open === undefined ? '' : 'max-lg:hidden'}`}>
        <ul aria-label="what waits for you" className="divide-y divide-line">
          {items.map((item) => (
            <li key={item.id} id={`item-${item.id}`}>
              <Line item={item} here={item.id === shown?.id} onOpen={() => choose(item.id)} />
            </li>
          ))}
        </ul>
        {more ? <p className="border-t border-line p-3 text-quiet">There is more: it comes up as soon as some of these are done.</p> : null}
      </div>
      {shown === undefined ? null : (
        <div className={`min-w-0 ${open === undefined ? 'max-lg:hidden' : ''}`}>
          <div className="mb-2 lg:hidden">
            <Button kind="quiet" large onClick={() => choose('')}>
              ← All {items.length}
            </Button>
          </div>
          <Detail item={shown} key={shown.id} onDone={() => choose('')} />
        </div>
      )}
    </div>
  );
}

function Line({ item, here, onOpen }: { readonly item: Item; readonly here: boolean; readonly onOpen: () => void }): ReactNode {
  return (
    <button
      type="button"
      aria-current={here ? 'true' : undefined}
      onClick={onOpen}
      className="flex min-h-14 w-full min-w-0 items-start gap-2 px-3 py-2 text-left hover:bg-hover lg:aria-[current=true]:bg-accent-soft"
    >
      <span className="min-w-0 flex-1 space-y-0.5">
        <span className="flex items-center justify-between gap-2">
          <Kind of={item.kind} />
          <span className="text-sm text-quiet">
            {item.due === null ? (
              <Ago at={item.since} />
            ) : (
              <>
                due <Ago at={item.due} />
              </>
            )}
          </span>
        </span>
        <span className="block font-medium">
          <bdi>{item.title}</bdi>
        </span>
        <span className="line-clamp-2 text-sm text-quiet">{item.why}</span>
      </span>
      <Icon name="right" size={12} className="mt-1 text-quiet lg:hidden" />
    </button>
  );
}
