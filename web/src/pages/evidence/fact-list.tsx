import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { listFacts } from '../../../../src/contract/evidence.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { addressOf } from '../../api/client.ts';
import { useAnswer } from '../../api/query.ts';
import {
  Button,
  Empty,
  Export,
  Field,
  Filters,
  Loaded,
  Panel,
  Person,
  Table,
  UrlFilter,
  UrlSelect,
  useUrl,
  When,
} from '../../kit/index.ts';
import { dayEnd, dayStart } from './days.ts';

export type Fact = AnswerOf<typeof listFacts>['items'][number];
const NODE = /^(?:[a-z]{2,5}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$/;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const FAMILIES = [
  'change.',
  'pipelinerun.',
  'taskrun.',
  'report.',
  'artifact.',
  'release.',
  'approval.',
  'decision.',
  'deployment.',
  'service.',
  'environment.',
  'incident.',
  'waiver.',
  'freeze.',
  'policy.',
  'person.',
  'role.',
  'token.',
  'session.',
];

/** Everything that happened, newest first. */
export function FactList(): ReactNode {
  const [type] = useUrl('type');
  const [about] = useUrl('subject');
  const [service] = useUrl('service');
  const [actor] = useUrl('actor');
  const [from, setFrom] = useUrl('from');
  const [to, setTo] = useUrl('to');
  const [cursor, setCursor] = useUrl('cursor');
  const [since, until] = [dayStart(from), dayEnd(to)];
  const filter = {
    ...(/^[a-z][a-z.-]{0,79}$/.test(type) ? { type } : {}),
    ...(NODE.test(about) ? { mentions: about } : {}),
    ...(NAME.test(service) ? { service } : {}),
    ...(actor === '' ? {} : { actor: actor.includes(':') ? actor : `person:${actor}` }),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
  };
  const facts = useAnswer<typeof listFacts>(
    '/v1/facts',
    { query: { ...filter, ...(cursor === '' ? {} : { cursor }), limit: 100 } },
    { keep: true },
  );
  return (
    <Panel title="Facts" flush actions={<Export href={addressOf('/v1/facts.csv', {}, filter)}>CSV</Export>}>
      <div className="p-3">
        <Filters>
          <UrlSelect
            name="type"
            label="Type"
            options={[
              ['', 'any'],
              ...(FAMILIES.includes(type) || type === '' ? [] : [[type, type] as const]),
              ...FAMILIES.map((one) => [one, `${one}*`] as const),
            ]}
          />
          <UrlFilter name="service" label="Service" />
          <UrlFilter name="subject" label="Naming (any id)" />
          <UrlFilter name="actor" label="By (id)" placeholder="per_…" />
          <Field label="From day" type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
          <Field label="To day" type="date" value={to} onChange={(event) => setTo(event.target.value)} />
        </Filters>
      </div>
      <Loaded of={facts}>
        {({ items, next }) => (
          <>
            <FactTable facts={items} />
            {cursor === '' && next === null ? null : (
              <div className="flex gap-2 p-3">
                {cursor === '' ? null : <Button onClick={() => setCursor('')}>Newest</Button>}
                {next === null ? null : <Button onClick={() => setCursor(next)}>Older</Button>}
              </div>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

export function FactTable({ facts }: { readonly facts: readonly Fact[] }): ReactNode {
  return (
    <Table
      caption="Facts"
      rows={facts}
      rowKey={(fact) => fact.id}
      empty={<Empty title="No facts like that." command="ym facts --service shop" />}
      columns={[
        { key: 'at', label: 'When', cell: (fact) => <When at={fact.at} /> },
        { key: 'what', label: 'What', cell: (fact) => <span title={fact.type}>{fact.means}</span> },
        {
          key: 'about',
          label: 'About',
          cell: (fact) => (
            <Link to="/evidence" search={{ part: 'trace', node: fact.subject } as never} title={fact.subject}>
              <bdi>{fact.label ?? `${fact.subject.slice(0, 16)}…`}</bdi>
            </Link>
          ),
        },
        {
          key: 'by',
          label: 'By',
          cell: (fact) => (
            <Person
              id={fact.actor}
              name={
                fact.actorName ?? fact.actor.replace(/^(\w+):(\w{3}_)?/, (_, kind: string) => (fact.actor.includes('_') ? `${kind} ` : ''))
              }
            />
          ),
        },
        { key: 'service', label: 'Service', wide: true, cell: (fact) => fact.serviceName ?? <span className="text-quiet">–</span> },
        {
          key: 'place',
          label: 'Ledger',
          wide: true,
          right: true,
          cell: (fact) =>
            fact.position === null ? (
              <span className="text-quiet">waits</span>
            ) : (
              <Link to="/evidence/ledger" search={{ fact: fact.id } as never} title="prove that it is in the ledger">
                {fact.position.toLocaleString()}
              </Link>
            ),
        },
      ]}
    />
  );
}
