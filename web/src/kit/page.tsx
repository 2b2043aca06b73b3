import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import type { ProblemJson } from '../../../src/kernel/problem.ts';
import type { Refusal } from '../api/client.ts';
import { Button } from './form.tsx';
import { Icon } from './icons.tsx';
import { Command } from './text.tsx';

export type Crumb = { readonly label: string; readonly to: string };

/** One screen: its heading, where it stands, what can be done here, and the rest. */
export function Page({
  title,
  crumbs = [],
  actions,
  mark,
  children,
}: {
  readonly title: string;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: ReactNode;
  /** Beside the heading: a state, a tier. */
  readonly mark?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} – Yardmaster`;
  }, [title]);
  return (
    <div className="mx-auto w-full max-w-[1600px] min-w-0 space-y-4 p-3 sm:p-5">
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          {crumbs.length === 0 ? null : (
            <nav aria-label="where this stands" className="flex flex-wrap items-center gap-1 text-sm text-quiet">
              {crumbs.map((crumb) => (
                <span key={crumb.to} className="flex min-w-0 items-center gap-1">
                  <Link to={crumb.to}>{crumb.label}</Link>
                  <Icon name="right" size={10} />
                </span>
              ))}
            </nav>
          )}
          <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="min-w-0 text-xl">
              <bdi>{title}</bdi>
            </h1>
            {mark}
          </div>
        </div>
        {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a screen with its own heading. */
export function Panel({
  title,
  actions,
  children,
  flush = false,
}: {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Without inner margins: for tables. */
  readonly flush?: boolean;
}): ReactNode {
  return (
    <section className="panel min-w-0">
      {title === undefined ? null : (
        <header className="flex min-h-10 flex-wrap items-center justify-between gap-2 border-b border-line px-3 py-1.5">
          <h2 className="min-w-0 text-base">{title}</h2>
          {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={flush ? 'flush min-w-0' : 'min-w-0 p-3'}>{children}</div>
    </section>
  );
}

/** What is shown where there is nothing: what it would be, and the exact next step. */
export function Empty({
  title,
  children,
  command,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly command?: string;
}): ReactNode {
  return (
    <div className="mx-auto max-w-xl space-y-2 px-3 py-8 text-center">
      <p className="font-medium">{title}</p>
      {children === undefined ? null : <div className="text-quiet">{children}</div>}
      {command === undefined ? null : (
        <div className="mx-auto inline-block max-w-full text-left">
          <Command text={command} />
        </div>
      )}
    </div>
  );
}

/** A problem in the server's words: the sentence, the remedy, the place. */
export function Problem({ of, again }: { readonly of: ProblemJson; readonly again?: () => void }): ReactNode {
  const errors = (of.data?.['errors'] ?? []) as readonly { readonly place?: string; readonly message?: string }[];
  return (
    <div role="alert" className="space-y-1 rounded-md [.flush>&]:m-3 border border-deny bg-deny-soft p-3">
      <p className="font-medium text-deny">{of.title}</p>
      <p>{of.remedy}</p>
      {Array.isArray(errors) && errors.length > 0 ? (
        <ul className="list-disc pl-5 text-sm">
          {errors.slice(0, 20).map((error, index) => (
            <li key={index}>
              <code>{error.place}</code>: {error.message}
            </li>
          ))}
        </ul>
      ) : null}
      <p className="text-xs text-quiet">
        {of.code}
        {of.place === undefined ? '' : ` at ${of.place}`}
        {of.requestId === undefined ? '' : `, request ${of.requestId}`}
      </p>
      {again === undefined ? null : <Button onClick={again}>Ask again</Button>}
    </div>
  );
}

/** What an answer shows: grey bars while it comes, the problem where it doesn't. An older answer stays while a new one comes. */
export function Loaded<Answer>({
  of,
  children,
  lines = 6,
}: {
  readonly of: UseQueryResult<Answer, Refusal>;
  readonly children: (answer: Answer) => ReactNode;
  readonly lines?: number;
}): ReactNode {
  if (of.data !== undefined) {
    return (
      <>
        {of.error === null ? null : <Problem of={of.error.problem} again={() => void of.refetch()} />}
        {children(of.data)}
      </>
    );
  }
  if (of.error !== null) return <Problem of={of.error.problem} again={() => void of.refetch()} />;
  return <Skeleton lines={lines} />;
}

export function Skeleton({ lines }: { readonly lines: number }): ReactNode {
  return (
    <div role="status" aria-label="loading" className="animate-pulse space-y-2.5 p-3">
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className="h-4 rounded bg-sunk" style={{ width: `${92 - ((index * 17) % 45)}%` }} />
      ))}
    </div>
  );
}

/** How far a long work is: known (0 to 1), or only that it goes on. */
export function Progress({ part, label }: { readonly part: number | null; readonly label: string }): ReactNode {
  return (
    <div className="space-y-1">
      <progress className="block h-2 w-full" aria-label={label} {...(part === null ? {} : { value: part, max: 1 })} />
      <p className="text-sm text-quiet">{label}</p>
    </div>
  );
}

/** Pairs of a name and what it is. */
export function Facts({ of }: { readonly of: readonly (readonly [name: string, value: ReactNode])[] }): ReactNode {
  return (
    <dl className="grid grid-cols-[fit-content(45%)_minmax(0,1fr)] gap-x-4 gap-y-1">
      {of.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="min-w-24 text-quiet max-sm:min-w-20">{name}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
