import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { Collisions as Answer, previewFreeze } from '../../../../src/contract/freezes.ts';
import { call, type Refusal } from '../../api/client.ts';
import { Problem, Skeleton, State, Tag, When } from '../../kit/index.ts';
import { previewBody, type Draft } from './freeze-state.ts';

/** What the freeze in the form would hold, asked again when typing rests. Nothing is saved by asking. */
export function Collisions({ draft, freeze }: { readonly draft: Draft; readonly freeze: string | null }): ReactNode {
  const body = previewBody(draft, freeze);
  const [asked, setAsked] = useState(body);
  const key = JSON.stringify(body);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(body), 350);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the text is what counts
  }, [key]);
  const preview = useQuery<Answer, Refusal>({
    queryKey: ['preview of a freeze', JSON.stringify(asked)],
    queryFn: ({ signal }) => call<typeof previewFreeze>('POST', '/v1/freezes/preview', { body: asked ?? undefined }, { signal }),
    enabled: asked !== null,
    staleTime: 5000,
    placeholderData: (before) => before,
  });
  if (asked === null) return <p className="text-sm text-quiet">Say when it begins, and what it would hold stands here.</p>;
  if (preview.error !== null) return <Problem of={preview.error.problem} />;
  if (preview.data === undefined) return <Skeleton lines={3} />;
  return <Held of={preview.data} />;
}

function Held({ of }: { readonly of: Answer }): ReactNode {
  return (
    <div role="status" className="space-y-2 rounded-md border border-line bg-sunk p-3 text-sm">
      <h3 className="text-base">What it would hold</h3>
      {of.words.map((words) => (
        <p key={words}>{words}</p>
      ))}
      {of.releases.length === 0 ? null : (
        <ul className="max-h-48 space-y-1 overflow-y-auto">
          {of.releases.map((one) => (
            <li key={`${one.release} ${one.environment}`} className="flex min-w-0 flex-wrap items-center gap-x-2">
              <State of={one.state} />
              <Link to={`/releases/${one.release}`} className="min-w-0">
                <bdi>
                  {one.service} {one.version}
                </bdi>
              </Link>
              <Tag>{one.environment}</Tag>
              {one.until === null ? (
                <span className="text-quiet">with no known end</span>
              ) : (
                <span className="text-quiet">
                  until <When at={one.until} />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {of.overlaps.length === 0 ? null : (
        <ul className="list-disc pl-5">
          {of.overlaps.slice(0, 10).map((one) => (
            <li key={one.freeze}>
              Meets the {one.kind === 'deny' ? 'freeze' : 'window'} <bdi>{one.reason}</bdi> from <When at={one.from} />
            </li>
          ))}
        </ul>
      )}
      {of.windows.length < 2 ? null : (
        <p className="text-quiet">
          Next:{' '}
          {of.windows.slice(0, 4).map((one, index) => (
            <span key={one.from}>
              {index === 0 ? '' : ', '}
              <When at={one.from} />
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
