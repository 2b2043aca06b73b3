import type { ReactNode } from 'react';
import type { listDeliveries, replayDelivery } from '../../../../src/contract/hooks.ts';
import type { listSubscriptions, listTellings, replayTelling } from '../../../../src/contract/subscriptions.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Button, Empty, Loaded, Panel, Problem, Select, Table, Tag, useUrl } from '../../kit/index.ts';

type In = AnswerOf<typeof listDeliveries>['items'][number]['state'];
type Out = AnswerOf<typeof listTellings>['items'][number]['state'];
type Tone = 'allow' | 'wait' | 'deny';

const INS: Readonly<Record<In, readonly [label: string, tone: Tone]>> = {
  taken: ['waits', 'wait'],
  failed: ['tried again', 'wait'],
  parked: ['parked', 'deny'],
  done: ['done', 'allow'],
};
const OUTS: Readonly<Record<Out, readonly [label: string, tone: Tone]>> = {
  waiting: ['waits', 'wait'],
  delivered: ['delivered', 'allow'],
  parked: ['given up', 'deny'],
};

/** What webhooks brought and what was told elsewhere, each with what became of it. */
export function HookLog(): ReactNode {
  return (
    <div className="space-y-4">
      <CameIn />
      <WentOut />
      <Subscriptions />
    </div>
  );
}

function CameIn(): ReactNode {
  const [state, choose] = useUrl('in');
  const query = state in INS ? { state: state as In } : {};
  const list = useAnswer<typeof listDeliveries>('/v1/deliveries', { query }, { live: ['hook'], every: 10_000, keep: true });
  const replay = useAct<typeof replayDelivery>('POST', '/v1/deliveries/{delivery}/replay');
  const because = useMay()('connection.write') ? null : 'it needs the role admin';
  return (
    <Panel title="What came in" flush>
      <div className="max-w-60 p-3">
        <Select
          label="Which"
          value={state}
          onChange={choose}
          options={[['', 'all'], ...Object.entries(INS).map(([key, [label]]) => [key, label] as const)]}
        />
      </div>
      {replay.problem === null ? null : <Problem of={replay.problem} />}
      <Loaded of={list}>
        {({ items }) => (
          <Table
            caption="Deliveries that came in, newest first"
            rows={items}
            rowKey={(one) => one.id}
            empty={<Empty title="Nothing came that is remembered." command="ym hooks make NAME --mapping FILE" />}
            columns={[
              { key: 'at', label: 'When', cell: (one) => <Ago at={one.at} /> },
              { key: 'state', label: 'State', cell: (one) => <Tag tone={INS[one.state][1]}>{INS[one.state][0]}</Tag> },
              { key: 'hook', label: 'Webhook', cell: (one) => <bdi>{one.hook.name}</bdi> },
              { key: 'name', label: 'Its name', cell: (one) => <bdi className="font-mono text-sm break-all">{one.name}</bdi> },
              {
                key: 'outcome',
                label: 'What became of it',
                wide: true,
                cell: (one) => <bdi className="text-sm break-words">{one.outcome ?? ''}</bdi>,
              },
              {
                key: 'act',
                label: 'Act',
                cell: (one) => (
                  <Button because={because} busy={replay.busy} onClick={() => void replay.act({ params: { delivery: one.id }, body: {} })}>
                    <span className="whitespace-nowrap">Take again</span>
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function WentOut(): ReactNode {
  const [state, choose] = useUrl('out');
  const query = state in OUTS ? { state: state as Out } : {};
  const list = useAnswer<typeof listTellings>('/v1/subscription-messages', { query }, { live: ['hook'], every: 10_000, keep: true });
  const replay = useAct<typeof replayTelling>('POST', '/v1/subscription-messages/{message}/replay');
  const because = useMay()('connection.write') ? null : 'it needs the role admin';
  return (
    <Panel title="What went out" flush>
      <div className="max-w-60 p-3">
        <Select
          label="Which"
          value={state}
          onChange={choose}
          options={[['', 'all'], ...Object.entries(OUTS).map(([key, [label]]) => [key, label] as const)]}
        />
      </div>
      {replay.problem === null ? null : <Problem of={replay.problem} />}
      <Loaded of={list}>
        {({ items }) => (
          <Table
            caption="Messages that went out, newest first"
            rows={items}
            rowKey={(one) => one.id}
            empty={<Empty title="Nothing went out that is remembered." command="ym subscriptions add NAME URL" />}
            columns={[
              { key: 'at', label: 'When', cell: (one) => <Ago at={one.at} /> },
              { key: 'state', label: 'State', cell: (one) => <Tag tone={OUTS[one.state][1]}>{OUTS[one.state][0]}</Tag> },
              { key: 'to', label: 'To', cell: (one) => <bdi>{one.subscription.name}</bdi> },
              { key: 'type', label: 'What', cell: (one) => one.type },
              { key: 'status', label: 'Answered', cell: (one) => (one.status === null ? 'nothing yet' : String(one.status)) },
              {
                key: 'answer',
                label: 'In words',
                wide: true,
                cell: (one) => <bdi className="text-sm break-words">{(one.answer ?? '').slice(0, 200)}</bdi>,
              },
              {
                key: 'act',
                label: 'Act',
                cell: (one) => (
                  <Button because={because} busy={replay.busy} onClick={() => void replay.act({ params: { message: one.id }, body: {} })}>
                    Send again
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function Subscriptions(): ReactNode {
  const list = useAnswer<typeof listSubscriptions>('/v1/subscriptions', {}, { live: ['hook'] });
  return (
    <Panel title="Who is told" flush>
      <Loaded of={list}>
        {({ items }) => (
          <Table
            caption="Subscriptions"
            rows={items}
            rowKey={(one) => one.id}
            empty={<Empty title="Nobody elsewhere is told." command="ym subscriptions add NAME URL" />}
            columns={[
              { key: 'name', label: 'Name', cell: (one) => <bdi>{one.name}</bdi> },
              {
                key: 'state',
                label: 'State',
                cell: (one) => (
                  <Tag tone={one.state === 'disabled' ? 'deny' : one.failures > 0 ? 'wait' : 'allow'}>
                    {one.state === 'active' && one.failures > 0 ? 'failing' : one.state}
                  </Tag>
                ),
              },
              { key: 'url', label: 'Address', wide: true, cell: (one) => <bdi className="font-mono text-sm break-all">{one.url}</bdi> },
              { key: 'types', label: 'Of what', cell: (one) => (one.types.length === 0 ? `all ${one.form}` : one.types.join(', ')) },
              { key: 'why', label: 'Why', cell: (one) => <bdi className="text-sm">{one.why ?? ''}</bdi> },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
