import type { ReactNode } from 'react';
import type { MergeRequestView } from '../../../src/contract/merge-requests.ts';
import { Tag } from './marks.tsx';
import { OutsideLink, Person } from './text.tsx';

type Who = MergeRequestView['people'][number];

/** Merge requests with everybody who had a hand in them, as their forge last said it. An approval there is none of ours. */
export function MergeRequests({ of: items }: { readonly of: readonly MergeRequestView[] }): ReactNode {
  return (
    <ul className="divide-y divide-line">
      {items.map((one) => (
        <li key={one.id} className="min-w-0 space-y-1 p-3">
          <div className="flex min-w-0 flex-wrap items-baseline gap-x-2">
            <span className="min-w-0 font-medium break-words">
              {one.link === null ? `!${one.number}` : <OutsideLink href={one.link}>!{one.number}</OutsideLink>} <bdi>{one.title}</bdi>
            </span>
            <Tag tone={one.state === 'open' ? 'wait' : 'plain'}>{one.draft ? 'draft' : one.state}</Tag>
            {one.fork === false ? null : <Tag title="Its head lies in another repository: its runs are untrusted">fork</Tag>}
          </div>
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm">
            <Role label="Opened by" of={one.people.filter(({ role }) => role === 'opened')} />
            <Role label="Written by" of={one.people.filter(({ role }) => role === 'wrote')} more={!one.complete} />
            <Role label="Reviewed by" of={one.people.filter(({ role }) => role === 'reviewed')} empty="nobody, as the forge says" />
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Role({
  label,
  of: people,
  empty,
  more = false,
}: {
  readonly label: string;
  readonly of: readonly Who[];
  readonly empty?: string;
  readonly more?: boolean;
}): ReactNode {
  if (people.length === 0 && empty === undefined) return null;
  return (
    <>
      <dt className="text-quiet">{label}</dt>
      <dd className="flex min-w-0 flex-wrap gap-x-3 gap-y-1">
        {people.length === 0 ? <span className="text-quiet">{empty}</span> : null}
        {people.slice(0, 20).map((who, at) => (
          <span key={`${who.login ?? who.name ?? ''} ${at}`} className="inline-flex min-w-0 flex-wrap items-baseline gap-1 break-words">
            {who.person === null ? (
              <span title="Nobody here has this address or login">
                <bdi>{who.name ?? who.login ?? 'somebody'}</bdi>
                {who.bot ? ' (a program)' : ''}
              </span>
            ) : (
              <Person id={who.person.id} name={who.person.name} />
            )}
            {who.review === null ? null : (
              <Tag tone={who.review === 'approved' ? 'allow' : who.review === 'changes-requested' ? 'deny' : 'plain'}>
                {who.review === 'changes-requested' ? 'asks for changes' : who.review}
              </Tag>
            )}
            {who.current === false ? <span className="text-quiet">an older head</span> : null}
          </span>
        ))}
        {people.length > 20 ? <span className="text-quiet">and {people.length - 20} more</span> : null}
        {more ? <span className="text-quiet">and more than were read</span> : null}
      </dd>
    </>
  );
}
