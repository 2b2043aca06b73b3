import type { ReactNode } from 'react';
import type { listDeliveries, sendAgain } from '../../../../src/contract/notify.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Ago, Button, Empty, Loaded, Panel, Problem, Select, Table, Tag, useUrl } from '../../kit/index.ts';

type State = AnswerOf<typeof listDeliveries>['items'][number]['state'];

const STATES: readonly (readonly [State, string, 'allow' | 'deny' | 'wait' | undefined])[] = [
  ['queued', 'waits', 'wait'],
  ['digest', 'waits for the daily mail', 'wait'],
  ['sent', 'sent', 'allow'],
  ['told', 'in a daily mail', 'allow'],
  ['dropped', 'not true any more', undefined],
  ['parked', 'given up', 'deny'],
];

/** What was sent, waits, or was given up. */
export function Deliveries(): ReactNode {
  const [state, choose] = useUrl('state');
  const list = useAnswer<typeof listDeliveries>(
    '/v1/notify/deliveries',
    { query: state === '' ? {} : { state: state as State } },
    { live: ['mail', 'chat'], every: 15_000, keep: true },
  );
  const again = useAct<typeof sendAgain>('POST', '/v1/notify/deliveries/{notice}/again');
  return (
    <Panel title="What was sent" flush>
      <div className="max-w-60 p-3">
        <Select
          label="Which"
          value={state}
          onChange={choose}
          options={[['', 'all'], ...STATES.map(([key, label]) => [key, label] as const)]}
        />
      </div>
      {again.problem === null ? null : <Problem of={again.problem} />}
      <Loaded of={list}>
        {({ items }) => (
          <Table
            caption="Messages, newest first"
            rows={items}
            rowKey={(one) => one.id}
            empty={<Empty title="No such messages." command="ym notify deliveries" />}
            columns={[
              { key: 'at', label: 'When', cell: (one) => <Ago at={one.at} /> },
              {
                key: 'state',
                label: 'State',
                cell: (one) => {
                  const [, label, tone] = STATES.find(([key]) => key === one.state) ?? ['', one.state, undefined];
                  return <Tag {...(tone === undefined ? {} : { tone })}>{label}</Tag>;
                },
              },
              { key: 'to', label: 'To', cell: (one) => <bdi>{one.receiver.name}</bdi> },
              { key: 'subject', label: 'What', cell: (one) => <bdi>{one.subject}</bdi> },
              { key: 'outcome', label: 'What became of it', wide: true, cell: (one) => <bdi className="text-sm">{one.outcome ?? ''}</bdi> },
              {
                key: 'again',
                label: 'Act',
                right: true,
                cell: (one) =>
                  one.state === 'parked' || one.state === 'sent' ? (
                    <Button
                      kind="quiet"
                      busy={again.busy}
                      aria-label={`send again: ${one.subject}`}
                      onClick={() => void again.act({ params: { notice: one.id }, body: {} })}
                    >
                      Send again
                    </Button>
                  ) : null,
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
