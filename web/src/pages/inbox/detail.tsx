import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Ago, Digest, Facts, Person, Said, When } from '../../kit/index.ts';
import { Choices } from './choices.tsx';
import { Decide } from './decide.tsx';
import { Kind, type Item } from './kind.tsx';

/** One thing that waits: what it is about, why it is here, what happens otherwise, and what can be done. */
export function Detail({ item, onDone }: { readonly item: Item; readonly onDone: () => void }): ReactNode {
  return (
    <article className="panel min-w-0 space-y-3 p-3 sm:p-4" aria-labelledby="item-title">
      <header className="space-y-1">
        <p className="flex flex-wrap items-center gap-2 text-sm text-quiet">
          <Kind of={item.kind} />
          <span>
            waits since <Ago at={item.since} />
          </span>
          {item.due === null ? null : (
            <span>
              due <When at={item.due} />
            </span>
          )}
        </p>
        <h2 id="item-title" className="text-lg">
          <bdi>{item.title}</bdi>
        </h2>
        <p>
          <Said text={item.why} />
        </p>
        <p className="text-quiet">
          If nobody does anything: <Said text={item.otherwise} />
        </p>
      </header>
      <About item={item} />
      {item.act.kind === 'vote' || item.act.kind === 'waiver' ? (
        <Decide item={item} onDone={onDone} />
      ) : (
        <Choices item={item} onDone={onDone} />
      )}
    </article>
  );
}

/** The intent, in facts: what exactly a yes would be a yes to. */
function About({ item }: { readonly item: Item }): ReactNode {
  const { release, act } = item;
  const facts: (readonly [string, ReactNode])[] = [];
  if (release !== null) {
    facts.push([
      'release',
      <span key="release" className="flex flex-wrap items-center gap-2">
        <Link to={`/releases/${release.id}${item.environment === null ? '' : `?environment=${item.environment}`}`}>
          {item.service} {release.version}
        </Link>
        {release.type === 'standard' ? null : <span className="text-wait">{release.type}</span>}
      </span>,
    ]);
    facts.push(['to', item.environment ?? 'everywhere']);
    facts.push([
      'bytes',
      <span key="bytes" className="flex flex-wrap gap-2">
        {release.digests.map((digest) => (
          <Digest key={digest} of={digest} />
        ))}
      </span>,
    ]);
    facts.push(['asked for by', release.requester === null ? 'a machine' : <Person key="who" {...release.requester} />]);
    facts.push([
      'data',
      release.schemaChange === 'none' ? (
        'shape unchanged'
      ) : (
        <span className="font-medium text-deny">{release.schemaChange} change of its shape</span>
      ),
    ]);
  }
  if (act.kind === 'vote') {
    facts.push(['intent', <Digest key="intent" of={act.intent} />]);
    facts.push([
      'changes',
      act.commits === null
        ? 'not all of its commits are known here'
        : act.commits === 0
          ? 'no new commit since the release before'
          : `${act.commits} ${act.commits === 1 ? 'commit' : 'commits'} by ${act.authors} ${act.authors === 1 ? 'person' : 'persons'}`,
    ]);
    if (act.also.length > 0)
      facts.push([
        'also missing',
        <span key="also">
          {act.also.map((one, index) => (
            <span key={index} className="block">
              <Said text={one} />
            </span>
          ))}
        </span>,
      ]);
  }
  if (act.kind === 'waiver') {
    facts.push(['owner', <Person key="owner" {...act.owner} />]);
    facts.push(['ticket', <bdi key="ticket">{act.ticket}</bdi>]);
  }
  if (act.kind === 'break-glass') {
    facts.push(['asked by', act.asked.map((one) => one.name).join(', ')]);
    facts.push(['reason', <bdi key="reason">{act.reason}</bdi>]);
    facts.push(['ticket', <bdi key="ticket">{act.ticket}</bdi>]);
  }
  return facts.length === 0 ? null : <Facts of={facts} />;
}
