import { useState, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { Button, Digest, Empty, OutsideLink, Panel, Person, Tag, When } from '../../kit/index.ts';
import type { Release } from './types.ts';

const FIRST = 12;

/** What changed since the release before: commits with their authors, and the tickets that they name. */
export function Changes({ page }: { readonly page: Release }): ReactNode {
  const [all, setAll] = useState(false);
  const { changes, release } = page;
  const shown = all ? changes.commits : changes.commits.slice(0, FIRST);
  return (
    <Panel
      title={
        <>
          Changes{' '}
          {changes.since === null ? (
            <span className="font-normal text-quiet">the first release</span>
          ) : (
            <span className="font-normal text-quiet">
              since <Link to={`/releases/${changes.since.release}`}>{changes.since.version}</Link>
            </span>
          )}
        </>
      }
      actions={
        <span className="text-sm text-quiet">
          {changes.total} {changes.total === 1 ? 'commit' : 'commits'} · <Link to={`/runs/${release.run}`}>the run that built it</Link>
        </span>
      }
    >
      {changes.complete ? null : (
        <p className="mb-2 text-wait">
          Not all commits are known here: there may be more authors than these. The repository is read again at the next push.
        </p>
      )}
      {changes.tickets.length === 0 ? null : (
        <p className="mb-2 flex flex-wrap gap-1">
          {changes.tickets.map((key) => (
            <Tag key={key}>{key}</Tag>
          ))}
        </p>
      )}
      {shown.length === 0 ? (
        <Empty title="No commit is new since the release before" />
      ) : (
        <ol className="divide-y divide-line">
          {shown.map((commit) => (
            <li key={commit.id} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 py-1.5 sm:flex-nowrap">
              <span className="min-w-0 flex-1">
                <bdi>{commit.subject ?? 'its subject was erased'}</bdi>
              </span>
              <span className="flex min-w-0 flex-wrap items-baseline gap-x-3 text-sm text-quiet sm:shrink-0 sm:flex-nowrap">
                {commit.author === null ? (
                  <span title="This address belongs to nobody that is known here">unknown author</span>
                ) : (
                  <Person {...commit.author} />
                )}
                <When at={commit.at} />
                {commit.url === null ? (
                  <Digest of={commit.id} />
                ) : (
                  <OutsideLink href={commit.url}>
                    <code>{commit.id.slice(0, 10)}</code>
                  </OutsideLink>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
      {changes.commits.length > FIRST && !all ? <Button onClick={() => setAll(true)}>Show all {changes.commits.length}</Button> : null}
    </Panel>
  );
}
