import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { DebtView, listDebts } from '../../../../src/contract/debts.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Ago, Dialog, Facts, Person, Said, State, Tag, When } from '../../kit/index.ts';
import { Acts, type Act } from './acts.tsx';

type Answer = AnswerOf<typeof listDebts>;

/** A price in its currency. */
export function money({ minor, currency }: { readonly minor: number; readonly currency: string }): string {
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(minor / 100);
  } catch {
    return `${(minor / 100).toFixed(2)} ${currency}`;
  }
}

/** All that is open in a line of figures. */
export function Summary({ of }: { readonly of: Answer['summary'] }): ReactNode {
  const figures: readonly (readonly [string, string, boolean])[] = [
    ['open', of.open.toLocaleString(), false],
    ['wait for a decision', of.requested.toLocaleString(), of.requested > 0],
    ['end within 7 days', of.endingSoon.toLocaleString(), of.endingSoon > 0],
    ['overdue', of.overdue.toLocaleString(), of.overdue > 0],
    ['price of what holds', of.prices.length === 0 ? 'none named' : of.prices.map(money).join(' + '), false],
  ];
  return (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-2">
      {figures.map(([name, value, loud]) => (
        <div key={name} className="panel flex flex-col-reverse justify-end p-3">
          <dt className="text-sm text-quiet">{name}</dt>
          <dd className={`text-lg font-semibold ${loud && name === 'overdue' ? 'text-deny' : loud ? 'text-wait' : ''}`}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How near each team is to its cap, and what it owes. */
export function Teams({ of }: { readonly of: Answer['teams'] }): ReactNode {
  return (
    <ul className="grid gap-x-8 gap-y-3 sm:grid-cols-2 lg:grid-cols-3">
      {of.map((team) => (
        <li key={team.team} className="min-w-0 space-y-1">
          <div className="flex min-w-0 items-center justify-between gap-2">
            <bdi className="clip font-medium" title={team.team}>
              {team.team}
            </bdi>
            <span className="shrink-0 text-sm text-quiet">
              {team.open} of {team.cap}
            </span>
          </div>
          <meter
            className="h-2 w-full"
            min={0}
            max={team.cap}
            low={team.cap * 0.75}
            high={team.cap - 0.5}
            optimum={0}
            value={team.open}
            aria-label={`${team.team}: ${team.open} of ${team.cap} exceptions`}
          />
          {team.unpaid === 0 ? null : (
            <Tag tone={team.overdue > 0 ? 'deny' : 'wait'} icon="incident">
              {team.unpaid} unpaid: the next standard release is blocked
            </Tag>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The state of an exception, and how near its end is. */
export function Standing({ of }: { readonly of: DebtView }): ReactNode {
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <State of={of.overdue ? 'overdue' : of.kind === 'debt' && of.state === 'approved' ? 'owed' : of.state} />
      {of.extendedBy === null ? null : <Tag tone="wait">more time asked for</Tag>}
    </span>
  );
}

/** One exception in full, with what can be done about it. */
export function Details({
  of,
  onAct,
  onClose,
}: {
  readonly of: DebtView;
  readonly onAct: (act: Act) => void;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog title={of.title} onClose={onClose}>
      <div className="space-y-3">
        <p className="flex flex-wrap items-center gap-2">
          <Standing of={of} />
          {of.active ? <span>It suspends its rule now.</span> : null}
        </p>
        <p className="font-medium wrap-anywhere">
          <bdi>{of.subject}</bdi>
        </p>
        <Facts
          of={[
            ['for', [of.service ?? `team ${of.team}`, of.environment].filter((part) => part !== null).join(' in ')],
            ['reason', <bdi key="reason">{of.reason}</bdi>],
            ['ticket', <bdi key="ticket">{of.ticket}</bdi>],
            ['owner', <Person key="owner" id={of.owner.id} name={of.owner.name} />],
            [
              'asked by',
              <span key="asked">
                <Person id={of.requestedBy.id} name={of.requestedBy.name} />, <When at={of.createdAt} />
              </span>,
            ],
            ['approver', of.approver === null ? 'nobody' : <Person key="approver" id={of.approver.id} name={of.approver.name} />],
            ...(of.decided === null || of.decided.reason === null
              ? []
              : [['because', <bdi key="because">{of.decided.reason}</bdi>] as const]),
            [
              of.kind === 'debt' ? 'due' : 'ends',
              <span key="ends">
                <When at={of.endsAt} /> (<Ago at={of.endsAt} />)
              </span>,
            ],
            ['price', of.price === null ? 'none named' : money(of.price)],
            ...(of.release === null
              ? []
              : [
                  [
                    'release',
                    <Link key="release" to={`/releases/${of.release}`}>
                      open it
                    </Link>,
                  ] as const,
                ]),
            ...(of.extends === null
              ? []
              : [
                  [
                    'goes on from',
                    <Link key="from" to={`/debts?waiver=${of.extends}`}>
                      the one before
                    </Link>,
                  ] as const,
                ]),
          ]}
        />
        <p>
          <Said text={of.then} />
        </p>
        <Acts of={of} onAct={onAct} />
        <Refusals of={of} />
      </div>
    </Dialog>
  );
}

/** Why an act is not offered, in plain sight: a tooltip is not read on a phone. */
function Refusals({ of }: { readonly of: DebtView }): ReactNode {
  const shown = of.kind === 'debt' ? [of.acts.pay] : of.state === 'requested' ? [of.acts.approve] : of.active ? [of.acts.extend] : [];
  const words = [...new Set(shown.filter((one) => one !== null))];
  return words.length === 0 ? null : (
    <p className="text-sm text-quiet">
      <Said text={words.join(' ')} />
    </p>
  );
}
