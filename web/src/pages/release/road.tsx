import { useEffect, useRef, type ReactNode } from 'react';
import { Icon, State, Verdict } from '../../kit/index.ts';
import { newest, type Place, type Release } from './types.ts';

/** The environments in the order of the road, each with its answer; the chosen one is shown in full below. */
export function Road({
  page,
  chosen,
  onChoose,
}: {
  readonly page: Release;
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}): ReactNode {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    // Within the row alone: the page stays where it is.
    const here = list.current?.querySelector<HTMLElement>('[aria-current]')?.parentElement;
    if (list.current !== null && here != null) list.current.scrollLeft = here.offsetLeft - list.current.offsetLeft;
  }, [chosen]);
  return (
    <nav aria-label="environments">
      <ol ref={list} className="flex gap-2 overflow-x-auto pb-1">
        {page.environments.map((place, index) => (
          <li key={place.environment} className="flex min-w-44 flex-1 items-stretch gap-2">
            {index === 0 ? null : <Icon name="right" size={12} className="self-center text-quiet" />}
            <button
              type="button"
              aria-current={place.environment === chosen ? 'true' : undefined}
              onClick={() => onChoose(place.environment)}
              className="panel min-w-0 flex-1 space-y-1 px-3 py-2 text-left hover:bg-hover aria-[current=true]:border-accent aria-[current=true]:bg-accent-soft"
            >
              <span className="flex items-center justify-between gap-2">
                <span className="clip font-semibold">{place.environment}</span>
                <Verdict of={place.verdict} />
              </span>
              <span className="flex flex-wrap items-center gap-1.5 text-sm text-quiet">
                <Standing page={page} place={place} />
              </span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Standing({ page, place }: { readonly page: Release; readonly place: Place }): ReactNode {
  const here = place.running?.release === page.release.id;
  const last = newest(page, place.environment);
  const moving = last !== undefined && last.finishedAt === null;
  return (
    <>
      {here ? <State of="runs here" /> : null}
      {here && place.verified.state !== 'open' ? <State of={place.verified.state} /> : null}
      {moving ? <State of={last.state} /> : null}
      {!here && !moving ? (
        <span className="clip">{place.running === null ? 'nothing runs here' : `${place.running.version} runs here`}</span>
      ) : null}
    </>
  );
}
