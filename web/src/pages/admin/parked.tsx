import { useState, type ReactNode } from 'react';
import type { dropParked, listParked, retryAllParked, retryParked } from '../../../../src/contract/admin.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Empty, Facts, Loaded, Panel, Problem, Tag } from '../../kit/index.ts';

type Work = AnswerOf<typeof listParked>['items'][number];

/** Work that failed for the last time. Everything else goes on meanwhile. */
export function Parked(): ReactNode {
  const parked = useAnswer<typeof listParked>('/v1/admin/parked', { query: {} }, { live: ['work'] });
  const all = useAct<typeof retryAllParked>('POST', '/v1/admin/parked/retry-all');
  const because = useMay()('admin.operate') ? null : 'it needs the role admin';
  return (
    <Loaded of={parked}>
      {({ items, parked: stuck, failing }) => (
        <Panel
          title={`Parked work: ${stuck} waiting for a person, ${failing} failing and tried again`}
          actions={
            <Button
              because={because ?? (stuck === 0 ? 'nothing is parked' : null)}
              busy={all.busy}
              onClick={() => void all.act({ body: {} })}
            >
              Try all parked again
            </Button>
          }
        >
          {all.problem === null ? null : <Problem of={all.problem} />}
          {items.length === 0 ? (
            <Empty title="Nothing is parked: all work goes on by itself." command="ym parked list">
              Work that fails is tried again twelve times, later and later. What fails for the last time waits here for a person.
            </Empty>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((work) => (
                <Piece key={work.id} work={work} because={because} />
              ))}
            </ul>
          )}
        </Panel>
      )}
    </Loaded>
  );
}

function Piece({ work, because }: { readonly work: Work; readonly because: string | null }): ReactNode {
  const [dropping, setDropping] = useState(false);
  const retry = useAct<typeof retryParked>('POST', '/v1/admin/parked/{work}/retry');
  const drop = useAct<typeof dropParked>('POST', '/v1/admin/parked/{work}/drop');
  const params = { work: work.id };
  const [first = '', ...rest] = work.error.split('\n');
  return (
    <li className="space-y-2 py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-2">
        {work.state === 'parked' ? (
          <Tag tone="deny" icon="deny">
            parked
          </Tag>
        ) : (
          <Tag tone="wait" icon="wait">
            failing
          </Tag>
        )}
        <h3 className="min-w-0 text-base">{work.task}</h3>
        <span className="text-quiet">
          {work.attempts} of {work.maxAttempts} tries; last <Ago at={work.lastAt} />
          {work.nextAt === null ? '' : '; next '}
          {work.nextAt === null ? null : <Ago at={work.nextAt} />}
        </span>
        <span className="flex-1" />
        <Button because={because} busy={retry.busy} onClick={() => void retry.act({ params, body: {} })}>
          Try again now
        </Button>
        <Button kind="danger" because={because} onClick={() => setDropping(true)}>
          Drop
        </Button>
      </div>
      <Facts
        of={[
          [
            'It failed with',
            <code key="e" className="text-sm">
              {first}
            </code>,
          ],
          ...(work.fact === null
            ? []
            : ([
                [
                  'After',
                  <a key="f" href={`/evidence?subject=${work.fact.subject}`}>
                    {work.fact.type}
                  </a>,
                ],
              ] as const)),
          ...(work.about.length === 0
            ? []
            : ([
                [
                  'About',
                  <span key="a" className="font-mono text-sm">
                    {work.about.join(' ')}
                  </span>,
                ],
              ] as const)),
        ]}
      />
      {rest.length === 0 ? null : (
        <details>
          <summary className="min-h-6 text-sm text-quiet">where it failed</summary>
          <pre className="max-h-48 overflow-auto rounded bg-sunk p-2 text-xs">{rest.join('\n')}</pre>
        </details>
      )}
      {retry.problem === null ? null : <Problem of={retry.problem} />}
      {dropping ? (
        <Ask
          title={`Drop ${work.task}`}
          says="It is given up for good: what it would have done does not happen. Rows stay as they are, and where they still need it the program may ask for it again by itself."
          does="Drop it"
          danger
          busy={drop.busy}
          problem={drop.problem}
          onDo={(reason) => void drop.act({ params, body: { reason } }).then((answer) => answer !== null && setDropping(false))}
          onClose={() => setDropping(false)}
        />
      ) : null}
    </li>
  );
}
