import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { endFreeze } from '../../../../src/contract/freezes.ts';
import { useAct } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Icon, When } from '../../kit/index.ts';
import { scopeWords, type Freeze } from './types.ts';

/** What stands still now, why, and until when; with the way to end it. */
export function Freezes({ of }: { readonly of: readonly Freeze[] }): ReactNode {
  const [ending, setEnding] = useState<Freeze | null>(null);
  const may = useMay();
  const because = may('freeze.write') ? null : 'it needs the role release-manager';
  return (
    <>
      {of.map((freeze) => (
        <section
          key={freeze.id}
          aria-label={freeze.until === null ? 'the line is stopped' : 'a freeze'}
          className={`flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border px-3 py-2 ${freeze.until === null ? 'border-deny bg-deny-soft' : 'border-wait bg-wait-soft'}`}
        >
          <Icon name={freeze.until === null ? 'stop' : 'calendar'} className={freeze.until === null ? 'text-deny' : 'text-wait'} />
          <p className="min-w-0 flex-1">
            <span className="font-semibold">
              {freeze.until === null ? 'The line is stopped' : 'Frozen'} for {scopeWords(freeze.scope)}
            </span>
            : <bdi>{freeze.reason}</bdi>{' '}
            <span className="text-sm">
              (<bdi>{freeze.by}</bdi>, <Ago at={freeze.since} />
              {freeze.until === null ? ', until somebody starts it again' : ', until '}
              {freeze.until === null ? null : <When at={freeze.until} />}, ticket <bdi>{freeze.ticket}</bdi>){' '}
              <Link to="/calendar" search={{ freeze: freeze.id } as never}>
                calendar
              </Link>
            </span>
          </p>
          <Button because={because} onClick={() => setEnding(freeze)}>
            {freeze.until === null ? 'Start it again' : 'End it'}
          </Button>
        </section>
      ))}
      {ending === null ? null : <EndAsk freeze={ending} onClose={() => setEnding(null)} />}
    </>
  );
}

function EndAsk({ freeze, onClose }: { readonly freeze: Freeze; readonly onClose: () => void }): ReactNode {
  const end = useAct<typeof endFreeze>('POST', '/v1/freezes/{freeze}/end');
  const [version] = useState(freeze.version);
  return (
    <Ask
      title={freeze.until === null ? 'Start the line again' : 'End the freeze'}
      says={`What waits for it in ${scopeWords(freeze.scope)} asks again at once, and begins where nothing else holds it.`}
      does={freeze.until === null ? 'Start it again' : 'End it'}
      busy={end.busy}
      problem={end.problem}
      onClose={onClose}
      onDo={(reason) =>
        void end.act({ params: { freeze: freeze.id }, body: { reason, version } }).then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}
