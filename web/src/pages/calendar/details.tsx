import { useState, type ReactNode } from 'react';
import type { CalendarItem } from '../../../../src/contract/calendar.ts';
import type { endFreeze, getFreeze } from '../../../../src/contract/freezes.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Dialog, Facts, Loaded, Person, Tag, When } from '../../kit/index.ts';
import type { Freeze } from './freeze-state.ts';

/** One freeze or window: what it says, what it said before, changing it, ending it. */
export function FreezeDetails({
  id,
  items,
  onChange,
  onClose,
}: {
  readonly id: string;
  readonly items: readonly CalendarItem[];
  readonly onChange: (freeze: Freeze) => void;
  readonly onClose: () => void;
}): ReactNode {
  const freeze = useAnswer<typeof getFreeze>('/v1/freezes/{freeze}', { params: { freeze: id } }, { live: ['freeze'] });
  const [ending, setEnding] = useState(false);
  const end = useAct<typeof endFreeze>('POST', '/v1/freezes/{freeze}/end');
  const may = useMay();
  const because = may('freeze.write') ? null : 'you hold no role that may change freezes';
  if (ending && freeze.data !== undefined)
    return (
      <Ask
        title={`End this ${freeze.data.kind === 'deny' ? 'freeze' : 'window'} now`}
        says={
          freeze.data.kind === 'deny'
            ? 'What waits for its end asks again at once, and may go on.'
            : 'The window closes for good: it binds nothing any more, now and later.'
        }
        does="End it"
        danger
        busy={end.busy}
        problem={end.problem}
        onClose={onClose}
        onDo={async (reason) => {
          const done = await end.act({ params: { freeze: id }, body: { reason, version: freeze.data.version } });
          if (done !== null) onClose();
        }}
      />
    );
  return (
    <Dialog title="In the calendar" onClose={onClose}>
      <Loaded of={freeze} lines={5}>
        {(one) => (
          <div className="space-y-3">
            <p className="flex flex-wrap items-center gap-2">
              <Tag tone={one.kind === 'deny' ? 'deny' : 'allow'} icon={one.kind === 'deny' ? 'stop' : 'allow'}>
                {one.kind === 'deny' ? 'freeze' : 'window'}
              </Tag>
              <span>{one.endedAt !== null ? 'ended' : one.activeNow ? 'it stands now' : 'it does not stand now'}</span>
            </p>
            <p className="font-medium">
              <bdi>{one.reason}</bdi>
            </p>
            <Facts of={factsOf(one)} />
            <Overrides items={items.filter((item) => item.object === id)} />
            {one.past.length === 0 ? null : (
              <section className="space-y-1">
                <h3 className="text-base">What it said before</h3>
                <ul className="space-y-1 text-sm">
                  {one.past.map((form) => (
                    <li key={form.version}>
                      Until <When at={form.until} />: <Schedule when={form.when} />. Changed because <bdi>{form.because}</bdi>
                    </li>
                  ))}
                </ul>
              </section>
            )}
            <div className="flex flex-wrap justify-end gap-2">
              <Button because={one.endedAt === null ? because : 'it is over'} onClick={() => onChange(one)}>
                Change
              </Button>
              <Button kind="danger" because={one.endedAt === null ? because : 'it is over'} onClick={() => setEnding(true)}>
                End it now
              </Button>
            </div>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function factsOf(one: Freeze): readonly (readonly [string, ReactNode])[] {
  const scope = Object.entries(one.scope).filter(([, value]) => value !== undefined);
  return [
    ['for', scope.length === 0 ? 'everything' : scope.map(([key, value]) => `${key} ${String(value)}`).join(', ')],
    ['when', <Schedule key="when" when={one.when} />],
    ['ticket', <bdi key="ticket">{one.ticket}</bdi>],
    ['passing', one.exempt.length === 0 ? 'only going back' : `${one.exempt.join(', ')}, and going back`],
    ['made', <When key="made" at={one.createdAt} />],
    ['by', <Person key="by" id={one.createdBy} name={one.createdByName} />],
    ...(one.nextEdge === null ? [] : [[one.activeNow ? 'ends' : 'begins', <When key="edge" at={one.nextEdge} />] as const]),
  ];
}

function Schedule({ when }: { readonly when: Freeze['when'] }): ReactNode {
  if (when.kind === 'recurring')
    return (
      <span>
        <code className="text-sm">{when.rule}</code>, first {when.start.replace('T', ' ')}, {when.minutes / 60} h each ({when.zone})
      </span>
    );
  return (
    <span>
      <When at={when.from} />{' '}
      {when.until === null ? (
        'with no known end'
      ) : (
        <>
          to <When at={when.until} />
        </>
      )}
    </span>
  );
}

function Overrides({ items }: { readonly items: readonly CalendarItem[] }): ReactNode {
  const all = [...new Map(items.flatMap((item) => item.overrides).map((one) => [one.waiver, one])).values()];
  if (all.length === 0) return null;
  return (
    <ul className="list-disc pl-5 text-sm">
      {all.map((one) => (
        <li key={one.waiver}>
          Suspended for <bdi>{one.service ?? 'its team'}</bdi>
          {one.environment === null ? '' : ` in ${one.environment}`} until <When at={one.until} /> by a waiver
        </li>
      ))}
    </ul>
  );
}
